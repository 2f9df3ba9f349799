import { describe, expect, it } from 'vitest'
import {
  groupSchema,
  groupsSchema,
  lagSampleSchema,
  nodeCostSchema,
  topicSchema,
  topicsSchema
} from '../../../../../src-main/api/views'
import { observationOf } from '../../../../../src-main/monitor/core/observing'
import {
  groupsView,
  groupView,
  lagSample,
  nodeCost,
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
const seen = snapshot({ atMs: 7000, topics: [orders, logs], groups: [billing] })

describe('the views', () => {
  it('are what their schemas say', () => {
    expect(topicsSchema.parse(topicsView(seen))).toEqual(topicsView(seen))
    expect(topicSchema.parse(topicView(orders, {}))).toEqual(topicView(orders, {}))
    expect(groupsSchema.parse(groupsView(seen))).toEqual(groupsView(seen))
    expect(groupSchema.parse(groupView(seen, billing))).toEqual(groupView(seen, billing))
    expect(lagSampleSchema.parse(lagSample(seen, 'billing'))).toEqual(lagSample(seen, 'billing'))
    expect(nodeCostSchema.parse(nodeCost(seen, 'broker-2', 2))).toEqual(nodeCost(seen, 'broker-2', 2))
  })

  it('of topics have no sum where a part of it is not known', () => {
    const { topics, observedAtMs } = topicsView(seen)

    expect(observedAtMs).toBe(7000)
    expect(topics.map((row) => [row.name, row.recordCount, row.sizeBytes, row.leaderlessPartitions])).toEqual([
      ['logs', 4, 50, 0],
      ['orders', null, null, 1]
    ])
  })

  it('of a group show a lag of null, not 0, where the leader is away', () => {
    expect(
      groupView(seen, billing).partitions.map(({ committedOffset, lagRecords }) => [committedOffset, lagRecords])
    ).toEqual([
      [4, 6],
      [3, null]
    ])
    expect(groupsView(seen).groups[0]?.lagRecords).toBeNull()
  })

  it('of a group whose coordinator is away know neither members nor lag', () => {
    const away = group('away', { state: 'Unknown', coordinatorId: null, members: null, committed: null })
    const { groups } = groupsView(snapshot({ topics: [orders], groups: [away] }))

    expect(groups).toMatchObject([{ state: 'Unknown', memberCount: null, lagRecords: null, coordinatorId: null }])
  })

  it('of a lag sample have a gap for a group that is not there', () => {
    expect(lagSample(seen, 'none')).toEqual({ groupId: 'none', atMs: 7000, total: null, partitions: [] })
  })

  it('of what a node costs name partitions without another replica, and groups, worst first', () => {
    const big = topic('big', [{ replicas: [2] }, { replicas: [2] }, { replicas: [2, 3] }])
    const groups = [group('a', { coordinatorId: 2 }), group('b', { coordinatorId: 1 })]

    expect(nodeCost(snapshot({ topics: [orders, big], groups }), 'broker-2', 2)).toEqual({
      node: 'broker-2',
      isController: false,
      topics: [
        { topic: 'big', offlinePartitions: [0, 1] },
        { topic: 'orders', offlinePartitions: [1] }
      ],
      groups: ['a'],
      isComplete: true
    })
  })

  it('of what a node costs say when they are not complete', () => {
    expect(nodeCost(snapshot({ hasMetadata: false }), 'broker-2', 2).isComplete).toBe(false)
    expect(nodeCost(snapshot({ groups: null }), 'broker-2', 2).isComplete).toBe(false)
  })
})

describe('an observation', () => {
  const remembered = { leaderlessSinceMs: 3000, groupsBehind: [] }

  it('counts leaders, replicas and partitions without a leader by where their only replica is', () => {
    const observation = observationOf(seen, remembered)

    expect(observation.brokers).toEqual([
      { id: 1, leaders: 2, replicas: 2 },
      { id: 2, leaders: 0, replicas: 1 }
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
