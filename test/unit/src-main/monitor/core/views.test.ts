import { describe, expect, it } from 'vitest'
import {
  firstTopicsSchema,
  groupSchema,
  groupsSchema,
  lagSampleSchema,
  topicSchema,
  topicsSchema
} from '../../../../../src-main/api/views'
import { observationOf } from '../../../../../src-main/monitor/core/observing'
import {
  firstTopicsView,
  groupsView,
  groupView,
  lagSample,
  topicsView,
  topicView
} from '../../../../../src-main/monitor/core/views'
import { group, snapshot, topic } from '../snapshots'

const orders = topic('orders', [
  { startOffset: 2, endOffset: 10, sizeBytes: 100, leader: 1, replicas: [1] },
  { startOffset: null, endOffset: null, sizeBytes: null, leader: null, replicas: [2] }
])
const logs = topic('logs', [{ startOffset: 5, endOffset: 9, sizeBytes: 50 }])
const billing = group('billing', { committed: { orders: { 0: 4, 1: 3 } } })
const known = { configs: {}, problem: null }
const nobody = new Set<string>()
const seen = snapshot({ atMs: 7000, topics: [orders, logs], groups: [billing] })

describe('the views', () => {
  it('are what their schemas say', () => {
    expect(topicsSchema.parse(topicsView(seen))).toEqual(topicsView(seen))
    expect(topicSchema.parse(topicView(orders, known))).toEqual(topicView(orders, known))
    expect(groupsSchema.parse(groupsView(seen, nobody))).toEqual(groupsView(seen, nobody))
    expect(groupSchema.parse(groupView(seen, billing, nobody))).toEqual(groupView(seen, billing, nobody))
    expect(lagSampleSchema.parse(lagSample(seen, 'billing'))).toEqual(lagSample(seen, 'billing'))
  })

  it('of topics have no sum where a part of it is not known', () => {
    const { topics, observedAtMs } = topicsView(seen)

    expect(observedAtMs).toBe(7000)
    expect(topics.map((row) => [row.name, row.recordCount, row.sizeBytes, row.leaderlessPartitions])).toEqual([
      ['logs', 4, 50, 0],
      ['orders', null, null, 1]
    ])
  })

  it('of the first topics are those of all, and say of how many', () => {
    const many = Array.from({ length: 250 }, (_, i) => topic(`stream-${i}`, [{ startOffset: 0, endOffset: i }]))
    const all = snapshot({ atMs: 7000, topics: [...many.reverse(), orders, logs] })
    const view = firstTopicsView(all)

    expect(firstTopicsSchema.parse(view)).toEqual(view)
    expect([view.topicCount, view.topics.length]).toEqual([252, 120])
    expect(view.topics.slice(0, 3).map(({ name }) => name)).toEqual(['logs', 'orders', 'stream-0'])
    expect(topicsView(all).topics).toEqual(expect.arrayContaining(view.topics))
  })

  it('of topics say what they are at least, and for how many partitions nothing is known', () => {
    const { topics } = topicsView(seen)

    expect(topics.map(({ name, partial }) => [name, partial])).toEqual([
      ['logs', null],
      ['orders', { unknownPartitions: 1, recordCount: 8, sizeBytes: 100, recordsInPerSecond: null }]
    ])
    const dark = topic('dark', [{ startOffset: null, endOffset: null, sizeBytes: null, leader: null }])
    expect(topicsView(snapshot({ topics: [dark] })).topics[0]?.partial).toEqual({
      unknownPartitions: 1,
      recordCount: null,
      sizeBytes: null,
      recordsInPerSecond: null
    })
  })

  it('of a topic tell configs that are not known from none, and why', () => {
    expect(topicView(orders, { configs: {}, problem: null })).toMatchObject({ configs: {}, configsProblem: null })
    expect(topicView(orders, { configs: null, problem: 'No answer.' })).toMatchObject({
      configs: null,
      configsProblem: 'No answer.'
    })
  })

  it('of groups say why a lag is not known', () => {
    const why = (one: ReturnType<typeof group>): unknown =>
      groupsView(snapshot({ topics: [orders, logs], groups: [one] }), nobody).groups[0]?.lagUnknown

    expect(why(group('g', { committed: { logs: { 0: 7 } } }))).toBeNull()
    expect(why(group('g', { committed: {} }))).toBe('notCommitted')
    expect(why(group('g', { committed: null }))).toBe('coordinatorSilent')
    expect(why(group('g', { committed: { orders: { 1: 3 } } }))).toBe('leaderSilent')
  })

  it('of a group that is behind say so in list and page, but not while its lag is not known', () => {
    const late = group('late', { committed: { logs: { 0: 5 } } })
    const away = group('away', { committed: null })
    const now = snapshot({ topics: [logs], groups: [late, away] })
    const behind = new Set(['late', 'away'])

    expect(groupsView(now, behind).groups.map(({ groupId, isBehind }) => [groupId, isBehind])).toEqual([
      ['away', false],
      ['late', true]
    ])
    expect([groupView(now, late, behind).isBehind, groupView(now, away, behind).isBehind]).toEqual([true, false])
  })

  it('of a group with a silent coordinator have no members and no commits, rather than none', () => {
    const away = group('away', { state: 'Unknown', coordinatorId: null, members: null, committed: null })

    expect(groupView(seen, away, nobody)).toMatchObject({ members: null, areCommitsKnown: false, partitions: [] })
  })

  it('of a group show a lag of null, not 0, where the leader is away', () => {
    expect(
      groupView(seen, billing, nobody).partitions.map(({ committedOffset, lagRecords }) => [
        committedOffset,
        lagRecords
      ])
    ).toEqual([
      [4, 6],
      [3, null]
    ])
    expect(groupsView(seen, nobody).groups[0]?.lagRecords).toBeNull()
  })

  it('of a group whose coordinator is away know neither members nor lag', () => {
    const away = group('away', { state: 'Unknown', coordinatorId: null, members: null, committed: null })
    const { groups } = groupsView(snapshot({ topics: [orders], groups: [away] }), nobody)

    expect(groups).toMatchObject([{ state: 'Unknown', memberCount: null, lagRecords: null, coordinatorId: null }])
  })

  it('of a lag sample have a gap for a group that is not there', () => {
    const unknown = { total: null, written: null, read: null }
    expect(lagSample(seen, 'none')).toEqual({ groupId: 'none', atMs: 7000, ...unknown, partitions: [] })
  })
})

