import { describe, expect, it } from 'vitest'
import { GroupPaces } from '../../../../../src-main/monitor/core/group-pace'
import type { PartitionLag } from '../../../../../src-main/monitor/core/lag'

const row = (partition: number, endOffset: number | null, committedOffset: number | null): PartitionLag => ({
  topic: 't',
  partition,
  committedOffset,
  startOffset: 0,
  endOffset,
  lag: null,
  memberId: null
})

/** A partition that gets 100 records a second and is read at half of that, committed every 5 s. */
const steady = (second: number): PartitionLag => row(0, second * 100, Math.floor(second / 5) * 250)

function after(seconds: number, rowsAt: (second: number) => readonly PartitionLag[], from = 0): GroupPaces {
  const paces = new GroupPaces()
  for (let second = 0; second <= seconds; second++) {
    paces.sampled(from + second * 1000, new Map([['g', rowsAt(second)]]))
  }
  return paces
}

describe('how fast a group is written and read', () => {
  it('is not known before five seconds of it are', () => {
    expect(after(4, (s) => [steady(s)]).of('g')).toEqual({ writtenPerSecond: null, readPerSecond: null })
    expect(after(5, (s) => [steady(s)]).of('g')).toEqual({ writtenPerSecond: 100, readPerSecond: 50 })
  })

  it('is that of the last fifteen seconds, over three commits', () => {
    expect(after(60, (s) => [steady(s)]).of('g')).toEqual({ writtenPerSecond: 100, readPerSecond: 50 })
    expect(after(60, (s) => [steady(Math.min(s, 30))]).of('g')).toEqual({ writtenPerSecond: 0, readPerSecond: 0 })
  })

  it('is not known while that of one partition is not, and begins anew after it', () => {
    const rowsAt = (s: number) => [steady(s), s >= 10 && s < 40 ? row(1, null, 5) : row(1, s * 1000, s * 1000)]
    expect(after(12, rowsAt).of('g').writtenPerSecond).toBeNull()
    expect(after(44, rowsAt).of('g').writtenPerSecond).toBeNull()
    expect(after(50, rowsAt).of('g').writtenPerSecond).toBe(1100)
  })

  it('takes what a new partition held before, and what went back, for nothing that came in', () => {
    const rowsAt = (s: number) => (s < 20 ? [steady(s)] : [steady(s), row(1, 1_000_000, 900_000)])
    expect(after(22, rowsAt).of('g')).toEqual({ writtenPerSecond: 100, readPerSecond: 50 })
    const anew = (s: number) => [s < 20 ? row(0, 5000 + s, 4000) : row(0, s - 20, s - 20)]
    expect(after(22, anew).of('g').writtenPerSecond).toBeCloseTo((12 + 2) / 15)
  })

  it('is forgotten with the group, and when the clock steps back', () => {
    const paces = after(10, (s) => [steady(s)], 60_000)
    paces.sampled(30_000, new Map([['g', [steady(20)]]]))
    expect(paces.of('g').writtenPerSecond).toBeNull()
    const others = after(10, (s) => [steady(s)])
    others.sampled(11_000, new Map())
    expect(others.of('g').writtenPerSecond).toBeNull()
  })

  it('knows nothing of a group without a commit', () => {
    expect(after(10, () => []).of('g').readPerSecond).toBeNull()
  })
})
