/**
 * Requests from this broker to another (or to itself: the controller speaks to its own broker the same way), over one
 * connection that is made when needed. One request at a time; a lost connection rejects the one under way.
 */
import { AppError, ignore } from '../kernel/errors'
import type { Address, Clock, Connection, Network } from '../kernel/ports'
import { decode, encode, isDecodeFailure } from '../protocol/wire/codec'
import { beginRequest, sealFrame } from '../protocol/wire/headers'
import { Reader } from '../protocol/wire/reader'
import type { InputOf, Message, ValueOf } from '../protocol/wire/schema'

const connectTimeoutMs = 2000
const answerBytesMax = 64 * 1024 * 1024

export interface BrokerCall<Request extends Message, Response extends Message> {
  readonly apiKey: number
  readonly version: number
  readonly request: Request
  readonly response: Response
}

interface Pending {
  readonly correlationId: number
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: Error) => void
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
    if (this.#isClosed) throw new AppError('CONNECTION_LOST', 'the channel is closed')
    const connection = this.#connection ?? (await this.#connect())
    const correlationId = ++this.#lastCorrelationId
    const writer = beginRequest(call.apiKey, call.version, correlationId, this.#clientId, call.request)
    encode(call.request, call.version, value, writer)
    sealFrame(writer)
    const bytes = await this.#exchange(connection, writer.finished(), correlationId, timeoutMs)
    const reader = new Reader(bytes, 4)
    if (call.version >= call.response.flexibleFrom) reader.skipTags()
    const answer = decode(call.response, call.version, reader)
    if (isDecodeFailure(answer)) throw new AppError('CORRUPT', 'a broker answered what cannot be read')
    return answer
  }

  #exchange(connection: Connection, frame: Uint8Array, correlationId: number, timeoutMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => {
        reject(new AppError('TIMED_OUT', `a broker did not answer within ${timeoutMs} ms`))
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
      connection.send(frame)
    })
  }

  async #connect(): Promise<Connection> {
    const options = { ...this.#address, frameBytesMax: answerBytesMax, timeoutMs: connectTimeoutMs }
    const connection: Connection = await this.#network.connect(options, (connection) => ({
      frame: (bytes) => {
        const pending = this.#pending
        if (pending === undefined) return
        this.#pending = undefined
        if (bytes.length >= 4 && new Reader(bytes).int32() === pending.correlationId) {
          pending.resolve(bytes.slice())
          return
        }
        // Whoever listens there now is no broker.
        pending.reject(new AppError('CORRUPT', 'what a broker answered belongs to no request'))
        connection.destroy()
      },
      closed: (error) => {
        this.#connection = undefined
        this.#pending?.reject(error ?? new AppError('CONNECTION_LOST', 'the broker closed the connection'))
        this.#pending = undefined
      }
    }))
    if (this.#isClosed) {
      connection.destroy()
      throw new AppError('CONNECTION_LOST', 'the channel is closed')
    }
    this.#connection = connection
    return connection
  }

  close(): void {
    this.#isClosed = true
    this.#connection?.destroy()
  }
}
