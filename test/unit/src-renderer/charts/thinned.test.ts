import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toPoints } from '@/charts/lag-series'
import { knownAt, nearestIndex } from '@/charts/moment'
import { thinned } from '@/charts/thinned'

const hourMs = 3_600_000
const hour = (valueAt: (index: number) => number) =>
  Array.from({ length: 3600 }, (_, index) => ({ x: index * 1000, y: valueAt(index) }))

describe('thinned points', () => {
  it('are the same where there are few', () => {
    const few = hour((index) => index).slice(0, 900)

    expect(thinned(few, hourMs)).toBe(few)
  })

  it('keep a spike and a dip of one sample, at their times', () => {
    const kept = thinned(
      hour((index) => (index === 1234 ? 9_000 : index === 2345 ? 0 : 5)),
      hourMs
    )

    expect(kept.length).toBeLessThanOrEqual(901)
    expect(kept).toContainEqual({ x: 1_234_000, y: 9_000 })
    expect(kept).toContainEqual({ x: 2_345_000, y: 0 })
  })

  it('keep a gap of one sample, between what was before and after', () => {
    const kept = thinned(
      hour((index) => (index === 800 ? Number.NaN : index)),
      hourMs
    )

    const gap = kept.findIndex(({ y }) => Number.isNaN(y))
    expect(kept[gap]?.x).toBe(800_000)
    expect(kept.every((point, index) => index === 0 || point.x > (kept[index - 1]?.x ?? 0))).toBe(true)
  })

  it('never join two samples between which anything was not known, and never leave the newest or a highest out', () => {
    const step = fc.record({
      afterMs: fc.constantFrom(1000, 1000, 1000, 1000, 4000, 60_000),
      value: fc.option(fc.integer({ min: 0, max: 100 }), { freq: 20 })
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 901, maxLength: 1500, size: 'max' }), (steps) => {
        let x = 0
        const atMs = steps.map(({ afterMs }) => (x += afterMs))
        const points = toPoints(
          atMs,
          steps.map(({ value }) => value)
        )
        const kept = thinned(points, hourMs)
        const gaps = points.filter(({ y }) => Number.isNaN(y))
        kept.forEach((point, index) => {
          const before = kept[index - 1]
          if (before === undefined || Number.isNaN(before.y) || Number.isNaN(point.y)) return
          expect(gaps.some((gap) => gap.x > before.x && gap.x < point.x)).toBe(false)
        })
        expect(kept.at(-1)).toBe(points.at(-1))
        const top = (some: typeof kept): number => Math.max(-1, ...some.map(({ y }) => y).filter((y) => y >= 0))
        expect(top(kept)).toBe(top(points))
      })
    )
  })

  it('leave the time open in which the host was not there, however near to another gap it began', () => {
    const seconds = [...Array.from({ length: 1605 }, (_, second) => second), ...hour(() => 0).map((_, at) => 2804 + at)]
    const points = toPoints(
      seconds.map((second) => second * 1000),
      seconds.map((second) => (second === 1601 ? null : 5))
    )

    const back = thinned(points, hourMs).findIndex(({ x }) => x >= 2_804_000)

    expect(thinned(points, hourMs)[back - 1]).toEqual({ x: 1_604_001, y: Number.NaN })
  })

  it('end with the newest sample', () => {
    const points = hour((index) => index % 7)

    expect(thinned(points, hourMs).at(-1)).toBe(points.at(-1))
    expect(thinned(points.slice(0, -3), hourMs).at(-1)).toBe(points.at(-4))
  })
})

describe('the sample nearest to the pointer', () => {
  const elements = [{ x: 10 }, { x: 20 }, { x: 50 }]

  it('is found on either side, and at the ends', () => {
    expect([-5, 14, 16, 36, 34, 90].map((x) => nearestIndex(elements, x))).toEqual([0, 0, 1, 2, 1, 2])
    expect(nearestIndex([], 5)).toBe(-1)
  })

  it('is none in a time of which nothing is known, on either side of its middle', () => {
    const points = toPoints([0, 1000, 61_000, 62_000], [1, 2, 3, 4])
    const shown = [-900, 400, 1000, 5000, 58_000, 61_000, 61_400].map((atMs) => knownAt(points, atMs)?.y)

    expect(shown).toEqual([1, 1, 2, undefined, undefined, 3, 3])
  })
})
