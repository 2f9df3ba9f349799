/**
 * One client's connection: one request at a time, answers in the order of requests (Kafka protocol guide, "Network"). While a
 * request waits or its answer is streamed, reading is paused and what had come is kept. A peer that does not read its
 * answers is not read from either.
 */
import { messageOf } from '../../kernel/errors'
import type { Clock, Connection, FrameHandler, Log } from '../../kernel/ports'
import { encode } from '../../protocol/wire/codec'
import { EncodeError } from '../../protocol/wire/encode-error'
import { beginResponse, sealFrame } from '../../protocol/wire/headers'
import type { Writer } from '../../protocol/wire/writer'
import { closeConnection, noResponse, type Outcome, type RequestContext } from './handler'
import type { RequestRouter, Routed } from './request-router'
import { ResponseStream, type PiecePool } from './response-stream'
import type { ServingGate } from './serving-gate'

/** Above this much unsent, no further request is read. */
const unsentBytesMax = 1024 * 1024

type Request = Extract<Routed, { type: 'request' }>

export interface ClientConnectionPorts {
  readonly router: RequestRouter
  readonly gate: ServingGate
  readonly pool: PiecePool
  readonly clock: Clock
  readonly log: Log
  /** A programmer error in a handler: the process decides. */
  readonly failed: (error: unknown) => void
  readonly closed: (connection: ClientConnection) => void
}

/** Why no further request is taken at the moment. */
type Hold = 'gate' | 'request' | 'stream' | 'drain'

export class ClientConnection implements FrameHandler {
  readonly #connection: Connection
  readonly #ports: ClientConnectionPorts
  readonly #holds = new Set<Hold>()
  /** Copies of frames that came while held; bounded by one receive buffer, since reading is paused then. */
  readonly #waiting: Uint8Array[] = []
  #isPumping = false
  #leaveGate: () => void = () => undefined
  /** Nothing is read or answered any more: closed, or about to be. */
  #isOver = false
  #lastFrameMs: number

  constructor(connection: Connection, ports: ClientConnectionPorts) {
    this.#connection = connection
    this.#ports = ports
    this.#lastFrameMs = ports.clock.monotonicMs()
  }

  /** Nothing asked since `sinceMs` and nothing under way. */
  isIdleSince(sinceMs: number): boolean {
    return this.#lastFrameMs < sinceMs && this.#holds.size === 0
  }

  frame(bytes: Uint8Array): void {
    if (this.#isOver) return
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
    this.#isOver = true
    this.#waiting.length = 0
    this.#leaveGate()
  }

  #process(bytes: Uint8Array): void {
    const routed = this.#ports.router.route(bytes)
    if (routed.type === 'request') {
      if (this.#ports.gate.isOpen || routed.row.isServedEarly) this.#run(routed)
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

  #run(routed: Request): void {
    const context: RequestContext = {
      header: routed.header,
      clientAddress: this.#connection.remote,
      localAddress: this.#connection.local
    }
    let outcome: Outcome<object> | Promise<Outcome<object>>
    try {
      outcome = routed.row.handle(routed.request, context)
    } catch (error) {
      this.#ports.failed(error)
      return
    }
    if (!(outcome instanceof Promise)) {
      this.#finish(routed, outcome)
      return
    }
    this.#hold('request')
    outcome.then(
      (value) => {
        if (!this.#isOver) this.#finish(routed, value)
        this.#release('request')
      },
      (error: unknown) => this.#ports.failed(error)
    )
  }

  #finish(routed: Request, outcome: Outcome<object>): void {
    if (outcome === noResponse) return
    if (outcome === closeConnection) {
      this.#over()
      this.#connection.end()
      return
    }
    const { header, row } = routed
    const writer = beginResponse(header, header.apiVersion >= row.response.flexibleFrom)
    try {
      encode(row.response, header.apiVersion, outcome as never, writer)
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      // A client's own long text, echoed: old versions cannot carry it.
      this.#refuse(`${row.response.name} v${header.apiVersion}: ${error.message}`)
      return
    }
    this.#send(writer)
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
    while (this.#holds.size === 0 && !this.#isOver) {
      const bytes = this.#waiting.shift()
      if (bytes === undefined) break
      this.#process(bytes)
    }
    this.#isPumping = false
    if (this.#holds.size === 0 && !this.#isOver) this.#connection.resume()
  }
}
