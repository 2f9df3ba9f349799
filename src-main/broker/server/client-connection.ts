/**
 * One client's connection: one request at a time, answers in the order of requests (Kafka protocol guide, "Network"). While a
 * request waits or its answer is streamed, reading is paused and what had come is kept. Only what is written and waits to be
 * committed lets others follow, whose answers then wait for its own (ADR 40). A peer that does not read its
 * answers is not read from either. Large requests and answers are read, handled and written in slices, so that no other
 * connection waits for them.
 */
import { messageOf } from '../../kernel/errors'
import { ownFrameBytesMin } from '../../kernel/frame-splitter'
import type { Clock, Connection, FrameHandler, Log } from '../../kernel/ports'
import { decode, decodeInSlices, encode, encodeInSlices, isDecodeFailure, type Slices } from '../../protocol/wire/codec'
import { EncodeError } from '../../protocol/wire/encode-error'
import { beginResponse, sealFrame } from '../../protocol/wire/headers'
import { Reader } from '../../protocol/wire/reader'
import type { Writer } from '../../protocol/wire/writer'
import { ConnectionLife } from './connection-life'
import { AnswerLater, closeConnection, noResponse, type Outcome, type RequestContext } from './handler'
import type { RequestRouter, Routed } from './request-router'
import { ResponseStream, type PiecePool } from './response-stream'
import type { ServingGate } from './serving-gate'
import { follow, inSlices, type Later } from './slices'

/** Above this much unsent, no further request is read. */
const unsentBytesMax = 1024 * 1024
/** Larger requests are read in slices. */
const wholeRequestBytesMax = 64 * 1024
const wholeBulkRequestBytesMax = ownFrameBytesMin

/** Requests of a connection that wait to be answered. A client that asks for more is read when some of them have been. */
const awaitedMax = 64

type Request = Extract<Routed, { type: 'request' }>

/** A request that was handled, in its place among those that wait to be answered. */
interface Awaited {
  readonly routed: Request
  readonly requestBytes: number
  /** Undefined until it is known. */
  outcome: Answered | undefined
}

type Answered = Exclude<Outcome<object>, AnswerLater<object>>

/** What brokers call themselves to each other: ours, and Kafka's fetchers. */
const brokerClientId = /^(?:broker|controller)-\d+(?:-|$)/

export interface ClientConnectionPorts {
  readonly router: RequestRouter
  readonly gate: ServingGate
  /** Nobody but brokers is served (a failure that was asked for). */
  readonly refusesClients: () => boolean
  readonly pool: PiecePool
  readonly clock: Clock
  readonly log: Log
  /** A programmer error in a handler: the process decides. */
  readonly failed: (error: unknown) => void
  readonly closed: (connection: ClientConnection) => void
}

/** Why no further request is taken at the moment; `turn`: the next one waits until all before it are answered. */
type Hold = 'gate' | 'request' | 'stream' | 'drain' | 'awaited' | 'turn'

export class ClientConnection implements FrameHandler {
  readonly #connection: Connection
  readonly #ports: ClientConnectionPorts
  readonly #holds = new Set<Hold>()
  /** Copies of frames that came while held; bounded by one receive buffer, since reading is paused then. */
  readonly #waiting: Uint8Array[] = []
  /** In the order of requests; the first of them has no outcome yet. */
  readonly #awaited: Awaited[] = []
  #isWritingLong = false
  #isPumping = false
  /** As its first request says. */
  #isBroker: boolean | undefined
  #leaveGate: () => void = () => undefined
  /** Over: nothing is read or answered any more. */
  readonly #life = new ConnectionLife()
  #lastFrameMs: number

  constructor(connection: Connection, ports: ClientConnectionPorts) {
    this.#connection = connection
    this.#ports = ports
    this.#lastFrameMs = ports.clock.monotonicMs()
  }

  /** Nothing asked since `sinceMs` and nothing under way. */
  isIdleSince(sinceMs: number): boolean {
    return this.#lastFrameMs < sinceMs && this.#holds.size === 0 && !this.#isAwaiting
  }

