/**
 * The Kafka client library, made ready for the Node we run on: before Node 22 there is no Promise.withResolvers, which
 * every call of it needs, and before 22.15 no zstd, whose decoder is then ours.
 */
import { compressionsAlgorithms } from '@platformatic/kafka'
import type { Compression } from '../kernel/ports'

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

const zstdCodec = 4

/** Once, before the first connection. */
export function prepareKafkaLibrary(compression: Compression): void {
  const promise = Promise as unknown as { withResolvers?: typeof withResolvers }
  promise.withResolvers ??= withResolvers
  const zstd = compressionsAlgorithms.zstd as { decompressSync: (data: unknown) => Buffer; available: boolean }
  zstd.decompressSync = (data) => {
    const bytes = data instanceof Uint8Array ? data : (data as { readonly buffer: Uint8Array }).buffer
    return Buffer.from(compression.decompress(zstdCodec, bytes))
  }
  zstd.available = true
}
