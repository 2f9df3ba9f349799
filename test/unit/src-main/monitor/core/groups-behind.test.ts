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

describe('groups that are behind', () => {
  it('are those whose lag grew over five samples and is 100 records or more', () => {
    expect(follow([10, 50, 90, 130, 170, 210]).told).toEqual(['4: behind by 170'])
  })

  it('are not those whose lag goes up and down, or is small', () => {
    expect(follow([100, 200, 150, 300, 250, 400, 350]).told).toEqual([])
    expect(follow([10, 20, 30, 40, 50, 60, 70]).told).toEqual([])
  })

  it('are those that stay at 1,000 records or more', () => {
    expect(follow([1500, 1500, 1500, 1500, 1500]).told).toEqual(['4: behind by 1500'])
  })

  it('are not those whose lag of many records falls', () => {
    expect(follow([9000, 8000, 7000, 6000, 5000, 4000]).told).toEqual([])
  })

  it('catch up when little is left, or when it falls below 1,000', () => {
    const far = [2000, 2000, 2000, 2000, 2000]

    expect(follow([...far, 50]).told).toEqual(['4: behind by 2000', '5: caught up'])
    expect(follow([...far, 1500, 900]).told).toEqual(['4: behind by 2000', '6: caught up'])
  })

  it('neither fall behind nor catch up unseen, and keep the lag that was known last', () => {
    const { told, behind } = follow([2000, 2000, 2000, 2000, 2000, null, null])

    expect(told).toEqual(['4: behind by 2000'])
    expect(behind.list()).toEqual([{ groupId: 'g', lagRecords: 2000, sinceMs: 4000 }])
  })

  it('are forgotten with the group', () => {
    const { behind } = follow([2000, 2000, 2000, 2000, 2000])

    behind.sampled(9000, new Map())

    expect(behind.list()).toEqual([])
  })
})
