import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LagHistoryView, LagSampleView } from '@api/views'
import {
  appendSample,
  emptyHistory,
  keptSlots,
  lastKnown,
  lastKnownSince,
  mergeHistory,
  present,
  summarize,
  toPoints,
  type SlotValue
} from '@/charts/lag-series'

const sample = (atMs: number, total: number | null, lags: (number | null)[] = []): LagSampleView => ({
  groupId: 'g',
  atMs,
  total,
  written: null,
  read: null,
  partitions: lags.map((lag, partition) => ({ topic: 't', partition, lag }))
})
const history = (samples: readonly LagSampleView[], keepMs = 60_000): LagHistoryView =>
  samples.reduce((all, one) => appendSample(all, one, keepMs), emptyHistory('g'))

describe('points that grow with each sample', () => {
  it('are those of the whole history, whatever comes and goes', () => {
    const samples = fc.array(
      fc.record({
        step: fc.integer({ min: 1, max: 9_000 }),
        total: fc.option(fc.nat(50)),
        lags: fc.array(fc.option(fc.nat(9)), { maxLength: 3 })
      }),
      { maxLength: 40 }
    )
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 30_000 }), (steps, keepMs) => {
        let all = emptyHistory('g')
        let atMs = 0
        for (const { step, total, lags } of steps) {
          atMs += step
          all = appendSample(all, sample(atMs, total, lags), keepMs)
          for (const values of [all.total, ...all.partitions.map(({ lag }) => lag)]) {
            const grown = toPoints(all.atMs, values)
            expect(grown).toEqual(toPoints(all.atMs, [...values]))
          }
        }
      })
    )
  })
})

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

describe('the places of series in a chart', () => {
  const limits = { first: 2, max: 3 }
  const values = (lags: Record<string, number | null>, gone: readonly string[] = []): Map<string, SlotValue> =>
    new Map(Object.entries(lags).map(([key, value]) => [key, { value, isInRange: !gone.includes(key) }]))

  it('go to the highest at the start, not to unknown ones', () => {
    expect(keptSlots([], values({ a: 1, b: 9, c: null, d: 5 }), limits)).toEqual(['b', 'd', undefined])
  })

  it('are kept while the order changes, and while a series is not known now', () => {
    expect(keptSlots(['b', 'd'], values({ a: 1, b: 9, d: 20 }), limits)).toEqual(['b', 'd', undefined])
    expect(keptSlots(['b', 'd'], values({ a: 1, b: null, d: null }), limits)).toEqual(['b', 'd', undefined])
  })

  it('are the same on recovery: whoever came meanwhile stands beside, not in place', () => {
    const before = keptSlots([], values({ a: 100, b: 900, d: 500 }), limits)
    const during = keptSlots(before, values({ a: 100, b: null, d: null }), limits)
    const after = keptSlots(during, values({ a: 100, b: 900, d: 500 }), limits)

    expect(before).toEqual(['b', 'd', undefined])
    expect(during.slice(0, 2)).toEqual(['b', 'd'])
    expect(after.slice(0, 2)).toEqual(['b', 'd'])
  })

  it('are added for one that becomes clearly higher than the lowest', () => {
    expect(keptSlots(['b', 'd'], values({ a: 110, b: 100, d: 300 }), limits)).toEqual(['b', 'd', undefined])
    expect(keptSlots(['b', 'd'], values({ a: 500, b: 100, d: 300 }), limits)).toEqual(['b', 'd', 'a'])
  })

  it('are given up only when all are taken, and then by the lowest', () => {
    expect(keptSlots(['b', 'd', 'a'], values({ a: 500, b: 100, d: 300, e: 900 }), limits)).toEqual(['e', 'd', 'a'])
  })

  it('are free again when nothing of a series is in the range any more', () => {
    expect(keptSlots(['b', 'd'], values({ a: 3, b: null, d: 20 }, ['b']), limits)).toEqual(['a', 'd', undefined])
  })
})

describe('what was known', () => {
  it('counts only in the range', () => {
    expect(lastKnownSince([1000, 2000], [4, null], 1000)).toBe(4)
    expect(lastKnownSince([1000, 2000], [4, null], 1001)).toBeNull()
    expect(lastKnownSince([], [], 0)).toBeNull()
  })

  it('is the newest value before the gap', () => {
    expect([lastKnown([3, 0, null, null]), lastKnown([null]), lastKnown([])]).toEqual([0, null, null])
  })
})
