import { describe, expect, it } from 'vitest'
import { nearestIndex } from '@/charts/moment-mode'
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
})
