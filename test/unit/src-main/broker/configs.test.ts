import { describe, expect, it } from 'vitest'
import { BrokerChannel } from '../../../../src-main/broker/broker-channel'
import { produceRequest, produceResponse } from '../../../../src-main/protocol/api/00-produce'
import { metadataRequest, metadataResponse } from '../../../../src-main/protocol/api/03-metadata'
import { createTopicsRequest, createTopicsResponse } from '../../../../src-main/protocol/api/19-create-topics'
import { describeConfigsRequest, describeConfigsResponse } from '../../../../src-main/protocol/api/32-describe-configs'
import { alterConfigsRequest, alterConfigsResponse } from '../../../../src-main/protocol/api/33-alter-configs'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse
} from '../../../../src-main/protocol/api/44-incremental-alter-configs'
import { zeroUuid } from '../../../../src-main/kernel/uuid'
import { buildBatch } from '../../../../src-main/protocol/record/batch-builder'
import { BrokerWorld } from '../../../support/broker-world'
import { nodeChecksum } from '../../../support/ensemble-world'

const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const describeCall = {
  apiKey: 32,
  version: 4,
  request: describeConfigsRequest,
  response: describeConfigsResponse
} as const
const alterCall = { apiKey: 33, version: 2, request: alterConfigsRequest, response: alterConfigsResponse } as const
const changeCall = {
  apiKey: 44,
  version: 1,
  request: incrementalAlterConfigsRequest,
  response: incrementalAlterConfigsResponse
} as const

const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const anyTopic = { allowAutoTopicCreation: true, includeTopicAuthorizedOperations: false }

const topicType = 2
const brokerType = 4
const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