describe('an observation', () => {
  const remembered = { leaderlessSinceMs: 3000, groupsBehind: [], groupsUnknown: 0 }

  it('counts leaders, replicas and partitions without a leader by where their only replica is', () => {
    const observation = observationOf(seen, remembered)

    expect(observation.brokers).toEqual([
      { id: 1, leaders: 2, replicas: 2, outOfSync: 0 },
      { id: 2, leaders: 0, replicas: 1, outOfSync: 1 }
    ])
    expect(observation.leaderless).toEqual({ count: 1, sample: ['orders-1'], byBroker: { 2: 1 }, sinceMs: 3000 })
    expect([observation.topicCount, observation.partitionCount, observation.groupCount]).toEqual([2, 3, 1])
  })

  it('takes the controller from the ensemble, and from the brokers while that cannot be asked', () => {
    const ensemble = { brokerIds: [2], controllerId: 2, controllerEpoch: 9 }

    expect(observationOf(snapshot({ ensemble }), remembered)).toMatchObject({
      controllerId: 2,
      controllerEpoch: 9,
      registeredBrokers: [2]
    })
    expect(observationOf(snapshot(), remembered)).toMatchObject({
      controllerId: 1,
      controllerEpoch: null,
      registeredBrokers: null
    })
  })

  it('knows no counts when no broker answered', () => {
    expect(observationOf(snapshot({ hasMetadata: false, topics: [orders], groups: null }), remembered)).toMatchObject({
      brokers: null,
      topicCount: null,
      partitionCount: null,
      leaderless: null,
      groupCount: null,
      groupsBehind: null
    })
  })
})
