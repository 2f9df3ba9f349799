/**
 * The Kafka client library, made ready for the Node we run on: before Node 22 there is no Promise.withResolvers, which
 * every call of it needs.
 */

interface Resolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T | PromiseLike<T>) => void
  readonly reject: (reason?: unknown) => void
}

function withResolvers<T>(): Resolvers<T> {
  let resolve: Resolvers<T>['resolve'] = () => undefined
  let reject: Resolvers<T>['reject'] = () => undefined
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved
    reject = rejected
  })
  return { promise, resolve, reject }
}

/** Once, before the first connection. */
export function prepareKafkaLibrary(): void {
  const promise = Promise as unknown as { withResolvers?: typeof withResolvers }
  promise.withResolvers ??= withResolvers
}
