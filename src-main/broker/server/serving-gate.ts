/**
 * Shut until the controller has told this broker all that it holds; until then requests of clients wait, in their order.
 * Otherwise the first of two pipelined batches could be refused and the second accepted: a producer in which both had
 * been in flight when the broker died takes that for lost order and gives up (ADR 8).
 */
export class ServingGate {
  #isOpen = false
  readonly #waiting = new Set<() => void>()

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** For good. Idempotent. */
  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    for (const opened of this.#waiting) opened()
    this.#waiting.clear()
  }

  /** Calls back once, when it opens; returns what takes the callback off again. */
  onOpen(opened: () => void): () => void {
    this.#waiting.add(opened)
    return () => this.#waiting.delete(opened)
  }
}
