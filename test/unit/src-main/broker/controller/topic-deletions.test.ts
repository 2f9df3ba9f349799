/** Deleting a topic while a broker that holds some of it is away, as Kafka 3.9 does it. */
import { describe, expect, it } from 'vitest'
import type { EnsembleClient } from '../../../../../src-main/coordination/ensemble-client'
import type { ControllerBroadcast } from '../../../../../src-main/broker/controller/controller-broadcast'
import type { ControllerWrites } from '../../../../../src-main/broker/controller/controller-writes'
import { ControllerState } from '../../../../../src-main/broker/core/controller/controller-state'
import { paths } from '../../../../../src-main/broker/core/znodes'
import { TopicDeletions } from '../../../../../src-main/broker/controller/topic-deletions'
import { fetchRequest, fetchResponse } from '../../../../../src-main/protocol/api/01-fetch'
import { metadataRequest, metadataResponse } from '../../../../../src-main/protocol/api/03-metadata'
import { createTopicsRequest, createTopicsResponse } from '../../../../../src-main/protocol/api/19-create-topics'
import { deleteTopicsRequest, deleteTopicsResponse } from '../../../../../src-main/protocol/api/20-delete-topics'
import { produceRequest, produceResponse } from '../../../../../src-main/protocol/api/00-produce'
import {
  describeConfigsRequest,
  describeConfigsResponse
} from '../../../../../src-main/protocol/api/32-describe-configs'
import { errorName, type KafkaError } from '../../../../../src-main/protocol/wire/error-codes'
import { zeroUuid } from '../../../../../src-main/kernel/uuid'
import { BrokerWorld } from '../../../../support/broker-world'
import { SimClock } from '../../../../support/ensemble-world'
import { batchOf } from '../../../../support/record-samples'

const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const deleteCall = { apiKey: 20, version: 6, request: deleteTopicsRequest, response: deleteTopicsResponse } as const
const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const describeConfigsCall = {
  apiKey: 32,
  version: 4,
  request: describeConfigsRequest,
  response: describeConfigsResponse
} as const
const fetchCall = { apiKey: 1, version: 12, request: fetchRequest, response: fetchResponse } as const

async function create(
  world: BrokerWorld,
  name: string,
  replicas: readonly number[],
  brokerId = 1,
  configs: readonly { readonly name: string; readonly value: string }[] = []
) {
  const assignments = replicas.map((id, partitionIndex) => ({ partitionIndex, brokerIds: [id] }))
  const asked = { name, numPartitions: -1, replicationFactor: -1, assignments, configs }
  const answer = await world.ask(brokerId, createCall, { topics: [asked], timeoutMs: 10_000 })
  return errorName(answer.topics[0]?.errorCode ?? -1)
}

async function remove(world: BrokerWorld, name: string, timeoutMs = 5_000, brokerId = 1) {
  const answer = await world.ask(brokerId, deleteCall, { topics: [{ name, topicId: zeroUuid }], timeoutMs })
  return errorName(answer.responses[0]?.errorCode ?? -1)
}

async function described(world: BrokerWorld, name: string, brokerId = 1) {
  const answer = await world.ask(brokerId, metadataCall, { topics: [{ name }], allowAutoTopicCreation: false })
  return errorName(answer.topics[0]?.errorCode ?? -1)
}

async function listed(world: BrokerWorld, brokerId = 1): Promise<readonly (string | null)[]> {
  const answer = await world.ask(brokerId, metadataCall, { topics: null, allowAutoTopicCreation: false })
  return answer.topics.map(({ name }) => name)
}

async function produced(world: BrokerWorld, topic: string, brokerId = 1) {
  const answer = await world.ask(brokerId, produceCall, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: batchOf(['value']) }] }]
  })
  return errorName(answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1)
}

async function fetched(world: BrokerWorld, topic: string) {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }
  const answer = await world.ask(1, fetchCall, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{ topic, partitions: [partition] }]
  })
  return errorName(answer.responses[0]?.partitions[0]?.errorCode ?? -1)
}

const foldersOf = (world: BrokerWorld, id: number, topic: string): readonly string[] =>
  world
    .diskOf(id)
    .list('/log')
    .flatMap(({ name }) => (name.startsWith(`${topic}-`) && !name.endsWith('-delete') ? [name] : []))

async function withDeadBroker(): Promise<BrokerWorld> {
  const world = await BrokerWorld.start([1, 2, 3])
  await create(world, 'orders', [1, 2])
  await world.cutOff(2)
  return world
}

