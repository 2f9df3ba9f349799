import { describe, expect, it } from 'vitest'
import { offsetCommitRequest, offsetCommitResponse } from '../../../../src-main/protocol/api/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '../../../../src-main/protocol/api/09-offset-fetch'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../../../src-main/protocol/api/10-find-coordinator'
import { joinGroupRequest, joinGroupResponse } from '../../../../src-main/protocol/api/11-join-group'
import { heartbeatRequest, heartbeatResponse } from '../../../../src-main/protocol/api/12-heartbeat'
import { leaveGroupRequest, leaveGroupResponse } from '../../../../src-main/protocol/api/13-leave-group'
import { deleteTopicsRequest, deleteTopicsResponse } from '../../../../src-main/protocol/api/20-delete-topics'
import { syncGroupRequest, syncGroupResponse } from '../../../../src-main/protocol/api/14-sync-group'
import { listGroupsRequest, listGroupsResponse } from '../../../../src-main/protocol/api/16-list-groups'
import { offsetDeleteRequest, offsetDeleteResponse } from '../../../../src-main/protocol/api/47-offset-delete'
import { createTopicsRequest, createTopicsResponse } from '../../../../src-main/protocol/api/19-create-topics'
import { deleteGroupsRequest, deleteGroupsResponse } from '../../../../src-main/protocol/api/42-delete-groups'
import { BrokerWorld } from '../../../support/broker-world'

const commitCall = { apiKey: 8, version: 9, request: offsetCommitRequest, response: offsetCommitResponse } as const
const fetchCall = { apiKey: 9, version: 1, request: offsetFetchRequest, response: offsetFetchResponse } as const
const findCall = { apiKey: 10, version: 2, request: findCoordinatorRequest, response: findCoordinatorResponse } as const
const joinCall = { apiKey: 11, version: 9, request: joinGroupRequest, response: joinGroupResponse } as const
const syncCall = { apiKey: 14, version: 4, request: syncGroupRequest, response: syncGroupResponse } as const
const heartbeatCall = { apiKey: 12, version: 4, request: heartbeatRequest, response: heartbeatResponse } as const
const leaveCall = { apiKey: 13, version: 3, request: leaveGroupRequest, response: leaveGroupResponse } as const
const deleteCall = { apiKey: 20, version: 6, request: deleteTopicsRequest, response: deleteTopicsResponse } as const
const listCall = { apiKey: 16, version: 4, request: listGroupsRequest, response: listGroupsResponse } as const
const forgetCall = { apiKey: 47, version: 0, request: offsetDeleteRequest, response: offsetDeleteResponse } as const
const endCall = { apiKey: 42, version: 2, request: deleteGroupsRequest, response: deleteGroupsResponse } as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const

