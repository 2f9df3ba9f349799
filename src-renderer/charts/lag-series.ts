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
  return { groupId, fromMs: 0, toMs: 0, atMs: [], total: [], written: [], read: [], partitions: [] }
}

const keyOf = ({ topic, partition }: { topic: string; partition: number }): string => `${partition} ${topic}`

function extended<Value>(values: readonly Value[], start: number, value: Value): Value[] {
  const all = values.slice(start)
  all.push(value)
  return all
}

/** Adds one sample and drops what is older than `keepMs`. A sample that is not newer than the last is ignored. */
export function appendSample(history: LagHistoryView, sample: LagSampleView, keepMs: number): LagHistoryView {
  const last = history.atMs.at(-1)
  if (last !== undefined && sample.atMs <= last) return history
  const fromMs = sample.atMs - keepMs
  const firstKept = history.atMs.findIndex((atMs) => atMs >= fromMs)
  const start = firstKept === -1 ? history.atMs.length : firstKept
  const atMs = extended(history.atMs, start, sample.atMs)
  const grown = (values: readonly (number | null)[], value: number | null): (number | null)[] => {
    const all = extended(values, start, value)
    growPoints({ atMs: history.atMs, values }, { atMs, values: all })
    return all
  }
  const told = new Map(sample.partitions.map((one) => [keyOf(one), one]))
  const kept: PartitionLag[] = history.partitions.map((known) => ({
    ...known,
    lag: grown(known.lag, told.get(keyOf(known))?.lag ?? null)
  }))
  const before = new Set(history.partitions.map(keyOf))
  const added: PartitionLag[] = sample.partitions
    .filter((one) => !before.has(keyOf(one)))
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
    total: grown(history.total, sample.total),
    written: grown(history.written, sample.written),
    read: grown(history.read, sample.read),
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
          written: live.written[index] ?? null,
          read: live.read[index] ?? null,
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

const pointsOf = new WeakMap<readonly unknown[], { readonly atMs: readonly number[]; readonly points: Point[] }>()

/** Histories are replaced, never changed: the points of one are made once, however often a chart asks. */
export function toPoints(atMs: readonly number[], values: readonly (number | null)[]): Point[] {
  const known = pointsOf.get(values)
  if (known?.atMs === atMs) return known.points
  const points: Point[] = []
  for (let index = 0; index < atMs.length; index++) pushPoint(points, atMs, values, index)
  pointsOf.set(values, { atMs, points })
  return points
}

function pushPoint(points: Point[], atMs: readonly number[], values: readonly (number | null)[], index: number): void {
  const [previous, x = 0] = [atMs[index - 1], atMs[index]]
  if (previous !== undefined && x - previous > HOLE_MS) points.push({ x: previous + 1, y: Number.NaN })
  points.push({ x, y: values[index] ?? Number.NaN })
}

interface Samples {
  readonly atMs: readonly number[]
  readonly values: readonly (number | null)[]
}

/** One sample more, and fewer old ones: the points of what stays are those that there are. */
function growPoints(before: Samples, after: Samples): void {
  const known = pointsOf.get(before.values)
  if (known?.atMs !== before.atMs) return
  const fromMs = after.atMs[0] ?? 0
  const first = known.points.findIndex(({ x }) => x >= fromMs)
  const points = first === -1 ? [] : known.points.slice(first)
  // A hole before the first that stays is no part of it.
  while (Number.isNaN(points[0]?.y) && points[0]?.x !== fromMs) points.shift()
  pushPoint(points, after.atMs, after.values, after.atMs.length - 1)
  pointsOf.set(after.values, { atMs: after.atMs, points })
}

/** An outsider must be so much higher than a series to be drawn too, or the chart would fill with what hardly matters. */
const WORSE_FACTOR = 1.5
const WORSE_RECORDS = 10

export interface SlotLimits {
  /** So many are drawn anyway. */
  readonly first: number
  /** No more than there are colours. */
  readonly max: number
}

/** What is known of a series: its present value or the last that was, null for none; and whether the range holds any. */
export interface SlotValue {
  readonly value: number | null
  readonly isInRange: boolean
}

/**
 * Which series has which place in the chart, and with it which colour. The highest come first; one that becomes clearly
 * higher than the lowest is added. A series keeps its place for as long as any of it is in the range: that it is not known
 * now, or that others have overtaken it, is to be seen and no reason to leave. Only when all places are taken the lowest
 * gives way to one that is clearly higher.
 */
export function keptSlots(
  previous: readonly (string | undefined)[],
  values: ReadonlyMap<string, SlotValue>,
  { first, max }: SlotLimits
): readonly (string | undefined)[] {
  const valueOf = (key: string | undefined): number => (key === undefined ? -1 : (values.get(key)?.value ?? -1))
  const slots = Array.from({ length: max }, (_, slot) => {
    const key = previous[slot]
    return key !== undefined && values.get(key)?.isInRange === true ? key : undefined
  })
  const outsiders = [...values]
    .filter(([key, { value }]) => value !== null && !slots.includes(key))
    .sort(([, a], [, b]) => (b.value ?? -1) - (a.value ?? -1))
  for (const [key, { value }] of outsiders) {
    const taken = slots.filter((one) => one !== undefined)
    const lowest = taken.reduce<string | undefined>(
      (low, one) => (low === undefined || valueOf(one) < valueOf(low) ? one : low),
      undefined
    )
    const isWorse = (value ?? -1) > valueOf(lowest) * WORSE_FACTOR + WORSE_RECORDS
    if (taken.length >= first && !isWorse) break
    const free = slots.indexOf(undefined)
    slots[free === -1 ? slots.indexOf(lowest) : free] = key
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

/** The newest value that was known in the range. */
export function lastKnownSince(
  atMs: readonly number[],
  values: readonly (number | null)[],
  fromMs: number
): number | null {
  return values.findLast((value, index) => value !== null && (atMs[index] ?? 0) >= fromMs) ?? null
}

/** What a sentence about the series needs, from `fromMs` on. Complexity: O(points). */
export function summarize(points: readonly Point[], fromMs = 0): LagSummary {
  let [first, last, highest]: (number | null)[] = [null, null, null]
  let gaps = 0
  for (const { x, y } of points) {
    if (x < fromMs) continue
    last = Number.isNaN(y) ? null : y
    if (last === null) gaps++
    else {
      first ??= last
      highest = Math.max(highest ?? last, last)
    }
  }
  return { first: first ?? null, last: last ?? null, highest: highest ?? null, hasGap: highest !== null && gaps > 0 }
}
