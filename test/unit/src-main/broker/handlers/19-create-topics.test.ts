import { beforeAll, describe, expect, it } from 'vitest'
import { createTopicsRequest, createTopicsResponse } from '../../../../../src-main/protocol/api/19-create-topics'
import { metadataRequest, metadataResponse } from '../../../../../src-main/protocol/api/03-metadata'
import type { InputOf } from '../../../../../src-main/protocol/wire/schema'
import { BrokerChannel } from '../../../../../src-main/broker/broker-channel'
import { BrokerWorld } from '../../../../support/broker-world'

const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
type Asked = InputOf<typeof createTopicsRequest>['topics'][number]

const topic = (name: string, more: Partial<Asked> = {}): Asked => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more
})
const assigned = (...brokerIds: number[][]): Partial<Asked> => ({
  numPartitions: -1,
  replicationFactor: -1,
  assignments: brokerIds.map((ids, partitionIndex) => ({ partitionIndex, brokerIds: ids }))
})
const configured = (name: string, value: string | null): Partial<Asked> => ({ configs: [{ name, value }] })

describe('CreateTopics', () => {
  let world: BrokerWorld

  beforeAll(async () => {
    world = await BrokerWorld.start()
    await world.ask(1, createCall, { topics: [topic('is.there')], timeoutMs: 10_000 })
  })

  const codes = async (topics: readonly Asked[]): Promise<readonly number[]> =>
    (await world.ask(1, createCall, { topics, timeoutMs: 10_000 })).topics.map(({ errorCode }) => errorCode)

  it.each([
    ['an empty name', topic(''), 17],
    ['a dot', topic('.'), 17],
    ['two dots', topic('..'), 17],
    ['a slash', topic('a/b'), 17],
    ['250 characters', topic('x'.repeat(250)), 17],
    ['249 characters', topic('x'.repeat(249)), 0],
    ['a name that is there', topic('is.there'), 36],
    ['a name that collides', topic('is_there'), 17],
    ['no partitions', topic('a', { numPartitions: 0 }), 37],
    ['-2 partitions', topic('a', { numPartitions: -2 }), 37],
    ['the default number of partitions', topic('defaults', { numPartitions: -1, replicationFactor: -1 }), 0],
    ['no replicas', topic('a', { replicationFactor: 0 }), 38],
    ['more replicas than brokers', topic('a', { replicationFactor: 2 }), 38],
    ['an unknown config', topic('a', configured('no.such', '1')), 40],
    ['a config that is no number', topic('a', configured('retention.ms', 'x')), 40],
    ['a retention for ever', topic('for-ever', configured('retention.ms', '9223372036854775807')), 0],
    ['an assignment', topic('assigned', assigned([1], [1])), 0],
    ['an assignment to a broker that is not there', topic('a', assigned([9])), 39]
  ])('answers %s with its error', async (_what, asked, errorCode) => {
    expect(await codes([asked])).toEqual([errorCode])
  })

  it('refuses a name that is told twice, and makes none of it', async () => {
    expect(await codes([topic('twice'), topic('twice')])).toEqual([42])
    expect(await codes([topic('twice')])).toEqual([0])
  })

  it('makes the first of two names of one request that collide', async () => {
    expect(await codes([topic('a.b'), topic('a_b')])).toEqual([0, 17])
  })

  it('makes what it can of a long list, and answers each by its name', async () => {
    const names = Array.from({ length: 170 }, (_, i) => `long-${i}`)
    const answer = await world.ask(1, createCall, {
      topics: [...names, 'is.there'].map((name) => topic(name)),
      timeoutMs: 60_000
    })

    expect(answer.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ...names.map((name) => [name, 0]),
      ['is.there', 36]
    ])
    expect(world.failures).toEqual([])
  })
})