/** One broker that coordinates all groups, and a topic `t` with two partitions. */
async function coordinatingWorld(): Promise<BrokerWorld> {
  const world = await BrokerWorld.start()
  const topic = { name: 't', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
  await world.ask(1, createCall, { topics: [topic], timeoutMs: 10_000 })
  for (;;) {
    const found = await world.ask(1, findCall, { key: 'g', keyType: 0 })
    if (found.errorCode === 0) return world
    await world.clock.run(100)
  }
}

const joining = (fields: { readonly groupId?: string; readonly groupInstanceId?: string; readonly name?: string }) => ({
  groupId: fields.groupId ?? 'g',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  memberId: '',
  groupInstanceId: fields.groupInstanceId ?? null,
  protocolType: 'consumer',
  protocols: [{ name: fields.name ?? 'range', metadata: Uint8Array.of(1) }]
})

const committing = (groupId: string, generation = -1) => ({
  groupId,
  generationIdOrMemberEpoch: generation,
  memberId: '',
  topics: [{ name: 't', partitions: [{ partitionIndex: 1, committedOffset: 5, committedMetadata: '' }] }]
})

describe('GroupCoordinator', () => {
  const long = 'ä'.repeat(20_000)

  it.each([
    ['group id', { groupId: long }, 24],
    ['instance id', { groupInstanceId: long }, 42],
    ['name of a protocol', { name: long }, 42]
  ])('refuses a %s that the log could not hold', async (_what, fields, error) => {
    const world = await coordinatingWorld()

    const answer = await world.ask(1, joinCall, joining(fields))

    expect(answer.errorCode).toBe(error)
    expect(world.failures).toEqual([])
  })

  it('refuses to commit for a group whose id the log could not hold', async () => {
    const world = await coordinatingWorld()

    const answer = await world.ask(1, commitCall, committing(long))

    expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(24)
    expect(world.failures).toEqual([])
  })

  it('keeps offsets under the empty id, as simple consumers do, and lets nobody join with it', async () => {
    const world = await coordinatingWorld()

    const committed = await world.ask(1, commitCall, committing(''))
    const fetched = await world.ask(1, fetchCall, { groupId: '', topics: [{ name: 't', partitionIndexes: [1] }] })
    const joined = await world.ask(1, joinCall, joining({ groupId: '' }))
    const { groups } = await world.ask(1, listCall, {})

    expect(committed.topics[0]?.partitions[0]?.errorCode).toBe(0)
    expect(fetched.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, committedOffset: 5 })
    expect(joined.errorCode).toBe(24)
    expect(groups).toMatchObject([{ groupId: '', groupState: 'Empty' }])
  })

  it('tells each state that a group comes to, and the one it left', async () => {
    const world = await coordinatingWorld()
    const joined = await world.ask(1, joinCall, { ...joining({}), groupInstanceId: 's' })
    const member = { groupId: 'g', generationId: 1, memberId: joined.memberId, groupInstanceId: 's', assignments: [] }
    await world.ask(1, syncCall, member)
    await world.ask(1, leaveCall, { groupId: 'g', members: [{ memberId: joined.memberId, groupInstanceId: 's' }] })

    const told = world.events.filter(({ name }) => name === 'groupStateChanged').map(({ fields }) => fields)

    expect(told.map(({ from, state }) => `${String(from)} → ${String(state)}`)).toEqual([
      'Empty → CompletingRebalance',
      'CompletingRebalance → Stable',
      'Stable → Empty'
    ])
  })

  it('ends a group whose last topic is deleted, for good', async () => {
    const world = await coordinatingWorld()
    const joined = await world.ask(1, joinCall, { ...joining({}), groupInstanceId: 's' })
    await world.ask(1, syncCall, {
      groupId: 'g',
      generationId: 1,
      memberId: joined.memberId,
      groupInstanceId: 's',
      assignments: []
    })
    await world.ask(1, commitCall, { ...committing('g', 1), memberId: joined.memberId, groupInstanceId: 's' })
    await world.ask(1, leaveCall, { groupId: 'g', members: [{ memberId: joined.memberId, groupInstanceId: 's' }] })
    await world.ask(1, commitCall, committing('offsets only'))
    const before = await world.ask(1, listCall, {})
    expect(before.groups.map(({ groupId }) => groupId).sort()).toEqual(['g', 'offsets only'])

    await world.ask(1, deleteCall, { topics: [{ name: 't' }], topicNames: [], timeoutMs: 10_000 })
    await world.clock.run(1000)

    expect((await world.ask(1, listCall, {})).groups).toEqual([])
    // Nor do they come back with a restart.
    await world.clock.until(world.brokers.get(1)?.stop() ?? Promise.resolve())
    await world.startBroker(1)
    await world.clock.run(5000)
    expect((await world.ask(1, listCall, {})).groups).toEqual([])
  })

  it('refuses at once a member or a commit that its log could not hold', async () => {
    const world = await coordinatingWorld()
    const protocols = Array.from({ length: 1001 }, (_, i) => ({ name: `p${i}`, metadata: Uint8Array.of(1) }))
    const partitions = Array.from({ length: 30_001 }, () => ({
      partitionIndex: 1,
      committedOffset: 5,
      committedMetadata: null
    }))

    const joined = await world.ask(1, joinCall, { ...joining({}), protocols })
    const committed = await world.ask(1, commitCall, { ...committing('g'), topics: [{ name: 't', partitions }] })

    expect(joined.errorCode).toBe(42)
    expect(committed.topics[0]?.partitions[0]?.errorCode).toBe(28)
  })

  it('keeps no group that came to nothing', async () => {
    const world = await coordinatingWorld()

    await world.ask(1, joinCall, { ...joining({ groupId: 'refused' }), protocols: [] })
    await world.ask(1, joinCall, joining({ groupId: 'abandoned' }))
    const { groups: atFirst } = await world.ask(1, listCall, {})
    await world.clock.run(15_000)
    const { groups: later } = await world.ask(1, listCall, {})

    expect(atFirst.map(({ groupId }) => groupId)).toEqual(['abandoned'])
    expect(later).toEqual([])
  })

  it('keeps a group that has offsets only', async () => {
    const world = await coordinatingWorld()

    await world.ask(1, commitCall, committing('offsets'))
    const { groups } = await world.ask(1, listCall, {})

    expect(groups.map(({ groupId }) => groupId)).toEqual(['offsets'])
  })

  it('has its members join again when what they were given could not be stored', async () => {
    const world = await coordinatingWorld()
    const { memberId } = await world.ask(1, joinCall, joining({}))
    const { generationId } = await world.ask(1, joinCall, { ...joining({}), memberId })
    const member = { groupId: 'g', generationId, memberId }
    const assignments = [{ memberId, assignment: Uint8Array.of(1) }]
    world.diskOf(1).capacityBytes = 0

    const refused = await world.ask(1, syncCall, { ...member, assignments })
    const heartbeat = await world.ask(1, heartbeatCall, member)
    world.diskOf(1).capacityBytes = Infinity
    const again = await world.ask(1, joinCall, { ...joining({}), memberId })
    const synced = await world.ask(1, syncCall, { ...member, generationId: again.generationId, assignments })

    expect([refused.errorCode, heartbeat.errorCode]).toEqual([15, 27])
    expect(again).toMatchObject({ errorCode: 0, generationId: generationId + 1 })
    expect(synced).toMatchObject({ errorCode: 0, assignment: Uint8Array.of(1) })
  })

  it('answers every partition of an OffsetFetch of version 1, in order', async () => {
    const world = await coordinatingWorld()
    await world.ask(1, commitCall, committing('g'))

    const partitionIndexes = Array.from({ length: 50_000 }, (_, i) => i)
    const answer = await world.ask(1, fetchCall, { groupId: 'g', topics: [{ name: 't', partitionIndexes }] })

    const partitions = answer.topics[0]?.partitions ?? []
    expect(partitions.map(({ partitionIndex }) => partitionIndex)).toEqual(partitionIndexes)
    expect(partitions[1]).toMatchObject({ committedOffset: 5, errorCode: 0 })
    expect(partitions[2]).toMatchObject({ committedOffset: -1, errorCode: 0 })
  })
})

