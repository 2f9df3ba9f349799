/**
 * What a handler is: one row of the table that both dispatches requests and answers ApiVersions. `served` is what is
 * answered; `advertised` may be wider where a real request of that version is refused by closing the connection
 * (Produce 0 to 2, KAFKA-18659).
 */
import type { Address } from '../../kernel/ports'
import type { Slices } from '../../protocol/wire/codec'
import type { InputOf, Message, ValueOf } from '../../protocol/wire/schema'
import type { RequestHeader } from '../../protocol/wire/headers'
import type { ConnectionLife } from './connection-life'

/** Answered by a handler when nothing is to be sent (acks=0). */
export const noResponse = Symbol('no response')
/** Answered by a handler when the connection is to be closed instead. */
export const closeConnection = Symbol('close the connection')

/**
 * Answered by a handler whose work is done: only what it will say is not known yet. Requests of the same connection that are
 * `mayFollow` are handled meanwhile (ADR 40).
 */
export class AnswerLater<Response> {
  readonly answer: Promise<Response>

  constructor(answer: Promise<Response>) {
    this.answer = answer
  }
}

export interface RequestContext {
  readonly header: RequestHeader
  readonly clientAddress: Address
  /** The listener the request came in on: what is advertised to this client. */
  readonly localAddress: Address
  readonly life: ConnectionLife
}

export type Outcome<Response> = Response | AnswerLater<Response> | typeof noResponse | typeof closeConnection
/** At once, later, or in slices (see slices.ts). */
export type Handling<Response> =
  Outcome<Response> | Promise<Outcome<Response>> | Slices<Outcome<Response> | Promise<Outcome<Response>>>

/**
 * What `yield` gives to a handler: undefined until it was interrupted; then where its views of the receive buffer are
 * now. Only handlers that look at bytes of the request after a yield need it.
 */
export type Moved = ((view: Uint8Array) => Uint8Array) | undefined

export interface HandlerRow {
  readonly apiKey: number
  readonly served: readonly [number, number]
  readonly advertised: readonly [number, number]
  /** Also before this broker knows what it holds: see ServingGate. */
  readonly isServedEarly: boolean
  readonly request: Message
  readonly response: Message
  /**
   * Requests of more than 64 KB are read in slices, from bytes of their own; those of Produce only above 1 MiB, since
   * their bytes are many and their elements few.
   */
  readonly isBulk: boolean
  /** May be handled while earlier requests of its connection wait to be answered. */
  readonly mayFollow: boolean
  /**
   * Bytes in the request lie in the shared receive buffer: a handler that answers with a promise copies what it keeps
   * before it first awaits; one that yields looks at what `yield` gives (Moved).
   */
  readonly handle: (request: unknown, context: RequestContext) => Handling<object>
}

export interface HandlerSpec<Request extends Message, Response extends Message> {
  readonly apiKey: number
  readonly served: readonly [number, number]
  /** Same as served when left out. */
  readonly advertised?: readonly [number, number]
  /** Default false. */
  readonly isServedEarly?: boolean
  /** Default false. */
  readonly isBulk?: boolean
  /** Default false. */
  readonly mayFollow?: boolean
  readonly request: Request
  readonly response: Response
  readonly handle: (request: ValueOf<Request>, context: RequestContext) => Handling<InputOf<Response>>
}

export function handler<Request extends Message, Response extends Message>(
  spec: HandlerSpec<Request, Response>
): HandlerRow {
  return {
    ...spec,
    advertised: spec.advertised ?? spec.served,
    isServedEarly: spec.isServedEarly ?? false,
    isBulk: spec.isBulk ?? false,
    mayFollow: spec.mayFollow ?? false,
    handle: (request, context) => spec.handle(request as ValueOf<Request>, context)
  }
}
