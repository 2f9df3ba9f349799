/** Bytes in and out of each broker, sampled from the cluster view while the window is open. A gap where not known. */
import type { ClusterView } from '@api/views'

const KEPT_MS = 3_600_000

export interface RateSample {
  readonly atMs: number
  readonly brokers: ReadonlyMap<string, { readonly inPerSecond: number | null; readonly outPerSecond: number | null }>
}
export type RateHistory = readonly RateSample[]

/** The view arrives at most once a second, and once more when an event changes it: those are not samples of their own. */
const SAMPLE_MIN_MS = 900

export function appendRates(history: RateHistory, atMs: number, view: ClusterView): RateHistory {
  const last = history.at(-1)
  if (last !== undefined && atMs - last.atMs < SAMPLE_MIN_MS) return history
  const brokers = new Map(
    view.brokers.map((broker) => [
      broker.name,
      { inPerSecond: broker.bytesInPerSecond, outPerSecond: broker.bytesOutPerSecond }
    ])
  )
  return [...history.filter((sample) => sample.atMs > atMs - KEPT_MS), { atMs, brokers }]
}
