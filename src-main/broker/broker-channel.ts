/**
 * Requests from this broker to another (or to itself: the controller speaks to its own broker the same way), over one
 * connection that is made when needed. One request at a time; a lost connection rejects the one under way. Who asks for
 * records uses the answer where it lies (`exchange`), everybody else is given a copy (`ask`).
 */
import { AppError, ignore, messageOf } from '../kernel/errors'
import { ownFrameBytesMin } from '../kernel/frame-splitter'
import type { Address, Clock, Connection, Network } from '../kernel/ports'
import { decode, encode, isDecodeFailure } from '../protocol/wire/codec'
import { beginRequest, sealFrame } from '../protocol/wire/headers'
import { Reader } from '../protocol/wire/reader'
import type { InputOf, Message, ValueOf } from '../protocol/wire/schema'
import { brokerAnswerBytesMax } from './core/frame-bytes'

const connectTimeoutMs = 2000

export interface BrokerCall<Request extends Message, Response extends Message> {
  readonly apiKey: number
  readonly version: number
  readonly request: Request
  readonly response: Response
}

/** What became of an exchange: exactly one of them is called, once, unless the channel was closed or interrupted before. */
export interface Answered<Response extends Message> {
  /**
   * Bytes in it lie in the receive buffer: they are to be finished with before this returns, unless `isOwn`. The next exchange
   * may begin within.
   */
  readonly answered: (answer: ValueOf<Response>, isOwn: boolean) => void
  /** AppError CONNECTION_REFUSED, CONNECTION_LOST, TIMED_OUT or CORRUPT. */
  readonly failed: (error: AppError) => void
}

interface Pending {
  readonly correlationId: number
  /** A view of the receive buffer. */
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: AppError) => void
}

export class BrokerChannel {
  readonly #address: Address
  readonly #network: Network
  readonly #clock: Clock
  readonly #clientId: string
  #connection: Connection | undefined
  #pending: Pending | undefined
  #lastCorrelationId = 0
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(ports: { readonly network: Network; readonly clock: Clock }, address: Address, clientId: string) {
    this.#network = ports.network
    this.#clock = ports.clock
    this.#address = address
    this.#clientId = clientId
  }

  get address(): Address {
    return this.#address
  }

  /** Rejects with AppError CONNECTION_REFUSED, CONNECTION_LOST or TIMED_OUT. The answer holds copies, no views. */
  ask<Request extends Message, Response extends Message>(
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>,
    timeoutMs: number
  ): Promise<ValueOf<Response>> {
    const turn = this.#last.then(() => this.#ask(call, value, timeoutMs))
    this.#last = turn.catch((error: unknown) => ignore(error, 'it is told to whoever asked; the next takes its turn'))
    return turn
  }

  async #ask<Request extends Message, Response extends Message>(
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>,
    timeoutMs: number
  ): Promise<ValueOf<Response>> {
    if (this.#isClosed) throw closedError()
    const connection = this.#connection ?? (await this.#connect())
    const bytes = await new Promise<Uint8Array>((resolve, reject) =>
      this.#send(connection, call, value, timeoutMs, { resolve: (view) => resolve(view.slice()), reject })
    )
    const answer = decoded(call, bytes)
    if (answer === undefined) throw unreadable()
    return answer
  }

  /** For callers that ask nothing else before the answer, and use it at once. */
  exchange<Request extends Message, Response extends Message>(
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>,
    timeoutMs: number,
    { answered, failed }: Answered<Response>
  ): void {
    const reject = (error: AppError): void => {
      if (!this.#isClosed) failed(error)
    }
    const send = (connection: Connection): void =>
      this.#send(connection, call, value, timeoutMs, {
        reject,
        resolve: (bytes) => {
          const answer = decoded(call, bytes)
          if (answer === undefined) reject(unreadable())
          else answered(answer, bytes.length > ownFrameBytesMin)
        }
      })
    if (this.#connection !== undefined) send(this.#connection)
    else
      this.#connect().then(send, (error: unknown) =>
        reject(error instanceof AppError ? error : new AppError('CONNECTION_LOST', messageOf(error)))
      )
  }

  /** Gives the exchange under way up, and its connection with it: it fails with CONNECTION_LOST. False when there is none. */
  interrupt(): boolean {
    if (this.#pending === undefined || this.#connection === undefined) return false
    this.#connection.destroy()
    return true
  }

  #send<Request extends Message, Response extends Message>(
    connection: Connection,
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>,
    timeoutMs: number,
    { resolve, reject }: Pick<Pending, 'resolve' | 'reject'>
  ): void {
    const correlationId = ++this.#lastCorrelationId
    const writer = beginRequest(call.apiKey, call.version, correlationId, this.#clientId, call.request)
    encode(call.request, call.version, value, writer)
    sealFrame(writer)
    const timer = this.#clock.after(timeoutMs, () => {
      reject(new AppError('TIMED_OUT', `a broker did not answer within ${timeoutMs} ms`))
      this.#pending = undefined
      connection.destroy()
    })
    this.#pending = {
      correlationId,
      resolve: (bytes) => {
        timer.cancel()
        resolve(bytes)
      },
      reject: (error) => {
        timer.cancel()
        reject(error)
      }
    }
    connection.send(writer.finished())
  }

  async #connect(): Promise<Connection> {
    const options = { ...this.#address, frameBytesMax: brokerAnswerBytesMax, timeoutMs: connectTimeoutMs }
    const connection: Connection = await this.#network.connect(options, (connection) => ({
      frame: (bytes) => {
        const pending = this.#pending
        if (pending === undefined) return
        this.#pending = undefined
        if (bytes.length >= 4 && new Reader(bytes).int32() === pending.correlationId) {
          pending.resolve(bytes)
          return
        }
        // Whoever listens there now is no broker.
        pending.reject(new AppError('CORRUPT', 'what a broker answered belongs to no request'))
        connection.destroy()
      },
      closed: (error) => {
        this.#connection = undefined
        const pending = this.#pending
        this.#pending = undefined
        pending?.reject(lost(error))
      }
    }))
    if (this.#isClosed) {
      connection.destroy()
      throw closedError()
    }
    this.#connection = connection
    return connection
  }

  close(): void {
    this.#isClosed = true
    this.#connection?.destroy()
  }
}

const closedError = (): AppError => new AppError('CONNECTION_LOST', 'the channel is closed')
const unreadable = (): AppError => new AppError('CORRUPT', 'a broker answered what cannot be read')

function lost(error: Error | undefined): AppError {
  if (error instanceof AppError) return error
  return new AppError('CONNECTION_LOST', error?.message ?? 'the broker closed the connection')
}

/** Undefined when it cannot be read. */
function decoded<Request extends Message, Response extends Message>(
  { version, response }: BrokerCall<Request, Response>,
  bytes: Uint8Array
): ValueOf<Response> | undefined {
  const reader = new Reader(bytes, 4)
  if (version >= response.flexibleFrom) reader.skipTags()
  const answer = decode(response, version, reader)
  return isDecodeFailure(answer) ? undefined : answer
}
