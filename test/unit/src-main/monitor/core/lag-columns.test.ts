import { describe, expect, it } from 'vitest'
import { LagColumns } from '../../../../../src-main/monitor/core/lag-columns'

const lagOf = (lag: number) => [{ topic: 't', partition: 0, lag }]

describe('lag over a range', () => {
  it('shows the new samples of a time that came twice, when the clock has stepped back', () => {
    const columns = new LagColumns('g', 0, 60_000)
    for (const [atMs, lag] of [
      [1000, 1],
      [2000, 2],
      [3000, 3],
      [4000, 4],
      [2500, 25],
      [3500, 35]
    ] as const)
      columns.add(atMs, lagOf(lag))

    const { atMs, total, partitions } = columns.view()
    expect(atMs).toEqual([1000, 2000, 2500, 3500])
    expect(total).toEqual([1, 2, 25, 35])
    expect(partitions[0]?.lag).toEqual([1, 2, 25, 35])
  })

  it('does so in a long range too, which is thinned', () => {
    const hour = 3_600_000
    const columns = new LagColumns('g', 0, 12 * hour)
    for (let atMs = 1000; atMs <= hour; atMs += 1000) columns.add(atMs, lagOf(7))
    for (let atMs = hour / 2; atMs <= hour; atMs += 1000) columns.add(atMs, lagOf(9))

    const { atMs, total } = columns.view()

    expect(atMs).toEqual(atMs.toSorted((a, b) => a - b))
    expect(new Set(total.filter((_, i) => (atMs[i] ?? 0) > hour / 2 + 60_000))).toEqual(new Set([9]))
    expect(new Set(total.filter((_, i) => (atMs[i] ?? 0) < hour / 2 - 60_000))).toEqual(new Set([7]))
  })
})
