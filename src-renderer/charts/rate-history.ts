/** Bytes in and out of each broker as the host keeps them, with what has come since. A gap where not known. */
import type { RatesView } from '@api/views'

const KEPT_MS = 3_600_000

export interface RateSample {
  readonly atMs: number
  readonly brokers: ReadonlyMap<string, { readonly inPerSecond: number | null; readonly outPerSecond: number | null }>
}
export type RateHistory = readonly RateSample[]

/** What arrives is newer than what is kept, or, after the connection was lost, takes its place. */
export function mergeRates(history: RateHistory, { atMs, brokers }: RatesView): RateHistory {
  const [first] = atMs
  const last = atMs.at(-1)
  if (first === undefined || last === undefined) return history
  const arrived = atMs.map((at, index): RateSample => ({
    atMs: at,
    brokers: new Map(
      brokers.map(({ name, inPerSecond, outPerSecond }) => [
        name,
        { inPerSecond: inPerSecond[index] ?? null, outPerSecond: outPerSecond[index] ?? null }
      ])
    )
  }))
  return [...history.filter((sample) => sample.atMs < first && sample.atMs > last - KEPT_MS), ...arrived]
}