describe('what a group has committed beyond what one batch may hold', () => {
  const groupId = 'g'.repeat(20_000)
  const partitions = Array.from({ length: 60 }, (_, partitionIndex) => partitionIndex)
  const wide = { name: 'wide', numPartitions: 60, replicationFactor: 1, assignments: [], configs: [] }

  /** The offsets of all partitions come to 1.2 MB with the group's name beside each of them. */
  async function widelyCommitted(): Promise<BrokerWorld> {
    const world = await coordinatingWorld()
    await world.ask(1, createCall, { topics: [wide], timeoutMs: 10_000 })
    for (const some of [partitions.slice(0, 30), partitions.slice(30)]) {
      const offsets = some.map((partitionIndex) => ({ partitionIndex, committedOffset: 5, committedMetadata: '' }))
      const answer = await world.ask(1, commitCall, {
        ...committing(groupId),
        topics: [{ name: 'wide', partitions: offsets }]
      })
      expect(new Set(answer.topics[0]?.partitions.map(({ errorCode }) => errorCode))).toEqual(new Set([0]))
    }
    return world
  }

  async function expectNothingLeft(world: BrokerWorld): Promise<void> {
    expect((await world.ask(1, listCall, {})).groups).toEqual([])
    await world.clock.until(world.brokers.get(1)?.stop() ?? Promise.resolve())
    await world.startBroker(1)
    await world.clock.run(5000)
    expect((await world.ask(1, listCall, {})).groups).toEqual([])
  }

  it('goes with the group, for good', async () => {
    const world = await widelyCommitted()

    const answer = await world.ask(1, endCall, { groupsNames: [groupId] })

    expect(answer.results[0]?.errorCode).toBe(0)
    await expectNothingLeft(world)
  })

  it('leaves the group with what is left of it when the disk has no room for all of its end', async () => {
    const world = await widelyCommitted()
    const disk = world.diskOf(1)
    disk.capacityBytes = disk.usedBytes + 1_100_000

    const refused = await world.ask(1, endCall, { groupsNames: [groupId] })
    const { topics } = await world.ask(1, fetchCall, {
      groupId,
      topics: [{ name: 'wide', partitionIndexes: partitions }]
    })
    disk.capacityBytes = Infinity
    const answer = await world.ask(1, endCall, { groupsNames: [groupId] })

    expect(refused.results[0]?.errorCode).toBe(15)
    const told = topics[0]?.partitions.map(({ committedOffset }) => committedOffset) ?? []
    expect(told.at(0)).toBe(-1)
    expect(told.at(-1)).toBe(5)
    expect(answer.results[0]?.errorCode).toBe(0)
    await expectNothingLeft(world)
  })

  it('goes with the topic, for good', async () => {
    const world = await widelyCommitted()
    const before = world.diskOf(1).usedBytes

    await world.ask(1, deleteCall, { topics: [{ name: 'wide' }], topicNames: [], timeoutMs: 10_000 })
    await world.clock.run(1000)

    expect(world.diskOf(1).usedBytes - before).toBeGreaterThan(1_200_000)
    await expectNothingLeft(world)
  })

  it('can be taken back at once', async () => {
    const world = await widelyCommitted()
    const all = partitions.map((partitionIndex) => ({ partitionIndex }))

    const answer = await world.ask(1, forgetCall, { groupId, topics: [{ name: 'wide', partitions: all }] })

    expect(answer.errorCode).toBe(0)
    expect(new Set(answer.topics[0]?.partitions.map(({ errorCode }) => errorCode))).toEqual(new Set([0]))
    await expectNothingLeft(world)
  })
})

