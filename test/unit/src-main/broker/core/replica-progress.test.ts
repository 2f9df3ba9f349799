import { describe, expect, it } from 'vitest'
import { ReplicaProgress } from '../../../../../src-main/broker/core/replica-progress'

const lagMaxMs = 30_000
const fetch = (progress: ReplicaProgress, offset: number, leaderEndOffset: number, nowMs: number): void =>
  progress.fetched({ offset, leaderEndOffset, nowMs, isEligible: true })

describe('the progress of a follower', () => {
  it('is unknown, and the follower not caught up, before its first fetch', () => {
    const progress = new ReplicaProgress()
    progress.termBegan({ isNewLeader: true, isInSync: false, leaderEndOffset: 5, nowMs: 1_000 })

    expect([progress.logEndOffset, progress.isCaughtUp(5, 1_000, lagMaxMs)]).toEqual([-1, false])
  })

  it('gives one that is in sync the whole time when a term begins', () => {
    const progress = new ReplicaProgress()
    progress.termBegan({ isNewLeader: true, isInSync: true, leaderEndOffset: 5, nowMs: 1_000 })

    expect(progress.isCaughtUp(5, 31_000, lagMaxMs)).toBe(true)
    expect(progress.isCaughtUp(5, 31_001, lagMaxMs)).toBe(false)
  })

  it('counts a fetch of the leader’s end, however long ago, while nothing is added', () => {
    const progress = new ReplicaProgress()
    fetch(progress, 5, 5, 1_000)

    expect(progress.isCaughtUp(5, 9_000_000, lagMaxMs)).toBe(true)
    expect(progress.isCaughtUp(6, 9_000_000, lagMaxMs)).toBe(false)
  })

  it('counts a fetch of what was the leader’s end at the fetch before, at that fetch’s time', () => {
    const progress = new ReplicaProgress()
    fetch(progress, 0, 10, 1_000)
    fetch(progress, 10, 20, 5_000)

    expect(progress.isCaughtUp(20, 31_000, lagMaxMs)).toBe(true)
    expect(progress.isCaughtUp(20, 31_001, lagMaxMs)).toBe(false)
  })

  it('does not count one that falls behind, though it fetches on', () => {
    const progress = new ReplicaProgress()
    fetch(progress, 0, 0, 0)
    for (let i = 1; i <= 40; i++) fetch(progress, i, 100 * i, i * 1_000)

    expect(progress.isCaughtUp(4_000, 40_000, lagMaxMs)).toBe(false)
  })

  it('goes on over terms of the same leader, and is forgotten by a new one', () => {
    const progress = new ReplicaProgress()
    fetch(progress, 7, 9, 1_000)

    progress.termBegan({ isNewLeader: false, isInSync: true, leaderEndOffset: 9, nowMs: 2_000 })
    expect(progress.logEndOffset).toBe(7)
    progress.termBegan({ isNewLeader: true, isInSync: true, leaderEndOffset: 9, nowMs: 3_000 })

    expect(progress.logEndOffset).toBe(-1)
  })

  it('refuses a fetch beyond the leader’s log', () => {
    expect(() => fetch(new ReplicaProgress(), 6, 5, 0)).toThrow('within its leader')
  })
})