describe('CreateTopics of the internal topic', () => {
  const shapeless = topic('__consumer_offsets', { numPartitions: -1, replicationFactor: -1 })

  it.each([
    ['partitions', topic('__consumer_offsets', { numPartitions: 3, replicationFactor: -1 })],
    ['replicas', topic('__consumer_offsets', { numPartitions: -1 })],
    ['an assignment', topic('__consumer_offsets', assigned([1]))],
    ['configs', { ...shapeless, ...configured('retention.ms', '1') }]
  ])('is refused whoever asks, be it by the name of a broker, when it chooses %s', async (_what, asked) => {
    const world = await BrokerWorld.start()
    for (const clientId of ['test', 'broker-1']) {
      const channel = new BrokerChannel(world, { host: 'sim', port: 9092 }, clientId)
      const asking = channel.ask(createCall, { topics: [asked], timeoutMs: 10_000 }, 30_000)
      const answer = await world.clock.until(asking.finally(() => channel.close()))

      expect(answer.topics[0]?.errorCode).toBe(17)
    }
  })

  it.each(['test', 'broker-1'])(
    'without a shape is made for %s as for anybody, in the brokers’ shape',
    async (clientId) => {
      const world = await BrokerWorld.start()
      const channel = new BrokerChannel(world, { host: 'sim', port: 9092 }, clientId)
      const asking = channel.ask(createCall, { topics: [shapeless], timeoutMs: 10_000 }, 30_000)
      const answer = await world.clock.until(asking.finally(() => channel.close()))

      expect(answer.topics[0]).toMatchObject({ errorCode: 0, numPartitions: 50, replicationFactor: 1 })
    }
  )
})

describe('CreateTopics of several replicas', () => {
  let world: BrokerWorld

  beforeAll(async () => {
    world = await BrokerWorld.start([1, 2, 3])
  })

  const created = async (asked: Asked) =>
    (await world.ask(1, createCall, { topics: [asked], timeoutMs: 10_000 })).topics[0]

  it('puts each partition on so many brokers, all of them in the ISR', async () => {
    expect(await created(topic('three', { numPartitions: 6, replicationFactor: 3 }))).toMatchObject({
      errorCode: 0,
      numPartitions: 6,
      replicationFactor: 3
    })
    const known = await world.ask(2, metadataCall, { topics: [{ name: 'three' }], allowAutoTopicCreation: false })
    const partitions = known.topics[0]?.partitions ?? []
    expect(partitions).toHaveLength(6)
    for (const { leaderId, replicaNodes, isrNodes } of partitions) {
      expect([...replicaNodes].sort()).toEqual([1, 2, 3])
      expect(isrNodes).toEqual(replicaNodes)
      expect(leaderId).toBe(replicaNodes[0])
    }
    expect(new Set(partitions.map(({ leaderId }) => leaderId))).toEqual(new Set([1, 2, 3]))
  })

  it.each<[string, Partial<Asked>, number, string]>([
    [
      'more replicas than brokers',
      { replicationFactor: 4 },
      38,
      'Replication factor: 4 larger than available brokers: 3.'
    ],
    ['-2 replicas', { replicationFactor: -2 }, 38, 'Replication factor must be larger than 0.'],
    [
      'an assignment of unlike numbers',
      assigned([1, 2], [3]),
      39,
      'All partitions should have the same number of replicas.'
    ]
  ])('refuses %s in Kafka’s words', async (_what, part, errorCode, errorMessage) => {
    expect(await created(topic('a', part))).toMatchObject({ errorCode, errorMessage })
  })

  it('takes an assignment of several as it is given', async () => {
    expect(await created(topic('given', assigned([3, 1], [2, 3])))).toMatchObject({
      errorCode: 0,
      replicationFactor: 2
    })
    const known = await world.ask(1, metadataCall, { topics: [{ name: 'given' }], allowAutoTopicCreation: false })
    expect(known.topics[0]?.partitions.map(({ replicaNodes }) => replicaNodes)).toEqual([
      [3, 1],
      [2, 3]
    ])
  })
})
