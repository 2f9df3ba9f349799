import { describe, expect, it } from 'vitest'
import { produceRequest, produceResponse } from '../../../../src-main/protocol/api/00-produce'
import { fetchRequest, fetchResponse } from '../../../../src-main/protocol/api/01-fetch'
import { createTopicsRequest, createTopicsResponse } from '../../../../src-main/protocol/api/19-create-topics'
import { buildBatch } from '../../../../src-main/protocol/record/batch-builder'
import { BrokerWorld } from '../../../support/broker-world'
import { nodeChecksum } from '../../../support/ensemble-world'

const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const fetchCall = { apiKey: 1, version: 12, request: fetchRequest, response: fetchResponse } as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const someRecord = { key: null, value: Uint8Array.of(1, 2, 3), timestamp: 1_700_000_000_000n, headers: [] }

async function worldWithTopic(): Promise<BrokerWorld> {
  const world = await BrokerWorld.start()
  const topic = { name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  await world.ask(1, createCall, { topics: [topic], timeoutMs: 10_000 })
  return world
}

async function produce(world: BrokerWorld, records: Uint8Array): Promise<number | undefined> {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
  const answer = await world.ask(1, produceCall, { acks: -1, timeoutMs: 1_000, topicData })
  return answer.responses[0]?.partitionResponses[0]?.errorCode
}

describe('Produce', () => {
  it('refuses a batch of a transaction in a request of none', async () => {
    const world = await worldWithTopic()
    const batch = buildBatch([someRecord], nodeChecksum, { isTransactional: true })

    expect(await produce(world, batch)).toBe(53)
    expect(await produce(world, buildBatch([someRecord], nodeChecksum))).toBe(0)
  })
})

describe('Fetch', () => {
  it('sends more than the kernel holds, piece by piece', async () => {
    const world = await worldWithTopic()
    const value = new Uint8Array(800_000).fill(7)
    for (let i = 0; i < 5; i++) await produce(world, buildBatch([{ ...someRecord, value }], nodeChecksum))

    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000_000 }]
    const topics = [{ topic: 't', partitions }]
    const request = { maxWaitMs: 100, minBytes: 1, maxBytes: 10_000_000, topics, forgottenTopicsData: [] }
    const answer = await world.ask(1, fetchCall, request)

    expect(answer.responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(4_000_000)
  })

  it('gives a whole batch to a client that asks for no bytes at all', async () => {
    const world = await worldWithTopic()
    const batch = buildBatch([someRecord], nodeChecksum)
    await produce(world, batch)

    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 0 }]
    const request = {
      maxWaitMs: 100,
      minBytes: 1,
      maxBytes: 0,
      topics: [{ topic: 't', partitions }],
      forgottenTopicsData: []
    }
    const answer = await world.ask(1, fetchCall, request)

    expect(answer.responses[0]?.partitions[0]?.records).toHaveLength(batch.length)
  })

  it('does not keep a waiting request longer than an idle connection', async () => {
    const world = await worldWithTopic()
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
    const request = {
      maxWaitMs: 2147483647,
      minBytes: 1,
      maxBytes: 1000,
      topics: [{ topic: 't', partitions }],
      forgottenTopicsData: []
    }
    const asked = world.ask(1, fetchCall, request)
    await expect(asked).rejects.toThrow()
    const waiting = world.brokers.get(1)?.inspect()['waitingFetches']
    await world.clock.run(600_000)

    expect(waiting).toBe(1)
    expect(world.brokers.get(1)?.inspect()['waitingFetches']).toBe(0)
  })
})