describe('a topic some of whose brokers are dead', () => {
  it('is answered 0 at once, and is gone for clients at once', async () => {
    const world = await withDeadBroker()
    expect(await produced(world, 'orders')).toBe('NONE')
    const beforeMs = world.clock.monotonicMs()

    expect(await remove(world, 'orders', 30_000)).toBe('NONE')

    expect(world.clock.monotonicMs() - beforeMs).toBeLessThan(500)
    for (const broker of [1, 3]) {
      expect(await described(world, 'orders', broker)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
      expect(await listed(world, broker)).not.toContain('orders')
    }
    expect(await produced(world, 'orders')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await fetched(world, 'orders')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await remove(world, 'orders')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(foldersOf(world, 1, 'orders')).toEqual([])
  })

  it('keeps its name until the broker is back and has deleted its part', async () => {
    const world = await withDeadBroker()
    await remove(world, 'orders')
    await world.clock.run(60_000)
    expect(await create(world, 'orders', [1])).toBe('TOPIC_ALREADY_EXISTS')
    expect(foldersOf(world, 2, 'orders')).toEqual(['orders-1'])

    await world.reconnect(2)
    await world.clock.run(10_000)

    expect(foldersOf(world, 2, 'orders')).toEqual([])
    expect(await described(world, 'orders', 2)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await create(world, 'orders', [2])).toBe('NONE')
    expect(await produced(world, 'orders', 2)).toBe('NONE')
    expect(world.failures).toEqual([])
  })

  it('may be removed by somebody else: a new topic of its name is not taken for it', async () => {
    const world = await withDeadBroker()
    await remove(world, 'orders')
    const ensemble = await world.ensemble()
    for (const partition of [0, 1]) {
      await world.clock.until(ensemble.delete(paths.state('orders', partition)))
      await world.clock.until(ensemble.delete(paths.partition('orders', partition)))
    }
    await world.clock.until(ensemble.delete(paths.partitions('orders')))
    await world.clock.until(ensemble.delete(paths.topic('orders')))
    await world.clock.run(100)

    expect(await create(world, 'orders', [3])).toBe('NONE')
    await world.reconnect(2)
    await world.clock.run(10_000)

    expect(await produced(world, 'orders', 3)).toBe('NONE')
    expect(await world.clock.until(ensemble.exists(paths.deleteTopic('orders')))).toBeUndefined()
    await world.clock.until(ensemble.close())
  })

  it('is deleted by the next controller, too, and by a broker that was started anew without ever leading it', async () => {
    const world = await withDeadBroker()
    await remove(world, 'orders')
    await world.clock.until(world.brokers.get(1)?.stop() ?? Promise.resolve())
    await world.clock.run(15_000)
    expect(await create(world, 'orders', [3], 3)).toBe('TOPIC_ALREADY_EXISTS')
    expect(await described(world, 'orders', 3)).toBe('UNKNOWN_TOPIC_OR_PARTITION')

    await world.startBroker(1)
    await world.reconnect(2)
    await world.clock.run(10_000)

    expect([1, 2].flatMap((id) => foldersOf(world, id, 'orders'))).toEqual([])
    expect(await create(world, 'orders', [3], 3)).toBe('NONE')
    expect(world.failures).toEqual([])
  })

  it('all of whose brokers are dead is deleted like any other', async () => {
    const world = await BrokerWorld.start([1, 2])
    await create(world, 'orders', [2])
    await world.cutOff(2)

    expect(await remove(world, 'orders')).toBe('NONE')

    expect(await listed(world)).not.toContain('orders')
    await world.reconnect(2)
    await world.clock.run(10_000)
    expect(await create(world, 'orders', [2])).toBe('NONE')
  })
})

describe('the configs of a deleted topic', () => {
  async function retentionAt(world: BrokerWorld, brokerId: number): Promise<string | null | undefined> {
    const resource = { resourceType: 2, resourceName: 'orders', configurationKeys: ['retention.ms'] }
    const answer = await world.ask(brokerId, describeConfigsCall, { resources: [resource] })
    return answer.results[0]?.configs[0]?.value
  }

  it('are not those of the next topic of its name, on a broker that was started while they were still stored', async () => {
    const world = await BrokerWorld.start([1, 2, 3])
    await create(world, 'orders', [2], 1, [{ name: 'retention.ms', value: '1000' }])
    for (const id of [2, 3]) await world.clock.until(world.brokers.get(id)?.stop() ?? Promise.resolve())
    await world.clock.run(10_000)
    expect(await remove(world, 'orders')).toBe('NONE')
    for (const id of [3, 2]) await world.startBroker(id)
    await world.clock.run(10_000)

    expect(await create(world, 'orders', [2, 3])).toBe('NONE')

    for (const id of [1, 2, 3]) expect(await retentionAt(world, id)).toBe('604800000')
  })

  it('are not those of the next topic of its name, on a broker that heard of neither', async () => {
    const world = await BrokerWorld.start([1, 2])
    await create(world, 'orders', [1], 1, [{ name: 'retention.ms', value: '1000' }])
    expect(await retentionAt(world, 2)).toBe('1000')
    await world.cutOff(2)
    expect(await remove(world, 'orders')).toBe('NONE')
    await world.clock.run(1_000)
    expect(await create(world, 'orders', [1])).toBe('NONE')

    await world.reconnect(2)
    await world.clock.run(10_000)

    expect(await retentionAt(world, 2)).toBe('604800000')
  })
})

describe('a deletion that somebody else interferes with', () => {
  it.each([
    ['a znode below the topic', `${paths.topic('orders')}/theirs`],
    ['a znode below a partition’s state', `${paths.state('orders', 0)}/theirs`],
    ['a znode below its configs', `${paths.topicConfig('orders')}/theirs`]
  ])('does not hang on %s', async (_what, path) => {
    const world = await BrokerWorld.start([1])
    const ensemble = await world.ensemble()
    await create(world, 'orders', [1])
    await world.clock.until(ensemble.create(path, null))

    expect(await remove(world, 'orders')).toBe('NONE')
    await world.clock.run(1_000)

    expect(await world.clock.until(ensemble.exists(paths.topic('orders')))).toBeUndefined()
    expect(await create(world, 'orders', [1])).toBe('NONE')
    expect(world.failures).toEqual([])
  })

  it('is deleted on each broker so that a power cut does not bring it back, before its name is free', async () => {
    const world = await BrokerWorld.start([1])
    await create(world, 'orders', [1])
    const { syncedFolders } = world.diskOf(1)
    syncedFolders.splice(0)
    let atTheEnd: readonly string[] = []
    world.onEvent = ({ name }) => {
      if (name === 'topicDeleted') atTheEnd = [...syncedFolders]
    }

    await remove(world, 'orders')
    await world.clock.run(1_000)

    expect(atTheEnd).toContain('/log')
  })

  it('does not hang when a part of it is gone already', async () => {
    const world = await BrokerWorld.start([1, 2])
    const ensemble = await world.ensemble()
    await create(world, 'orders', [2])
    await world.cutOff(2)
    await remove(world, 'orders')
    await world.clock.until(ensemble.delete(paths.state('orders', 0)))
    await world.clock.until(ensemble.delete(paths.topicConfig('orders')))

    await world.reconnect(2)
    await world.clock.run(15_000)

    expect(await world.clock.until(ensemble.exists(paths.topic('orders')))).toBeUndefined()
    expect(await create(world, 'orders', [2])).toBe('NONE')
  })

  it('goes on after an error that no retry mends at once, when that is over', async () => {
    const world = await BrokerWorld.start([1])
    await create(world, 'orders', [1])
    const disk = world.memberDisk
    world.onEvent = () => undefined
    expect(await remove(world, 'orders')).toBe('NONE')
    await world.clock.run(1_000)
    await create(world, 'again', [1])
    disk.isFull = true
    const refused = await remove(world, 'again')
    expect(refused).toBe('KAFKA_STORAGE_ERROR')
    disk.isFull = false

    expect(await remove(world, 'again')).toBe('NONE')
    await world.clock.run(15_000)

    expect(await create(world, 'again', [1])).toBe('NONE')
    expect(world.failures).toEqual([])
  })
})

describe('a broker that could not delete its part', () => {
  it('and has died before it was asked again does not stop the controller', async () => {
    const world = await BrokerWorld.start([1, 2, 3])
    await create(world, 'orders', [2])
    await create(world, 'others', [3])
    world.diskOf(2).fails = (path) => path.includes('orders')

    expect(await remove(world, 'orders')).toBe('NONE')
    await world.cutOff(2)

    expect(await create(world, 'more', [3])).toBe('NONE')
    await world.cutOff(3)
    const known = await world.ask(1, metadataCall, { topics: [{ name: 'others' }], allowAutoTopicCreation: false })
    expect(known.topics[0]?.partitions[0]?.leaderId).toBe(-1)
  })
})

describe('a broker that comes back before its earlier self was given up', () => {
  it('is asked, although the question to its earlier self is open', async () => {
    const clock = new SimClock()
    const state = new ControllerState()
    const broker = { id: 2, host: 'sim', port: 9093, rack: null, guid: '', logIncarnation: '', epoch: 1n }
    const partition = { topic: 'orders', partition: 0, replicas: [2], state: undefined, zkVersion: 0 }
    state.replaceBrokers([broker])
    state.topics.set('orders', { name: 'orders', topicId: zeroUuid, partitions: [partition] })
    state.deleting.add('orders')
    const questions: ((outcome: KafkaError | undefined) => void)[] = []
    const broadcast = {
      tell: () => Promise.resolve(),
      deleteReplicas: () => new Promise<KafkaError | undefined>((resolve) => questions.push(resolve))
    } as unknown as ControllerBroadcast
    const events: (() => Promise<void>)[] = []
    const deletions = new TopicDeletions({
      state,
      broadcast,
      clock,
      log: () => undefined,
      ensemble: {} as EnsembleClient,
      writes: {} as ControllerWrites,
      event: (work) => events.push(work),
      finished: () => undefined
    })
    deletions.resume()
    expect(questions).toHaveLength(1)

    // The controller sees the broker go and come as one: its sender learns that it is closed after the next 50 ms.
    state.replaceBrokers([{ ...broker, epoch: 2n }])
    deletions.resume()
    deletions.resume()
    questions[0]?.(undefined)
    await clock.run(1)
    expect(questions).toHaveLength(2)
    deletions.resume()
    expect(questions).toHaveLength(2)

    questions[1]?.('NONE')
    await clock.run(1)
    expect(events).toHaveLength(1)
  })
})
