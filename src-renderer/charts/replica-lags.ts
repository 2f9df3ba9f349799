/**
 * How far each follower of one partition was behind its leader, as it was seen while somebody looked. What was not known is a
 * gap, and so is the time in which nobody looked; a leader is behind nobody, and has a gap, too.
 */
import type { ReplicaState } from '@api/failures'
import type { Point } from './lag-series'

/** The longest range that a plot can show. */
const KEPT_MS = 3_600_000
/** As many as looks within it, and the gaps between them. */
const POINTS_MAX = 2_000
/** Looks are two seconds apart, and one that waits for a broker which stands still takes three: beyond this nobody looked. */
const HOLE_MS = 10_000

/** By broker, those that were told of first in front. */
export type ReplicaLags = ReadonlyMap<number, readonly Point[]>
/** Records behind the leader, by broker; null where one of the two does not say, and of the leader itself. */
export type Behind = ReadonlyMap<number, number | null>

export function behindOf(states: readonly ReplicaState[], leader: number | null): Behind {
  const leaderEnd = states.find(({ broker }) => broker === leader)?.logEnd ?? null
  return new Map(
    states.map(({ broker, logEnd }) => [
      broker,
      broker === leader || logEnd === null || leaderEnd === null ? null : Math.max(0, leaderEnd - logEnd)
    ])
  )
}

/** One look more. Of whom it does not tell nothing was known then. */
export function looked(lags: ReplicaLags, atMs: number, behind: Behind): ReplicaLags {
  const fromMs = atMs - KEPT_MS
  const brokers = new Set([...lags.keys(), ...behind.keys()])
  const grown = new Map<number, readonly Point[]>()
  for (const broker of brokers) {
    const before = (lags.get(broker) ?? []).filter(({ x }) => x >= fromMs && x < atMs)
    const points = [...before, ...hole(before.at(-1), atMs), { x: atMs, y: behind.get(broker) ?? Number.NaN }]
    // A replica that was moved away goes with the last that was known of it.
    if (behind.has(broker) || points.some(({ y }) => !Number.isNaN(y))) grown.set(broker, points.slice(-POINTS_MAX))
  }
  return grown
}

const hole = (last: Point | undefined, atMs: number): readonly Point[] =>
  last === undefined || atMs - last.x <= HOLE_MS ? [] : [{ x: last.x + 1, y: Number.NaN }]

/** What is known of a follower now: a look that is long past says nothing of it. */
export function presentBehind(points: readonly Point[], nowMs: number): number | null {
  const last = points.at(-1)
  return last === undefined || Number.isNaN(last.y) || nowMs - last.x > HOLE_MS ? null : last.y
}

/** Since when it is looked at, as far as that is kept. */
export function lookedSince(lags: ReplicaLags): number | undefined {
  const first = [...lags.values()].flatMap(([point]) => (point === undefined ? [] : [point.x]))
  return first.length === 0 ? undefined : Math.min(...first)
}
