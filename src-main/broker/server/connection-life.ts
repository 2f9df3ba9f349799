/** Of a client's connection: whether an answer would still be heard, and what ends with it. */
export class ConnectionLife {
  #isOver = false
  readonly #ends = new Set<() => void>()

  /** It is gone, or about to be. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** `run` is called once, when it is over, unless what this gives is called before. It must not be over. */
  onOver(run: () => void): () => void {
    const end = (): void => run()
    this.#ends.add(end)
    return () => this.#ends.delete(end)
  }

  /** Idempotent. */
  end(): void {
    this.#isOver = true
    for (const end of [...this.#ends]) {
      this.#ends.delete(end)
      end()
    }
  }
}
