/** Produce, Fetch and what clients ask first, read as tables of Kafka's rules (ReplicaManager, UnifiedLog, KafkaApis). */
import { beforeAll, describe, expect, it } from 'vitest'
import { produceRequest, produceResponse } from '../../../../../src-main/protocol/api/00-produce'
import { fetchRequest, fetchResponse } from '../../../../../src-main/protocol/api/01-fetch'
import { metadataRequest, metadataResponse } from '../../../../../src-main/protocol/api/03-metadata'
import { createTopicsRequest, createTopicsResponse } from '../../../../../src-main/protocol/api/19-create-topics'
import { deleteTopicsRequest, deleteTopicsResponse } from '../../../../../src-main/protocol/api/20-delete-topics'
import { initProducerIdRequest, initProducerIdResponse } from '../../../../../src-main/protocol/api/22-init-producer-id'
import {
  describeClusterRequest,
  describeClusterResponse
} from '../../../../../src-main/protocol/api/60-describe-cluster'
import { errorName } from '../../../../../src-main/protocol/wire/error-codes'
import { zeroUuid } from '../../../../../src-main/kernel/uuid'
import { BrokerWorld } from '../../../../support/broker-world'
import { batchOf, sequencedBatch } from '../../../../support/record-samples'

const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const fetchCall = { apiKey: 1, version: 12, request: fetchRequest, response: fetchResponse } as const
const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const deleteCall = { apiKey: 20, version: 6, request: deleteTopicsRequest, response: deleteTopicsResponse } as const
const idCall = { apiKey: 22, version: 4, request: initProducerIdRequest, response: initProducerIdResponse } as const
const clusterCall = {
  apiKey: 60,
  version: 1,
  request: describeClusterRequest,
  response: describeClusterResponse
} as const

let world: BrokerWorld

/** `t` has three batches of one record; `small` takes batches of 100 bytes at most. */
beforeAll(async () => {
  world = await BrokerWorld.start()
  const topics = ['t', 'small', 'written'].map((name) => {
    const configs = name === 'small' ? [{ name: 'max.message.bytes', value: '100' }] : []
    return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs }
  })
  await world.ask(1, createCall, { topics, timeoutMs: 10_000 })
  for (const value of ['a', 'b', 'c']) await produce({ topic: 't', records: batchOf([value]) })
})

interface Producing {
  readonly topic?: string
  readonly partition?: number
  readonly acks?: number
  readonly records?: Uint8Array | null
  readonly transactionalId?: string
}

async function produce(fields: Producing) {
  const { topic = 'written', partition = 0, acks = -1, records = batchOf(['x']), transactionalId = null } = fields
  const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
  const answer = await world.ask(1, produceCall, { transactionalId, acks, timeoutMs: 1_000, topicData })
  return answer.responses[0]?.partitionResponses[0]
}

