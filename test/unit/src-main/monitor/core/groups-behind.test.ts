import { describe, expect, it } from 'vitest'
import { GroupsBehind } from '../../../../../src-main/monitor/core/groups-behind'

/** Feeds the totals of one group, a second apart; tells what was told, by second. */
function follow(totals: readonly (number | null)[]): { told: string[]; behind: GroupsBehind } {
  const behind = new GroupsBehind()
  const told = totals.flatMap((total, second) => {
    const changes = behind.sampled(second * 1000, new Map([['g', total]]))
    return [
      ...changes.behind.map(({ lagRecords }) => `${second}: behind by ${lagRecords}`),
      ...changes.caughtUp.map(() => `${second}: caught up`)
    ]
  })
  return { told, behind }
}

const line = (from: number, step: number, samples: number): number[] =>
  Array.from({ length: samples }, (_, i) => from + i * step)

describe('groups that are behind', () => {
  it('are those whose floor rose and is 100 records or more', () => {
    expect(follow(line(50, 20, 14)).told).toEqual(['11: behind by 270'])
  })

  it('are not those that commit every five seconds and have read everything by then', () => {
    const sawtooth = Array.from({ length: 60 }, (_, second) => (second % 5) * 200)

    expect(follow(sawtooth).told).toEqual([])
  })

  it('are those that commit every five seconds and read less than is written', () => {
    const sawtooth = Array.from({ length: 30 }, (_, second) => second * 50 + (second % 5) * 200)

    expect(follow(sawtooth).told).toHaveLength(1)
  })

  it('are not those whose lag is small', () => {
    expect(follow(line(1, 5, 20)).told).toEqual([])
  })

  it('are those that stay at 1,000 records or more', () => {
    expect(follow(line(1500, 0, 13)).told).toEqual(['11: behind by 1500'])
  })

  it('are not those whose lag of many records falls', () => {
    expect(follow(line(20_000, -1000, 15)).told).toEqual([])
  })

  it('catch up when little is left, or when the floor falls below 1,000', () => {
    const far = line(2000, 0, 12)

    expect(follow([...far, 50]).told).toEqual(['11: behind by 2000', '12: caught up'])
    expect(follow([...far, 1500, 900]).told).toEqual(['11: behind by 2000', '13: caught up'])
  })

  it('neither fall behind nor catch up unseen, and are not said to be behind while their lag is not known', () => {
    const { told, behind } = follow([...line(2000, 0, 12), null, null])

    expect(told).toEqual(['11: behind by 2000'])
    expect(behind.list()).toEqual([])

    behind.sampled(15_000, new Map([['g', 2000]]))
    expect(behind.list()).toEqual([{ groupId: 'g', lagRecords: 2000, sinceMs: 11_000 }])
  })

  it('are forgotten with the group', () => {
    const { behind } = follow(line(2000, 0, 12))

    behind.sampled(20_000, new Map())

    expect(behind.list()).toEqual([])
  })
})