describe('OffsetDelete', () => {
  const forgetting = (groupId: string, name = 't', partitionIndex = 1) => ({
    groupId,
    topics: [{ name, partitions: [{ partitionIndex }] }]
  })
  const subscribedTo = (topic: string) =>
    Uint8Array.of(0, 0, 0, 0, 0, 1, 0, topic.length, ...new TextEncoder().encode(topic), 0, 0, 0, 0)

  async function joined(world: BrokerWorld, metadata: Uint8Array, protocolType = 'consumer'): Promise<void> {
    const request = { ...joining({}), protocolType, protocols: [{ name: 'range', metadata }] }
    const { memberId } = await world.ask(1, joinCall, request)
    const { generationId } = await world.ask(1, joinCall, { ...request, memberId })
    await world.ask(1, syncCall, { groupId: 'g', generationId, memberId, assignments: [] })
  }

  it('forgets what was committed, and a group that has nothing else, for good', async () => {
    const world = await coordinatingWorld()
    await world.ask(1, commitCall, committing('g'))

    const answer = await world.ask(1, forgetCall, forgetting('g'))
    await world.clock.until(world.brokers.get(1)?.stop() ?? Promise.resolve())
    await world.startBroker(1)

    expect(answer).toMatchObject({ errorCode: 0, topics: [{ partitions: [{ partitionIndex: 1, errorCode: 0 }] }] })
    expect((await world.ask(1, listCall, {})).groups).toEqual([])
  })

  it('is no error for a partition without a commit', async () => {
    const world = await coordinatingWorld()
    await world.ask(1, commitCall, committing('g'))

    const answer = await world.ask(1, forgetCall, forgetting('g', 't', 0))

    expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0)
    expect((await world.ask(1, listCall, {})).groups).toHaveLength(1)
  })

  it.each<[string, Uint8Array, string, number, number | undefined]>([
    ['a topic that its consumers read', subscribedTo('t'), 'consumer', 0, 86],
    ['a topic that they do not read', subscribedTo('u'), 'consumer', 0, 0],
    ['consumers that do not say what they read', Uint8Array.of(1), 'consumer', 0, 86],
    ['members that are no consumers', subscribedTo('u'), 'connect', 68, undefined]
  ])('looks at the members: %s', async (_what, metadata, protocolType, groupError, partitionError) => {
    const world = await coordinatingWorld()
    await joined(world, metadata, protocolType)

    const answer = await world.ask(1, forgetCall, forgetting('g'))

    expect(answer.errorCode).toBe(groupError)
    expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(partitionError)
  })

  it.each<[string, string, string, number, number, number | undefined]>([
    ['a group that is none', 'nobody', 't', 1, 69, undefined],
    ['a topic that is not there', 'g', 'nosuch', 0, 0, 3],
    ['a partition that is not there', 'g', 't', 9, 0, 3]
  ])('names %s', async (_what, groupId, topic, partition, groupError, partitionError) => {
    const world = await coordinatingWorld()
    await world.ask(1, commitCall, committing('g'))

    const answer = await world.ask(1, forgetCall, forgetting(groupId, topic, partition))

    expect(answer.errorCode).toBe(groupError)
    expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(partitionError)
  })
})