describe('Produce', () => {
  it.each<[string, Producing, string]>([
    ['with acks 1', { acks: 1 }, 'NONE'],
    ['with all acks', { acks: -1 }, 'NONE'],
    ['with acks that there are not', { acks: 2 }, 'INVALID_REQUIRED_ACKS'],
    ['to a topic that is not there', { topic: 'nosuch' }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['to a partition that is not there', { partition: 9 }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['to an internal topic', { topic: '__consumer_offsets' }, 'INVALID_TOPIC_EXCEPTION'],
    ['of more than the topic takes', { topic: 'small', records: batchOf(['x'.repeat(200)]) }, 'MESSAGE_TOO_LARGE'],
    ['of what says it is shorter than a batch can be', { records: new Uint8Array(80) }, 'CORRUPT_MESSAGE'],
    ['in a transaction', { transactionalId: 'tx' }, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED']
  ])('%s', async (_what, fields, error) => {
    const answer = await produce(fields)

    expect(errorName(answer?.errorCode ?? -1)).toBe(error)
    if (error !== 'NONE') expect(answer?.baseOffset).toBe(-1)
  })

  it('takes an idempotent batch once, in order, and says where it stands when it comes again', async () => {
    const outcomes: [string, number | undefined][] = []
    // A gap where sequence 2 should be: OUT_OF_ORDER_SEQUENCE_NUMBER; the first again is a duplicate.
    for (const sequence of [0, 1, 3, 1, 2]) {
      const answer = await produce({ topic: 'written', records: sequencedBatch(7, 0, sequence, [`${sequence}`]) })
      outcomes.push([errorName(answer?.errorCode ?? -1), answer?.baseOffset])
    }

    const first = outcomes[0]?.[1] ?? 0
    expect(outcomes).toEqual([
      ['NONE', first],
      ['NONE', first + 1],
      ['OUT_OF_ORDER_SEQUENCE_NUMBER', -1],
      ['NONE', first + 1],
      ['NONE', first + 2]
    ])
  })
})

describe('Fetch', () => {
  interface Fetching {
    readonly topic?: string
    readonly partition?: number
    readonly fetchOffset?: number
    readonly currentLeaderEpoch?: number
  }
  const fetch = async ({ topic = 't', partition = 0, fetchOffset = 0, currentLeaderEpoch = -1 }: Fetching) => {
    const partitions = [{ partition, fetchOffset, currentLeaderEpoch, partitionMaxBytes: 10_000 }]
    const request = { maxWaitMs: 0, minBytes: 0, topics: [{ topic, partitions }], forgottenTopicsData: [] }
    return (await world.ask(1, fetchCall, request)).responses[0]?.partitions[0]
  }

  it.each<[string, Fetching, string]>([
    ['from the start', {}, 'NONE'],
    ['from the end', { fetchOffset: 3 }, 'NONE'],
    ['from beyond the end', { fetchOffset: 4 }, 'OFFSET_OUT_OF_RANGE'],
    ['from below the start', { fetchOffset: -7 }, 'OFFSET_OUT_OF_RANGE'],
    ['of a topic that is not there', { topic: 'nosuch' }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['of a partition that is not there', { partition: 9 }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['with our leader epoch', { currentLeaderEpoch: 0 }, 'NONE'],
    ['with a newer leader epoch than ours', { currentLeaderEpoch: 99 }, 'UNKNOWN_LEADER_EPOCH']
  ])('%s', async (_what, fields, error) => {
    const answer = await fetch(fields)

    expect(errorName(answer?.errorCode ?? -1)).toBe(error)
    if (error === 'NONE') expect(answer).toMatchObject({ highWatermark: 3, lastStableOffset: 3, logStartOffset: 0 })
  })

  it.each([
    [0, 3],
    [1, 2],
    [2, 1],
    [3, 0]
  ])('from offset %i gives %i batches', async (fetchOffset, batches) => {
    const one = batchOf(['a']).length

    expect((await fetch({ fetchOffset }))?.records?.length ?? 0).toBe(batches * one)
  })
})

describe('Metadata', () => {
  it.each<[string, string, string]>([
    ['a topic', 't', 'NONE'],
    ['one that is not there', 'nosuch', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['a name that no topic can have', 'a b', 'INVALID_TOPIC_EXCEPTION']
  ])('tells of %s', async (_what, name, error) => {
    const { topics } = await world.ask(1, metadataCall, { topics: [{ name }], allowAutoTopicCreation: false })

    expect(topics.map(({ errorCode }) => errorName(errorCode))).toEqual([error])
  })

  it('tells of all topics when it is asked for null, and of none when asked for none', async () => {
    const all = await world.ask(1, metadataCall, { topics: null, allowAutoTopicCreation: false })
    const none = await world.ask(1, metadataCall, { topics: [], allowAutoTopicCreation: false })

    expect(all.topics.map(({ name }) => name)).toEqual(expect.arrayContaining(['small', 't', 'written']))
    expect(none.topics).toEqual([])
    expect(none.brokers.map(({ nodeId }) => nodeId)).toEqual([1])
  })
})

describe('DeleteTopics', () => {
  it.each<[string, { readonly name: string | null; readonly topicId: string }, string]>([
    ['one that is not there', { name: 'nosuch', topicId: zeroUuid }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['an id that is none', { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAw' }, 'UNKNOWN_TOPIC_ID'],
    ['neither name nor id', { name: null, topicId: zeroUuid }, 'INVALID_REQUEST'],
    ['an internal topic', { name: '__consumer_offsets', topicId: zeroUuid }, 'INVALID_REQUEST']
  ])('%s', async (_what, asked, error) => {
    const { responses } = await world.ask(1, deleteCall, { topics: [asked], timeoutMs: 1_000 })

    expect(responses.map(({ errorCode }) => errorName(errorCode))).toEqual([error])
    expect(responses[0]?.errorMessage).not.toBeNull()
  })
})

describe('InitProducerId, DescribeCluster', () => {
  it.each<[string, { transactionalId: string | null; producerId?: bigint; producerEpoch?: number }, string]>([
    ['a new idempotent producer', { transactionalId: null }, 'NONE'],
    ['a transactional one', { transactionalId: 'tx' }, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
    ['an empty transactional id', { transactionalId: '' }, 'INVALID_REQUEST'],
    ['half an identity', { transactionalId: null, producerId: 5n, producerEpoch: -1 }, 'INVALID_REQUEST']
  ])('gives an id to %s: %s', async (_what, fields, error) => {
    const answer = await world.ask(1, idCall, { transactionTimeoutMs: 60_000, ...fields })

    expect(errorName(answer.errorCode)).toBe(error)
    expect(answer.producerId >= 0n).toBe(error === 'NONE')
  })

  it('never gives the same id twice', async () => {
    const ids = new Set<bigint>()
    for (let i = 0; i < 20; i++)
      ids.add((await world.ask(1, idCall, { transactionalId: null, transactionTimeoutMs: 60_000 })).producerId)

    expect(ids.size).toBe(20)
  })

  it.each<[number, string, number]>([
    [1, 'NONE', 1],
    [2, 'MISMATCHED_ENDPOINT_TYPE', 0],
    [3, 'UNSUPPORTED_ENDPOINT_TYPE', 0]
  ])('describes the endpoints of type %i: %s', async (endpointType, error, brokers) => {
    const answer = await world.ask(1, clusterCall, { includeClusterAuthorizedOperations: false, endpointType })

    expect(errorName(answer.errorCode)).toBe(error)
    expect(answer.brokers).toHaveLength(brokers)
  })
})
