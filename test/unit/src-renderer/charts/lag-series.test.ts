import { describe, expect, it } from 'vitest'
import type { LagHistoryView, LagSampleView } from '@api/views'
import {
  appendSample,
  emptyHistory,
  isKnownSince,
  lastKnown,
  mergeHistory,
  present,
  steadyTop,
  summarize,
  toPoints
} from '@/charts/lag-series'

const sample = (atMs: number, total: number | null, lags: (number | null)[] = []): LagSampleView => ({
  groupId: 'g',
  atMs,
  total,
  partitions: lags.map((lag, partition) => ({ topic: 't', partition, lag }))
})
const history = (samples: readonly LagSampleView[], keepMs = 60_000): LagHistoryView =>
  samples.reduce((all, one) => appendSample(all, one, keepMs), emptyHistory('g'))

describe('adding a sample', () => {
  it('keeps total and partitions parallel to the times', () => {
    const lag = history([sample(1000, 5, [2, 3]), sample(2000, 6, [2, 4])])

    expect(lag.atMs).toEqual([1000, 2000])
    expect(lag.total).toEqual([5, 6])
    expect(lag.partitions.map((one) => one.lag)).toEqual([
      [2, 2],
      [3, 4]
    ])
  })

  it('drops what is older than the range', () => {
    const lag = history([sample(1000, 1, [1]), sample(2000, 2, [2]), sample(62_000, 3, [3])])

    expect(lag.atMs).toEqual([2000, 62_000])
    expect(lag.partitions[0]?.lag).toEqual([2, 3])
  })

  it('ignores a sample that is not newer', () => {
    expect(history([sample(2000, 1), sample(2000, 9), sample(1000, 8)]).total).toEqual([1])
  })

  it('gives a partition that appears later a past of unknowns, and one that is left out an unknown', () => {
    const lag = history([sample(1000, 1, [1]), sample(2000, 3, [1, 2]), sample(3000, 1, [1])])

    expect(lag.partitions[1]?.lag).toEqual([null, 2, null])
  })
})

describe('joining history and live samples', () => {
  it('adds only what the history does not have yet', () => {
    const loaded = { ...history([sample(1000, 1), sample(2000, 2)]), fromMs: 0, toMs: 2000 }
    const live = history([sample(2000, 99), sample(3000, 3)])

    expect(mergeHistory(loaded, live).total.slice(-2)).toEqual([2, 3])
  })
})

describe('points of a series', () => {
  it('have a gap where nothing was known, never a zero', () => {
    expect(toPoints([1000, 2000, 3000], [4, null, 5]).map((point) => point.y)).toEqual([4, Number.NaN, 5])
  })

  it('have a gap where nobody looked', () => {
    const points = toPoints([1000, 2000, 60_000], [4, 4, 9])

    expect(points).toHaveLength(4)
    expect(points[2]).toEqual({ x: 2001, y: Number.NaN })
  })

  it('are summed up with first, last, highest and whether there is a gap', () => {
    expect(summarize(toPoints([1000, 2000, 3000, 4000], [4, null, 90, 7]))).toEqual({
      first: 4,
      last: 7,
      highest: 90,
      hasGap: true
    })
    expect(summarize(toPoints([1000, 2000], [4, null])).last).toBeNull()
    expect(summarize([])).toEqual({ first: null, last: null, highest: null, hasGap: false })
  })

  it('are not known now when the newest sample is not', () => {
    expect(present([3, null])).toBeNull()
    expect(present([])).toBeNull()
  })
})

describe('the worst series', () => {
  const values = (lags: Record<string, number | null>): Map<string, number | null> => new Map(Object.entries(lags))

  it('come highest first at the start, unknown ones left out', () => {
    expect(steadyTop([], values({ a: 1, b: 9, c: null, d: 5 }), 2)).toEqual(['b', 'd'])
  })

  it('keep their slots while the order among them changes', () => {
    expect(steadyTop(['b', 'd'], values({ a: 1, b: 9, d: 20 }), 2)).toEqual(['b', 'd'])
  })

  it('give way only to one that is clearly higher', () => {
    expect(steadyTop(['b', 'd'], values({ a: 110, b: 100, d: 300 }), 2)).toEqual(['b', 'd'])
    expect(steadyTop(['b', 'd'], values({ a: 500, b: 100, d: 300 }), 2)).toEqual(['a', 'd'])
  })

  it('fill the slot of one that is gone', () => {
    expect(steadyTop(['b', 'd'], values({ a: 3, d: 20 }), 2)).toEqual(['d', 'a'])
  })
})

describe('what was known', () => {
  it('counts only in the range', () => {
    const points = [
      { x: 1000, y: 0 },
      { x: 2000, y: Number.NaN }
    ]

    expect([isKnownSince(points, 1000), isKnownSince(points, 1001), isKnownSince([], 0)]).toEqual([true, false, false])
  })

  it('is the newest value before the gap', () => {
    expect([lastKnown([3, 0, null, null]), lastKnown([null]), lastKnown([])]).toEqual([0, null, null])
  })
})
