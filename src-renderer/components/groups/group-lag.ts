/** Sums over the partitions of a group. Partitions without a commit count nowhere: their lag is not known, not 0. */
import type { GroupPartitionView, LagHistoryView } from '@api/views'

export function totalLag(partitions: readonly GroupPartitionView[]): number | null {
  const counted = partitions.filter((one) => one.committedOffset !== null)
  let total = 0
  for (const { lagRecords } of counted) {
    // A sum over the others would fall when a broker dies, while in truth nothing was read.
    if (lagRecords === null) return null
    // What lies beyond the end of one partition is no credit for another.
    total += Math.max(0, lagRecords)
  }
  return counted.length === 0 ? null : total
}

const TREND_MS = 60_000
const TREND_SAMPLES_MIN = 5

/** Records per second by which the lag grew over the last minute; null while too little of it is known. */
export function trendPerSecond(history: LagHistoryView | undefined): number | null {
  if (history === undefined) return null
  const lastAt = history.atMs.at(-1)
  if (lastAt === undefined) return null
  const known = history.atMs.flatMap((atMs, index) => {
    const total = history.total[index] ?? null
    return total === null || atMs < lastAt - TREND_MS ? [] : [{ atMs, total }]
  })
  const [first] = known
  const last = known.at(-1)
  if (first === undefined || last === undefined || known.length < TREND_SAMPLES_MIN || last.atMs !== lastAt) return null
  return ((last.total - first.total) * 1000) / (last.atMs - first.atMs)
}
