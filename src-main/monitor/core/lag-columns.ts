/**
 * Lag samples of a range as the parallel arrays of the API. Where nobody looked for longer than a sample takes there is
 * a point that says so: null, a gap, not a line. Long ranges are thinned by time slices, each with its lowest and highest
 * total and its gap: a spike of one sample stays.
 */
import type { LagHistoryView } from '../../api/views'
import { byTopicAndPartition, totalOf } from './lag'
import { unknownPace, type GroupPace } from './group-pace'
import type { GroupLags } from './history-lines'

/** Two samples further apart than this have a gap between them. */
export const gapMs = 2500
/** Up to this every sample is a point. */
export const exactRangeMs = 3_600_000
const slices = 1190

interface Point {
  readonly atMs: number
  readonly total: number | null
  readonly lags: GroupLags
  readonly pace: GroupPace
}

interface Slice {
  readonly index: number
  gap: Point | undefined
  lowest: Point | undefined
  highest: Point | undefined
}

export class LagColumns {
  readonly #groupId: string
  readonly #fromMs: number
  readonly #toMs: number
  readonly #sliceMs: number
  readonly #points: Point[] = []
  #slice: Slice | undefined
  #lastMs: number | undefined

  constructor(groupId: string, fromMs: number, toMs: number) {
    this.#groupId = groupId
    this.#fromMs = fromMs
    this.#toMs = toMs
    this.#sliceMs = toMs - fromMs <= exactRangeMs ? 0 : (toMs - fromMs) / slices
  }

  /**
   * In the order in which they were taken; what is outside the range is left out. A sample that is not newer than the last
   * was taken after the clock had stepped back: it takes the place of what was told of that time before.
   */
  add(atMs: number, lags: GroupLags, pace: GroupPace = unknownPace): void {
    if (atMs < this.#fromMs || atMs > this.#toMs) return
    if (this.#lastMs !== undefined && atMs <= this.#lastMs) this.#takeBack(atMs)
    const lastMs = this.#lastMs
    if (lastMs !== undefined && atMs - lastMs > gapMs)
      this.#place({ atMs: lastMs + 1, total: null, lags: [], pace: unknownPace })
    this.#lastMs = atMs
    this.#place({ atMs, total: totalOf(lags), lags, pace })
  }

  #takeBack(fromMs: number): void {
    this.#closeSlice()
    while ((this.#points.at(-1)?.atMs ?? fromMs - 1) >= fromMs) this.#points.pop()
    this.#lastMs = this.#points.at(-1)?.atMs
  }

  #place(point: Point): void {
    if (this.#sliceMs === 0) {
      this.#points.push(point)
      return
    }
    const index = Math.floor((point.atMs - this.#fromMs) / this.#sliceMs)
    if (this.#slice?.index !== index) {
      this.#closeSlice()
      this.#slice = { index, gap: undefined, lowest: undefined, highest: undefined }
    }
    const slice = this.#slice
    const { total } = point
    if (total === null) {
      slice.gap ??= point
      return
    }
    if (total < (slice.lowest?.total ?? Number.POSITIVE_INFINITY)) slice.lowest = point
    if (total > (slice.highest?.total ?? Number.NEGATIVE_INFINITY)) slice.highest = point
  }

  #closeSlice(): void {
    if (this.#slice === undefined) return
    const { gap, lowest, highest } = this.#slice
    const kept = new Set([gap, lowest, highest].filter((point) => point !== undefined))
    this.#points.push(...[...kept].sort((a, b) => a.atMs - b.atMs))
    this.#slice = undefined
  }

  view(): LagHistoryView {
    this.#closeSlice()
    const points = this.#points
    const columns = new Map<string, LagHistoryView['partitions'][number]>()
    for (const [i, { lags }] of points.entries()) {
      for (const { topic, partition, lag } of lags) {
        const key = `${partition} ${topic}`
        let column = columns.get(key)
        if (column === undefined) {
          column = { topic, partition, lag: new Array<number | null>(points.length).fill(null) }
          columns.set(key, column)
        }
        column.lag[i] = lag
      }
    }
    return {
      groupId: this.#groupId,
      fromMs: this.#fromMs,
      toMs: this.#toMs,
      atMs: points.map(({ atMs }) => atMs),
      total: points.map(({ total }) => total),
      written: points.map(({ pace }) => pace.writtenPerSecond),
      read: points.map(({ pace }) => pace.readPerSecond),
      partitions: [...columns.values()].sort(byTopicAndPartition)
    }
  }
}
