import { describe, expect, it } from 'vitest'
import { ghostOf, movedTo, planRows, planSum } from '@/components/brokers/placement-plan'

const facts = { leader: 1, replicas: [1, 2], isr: [1] }
const wanted = { topic: 't', partition: 0, replicas: [1, 3] }
const told = { topic: 't', partition: 0, leader: 1, isr: [1], from: [1, 2], to: [1, 3], bytes: 500 }
const rows = (
  more: {
    wanted?: typeof wanted
    facts?: { leader: number | null; replicas: number[]; isr: number[] } | null
    told?: typeof told
    live?: number[]
  } = {}
) =>
  planRows(
    [more.wanted ?? wanted],
    () => (more.facts === null ? undefined : (more.facts ?? facts)),
    new Map([['t-0', more.told ?? told]]),
    new Set(more.live ?? [1, 2, 3])
  )

describe('the ghost of a plan', () => {
  it('is what would come and what would go', () => {
    expect(ghostOf(wanted, facts, undefined)).toEqual({ adding: [], removing: [2], planned: [3] })
    expect(ghostOf(undefined, facts, undefined)).toBeUndefined()
    expect(ghostOf(wanted, undefined, undefined)).toBeUndefined()
  })

  it('is not of what is being moved: a plan leaves that alone', () => {
    const move = { topic: 't', partition: 0, replicas: [1, 2, 4], adding: [4], removing: [2] }
    expect(ghostOf(wanted, facts, move)).toEqual({ adding: [4], removing: [2], planned: [] })
  })
})

describe('a row of the preview', () => {
  it('says who is read, how much, and how many are in sync then', () => {
    expect(rows()).toMatchObject([{ from: [1, 2], to: [1, 3], source: 1, bytes: 500, isrAfter: 2 }])
    expect(rows({ wanted: { ...wanted, replicas: [2, 3] } })).toMatchObject([{ source: 1, bytes: null, isrAfter: 1 }])
  })

  it('counts no broker as in sync that does not live, and nobody where nobody can be read', () => {
    expect(rows({ live: [1, 2] })[0]?.isrAfter).toBe(1)
    expect(rows({ facts: { ...facts, leader: null } })).toMatchObject([{ source: null, isrAfter: null }])
  })

  it('copies nothing where only the order changes', () => {
    expect(rows({ wanted: { ...wanted, replicas: [2, 1] } })).toMatchObject([{ source: undefined, bytes: 0 }])
  })

  it('does not take bytes for its own that were told of another plan, or of other replicas', () => {
    expect(rows({ told: { ...told, to: [1, 4] } })[0]?.bytes).toBeNull()
    expect(rows({ told: { ...told, from: [1, 5] } })[0]?.bytes).toBeNull()
  })

  it('goes when it is so, and stays with nothing known when its partition is gone', () => {
    expect(rows({ facts: { leader: 1, replicas: [1, 3], isr: [1, 3] } })).toEqual([])
    expect(rows({ facts: null })).toMatchObject([{ name: 't-0', from: undefined, bytes: null, isrAfter: null }])
  })
})

describe('the sum of a plan', () => {
  const live = new Set([1, 2, 3, 4])
  const away = { leader: 1, isr: [1, 2], from: [1, 2], to: [3, 2], bytes: 500 }

  it('takes as long as the broker with the most to send or to take: each has a limit of its own', () => {
    // Two leaders send side by side, to two brokers.
    expect(planSum([away, { ...away, leader: 2, to: [1, 4] }], live)).toMatchObject({ bytes: 1000, busiestBytes: 500 })
    // One leader sends to two: all of it goes through that one.
    expect(planSum([{ ...away, to: [1, 2, 3, 4], bytes: 1000 }], live).busiestBytes).toBe(1000)
    // Two leaders send to one, which takes it all.
    expect(planSum([away, { ...away, leader: 2 }], live).busiestBytes).toBe(1000)
  })

  it('is no less than what is known, and says of how many moves it is not', () => {
    const sum = planSum([away, { ...away, bytes: null }, { ...away, from: undefined, leader: null, bytes: null }], live)
    expect(sum).toMatchObject({ bytes: 500, unknown: 2, busiestBytes: 500 })
  })

  it('counts leaders that go, and what is under-replicated before and after', () => {
    const behind = { ...away, isr: [1] }
    // Broker 2 stays behind; where it goes, nobody does.
    expect(planSum([behind], live)).toMatchObject({ leaving: 1, underNow: 1, underThen: 1 })
    expect(planSum([{ ...behind, to: [1, 3] }], live)).toMatchObject({ leaving: 0, underNow: 1, underThen: 0 })
    // A broker that does not live copies nothing.
    expect(planSum([{ ...away, to: [1, 9] }], live)).toMatchObject({ underNow: 0, underThen: 1 })
    // Of those that nobody leads it is said elsewhere.
    expect(planSum([{ ...behind, leader: null }], live)).toMatchObject({ leaving: 0, underNow: 0, underThen: 0 })
  })
})

describe('a replica that goes to another broker', () => {
  it('keeps its place among the replicas', () => {
    expect(movedTo([1, 2, 3], 1, 4)).toEqual([4, 2, 3])
  })

  it('goes nowhere where there is one already, and from nowhere', () => {
    expect(movedTo([1, 2], 1, 2)).toBeUndefined()
    expect(movedTo([1, 2], 1, 1)).toBeUndefined()
    expect(movedTo([1, 2], 5, 4)).toBeUndefined()
  })
})
