/**
 * Lag over time as data: adding a sample, joining history and live, and turning one series into points. A gap is a
 * point without a value: where the host knew nothing (null), and where it was not there to look (a hole in time).
 */
import type { LagHistoryView, LagSampleView } from '@api/views'

export interface Point {
  readonly x: number
  /** NaN is a gap. */
  readonly y: number
}

/** Sampling is at 1 Hz; more than this between two samples means that nobody looked. */
export const HOLE_MS = 3_500

type PartitionLag = LagHistoryView['partitions'][number]

export function emptyHistory(groupId: string): LagHistoryView {
  return { groupId, fromMs: 0, toMs: 0, atMs: [], total: [], partitions: [] }
}

const same = (a: { topic: string; partition: number }, b: { topic: string; partition: number }): boolean =>
  a.topic === b.topic && a.partition === b.partition

/** Adds one sample and drops what is older than `keepMs`. A sample that is not newer than the last is ignored. */
export function appendSample(history: LagHistoryView, sample: LagSampleView, keepMs: number): LagHistoryView {
  const last = history.atMs.at(-1)
  if (last !== undefined && sample.atMs <= last) return history
  const fromMs = sample.atMs - keepMs
  const firstKept = history.atMs.findIndex((atMs) => atMs >= fromMs)
  const start = firstKept === -1 ? history.atMs.length : firstKept
  const atMs = [...history.atMs.slice(start), sample.atMs]
  const kept: PartitionLag[] = history.partitions.map((known) => ({
    ...known,
    lag: [...known.lag.slice(start), sample.partitions.find((one) => same(one, known))?.lag ?? null]
  }))
  const added: PartitionLag[] = sample.partitions
    .filter((one) => !history.partitions.some((known) => same(one, known)))
    .map(({ topic, partition, lag }) => ({
      topic,
      partition,
      lag: [...new Array<null>(atMs.length - 1).fill(null), lag]
    }))
  return {
    groupId: history.groupId,
    fromMs,
    toMs: sample.atMs,
    atMs,
    total: [...history.total.slice(start), sample.total],
    partitions: [...kept, ...added]
  }
}

/** History with the live samples that arrived while it was being fetched. */
export function mergeHistory(history: LagHistoryView, live: LagHistoryView): LagHistoryView {
  const keepMs = Math.max(1, history.toMs - history.fromMs)
  return live.atMs.reduce(
    (joined, atMs, index) =>
      appendSample(
        joined,
        {
          groupId: history.groupId,
          atMs,
          total: live.total[index] ?? null,
          partitions: live.partitions.map(({ topic, partition, lag }) => ({
            topic,
            partition,
            lag: lag[index] ?? null
          }))
        },
        keepMs
      ),
    history
  )
}

export function toPoints(atMs: readonly number[], values: readonly (number | null)[]): Point[] {
  const points: Point[] = []
  atMs.forEach((x, index) => {
    const previous = atMs[index - 1]
    if (previous !== undefined && x - previous > HOLE_MS) points.push({ x: previous + 1, y: Number.NaN })
    points.push({ x, y: values[index] ?? Number.NaN })
  })
  return points
}

/** Whether there is anything to draw from `fromMs` on. */
export function isKnownSince(points: readonly Point[], fromMs: number): boolean {
  return points.some(({ x, y }) => x >= fromMs && !Number.isNaN(y))
}

/** An outsider must be this much higher than a member to take its place, so that lines do not change colour all the time. */
const TAKEOVER_FACTOR = 1.5
const TAKEOVER_RECORDS = 10

/**
 * The keys with the highest values, in slots that keep their colour: a member stays in its slot until it is gone, or
 * an outsider is clearly higher than it. Without a previous choice the highest come first.
 */
export function steadyTop(
  previous: readonly string[],
  values: ReadonlyMap<string, number | null>,
  count: number
): string[] {
  const valueOf = (key: string): number => values.get(key) ?? -1
  const slots = previous.filter((key) => values.has(key)).slice(0, count)
  const outsiders = [...values.keys()]
    .filter((key) => !slots.includes(key) && values.get(key) !== null)
    .sort((a, b) => valueOf(b) - valueOf(a))
  while (slots.length < count && outsiders.length > 0) slots.push(...outsiders.splice(0, 1))
  for (const outsider of outsiders) {
    const lowest = slots.reduce((low, key, slot) => (valueOf(key) < valueOf(slots[low] ?? '') ? slot : low), 0)
    const bar = valueOf(slots[lowest] ?? '') * TAKEOVER_FACTOR + TAKEOVER_RECORDS
    if (valueOf(outsider) <= bar) break
    slots[lowest] = outsider
  }
  return slots
}

/** The newest value, null where it is not known now. */
export function present(values: readonly (number | null)[]): number | null {
  return values.at(-1) ?? null
}

/** The newest value that was known at all, null where none was. */
export function lastKnown(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null
}

export interface LagSummary {
  readonly first: number | null
  readonly last: number | null
  readonly highest: number | null
  readonly hasGap: boolean
}

/** What a sentence about the series needs. */
export function summarize(points: readonly Point[]): LagSummary {
  const known = points.filter((point) => !Number.isNaN(point.y)).map((point) => point.y)
  const lastPoint = points.at(-1)
  return {
    first: known[0] ?? null,
    last: lastPoint === undefined || Number.isNaN(lastPoint.y) ? null : lastPoint.y,
    highest: known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b)),
    hasGap: known.length > 0 && known.length < points.length
  }
}
