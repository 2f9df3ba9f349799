/** What the group handlers share: who asks, and how errors are told. */
import type { RequestContext } from '../server/handler'

export function clientIdOf(context: RequestContext): string {
  return context.header.clientId ?? ''
}

/** As Kafka shows it: `/127.0.0.1`. */
export function clientHostOf(context: RequestContext): string {
  return `/${context.clientAddress.host}`
}
