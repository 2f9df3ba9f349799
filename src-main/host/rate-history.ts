/**
 * What went through each broker over the last hour, a sample a second. It is kept here and not in a window, so that a
 * page that is opened or reloaded shows what was before it. Bounded: `KEPT_MS` of samples, whatever the rate.
 */
import type { BrokerStatsView, RatesView } from '../api/views'

/** The longest range of a chart. */
const KEPT_MS = 3_600_000
/** Samples are a second apart; a clock that jumps must not make more of them. */
const SAMPLES_MAX = KEPT_MS / 1000

interface Sample {
  readonly atMs: number
  readonly brokers: readonly BrokerStatsView[]
}

export class RateHistory {
  #samples: Sample[] = []
  readonly #listeners = new Set<(view: RatesView) => void>()

  add(atMs: number, brokers: readonly BrokerStatsView[]): void {
    // After the clock was put back, what has times that are yet to come would stand in the middle of what follows.
    if ((this.#samples.at(-1)?.atMs ?? 0) >= atMs) this.#samples = this.#samples.filter((one) => one.atMs < atMs)
    this.#samples.push({ atMs, brokers })
    while (this.#samples.length > SAMPLES_MAX || (this.#samples[0]?.atMs ?? atMs) < atMs - KEPT_MS)
      this.#samples.shift()
    if (this.#listeners.size === 0) return
    // One object for all: it is made into bytes once.
    const view = viewOf(this.#samples.slice(-1))
    for (const listener of this.#listeners) listener(view)
  }

  all(): RatesView {
    return viewOf(this.#samples)
  }

  listen(listener: (view: RatesView) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** Whole bytes a second: a tenth of a byte is not seen in any chart and doubles what is sent. */
const whole = (rate: number | null | undefined): number | null => (typeof rate === 'number' ? Math.round(rate) : null)

function viewOf(samples: readonly Sample[]): RatesView {
  const names = new Set(samples.flatMap(({ brokers }) => brokers.map(({ name }) => name)))
  const ofSample = samples.map(({ brokers }) => new Map(brokers.map((one) => [one.name, one])))
  return {
    atMs: samples.map(({ atMs }) => atMs),
    brokers: [...names].map((name) => ({
      name,
      inPerSecond: ofSample.map((brokers) => whole(brokers.get(name)?.bytesInPerSecond)),
      outPerSecond: ofSample.map((brokers) => whole(brokers.get(name)?.bytesOutPerSecond))
    }))
  }
}