async function worldWithTopic(brokerIds = [1, 2]): Promise<BrokerWorld> {
  const world = await BrokerWorld.start(brokerIds)
  const topic = { name: 't', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
  for (const id of brokerIds) await world.ask(id, createCall, { topics: [topic], timeoutMs: 10_000 })
  return world
}

interface Change {
  readonly name: string
  readonly value?: string | null
  readonly operation?: number
}

async function change(
  world: BrokerWorld,
  resourceName: string,
  changes: readonly Change[],
  options: { readonly type?: number; readonly validateOnly?: boolean; readonly settleMs?: number } = {}
) {
  const { type = topicType, validateOnly = false, settleMs = 50 } = options
  const configs = changes.map(({ name, value = null, operation = 0 }) => ({ name, value, configOperation: operation }))
  const resources = [{ resourceType: type, resourceName, configs }]
  const answer = await world.ask(1, changeCall, { resources, validateOnly })
  if (settleMs > 0) await world.clock.run(settleMs)
  return answer.responses[0]
}

/** Value and source of a config, as a broker tells it. */
async function told(world: BrokerWorld, broker: number, resourceName: string, name: string, type = topicType) {
  const resources = [{ resourceType: type, resourceName, configurationKeys: null }]
  const answer = await world.ask(broker, describeCall, { resources, includeSynonyms: true })
  const found = answer.results[0]?.configs.find((config) => config.name === name)
  return found === undefined ? undefined : { value: found.value, source: found.configSource }
}

const producing = async (world: BrokerWorld, broker: number, bytes: number) => {
  const value = new Uint8Array(bytes)
  const records = buildBatch([{ key: null, value, timestamp: 1n, headers: [] }], nodeChecksum)
  const codes: number[] = []
  for (const index of [0, 1]) {
    const topicData = [{ name: 't', partitionData: [{ index, records: records.slice() }] }]
    const answer = await world.ask(broker, produceCall, { acks: -1, timeoutMs: 1_000, topicData })
    codes.push(answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1)
  }
  return codes
}

describe('a changed topic config', () => {
  it('is obeyed and told by every broker', async () => {
    const world = await worldWithTopic()

    const answer = await change(world, 't', [{ name: 'max.message.bytes', value: '200' }])

    expect(answer).toMatchObject({ errorCode: 0, errorMessage: null })
    for (const id of [1, 2]) {
      expect(await told(world, id, 't', 'max.message.bytes')).toEqual({ value: '200', source: 1 })
      // Each leads one of the two partitions.
      expect(await producing(world, id, 300)).toContain(10)
      expect(await producing(world, id, 50)).toContain(0)
    }
  })

  it('is the default again when it is deleted, and deleting it twice is no error', async () => {
    const world = await worldWithTopic([1])
    await change(world, 't', [{ name: 'retention.ms', value: '1000' }])

    await change(world, 't', [{ name: 'retention.ms', operation: operations.delete }])
    const again = await change(world, 't', [{ name: 'retention.ms', operation: operations.delete }])

    expect(again?.errorCode).toBe(0)
    expect(await told(world, 1, 't', 'retention.ms')).toEqual({ value: '604800000', source: 5 })
  })

  it('leaves the others alone, and AlterConfigs does not', async () => {
    const world = await worldWithTopic([1])
    await change(world, 't', [{ name: 'retention.ms', value: '1000' }])

    await change(world, 't', [{ name: 'segment.ms', value: '2000' }])
    const both = [await told(world, 1, 't', 'retention.ms'), await told(world, 1, 't', 'segment.ms')]
    const resource = { resourceType: topicType, resourceName: 't', configs: [{ name: 'segment.ms', value: '3000' }] }
    await world.ask(1, alterCall, { resources: [resource], validateOnly: false })
    await world.clock.run(50)

    expect(both.map((config) => config?.value)).toEqual(['1000', '2000'])
    expect(await told(world, 1, 't', 'retention.ms')).toEqual({ value: '604800000', source: 5 })
    expect(await told(world, 1, 't', 'segment.ms')).toEqual({ value: '3000', source: 1 })
  })

  it('is only looked at when the client says so', async () => {
    const world = await worldWithTopic([1])

    const answer = await change(world, 't', [{ name: 'retention.ms', value: '1000' }], { validateOnly: true })

    expect(answer?.errorCode).toBe(0)
    expect(await told(world, 1, 't', 'retention.ms')).toEqual({ value: '604800000', source: 5 })
  })

  it('is changed when the ensemble has a leader again, and once it stays away its change is refused soon', async () => {
    const world = await worldWithTopic([1])
    const configs = [{ name: 'retention.ms', value: '1000', configOperation: operations.set }]
    const resources = [{ resourceType: topicType, resourceName: 't', configs }]
    await world.stopEnsemble()
    await world.clock.run(100)

    const channel = new BrokerChannel(world, { host: 'sim', port: 9092 }, 'test')
    const changed = channel.ask(changeCall, { resources, validateOnly: false }, 30_000)
    await world.clock.run(1_000)
    await world.startEnsemble()
    expect((await world.clock.until(changed)).responses[0]?.errorCode).toBe(0)

    await world.stopEnsemble()
    await world.clock.run(100)
    const askedMs = world.clock.monotonicMs()
    const more = Array.from({ length: 20 }, (_, i) => ({ resourceType: topicType, resourceName: `t${i}`, configs }))
    const refused = await world.ask(1, changeCall, { resources: [...resources, ...more], validateOnly: false })
    expect(refused.responses[0]?.errorCode).not.toBe(0)
    expect(world.clock.monotonicMs() - askedMs).toBeLessThan(4_000)
    expect(world.failures).toEqual([])
  })

  it('survives the broker, and reaches one that was away', async () => {
    const world = await worldWithTopic()
    await world.cutOff(2)

    await change(world, 't', [{ name: 'retention.ms', value: '1000' }])
    for (let i = 0; i < 201; i++)
      await change(world, 't', [{ name: 'segment.ms', value: String(1000 + i) }], { settleMs: 0 })
    await world.reconnect(2)

    expect(await told(world, 2, 't', 'retention.ms')).toEqual({ value: '1000', source: 1 })
    expect(await told(world, 2, 't', 'segment.ms')).toEqual({ value: '1200', source: 1 })
    const left = await world.ensemble()
    const listed = await world.clock.until(left.getChildren('/config/changes'))
    expect(listed?.children.length).toBeLessThanOrEqual(201)
  })

  it.each<[string, string, readonly Change[], number | undefined, number]>([
    ['a topic that is not there', 'nosuch', [{ name: 'retention.ms', value: '1' }], undefined, 3],
    ['a name no topic can have', 'a/b', [{ name: 'retention.ms', value: '1' }], undefined, 17],
    ['an internal topic', '__consumer_offsets', [{ name: 'retention.ms', value: '1' }], undefined, 3],
    ['a config that does not exist', 't', [{ name: 'retention.hours', value: '1' }], undefined, 40],
    ['a value that is none', 't', [{ name: 'retention.ms', value: 'a week' }], undefined, 40],
    ['no value', 't', [{ name: 'retention.ms' }], undefined, 42],
    [
      'a config named twice',
      't',
      [
        { name: 'segment.ms', value: '1' },
        { name: 'segment.ms', value: '2' }
      ],
      undefined,
      42
    ],
    ['an append to what is no list', 't', [{ name: 'retention.ms', value: '1', operation: 2 }], undefined, 40],
    ['a list without its last item', 't', [{ name: 'cleanup.policy', value: 'delete', operation: 3 }], undefined, 40],
    ['an unknown operation', 't', [{ name: 'retention.ms', value: '1', operation: 9 }], undefined, 42],
    ['another broker', '7', [{ name: 'log.retention.ms', value: '1' }], brokerType, 42],
    ['a broker config that is fixed', '1', [{ name: 'broker.id', value: '9' }], brokerType, 40],
    ['another kind of resource', 't', [{ name: 'retention.ms', value: '1' }], 8, 42]
  ])('is refused for %s', async (_what, name, changes, type, errorCode) => {
    const world = await worldWithTopic([1])

    const answer = await change(world, name, changes, type === undefined ? {} : { type })

    expect(answer?.errorCode).toBe(errorCode)
    expect(answer?.errorMessage).not.toBe('')
    expect(answer?.errorMessage).not.toBeNull()
  })

  it('takes an item that is appended to a list once', async () => {
    const world = await worldWithTopic([1])

    const answer = await change(world, 't', [{ name: 'cleanup.policy', value: 'delete', operation: operations.append }])

    expect(answer?.errorCode).toBe(0)
    expect(await told(world, 1, 't', 'cleanup.policy')).toEqual({ value: 'delete', source: 1 })
  })
})

describe('a broker’s config', () => {
  it('is the default of topics on that broker, over that of all brokers, under the topic’s own', async () => {
    const world = await worldWithTopic()
    const name = 'log.retention.ms'

    await change(world, '', [{ name, value: '1111' }], { type: brokerType })
    const all = [await told(world, 1, 't', 'retention.ms'), await told(world, 2, 't', 'retention.ms')]
    await change(world, '1', [{ name, value: '2222' }], { type: brokerType })
    const own = [await told(world, 1, 't', 'retention.ms'), await told(world, 2, 't', 'retention.ms')]
    await change(world, 't', [{ name: 'retention.ms', value: '3333' }])

    expect(all).toEqual([
      { value: '1111', source: 3 },
      { value: '1111', source: 3 }
    ])
    expect(own).toEqual([
      { value: '2222', source: 2 },
      { value: '1111', source: 3 }
    ])
    expect(await told(world, 1, 't', 'retention.ms')).toEqual({ value: '3333', source: 1 })
    expect(await told(world, 1, '1', name, brokerType)).toEqual({ value: '2222', source: 2 })
    expect(await told(world, 2, '', name, brokerType)).toEqual({ value: '1111', source: 3 })
  })
})

describe('what a broker was started with', () => {
  const startedWith = async (configs: Readonly<Record<string, string>>): Promise<BrokerWorld> => {
    const world = new BrokerWorld()
    world.configs = configs
    await world.startEnsemble()
    await world.startBroker(1)
    const topic = { name: 't', numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
    await world.ask(1, createCall, { topics: [topic], timeoutMs: 10_000 })
    return world
  }
  const ofBroker = (world: BrokerWorld, name: string) => told(world, 1, '1', name, brokerType)

  it('is obeyed and told: partitions of topics that are made without a number, and whether asking makes any', async () => {
    const world = await startedWith({ 'num.partitions': '4', 'auto.create.topics.enable': 'false' })
    const asked = { ...anyTopic, topics: [{ topicId: zeroUuid, name: 't' }] }
    const [topic] = (await world.ask(1, metadataCall, asked)).topics
    const absent = { ...anyTopic, topics: [{ topicId: zeroUuid, name: 'absent' }] }
    await world.ask(1, metadataCall, absent)
    await world.clock.run(5_000)
    const [missing] = (await world.ask(1, metadataCall, absent)).topics

    expect(topic?.partitions).toHaveLength(4)
    expect(missing?.errorCode).toBe(3)
    expect(await ofBroker(world, 'num.partitions')).toEqual({ value: '4', source: 4 })
    expect(await ofBroker(world, 'auto.create.topics.enable')).toEqual({ value: 'false', source: 4 })
    expect(await ofBroker(world, 'default.replication.factor')).toEqual({ value: '1', source: 5 })
    expect(await ofBroker(world, 'auto.leader.rebalance.enable')).toEqual({ value: 'true', source: 5 })
  })

  it.each<[Record<string, string>, string, string]>([
    [{ 'log.retention.hours': '2' }, 'retention.ms', '7200000'],
    [{ 'log.retention.hours': '2', 'log.retention.minutes': '5' }, 'retention.ms', '300000'],
    [{ 'log.retention.minutes': '5', 'log.retention.ms': '7' }, 'retention.ms', '7'],
    [{ 'log.retention.hours': '-1' }, 'retention.ms', '-1'],
    [{ 'log.roll.hours': '3' }, 'segment.ms', '10800000']
  ])('counts in hours and minutes, the finest one of which holds: %j', async (configs, name, value) => {
    const world = await startedWith(configs)

    expect(await told(world, 1, 't', name)).toEqual({ value, source: 4 })
    for (const [set, text] of Object.entries(configs)) expect((await ofBroker(world, set))?.value).toBe(text)
    await change(world, '', [{ name: `log.${name === 'segment.ms' ? 'roll.ms' : name}`, value: '99000' }], {
      type: brokerType
    })
    expect(await told(world, 1, 't', name)).toEqual({ value: '99000', source: 3 })
  })
})
