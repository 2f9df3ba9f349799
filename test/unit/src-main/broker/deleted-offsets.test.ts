/** Offsets committed in a topic that was deleted while their coordinator could not hear or write it. */
import { describe, expect, it } from 'vitest'
import { createTopicsRequest, createTopicsResponse } from '../../../../src-main/protocol/api/19-create-topics'
import { deleteTopicsRequest, deleteTopicsResponse } from '../../../../src-main/protocol/api/20-delete-topics'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../../../src-main/protocol/api/10-find-coordinator'
import { offsetCommitRequest, offsetCommitResponse } from '../../../../src-main/protocol/api/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '../../../../src-main/protocol/api/09-offset-fetch'
import { nodeCompression } from '../../../../src-main/adapters/node-compression'
import { groupPartition } from '../../../../src-main/broker/core/group/group-log'
import { groupOffsetsTopic } from '../../../../src-main/broker/core/topic-name'
import { groupOffsetsPartitions } from '../../../../src-main/broker/core/offsets-topic'
import { GroupCoordinator } from '../../../../src-main/broker/group-coordinator'
import type { Partition } from '../../../../src-main/broker/partition'
import type { LeadershipListener, ReplicaManager } from '../../../../src-main/broker/replica-manager'
import type { BrokerWorld } from '../../../support/broker-world'
import { nodeChecksum, SimClock } from '../../../support/ensemble-world'
import { ReplicaWorld } from '../../../support/replica-world'

const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const deleteCall = { apiKey: 20, version: 6, request: deleteTopicsRequest, response: deleteTopicsResponse } as const
const findCall = { apiKey: 10, version: 2, request: findCoordinatorRequest, response: findCoordinatorResponse } as const
const commitCall = { apiKey: 8, version: 8, request: offsetCommitRequest, response: offsetCommitResponse } as const
const fetchCall = { apiKey: 9, version: 7, request: offsetFetchRequest, response: offsetFetchResponse } as const

async function create(world: BrokerWorld, name: string): Promise<void> {
  const assignments = [{ partitionIndex: 0, brokerIds: [1] }]
  const asked = { name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
  const answer = await world.ask(1, createCall, { topics: [asked], timeoutMs: 10_000 })
  expect(answer.topics[0]?.errorCode).toBe(0)
}

async function remove(world: BrokerWorld, name: string): Promise<void> {
  const answer = await world.ask(1, deleteCall, { topics: [{ name }], timeoutMs: 10_000 })
  expect(answer.responses[0]?.errorCode).toBe(0)
}

async function commit(world: BrokerWorld, groupId: string, topic: string, offset: number): Promise<void> {
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }]
  const request = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name: topic, partitions }] }
  const answer = await world.ask(2, commitCall, request)
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0)
}

async function committed(world: BrokerWorld, groupId: string, topic: string): Promise<number | undefined> {
  const request = { groupId, topics: [{ name: topic, partitionIndexes: [0] }], requireStable: false }
  const answer = await world.ask(2, fetchCall, request)
  expect(answer.errorCode).toBe(0)
  return answer.topics[0]?.partitions[0]?.committedOffset
}

/** A world with two topics, and a group whose only coordinator is broker 2: its offsets have one replica, as of old folders. */
async function withGroup(): Promise<{ world: BrokerWorld; groupId: string }> {
  const replicas = await ReplicaWorld.start([1, 2])
  const { world } = replicas
  await replicas.create(
    groupOffsetsTopic,
    Array.from({ length: groupOffsetsPartitions }, (_, i) => [1 + (i % 2)])
  )
  await create(world, 'gone')
  await create(world, 'kept')
  for (let i = 0; ; i++) {
    const groupId = `group-${i}`
    const answer = await world.ask(1, findCall, { key: groupId, keyType: 0 })
    await world.clock.run(2_000)
    if (answer.errorCode !== 0 || answer.nodeId !== 2) continue
    await commit(world, groupId, 'gone', 7)
    await commit(world, groupId, 'kept', 9)
    return { world, groupId }
  }
}

describe('offsets in a deleted topic', () => {
  it('do not come back with a coordinator that was down when it was deleted', async () => {
    const { world, groupId } = await withGroup()
    await world.clock.until(world.brokers.get(2)?.stop() ?? Promise.resolve())
    await world.clock.run(10_000)
    await remove(world, 'gone')

    await world.startBroker(2)
    await world.clock.run(5_000)
    await create(world, 'gone')

    expect([await committed(world, groupId, 'gone'), await committed(world, groupId, 'kept')]).toEqual([-1, 9])
    expect(world.failures).toEqual([])
  })

  it('do not come back with a coordinator whose disk was full, and that was started anew', async () => {
    const { world, groupId } = await withGroup()
    const disk = world.diskOf(2)
    disk.capacityBytes = disk.usedBytes
    await remove(world, 'gone')
    await world.clock.until(world.brokers.get(2)?.stop() ?? Promise.resolve())
    disk.capacityBytes = Infinity
    await world.clock.run(10_000)

    await world.startBroker(2)
    await world.clock.run(5_000)
    await create(world, 'gone')

    expect([await committed(world, groupId, 'gone'), await committed(world, groupId, 'kept')]).toEqual([-1, 9])
  })

  it('of topics that are there stay, however often the coordinator starts', async () => {
    const { world, groupId } = await withGroup()
    for (let again = 0; again < 3; again++) {
      await world.clock.until(world.brokers.get(2)?.stop() ?? Promise.resolve())
      await world.clock.run(10_000)
      await world.startBroker(2)
      await world.clock.run(5_000)
    }

    expect([await committed(world, groupId, 'gone'), await committed(world, groupId, 'kept')]).toEqual([7, 9])
  })
})

describe('tombstones for which there is no room', () => {
  it('are tried again once a second, however many topics were deleted', async () => {
    const clock = new SimClock()
    let listener: LeadershipListener | undefined
    let isFull = false
    let appends = 0
    const replicas = {
      onLeadership: (told: LeadershipListener) => (listener = told),
      append: () => {
        appends += 1
        return isFull ? { type: 'error', error: 'KAFKA_STORAGE_ERROR', message: '' } : { type: 'appended' }
      },
      whenCommitted: (_positions: unknown, _timeoutMs: number, told: (index: number, error: string) => void) =>
        told(0, 'NONE')
    } as unknown as ReplicaManager
    const groups = new GroupCoordinator({
      clock,
      replicas,
      log: () => undefined,
      checksum: nodeChecksum,
      compression: nodeCompression,
      stateChanged: () => undefined
    })
    const index = groupPartition('g', groupOffsetsPartitions)
    const config = { maxMessageBytes: 1_000_000, segmentBytes: 1_000_000 }
    const log = { logStartOffset: 0, logEndOffset: 0, config }
    const led = {
      topic: groupOffsetsTopic,
      index,
      name: 'offsets',
      isSurelyLed: true,
      isStillFollowed: true,
      isHighWatermarkKnown: true,
      log
    }
    listener?.elected(led as unknown as Partition)
    const topics = Array.from({ length: 20 }, (_, i) => `topic-${i}`)
    const offsets = topics.map((topic) => ({ topic, partition: 0, offset: 1, leaderEpoch: 0, metadata: null }))
    await groups.commit('g', { memberId: '', groupInstanceId: null }, -1, offsets)
    isFull = true
    for (const topic of topics) groups.topicDeleted(topic)

    appends = 0
    await clock.run(5_000)
    expect(appends).toBe(5)

    isFull = false
    await clock.run(5_000)
    expect(appends).toBe(6)
  })
})
