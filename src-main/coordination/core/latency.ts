/** How long requests took, or whatever else is counted by its time. */
export class Latency {
  #count = 0
  #sumMs = 0
  #minMs = 0
  #maxMs = 0

  add(durationMs: number): void {
    this.#minMs = this.#count === 0 ? durationMs : Math.min(this.#minMs, durationMs)
    this.#maxMs = Math.max(this.#maxMs, durationMs)
    this.#sumMs += durationMs
    this.#count++
  }

  reset(): void {
    this.#count = this.#sumMs = this.#minMs = this.#maxMs = 0
  }

  /** Undefined when there were none. */
  figures(): LatencyFigures | undefined {
    if (this.#count === 0) return undefined
    return { minMs: this.#minMs, averageMs: this.#sumMs / this.#count, maxMs: this.#maxMs }
  }

  /** The same, with how many there were. */
  summary(): LatencySummary | undefined {
    const figures = this.figures()
    return figures === undefined ? undefined : { ...figures, count: this.#count, sumMs: this.#sumMs }
  }
}

export interface LatencyFigures {
  readonly minMs: number
  readonly averageMs: number
  readonly maxMs: number
}

export interface LatencySummary extends LatencyFigures {
  readonly count: number
  readonly sumMs: number
}
