import { describe, expect, it } from 'vitest'
import { LeaderEnds } from '../../../../../src-main/monitor/core/caught-up'

function seen(...looks: readonly (readonly [end: number, atMs: number])[]): LeaderEnds {
  const ends = new LeaderEnds()
  for (const [end, atMs] of looks) ends.seen(1, end, atMs)
  return ends
}

describe('how long a follower is behind', () => {
  it('is not at all while it has everything, however far its log goes', () => {
    expect(seen([10, 1000]).behind(10, 5000)).toEqual({ ms: 0, isAtLeast: false })
    expect(seen([10, 1000]).behind(12, 5000)).toEqual({ ms: 0, isAtLeast: false })
  })

  it('is since the leader was last seen to have no more', () => {
    const ends = seen([10, 1000], [10, 3000], [20, 5000], [30, 7000])
    expect(ends.behind(10, 8000)).toEqual({ ms: 5000, isAtLeast: false })
    expect(ends.behind(15, 8000)).toEqual({ ms: 5000, isAtLeast: false })
    expect(ends.behind(29, 8000)).toEqual({ ms: 3000, isAtLeast: false })
  })

  it('is longer than it was looked at, when it was behind by then', () => {
    expect(seen([10, 1000], [20, 3000]).behind(9, 4000)).toEqual({ ms: 3000, isAtLeast: true })
    expect(seen([10, 1000]).behind(9, 1000)).toEqual({ ms: 0, isAtLeast: true })
  })

  it('is not known before the leader was seen', () => {
    expect(new LeaderEnds().behind(5, 1000)).toBeUndefined()
  })

  it('begins anew with another leader, and with a log that goes back', () => {
    const ends = seen([10, 1000], [20, 3000])
    ends.seen(2, 20, 5000)
    expect(ends.behind(10, 6000)).toEqual({ ms: 1000, isAtLeast: true })
    ends.seen(2, 15, 7000)
    expect(ends.behind(12, 9000)).toEqual({ ms: 2000, isAtLeast: true })
    expect(ends.behind(15, 9000)).toEqual({ ms: 0, isAtLeast: false })
  })

  it('is bounded in what it remembers', () => {
    const ends = new LeaderEnds()
    for (let i = 0; i < 2000; i++) ends.seen(1, i, i * 1000)
    expect(ends.behind(1099, 2_000_000)).toEqual({ ms: 900_000, isAtLeast: true })
    expect(ends.behind(1100, 2_000_000)).toEqual({ ms: 900_000, isAtLeast: false })
  })
})
