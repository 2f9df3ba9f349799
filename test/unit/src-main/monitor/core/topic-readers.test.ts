import { describe, expect, it } from 'vitest'
import { topicsSchema } from '../../../../../src-main/api/views'
import {
  readerNameMax,
  readersByTopic,
  readersNamedMax,
  topicReadersView
} from '../../../../../src-main/monitor/core/topic-readers'
import { topicsView } from '../../../../../src-main/monitor/core/views'
import { group, snapshot, topic } from '../snapshots'

const orders = topic('orders', [{ endOffset: 100 }, { endOffset: 50 }])
const logs = topic('logs', [{ endOffset: 10 }])
const dark = topic('dark', [{ endOffset: 30 }, { endOffset: null, leader: null }])
const readersOf = (name: string, ...groups: ReturnType<typeof group>[]) =>
  readersByTopic(snapshot({ topics: [orders, logs, dark], groups }))?.(name)

describe('the groups that read a topic', () => {
  it('are those with a commit or a member in it, the worst lag first, which is that of the topic', () => {
    const near = group('near', { committed: { orders: { 0: 99, 1: 50 }, logs: { 0: 0 } } })
    const far = group('far', { committed: { orders: { 0: 10, 1: 10 } } })
    const fresh = group('fresh', {
      members: [{ memberId: 'm', assigned: [{ topic: 'orders', partition: 0 }] }]
    })

    expect(readersOf('orders', near, far, fresh)).toEqual({
      named: ['far', 'near', 'fresh'],
      count: 3,
      isPartial: false,
      worstLag: 130,
      isLagPartial: false
    })
    expect(readersOf('logs', near, far)).toMatchObject({ named: ['near'], count: 1, worstLag: 10 })
    expect(readersOf('dark', near)).toMatchObject({ named: [], count: 0, worstLag: null, isLagPartial: false })
  })

  it('have no worst lag, rather than 0, where nothing was committed or no end is known', () => {
    const fresh = group('fresh', { members: [{ memberId: 'm', assigned: [{ topic: 'logs', partition: 0 }] }] })
    const blind = group('blind', { committed: { dark: { 1: 3 } } })

    expect(readersOf('logs', fresh)).toMatchObject({ count: 1, worstLag: null, isLagPartial: false })
    expect(readersOf('dark', blind)).toMatchObject({ count: 1, worstLag: null, isLagPartial: true })
  })

  it('have a least one where a part of it is not known', () => {
    const half = group('half', { committed: { dark: { 0: 10, 1: 3 } } })
    expect(readersOf('dark', half)).toMatchObject({ worstLag: 20, isLagPartial: true })

    const away = group('away', { state: 'Unknown', coordinatorId: null, members: null, committed: null })
    const near = group('near', { committed: { orders: { 0: 99 } } })
    expect(readersOf('orders', near, away)).toMatchObject({
      count: 1,
      isPartial: true,
      worstLag: 1,
      isLagPartial: true
    })
    expect(readersOf('logs', away)).toEqual({
      named: [],
      count: 0,
      isPartial: true,
      worstLag: null,
      isLagPartial: true
    })
  })

  it('may be more, and their lag is known, while only the members are not told', () => {
    const half = group('half', { committed: { orders: { 0: 99 } }, members: null })
    expect(readersOf('orders', half)).toMatchObject({ isPartial: true, worstLag: 1, isLagPartial: false })
  })

  it('are not known at all before any coordinator has answered', () => {
    expect(topicsView(snapshot({ topics: [logs], groups: null })).topics[0]?.readers).toBeNull()
  })

  it('are named up to a bound, and counted beyond it', () => {
    const many = Array.from({ length: 500 }, (_, i) => group(`g${i}`, { committed: { logs: { 0: i % 10 } } }))
    const long = group('x'.repeat(readerNameMax + 1), { committed: { logs: { 0: 0 } } })
    const readers = readersOf('logs', long, ...many)

    expect(readers?.count).toBe(501)
    expect(readers?.named).toHaveLength(readersNamedMax)
    expect(readers?.named.join('')).not.toContain('x')
    const view = topicsView(snapshot({ topics: [logs], groups: many }))
    expect(topicsSchema.parse(view)).toEqual(view)
  })

  it('of ten thousand topics are found within a second on a busy machine', () => {
    const topics = Array.from({ length: 10_000 }, (_, i) => topic(`t${i}`, [{ endOffset: 9 }, { endOffset: 9 }]))
    const groups = Array.from({ length: 100 }, (_, g) =>
      group(`g${g}`, {
        committed: Object.fromEntries(
          Array.from({ length: 200 }, (_, i) => [`t${(g * 200 + i) % 10_000}`, { 0: 1, 1: 1 }])
        )
      })
    )
    const all = snapshot({ topics, groups })
    const times = Array.from({ length: 3 }, () => {
      const begun = performance.now()
      topicsView(all)
      return performance.now() - begun
    })
    expect(Math.min(...times)).toBeLessThan(1000)
  })
})

describe('the page of the groups of a topic', () => {
  it('says of each how many members are on it, and its lag there alone', () => {
    const two = group('two', {
      committed: { orders: { 0: 90 }, logs: { 0: 0 } },
      members: [
        { memberId: 'a', assigned: [{ topic: 'orders', partition: 0 }] },
        { memberId: 'b', assigned: [{ topic: 'logs', partition: 0 }] }
      ]
    })
    const away = group('away', { state: 'Unknown', members: null, committed: null })
    const view = topicReadersView(snapshot({ topics: [orders, logs], groups: [two, away] }), 'orders', new Set(['two']))

    expect(view).toMatchObject({ groupCount: 1, silentGroups: 1 })
    expect(view.groups).toEqual([
      {
        groupId: 'two',
        state: 'Stable',
        memberCount: 2,
        membersHere: 1,
        partitionsCommitted: 1,
        lagRecords: 10,
        isLagPartial: false,
        isBehind: true
      }
    ])
  })

  it('is not known before any coordinator has answered', () => {
    expect(topicReadersView(snapshot({ groups: null }), 'orders', new Set()).observedAtMs).toBeNull()
  })
})
