/**
 * What a handler is: one row of the table that both dispatches requests and answers ApiVersions. `served` is what is
 * answered; `advertised` may be wider where a real request of that version is refused by closing the connection
 * (Produce 0 to 2, KAFKA-18659).
 */
import type { Address } from '../../kernel/ports'
import type { InputOf, Message, ValueOf } from '../../protocol/wire/schema'
import type { RequestHeader } from '../../protocol/wire/headers'

/** Answered by a handler when nothing is to be sent (acks=0). */
export const noResponse = Symbol('no response')
/** Answered by a handler when the connection is to be closed instead. */
export const closeConnection = Symbol('close the connection')

export interface RequestContext {
  readonly header: RequestHeader
  readonly clientAddress: Address
  /** The listener the request came in on: what is advertised to this client. */
  readonly localAddress: Address
}

export type Outcome<Response> = Response | typeof noResponse | typeof closeConnection

export interface HandlerRow {
  readonly apiKey: number
  readonly served: readonly [number, number]
  readonly advertised: readonly [number, number]
  /** Also before this broker knows what it holds: see ServingGate. */
  readonly isServedEarly: boolean
  readonly request: Message
  readonly response: Message
  /**
   * Bytes in the request lie in the shared receive buffer: a handler that answers with a promise copies what it keeps
   * before it first awaits.
   */
  readonly handle: (request: unknown, context: RequestContext) => Outcome<object> | Promise<Outcome<object>>
}

export interface HandlerSpec<Request extends Message, Response extends Message> {
  readonly apiKey: number
  readonly served: readonly [number, number]
  /** Same as served when left out. */
  readonly advertised?: readonly [number, number]
  /** Default false. */
  readonly isServedEarly?: boolean
  readonly request: Request
  readonly response: Response
  readonly handle: (
    request: ValueOf<Request>,
    context: RequestContext
  ) => Outcome<InputOf<Response>> | Promise<Outcome<InputOf<Response>>>
}

export function handler<Request extends Message, Response extends Message>(
  spec: HandlerSpec<Request, Response>
): HandlerRow {
  return {
    ...spec,
    advertised: spec.advertised ?? spec.served,
    isServedEarly: spec.isServedEarly ?? false,
    handle: (request, context) => spec.handle(request as ValueOf<Request>, context)
  }
}