  /** An answer is to come, or is being written, before any other. */
  get #isAwaiting(): boolean {
    return this.#awaited.length > 0 || this.#isWritingLong
  }

  /** False before its first request. */
  get isBroker(): boolean {
    return this.#isBroker === true
  }

  frame(bytes: Uint8Array): void {
    if (this.#life.isOver) return
    this.#lastFrameMs = this.#ports.clock.monotonicMs()
    if (this.#holds.size > 0 || this.#waiting.length > 0) this.#waiting.push(bytes.slice())
    else this.#process(bytes)
  }

  drained(): void {
    this.#release('drain')
  }

  closed(error: Error | undefined): void {
    this.#over()
    if (error !== undefined) this.#ports.log('debug', 'connection closed', { reason: error.message })
    this.#ports.closed(this)
  }

  destroy(): void {
    this.#over()
    this.#connection.destroy()
  }

  /** What was asked behind a request that ends the connection is not done. */
  #over(): void {
    this.#life.end()
    this.#waiting.length = 0
    this.#awaited.length = 0
    this.#leaveGate()
  }

  #process(bytes: Uint8Array): void {
    const routed = this.#ports.router.route(bytes)
    if (routed.type === 'request') this.#isBroker ??= brokerClientId.test(routed.header.clientId ?? '')
    if (this.#ports.refusesClients() && !this.isBroker) return this.destroy()
    if (this.#isAwaiting && (routed.type !== 'request' || !routed.row.mayFollow)) {
      this.#waiting.unshift(bytes.slice())
      return this.#hold('turn')
    }
    if (routed.type === 'request') {
      if (this.#ports.gate.isOpen || routed.row.isServedEarly) this.#serve(routed, bytes)
      else this.#waitAtGate(bytes)
      return
    }
    if (routed.type === 'answer') {
      this.#send(routed.writer)
      return
    }
    this.#refuse(routed.reason)
  }

  #waitAtGate(bytes: Uint8Array): void {
    this.#waiting.unshift(bytes.slice())
    this.#hold('gate')
    this.#leaveGate = this.#ports.gate.onOpen(() => this.#release('gate'))
  }

  #refuse(reason: string): void {
    const { host, port } = this.#connection.remote
    this.#ports.log('warn', 'connection refused a request', { reason, client: `${host}:${port}` })
    this.destroy()
  }

  /** Reads, handles and answers one request; what comes behind it waits until then, or until only its answer is awaited. */
  #serve(routed: Request, frame: Uint8Array): void {
    try {
      const served = follow(this.#decoded(routed, frame), (request) => {
        if (isDecodeFailure(request)) return this.#refuse(request.failure)
        return follow(this.#handled(routed, request, frame), (outcome) => this.#served(routed, outcome, frame.length))
      })
      if (!(served instanceof Promise)) return
      this.#hold('request')
      served.then(
        () => this.#release('request'),
        (error: unknown) => this.#ports.failed(error)
      )
    } catch (error) {
      this.#ports.failed(error)
    }
  }

  #decoded({ header, row, body }: Request, frame: Uint8Array): Later<object> {
    const isWhole = frame.length <= (row.isBulk ? wholeBulkRequestBytesMax : wholeRequestBytesMax)
    if (isWhole) return decode(row.request, header.apiVersion, new Reader(frame, body))
    // The receive buffer is used again before this has ended.
    const own = frame.length > ownFrameBytesMin ? frame : frame.slice()
    return this.#inSlices(decodeInSlices(row.request, header.apiVersion, new Reader(own, body)))
  }

  #handled({ header, row }: Request, request: object, frame: Uint8Array): Later<Outcome<object>> {
    const context: RequestContext = {
      header,
      clientAddress: this.#connection.remote,
      localAddress: this.#connection.local,
      life: this.#life
    }
    const handling = row.handle(request, context)
    if (!isSlices(handling)) return handling
    if (!row.isBulk || frame.length > ownFrameBytesMin) return this.#inSlices(handling)
    return this.#inSlices(handling, () => movedTo(frame, frame.slice()))
  }

  #inSlices<T>(work: Slices<T | Promise<T>>, interrupted?: () => unknown): Later<T> {
    const isWanted = (): boolean => !this.#life.isOver
    const options = interrupted === undefined ? { isWanted } : { isWanted, interrupted }
    return follow(inSlices(this.#ports.clock, work, options), (value) => value)
  }

  /** Answers at once, or when all before it were answered. */
  #served(routed: Request, outcome: Outcome<object>, requestBytes: number): Later<void> {
    if (this.#life.isOver) return
    const isLater = outcome instanceof AnswerLater
    if (!isLater && !this.#isAwaiting) return this.#answer(routed, outcome, requestBytes)
    const awaited: Awaited = { routed, requestBytes, outcome: isLater ? undefined : outcome }
    this.#awaited.push(awaited)
    if (this.#awaited.length >= awaitedMax) this.#hold('awaited')
    if (outcome === closeConnection) this.#hold('turn')
    if (!isLater) return
    outcome.answer.then(
      (known) => {
        awaited.outcome = known
        this.#answerAwaited()
      },
      (error: unknown) => this.#ports.failed(error)
    )
  }

  /** Those whose outcome is known, up to the first one whose is not. */
  #answerAwaited(): void {
    while (!this.#isWritingLong) {
      const [first] = this.#awaited
      if (first?.outcome === undefined) break
      this.#awaited.shift()
      const answered = this.#answer(first.routed, first.outcome, first.requestBytes)
      if (answered instanceof Promise) this.#answerLong(answered)
    }
    if (this.#isWritingLong) return
    if (this.#awaited.length < awaitedMax) this.#release('awaited')
    if (this.#awaited.length === 0) this.#release('turn')
  }

  /** It is written in slices; those behind it wait for it. */
  #answerLong(written: Promise<void>): void {
    this.#isWritingLong = true
    written.then(
      () => {
        this.#isWritingLong = false
        this.#answerAwaited()
      },
      (error: unknown) => this.#ports.failed(error)
    )
  }

  #answer({ header, row }: Request, outcome: Answered, requestBytes: number): Later<void> {
    if (this.#life.isOver || outcome === noResponse) return
    if (outcome === closeConnection) {
      this.#over()
      this.#connection.end()
      return
    }
    const { apiVersion } = header
    const writer = beginResponse(header, apiVersion >= row.response.flexibleFrom)
    const written = (error: unknown): void => {
      if (!(error instanceof EncodeError)) throw error
      // A client's own long text, echoed: old versions cannot carry it.
      this.#refuse(`${row.response.name} v${apiVersion}: ${error.message}`)
    }
    try {
      // Answers of records are as long as their requests but for the records, which are not in it.
      const isShort = row.isBulk && requestBytes <= wholeBulkRequestBytesMax
      if (isShort) encode(row.response, apiVersion, outcome as never, writer)
      const encoded = isShort
        ? undefined
        : this.#inSlices(encodeInSlices(row.response, apiVersion, outcome as never, writer))
      if (!(encoded instanceof Promise)) return this.#send(writer)
      return encoded.then(() => {
        if (!this.#life.isOver) this.#send(writer)
      }, written)
    } catch (error) {
      return written(error)
    }
  }

  #send(writer: Writer): void {
    sealFrame(writer)
    if (writer.externals.length > 0) {
      this.#stream(writer)
      return
    }
    this.#connection.send(writer.finished())
    if (this.#connection.unsentBytes > unsentBytesMax) this.#hold('drain')
  }

  #stream(writer: Writer): void {
    let isOver = false
    const stream = new ResponseStream(this.#connection, this.#ports.pool, writer, {
      handedOver: () => {
        isOver = true
        this.#release('stream')
      },
      failed: (error) => {
        this.#ports.log('error', 'record data could not be read', { reason: messageOf(error) })
        this.destroy()
      }
    })
    stream.pump()
    if (!isOver) this.#hold('stream')
  }

  #hold(why: Hold): void {
    if (this.#holds.size === 0) this.#connection.pause()
    this.#holds.add(why)
  }

  #release(why: Hold): void {
    if (this.#holds.delete(why)) this.#pump()
  }

  /** Goes on with what came meanwhile, until something holds the connection again. */
  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    while (this.#holds.size === 0 && !this.#life.isOver) {
      const bytes = this.#waiting.shift()
      if (bytes === undefined) break
      this.#process(bytes)
    }
    this.#isPumping = false
    if (this.#holds.size === 0 && !this.#life.isOver) this.#connection.resume()
  }
}

function isSlices<T>(handling: T | Slices<unknown>): handling is Slices<T | Promise<T>> {
  return typeof handling === 'object' && handling !== null && Symbol.iterator in handling
}

/** Where a view of `from` lies in its copy. What is no view of it stays where it is. */
function movedTo(from: Uint8Array, copy: Uint8Array): (view: Uint8Array) => Uint8Array {
  return (view) => {
    const at = view.byteOffset - from.byteOffset
    if (view.buffer !== from.buffer || at < 0 || at + view.length > from.length) return view
    return copy.subarray(at, at + view.length)
  }
}
