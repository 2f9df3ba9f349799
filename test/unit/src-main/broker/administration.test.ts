import { describe, expect, it } from 'vitest'
import { produceRequest, produceResponse } from '../../../../src-main/protocol/api/00-produce'
import { fetchRequest, fetchResponse } from '../../../../src-main/protocol/api/01-fetch'
import { listOffsetsRequest, listOffsetsResponse } from '../../../../src-main/protocol/api/02-list-offsets'
import { metadataRequest, metadataResponse } from '../../../../src-main/protocol/api/03-metadata'
import { createTopicsRequest, createTopicsResponse } from '../../../../src-main/protocol/api/19-create-topics'
import { deleteRecordsRequest, deleteRecordsResponse } from '../../../../src-main/protocol/api/21-delete-records'
import {
  createPartitionsRequest,
  createPartitionsResponse
} from '../../../../src-main/protocol/api/37-create-partitions'
import { buildBatch } from '../../../../src-main/protocol/record/batch-builder'
import { BrokerWorld } from '../../../support/broker-world'
import { nodeChecksum } from '../../../support/ensemble-world'

const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const fetchCall = { apiKey: 1, version: 12, request: fetchRequest, response: fetchResponse } as const
const listCall = { apiKey: 2, version: 7, request: listOffsetsRequest, response: listOffsetsResponse } as const
const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const deleteCall = { apiKey: 21, version: 2, request: deleteRecordsRequest, response: deleteRecordsResponse } as const
const extendCall = {
  apiKey: 37,
  version: 3,
  request: createPartitionsRequest,
  response: createPartitionsResponse
} as const

async function worldWithTopic(brokerIds = [1], partitions = 1): Promise<BrokerWorld> {
  const world = await BrokerWorld.start(brokerIds)
  const topic = { name: 't', numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }
  for (const id of brokerIds) await world.ask(id, createCall, { topics: [topic], timeoutMs: 10_000 })
  return world
}

async function produce(world: BrokerWorld, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const records = buildBatch(
      [{ key: null, value: Uint8Array.of(i), timestamp: BigInt(1000 + i), headers: [] }],
      nodeChecksum
    )
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
    await world.ask(1, produceCall, { acks: -1, timeoutMs: 1_000, topicData })
  }
}

async function deleteBefore(world: BrokerWorld, offset: number, partitionIndex = 0, name = 't') {
  const topics = [{ name, partitions: [{ partitionIndex, offset }] }]
  return (await world.ask(1, deleteCall, { topics, timeoutMs: 1_000 })).topics[0]?.partitions[0]
}

async function startOf(world: BrokerWorld): Promise<number | undefined> {
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -2n }]
  const answer = await world.ask(1, listCall, { replicaId: -1, isolationLevel: 0, topics: [{ name: 't', partitions }] })
  return answer.topics[0]?.partitions[0]?.offset
}

describe('DeleteRecords', () => {
  it.each<[string, number, number, number]>([
    ['up to an offset', 4, 4, 0],
    ['up to the end, asked for by -1', -1, 10, 0],
    ['up to the end', 10, 10, 0],
    ['nothing at all', 0, 0, 0],
    ['beyond the end', 11, -1, 1],
    ['another negative offset', -2, -1, 1]
  ])('deletes %s', async (_what, offset, lowWatermark, errorCode) => {
    const world = await worldWithTopic()
    await produce(world, 10)

    const answer = await deleteBefore(world, offset)

    expect(answer).toMatchObject({ lowWatermark, errorCode })
    expect(await startOf(world)).toBe(Math.max(0, lowWatermark))
  })

  it('never moves the start back', async () => {
    const world = await worldWithTopic()
    await produce(world, 10)
    await deleteBefore(world, 6)

    expect(await deleteBefore(world, 3)).toMatchObject({ lowWatermark: 6, errorCode: 0 })
    expect(await startOf(world)).toBe(6)
  })

  it('lets nobody read what is gone, at once', async () => {
    const world = await worldWithTopic()
    await produce(world, 10)
    await deleteBefore(world, 6)

    const partitions = [{ partition: 0, fetchOffset: 5, partitionMaxBytes: 1000 }]
    const request = {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1000,
      topics: [{ topic: 't', partitions }],
      forgottenTopicsData: []
    }
    const answer = await world.ask(1, fetchCall, request)

    expect(answer.responses[0]?.partitions[0]?.errorCode).toBe(1)
  })

  it('is known to the disk before it is answered', async () => {
    const world = await worldWithTopic()
    await produce(world, 10)
    await deleteBefore(world, 6)

    const checkpoint = new TextDecoder().decode(world.diskOf(1).read('/log/log-start-offset-checkpoint'))
    expect(checkpoint).toContain('t 0 6')
  })

  it('gives the room back when everything goes', async () => {
    const world = await worldWithTopic()
    await produce(world, 10)
    await deleteBefore(world, -1)

    await world.clock.run(120_000)
    const files = world
      .diskOf(1)
      .list('/log/t-0')
      .map(({ name }) => name)
    expect(files.filter((name) => name.endsWith('.log'))).toEqual(['00000000000000000010.log'])
  })

  it.each<[string, string, number, number]>([
    ['a partition that is not there', 't', 7, 3],
    ['a topic that is not there', 'nosuch', 0, 3],
    ['an internal topic', '__consumer_offsets', 0, 17]
  ])('is refused for %s', async (_what, name, partition, errorCode) => {
    const world = await worldWithTopic()

    expect(await deleteBefore(world, 0, partition, name)).toMatchObject({ errorCode, lowWatermark: -1 })
  })
})

