/** The sizes of things that follow each other, in bytes. */
export interface SizeFigures {
  readonly lastBytes: number
  readonly minBytes: number
  readonly maxBytes: number
}

export class Sizes {
  #figures: SizeFigures | undefined

  add(bytes: number): void {
    const { minBytes = bytes, maxBytes = bytes } = this.#figures ?? {}
    this.#figures = { lastBytes: bytes, minBytes: Math.min(minBytes, bytes), maxBytes: Math.max(maxBytes, bytes) }
  }

  reset(): void {
    this.#figures = undefined
  }

  /** Undefined when there were none. */
  figures(): SizeFigures | undefined {
    return this.#figures
  }
}
