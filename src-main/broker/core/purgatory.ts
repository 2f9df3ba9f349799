/**
 * Requests that wait for something to happen to a partition, or for their time to pass (Kafka's "purgatory"). Keys
 * are partition names. A waiter is asked again after its keys were touched, and completes at most once.
 */
export interface Waiter {
  /** Tries to complete; true when it did. Called with `true` when its time has passed: it then must complete. */
  readonly attempt: (isExpired: boolean) => boolean
  /** Told before it is asked: which of its keys were touched. */
  readonly touched?: (key: string) => void
}

export class Purgatory {
  readonly #byKey = new Map<string, Set<Waiter>>()
  readonly #keysOf = new Map<Waiter, readonly string[]>()

  get size(): number {
    return this.#keysOf.size
  }

  isWatched(key: string): boolean {
    return this.#byKey.has(key)
  }

  add(waiter: Waiter, keys: readonly string[]): void {
    this.#keysOf.set(waiter, keys)
    for (const key of keys) this.watch(waiter, key)
  }

  /** For a waiter that stays: it hears of this key, too, until it does no more. */
  watch(waiter: Waiter, key: string): void {
    const waiters = this.#byKey.get(key)
    if (waiters === undefined) this.#byKey.set(key, new Set([waiter]))
    else waiters.add(waiter)
  }

  unwatch(waiter: Waiter, key: string): void {
    const waiters = this.#byKey.get(key)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#byKey.delete(key)
  }

  /** Asks all waiters of the keys, each once. */
  touched(keys: Iterable<string>): void {
    const asked = new Set<Waiter>()
    for (const key of keys)
      for (const waiter of this.#byKey.get(key) ?? []) {
        waiter.touched?.(key)
        asked.add(waiter)
      }
    for (const waiter of asked) if (waiter.attempt(false)) this.remove(waiter)
  }

  expired(waiter: Waiter): void {
    if (!this.#keysOf.has(waiter)) return
    waiter.attempt(true)
    this.remove(waiter)
  }

  remove(waiter: Waiter): void {
    for (const key of this.#keysOf.get(waiter) ?? []) this.unwatch(waiter, key)
    this.#keysOf.delete(waiter)
  }
}