describe('DeleteRecords, of a partition with a follower', () => {
  async function replicated(): Promise<BrokerWorld> {
    const world = await BrokerWorld.start([1, 2])
    const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }]
    const topic = { name: 't', numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
    await world.ask(1, createCall, { topics: [topic], timeoutMs: 10_000 })
    await world.clock.run(1_000)
    await produce(world, 10)
    return world
  }

  const startAt = (world: BrokerWorld, id: number): number | undefined =>
    [...(world.brokers.get(id)?.partitions() ?? [])].find(({ name }) => name === 't-0')?.log.logStartOffset

  const deletion = (timeoutMs: number) => ({
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 6 }] }],
    timeoutMs
  })

  it('is answered when the follower has deleted, too, and would know it after a kill', async () => {
    const world = await replicated()
    const beganMs = world.clock.monotonicMs()

    expect(await deleteBefore(world, 6)).toMatchObject({ lowWatermark: 6, errorCode: 0 })

    // It does not wait for the end of a poll.
    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(100)
    expect(startAt(world, 2)).toBe(6)
    const checkpoint = new TextDecoder().decode(world.diskOf(2).read('/log/log-start-offset-checkpoint'))
    expect(checkpoint).toContain('t 0 6')
  })

  it('is REQUEST_TIMED_OUT while a live follower says nothing, and answered when that is given up', async () => {
    const world = await replicated()
    world.network.disconnect('broker-2')

    const late = (await world.ask(1, deleteCall, deletion(500))).topics[0]?.partitions[0]
    expect(late).toMatchObject({ errorCode: 7, lowWatermark: 0 })
    expect(await startOf(world)).toBe(6)

    const waited = (await world.ask(1, deleteCall, deletion(25_000))).topics[0]?.partitions[0]
    expect(waited).toMatchObject({ errorCode: 0, lowWatermark: 6 })
    expect(startAt(world, 2)).toBe(0)
    await world.reconnect(2)
    expect(startAt(world, 2)).toBe(6)
    expect(world.failures).toEqual([])
  })
})

interface More {
  readonly name?: string
  readonly count: number
  readonly assignments?: readonly { readonly brokerIds: readonly number[] }[] | null
}

async function extend(world: BrokerWorld, asked: readonly More[], validateOnly = false) {
  const topics = asked.map(({ name = 't', count, assignments = null }) => ({ name, count, assignments }))
  for (const id of world.brokers.keys()) {
    const { results } = await world.ask(id, extendCall, { topics, timeoutMs: 10_000, validateOnly })
    if (results[0]?.errorCode !== 41) return results
  }
  throw new Error('no broker is the controller')
}

async function leaders(world: BrokerWorld, broker: number): Promise<readonly number[]> {
  const { topics } = await world.ask(broker, metadataCall, { topics: [{ name: 't' }] })
  return topics[0]?.partitions.map(({ leaderId }) => leaderId) ?? []
}

describe('CreatePartitions', () => {
  it('adds partitions that every broker knows when it answers', async () => {
    const world = await worldWithTopic([1, 2, 3], 2)
    const before = await leaders(world, 1)

    const results = await extend(world, [{ count: 5 }])

    expect(results).toMatchObject([{ name: 't', errorCode: 0, errorMessage: null }])
    for (const id of [1, 2, 3]) {
      const now = await leaders(world, id)
      expect(now).toHaveLength(5)
      expect(now.slice(0, 2)).toEqual(before)
      expect([...new Set(now)].sort()).toEqual([1, 2, 3])
    }
  })

  it('places them where it is told', async () => {
    const world = await worldWithTopic([1, 2], 1)

    await extend(world, [{ count: 3, assignments: [{ brokerIds: [2] }, { brokerIds: [2] }] }])

    expect((await leaders(world, 1)).slice(1)).toEqual([2, 2])
  })

  it('keeps them when the controller starts anew', async () => {
    const world = await worldWithTopic([1], 1)
    await extend(world, [{ count: 4 }])

    await world.clock.until(world.brokers.get(1)?.stop() ?? Promise.resolve())
    await world.startBroker(1)

    expect(await leaders(world, 1)).toEqual([1, 1, 1, 1])
  })

  it('does nothing when it is only to look', async () => {
    const world = await worldWithTopic([1], 1)

    expect(await extend(world, [{ count: 4 }], true)).toMatchObject([{ errorCode: 0 }])
    expect(await leaders(world, 1)).toHaveLength(1)
  })

  it.each<[string, readonly More[], number]>([
    ['fewer than there are', [{ count: 1 }], 37],
    ['as many as there are', [{ count: 2 }], 37],
    ['a negative number', [{ count: -5 }], 37],
    ['more than may be', [{ count: 10_001 }], 37],
    ['a topic that is not there', [{ name: 'nosuch', count: 3 }], 3],
    ['a topic named twice', [{ count: 3 }, { count: 4 }], 42],
    ['a broker that is not there', [{ count: 3, assignments: [{ brokerIds: [9] }] }], 39],
    ['too few assignments', [{ count: 4, assignments: [{ brokerIds: [1] }] }], 39],
    ['an assignment without brokers', [{ count: 3, assignments: [{ brokerIds: [] }] }], 39]
  ])('refuses %s', async (_what, asked, errorCode) => {
    const world = await worldWithTopic([1], 2)

    const [result] = await extend(world, asked)

    expect(result?.errorCode).toBe(errorCode)
    expect(result?.errorMessage).not.toBeNull()
    expect(await leaders(world, 1)).toHaveLength(2)
  })

  it('refuses an internal topic', async () => {
    const world = await worldWithTopic([1], 1)
    const offsets = {
      name: '__consumer_offsets',
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [],
      configs: []
    }
    await world.ask(1, createCall, { topics: [offsets], timeoutMs: 10_000 })

    expect(await extend(world, [{ name: '__consumer_offsets', count: 60 }])).toMatchObject([{ errorCode: 42 }])
  })
})
