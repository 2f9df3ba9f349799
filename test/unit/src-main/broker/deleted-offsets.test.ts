/** Offsets committed in a topic that was deleted while their coordinator could not hear or write it. */
import { describe, expect, it } from 'vitest'
import { createTopicsRequest, createTopicsResponse } from '../../../../src-main/protocol/api/19-create-topics'
import { deleteTopicsRequest, deleteTopicsResponse } from '../../../../src-main/protocol/api/20-delete-topics'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../../../src-main/protocol/api/10-find-coordinator'
import { offsetCommitRequest, offsetCommitResponse } from '../../../../src-main/protocol/api/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '../../../../src-main/protocol/api/09-offset-fetch'
import { BrokerWorld } from '../../../support/broker-world'

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

/** A world with two topics, and a group whose coordinator is broker 2. */
async function withGroup(): Promise<{ world: BrokerWorld; groupId: string }> {
  const world = await BrokerWorld.start([1, 2])
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
