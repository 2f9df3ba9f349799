import { describe, expect, it } from 'vitest'
import { datedTicks, hasSeconds, timeTicks, xOf } from '@/charts/time-axis'
import { valueAxis } from '@/charts/value-axis'

describe('the time axis', () => {
  it('has round ticks at least the gap apart', () => {
    const scale = { fromMs: 1_000_000, toMs: 1_000_000 + 900_000, left: 0, right: 900 }
    const { stepMs, atMs } = timeTicks(scale, 88)

    expect(stepMs).toBe(120_000)
    expect(atMs.every((at) => at % stepMs === 0)).toBe(true)
    expect(xOf(scale, atMs[1] ?? 0) - xOf(scale, atMs[0] ?? 0)).toBeGreaterThanOrEqual(88)
  })

  it('has a date on the first tick of each day across midnight, and none on a day like today', () => {
    const at = (day: number, hour: number, minute: number): number => new Date(2026, 10, day, hour, minute).getTime()
    const acrossMidnight = [at(21, 23, 50), at(21, 23, 55), at(22, 0, 0), at(22, 0, 5)]

    expect(datedTicks(acrossMidnight, at(22, 0, 7))).toEqual([true, false, true, false])
    expect(datedTicks(acrossMidnight.slice(2), at(22, 0, 7))).toEqual([false, false])
    expect(datedTicks(acrossMidnight.slice(0, 2), at(22, 0, 7))).toEqual([true, false])
  })

  it('shows seconds only below a minute', () => {
    expect(hasSeconds(30_000)).toBe(true)
    expect(hasSeconds(60_000)).toBe(false)
  })

  it('survives a plot without width', () => {
    expect(timeTicks({ fromMs: 0, toMs: 60_000, left: 0, right: 0 }, 88).atMs.length).toBeLessThan(5)
  })
})

describe('the value axis', () => {
  it('is round, starts at 0 and holds the highest value', () => {
    expect(valueAxis(48_120, true)).toEqual({ max: 50_000, step: 10_000 })
    expect(valueAxis(1.42, false)).toEqual({ max: 1.5, step: 0.5 })
  })

  it('has whole steps for counts, also for none', () => {
    expect(valueAxis(0, true)).toEqual({ max: 5, step: 1 })
    expect(valueAxis(3, true)).toEqual({ max: 5, step: 1 })
    expect(valueAxis(0, false)).toEqual({ max: 1, step: 0.5 })
  })
})
