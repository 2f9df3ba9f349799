/**
 * Who watches what: the present value at once, then each later one that differs, with every sample at most once. A key
 * is served once however many watch it; the host deals it out.
 */
import type { WatchKey } from '../api/watch'

/** Keys at a time; the host watches for all its clients. */
export const watchesMax = 2000

export type Push = (key: WatchKey, value: unknown) => void

export class Watches {
  readonly #push: Push
  /** The last value that was pushed, as text. */
  readonly #pushed = new Map<WatchKey, string | undefined>()

  constructor(push: Push) {
    this.#push = push
  }

  /** False when there are too many. */
  add(key: WatchKey): boolean {
    if (!this.#pushed.has(key) && this.#pushed.size >= watchesMax) return false
    // Whoever comes gets the present value, also when it was pushed before.
    this.#pushed.set(key, undefined)
    return true
  }

  remove(key: WatchKey): void {
    this.#pushed.delete(key)
  }

  keys(): readonly WatchKey[] {
    return [...this.#pushed.keys()]
  }

  /** Pushes the value if the key is watched and what matters of it is another than the last time. */
  offer(key: WatchKey, value: unknown, matters = value): void {
    if (!this.#pushed.has(key)) return
    const text = JSON.stringify(matters)
    if (this.#pushed.get(key) === text) return
    this.#pushed.set(key, text)
    this.#push(key, value)
  }
}
