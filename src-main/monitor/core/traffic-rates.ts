/**
 * Rates of a broker from the totals it tells every second. A smaller total means another process: its first telling
 * gives no rate.
 */
export interface TrafficTotals {
  readonly atMs: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly recordsIn: number
}

export interface TrafficRates {
  readonly bytesInPerSecond: number
  readonly bytesOutPerSecond: number
  readonly recordsInPerSecond: number
}

export function ratesBetween(before: TrafficTotals | undefined, now: TrafficTotals): TrafficRates | undefined {
  if (before === undefined || now.atMs <= before.atMs || now.bytesIn < before.bytesIn) return undefined
  const seconds = (now.atMs - before.atMs) / 1000
  return {
    bytesInPerSecond: Math.max(0, now.bytesIn - before.bytesIn) / seconds,
    bytesOutPerSecond: Math.max(0, now.bytesOut - before.bytesOut) / seconds,
    recordsInPerSecond: Math.max(0, now.recordsIn - before.recordsIn) / seconds
  }
}
