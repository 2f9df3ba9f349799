import { describe, expect, it } from 'vitest'
import { GroupsBehind } from '../../../../../src-main/monitor/core/groups-behind'
import type { GroupLag } from '../../../../../src-main/monitor/core/lag'

/** Of partitions that end there, and are read up to there; null: the end is not known. */
function lagOf(partitions: readonly { readonly end: number | null; readonly committed: number }[]): GroupLag {
  const rows = partitions.map(({ end: endOffset, committed: committedOffset }, partition) => {
    const lag = endOffset === null ? null : endOffset - committedOffset
    return { topic: 't', partition, startOffset: 0, endOffset, committedOffset, lag, memberId: null }
  })
  const isKnown = rows.every(({ lag }) => lag !== null)
  return { partitions: rows, total: isKnown ? rows.reduce((sum, { lag }) => sum + Math.max(0, lag ?? 0), 0) : null }
}

/** Nothing is written to its one partition. */
const lagging = (lag: number | null): GroupLag =>
  lagOf([lag === null ? { end: null, committed: 0 } : { end: 100_000, committed: 100_000 - lag }])

/** Feeds the lags of one group, a second apart; tells what was told, by second. */
const follow = (totals: readonly (number | null)[]) => followLags(totals.map(lagging))

function followLags(lags: readonly GroupLag[]): { told: string[]; behind: GroupsBehind } {
  const behind = new GroupsBehind()
  const told = lags.flatMap((lag, second) => {
    const changes = behind.sampled(second * 1000, new Map([['g', lag]]))
    return [
      ...changes.behind.map(({ lagRecords }) => `${second}: behind by ${lagRecords}`),
      ...changes.caughtUp.map(() => `${second}: caught up`)
    ]
  })
  return { told, behind }
}

const line = (from: number, step: number, samples: number): number[] =>
  Array.from({ length: samples }, (_, i) => from + i * step)

/**
 * Six partitions that `perSecond` records are written to, and three members that commit two of them each, every five seconds but not at the
 * same time, what they have read by then: `share` of what is written.
 */
function threeMembers(perSecond: number, share: number, seconds: number, jitter: () => number): readonly GroupLag[] {
  const each = perSecond / 6
  const committedAtS = [0, 0, 0]
  const dueAtS = [1.1, 2.7, 4.6]
  return Array.from({ length: seconds }, (_, second) => {
    const nowS = second + jitter() * 0.2
    for (const [member, dueS] of dueAtS.entries())
      if (dueS <= nowS) {
        // What was fetched is a little older than the end.
        committedAtS[member] = Math.max(0, dueS - jitter() * 0.4)
        dueAtS[member] = dueS + 5 + jitter() * 0.1
      }
    return lagOf(
      Array.from({ length: 6 }, (_, partition) => ({
        end: Math.floor(nowS * each),
        committed: Math.floor((committedAtS[partition >> 1] ?? 0) * each * share)
      }))
    )
  })
}

describe('a group of members that commit at different times', () => {
  it.each([6, 500, 5_000, 300_000])('is not behind while it reads all of %i records a second', (perSecond) => {
    let seed = 7
    const jitter = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    expect(followLags(threeMembers(perSecond, 1, 600, jitter)).told).toEqual([])
  })

  it('is behind when it reads less', () => {
    const { told } = followLags(threeMembers(500, 0.8, 60, () => 0.5))
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/behind by/)
  })

  it('is behind by what is left of a burst, however much that was', () => {
    const lags = [...Array<number>(15).fill(0), ...Array<number>(15).fill(50_000)]
    const ends = lags.map((lag) => lagOf([{ end: lag === 0 ? 1000 : 51_000, committed: 1000 }]))
    expect(followLags(ends).told).toEqual(['20: behind by 50000'])
  })
})

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

    behind.sampled(15_000, new Map([['g', lagging(2000)]]))
    expect(behind.list()).toEqual([{ groupId: 'g', lagRecords: 2000, sinceMs: 11_000 }])
  })

  it('are forgotten with the group', () => {
    const { behind } = follow(line(2000, 0, 12))

    behind.sampled(20_000, new Map())

    expect(behind.list()).toEqual([])
  })
})
