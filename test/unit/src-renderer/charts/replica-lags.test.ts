import { describe, expect, it } from 'vitest'
import { behindOf, looked, lookedSince, presentBehind } from '@/charts/replica-lags'
import type { Behind, ReplicaLags } from '@/charts/replica-lags'

const none: ReplicaLags = new Map()
const lookedAt = (looks: readonly (readonly [number, Behind])[]): ReplicaLags =>
  looks.reduce((lags, [atMs, behind]) => looked(lags, atMs, behind), none)
const of = (lags: ReplicaLags, broker: number): (readonly [number, number])[] =>
  (lags.get(broker) ?? []).map(({ x, y }) => [x, y])

describe('how far each replica is behind', () => {
  it('is the distance to the leader’s end, of followers that say where they are', () => {
    const states = [
      { broker: 3, logEnd: 100 },
      { broker: 1, logEnd: 93 },
      { broker: 2, logEnd: null },
      // It holds more than the leader: records that will be cut.
      { broker: 4, logEnd: 104 }
    ]

    expect([...behindOf(states, 3)]).toEqual([
      [3, null],
      [1, 7],
      [2, null],
      [4, 0]
    ])
  })

  it('is not known of anybody while nobody leads, or the leader does not say', () => {
    const states = [
      { broker: 1, logEnd: 93 },
      { broker: 2, logEnd: null }
    ]

    expect([...behindOf(states, null).values()]).toEqual([null, null])
    expect([...behindOf(states, 2).values()]).toEqual([null, null])
  })
})

describe('the history of followers', () => {
  it('has a gap, and never 0, where it was not known', () => {
    const lags = lookedAt([
      [1000, new Map([[2, 5]])],
      [3000, new Map([[2, null]])],
      [5000, new Map()],
      [7000, new Map([[2, 0]])]
    ])

    expect(of(lags, 2)).toEqual([
      [1000, 5],
      [3000, Number.NaN],
      [5000, Number.NaN],
      [7000, 0]
    ])
  })

  it('has a gap where nobody looked, and none between looks that waited for a broker that stands still', () => {
    const lags = lookedAt([
      [1000, new Map([[2, 5]])],
      [7000, new Map([[2, 6]])],
      [60_000, new Map([[2, 7]])]
    ])

    expect(of(lags, 2)).toEqual([
      [1000, 5],
      [7000, 6],
      [7001, Number.NaN],
      [60_000, 7]
    ])
  })

  it('ends where a follower becomes the leader', () => {
    const lags = lookedAt([
      [
        1000,
        new Map([
          [2, 5],
          [3, null]
        ])
      ],
      [
        3000,
        new Map([
          [2, null],
          [3, 4]
        ])
      ]
    ])

    expect(of(lags, 2).at(-1)?.[1]).toBeNaN()
    expect(of(lags, 3)).toEqual([
      [1000, Number.NaN],
      [3000, 4]
    ])
  })

  it('is bounded, of however many looks, and forgets a replica that was moved away', () => {
    let lags = looked(none, 0, new Map([[9, 1]]))
    for (let second = 1; second < 4000; second++) lags = looked(lags, second * 1000, new Map([[2, second]]))

    expect(lags.get(2)).toHaveLength(2000)
    expect(lags.has(9)).toBe(false)
    expect(lookedSince(lags)).toBe(2_000_000)
  })

  it('says since when it is looked at, and what is known now', () => {
    expect(lookedSince(none)).toBeUndefined()
    const lags = looked(none, 1000, new Map([[2, 5]]))

    expect(lookedSince(lags)).toBe(1000)
    expect(presentBehind(lags.get(2) ?? [], 3000)).toBe(5)
    expect(presentBehind(lags.get(2) ?? [], 60_000)).toBeNull()
    expect(presentBehind([], 3000)).toBeNull()
  })
})
