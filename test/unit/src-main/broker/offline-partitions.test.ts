/** A broker that cannot use the log of one of its partitions, as the controller, the other replicas and clients see it. */
import { describe, expect, it } from 'vitest'
import { fetchRequest, fetchResponse } from '../../../../src-main/protocol/api/01-fetch'
import { listOffsetsRequest, listOffsetsResponse } from '../../../../src-main/protocol/api/02-list-offsets'
import { metadataRequest, metadataResponse } from '../../../../src-main/protocol/api/03-metadata'
import { createTopicsRequest, createTopicsResponse } from '../../../../src-main/protocol/api/19-create-topics'
import { produceRequest, produceResponse } from '../../../../src-main/protocol/api/00-produce'
import { code } from '../../../../src-main/protocol/wire/headers'
import { BrokerWorld } from '../../../support/broker-world'
import { batchOf } from '../../../support/record-samples'

const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const fetchCall = { apiKey: 1, version: 12, request: fetchRequest, response: fetchResponse } as const
const offsetsCall = { apiKey: 2, version: 7, request: listOffsetsRequest, response: listOffsetsResponse } as const

const storageError = code('KAFKA_STORAGE_ERROR')

async function create(world: BrokerWorld, name: string, assignments: readonly (readonly number[])[]): Promise<void> {
  const asked = {
    name,
    numPartitions: -1,
    replicationFactor: -1,
    assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs: [{ name: 'min.insync.replicas', value: '1' }]
  }
  const answer = await world.ask(1, createCall, { topics: [asked], timeoutMs: 10_000 })
  expect(answer.topics[0]?.errorCode).toBe(0)
}

async function seen(world: BrokerWorld, topic: string, index: number, brokerId = 3) {
  const answer = await world.ask(brokerId, metadataCall, { topics: [{ name: topic }], allowAutoTopicCreation: false })
  const found = answer.topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === index) ?? expect.fail()
  const { leaderId, isrNodes, offlineReplicas } = found
  return { leader: leaderId, isr: [...isrNodes].sort(), offline: offlineReplicas }
}

async function produce(world: BrokerWorld, brokerId: number, index: number, value: string) {
  const answer = await world.ask(brokerId, produceCall, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name: 'orders', partitionData: [{ index, records: batchOf([value]) }] }]
  })
  return answer.responses[0]?.partitionResponses[0]?.errorCode
}

async function fetched(world: BrokerWorld, brokerId: number, partition: number) {
  const asked = { partition, currentLeaderEpoch: -1, fetchOffset: 0, partitionMaxBytes: 100_000 }
  const answer = await world.ask(brokerId, fetchCall, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{ topic: 'orders', partitions: [asked] }]
  })
  return answer.responses[0]?.partitions[0]?.errorCode
}

async function listed(world: BrokerWorld, brokerId: number, partitionIndex: number) {
  const asked = { partitionIndex, currentLeaderEpoch: -1, timestamp: -1n }
  const answer = await world.ask(brokerId, offsetsCall, {
    replicaId: -1,
    topics: [{ name: 'orders', partitions: [asked] }]
  })
  return answer.topics[0]?.partitions[0]
}

const all = [
  [1, 2, 3],
  [1, 2, 3]
]

async function threeBrokers(): Promise<BrokerWorld> {
  const world = await BrokerWorld.start([1, 2, 3])
  await create(world, 'orders', all)
  await world.clock.run(1_000)
  for (const index of [0, 1]) expect(await produce(world, 1, index, `first of ${index}`)).toBe(0)
  return world
}

const told = (world: BrokerWorld, name: string) => world.events.filter((event) => event.name === name)

describe('a leader whose log fails', () => {
  it('leads it no more; another does, and all else goes on where it was', async () => {
    const world = await threeBrokers()
    world.diskOf(1).fails = (path) => path.includes('/orders-0')
    // What is open in memory is only asked for at a roll or a flush: a write shows it.
    expect(await produce(world, 1, 0, 'refused')).toBe(storageError)
    expect(await fetched(world, 1, 0)).toBe(storageError)
    expect(await listed(world, 1, 0)).toMatchObject({ errorCode: storageError })
    await world.clock.run(2_000)

    expect(await seen(world, 'orders', 0)).toEqual({ leader: 2, isr: [2, 3], offline: [1] })
    expect(await seen(world, 'orders', 1)).toEqual({ leader: 1, isr: [1, 2, 3], offline: [] })
    expect(await produce(world, 2, 0, 'second')).toBe(0)
    expect(await listed(world, 2, 0)).toMatchObject({ errorCode: 0, offset: 2 })
    expect(await produce(world, 1, 1, 'second')).toBe(0)
    expect(world.failures).toEqual([])
    expect(told(world, 'logsFailed').map(({ broker, fields }) => ({ broker, ...fields }))).toMatchObject([
      { broker: 1, count: 1, sample: 'orders-0', cause: 'failed' }
    ])
    const [last] = told(world, 'offlineLogs').slice(-1)
    expect(last?.fields).toMatchObject({ count: 1, named: [{ topic: 'orders', partition: 0, cause: 'failed' }] })
  })

  it('follows again when the disk works, with all that the others have, and is in the ISR', async () => {
    const world = await threeBrokers()
    world.diskOf(1).fails = (path) => path.includes('/orders-0')
    expect(await produce(world, 1, 0, 'refused')).toBe(storageError)
    await world.clock.run(60_000)
    expect(await produce(world, 2, 0, 'second')).toBe(0)

    world.diskOf(1).fails = () => false
    await world.clock.run(15_000)

    expect(await seen(world, 'orders', 0)).toMatchObject({ isr: [1, 2, 3], offline: [] })
    expect(world.brokers.get(1)?.partition('orders', 0)?.log.logEndOffset).toBe(2)
    expect(told(world, 'logsBack').map(({ fields }) => fields)).toEqual([{ count: 1, sample: 'orders-0' }])
    expect(told(world, 'offlineLogs').at(-1)?.fields).toEqual({ count: 0, named: [] })
    expect(world.failures).toEqual([])
  })

  it('with the only replica is led by nobody until then, and by it again, in another epoch', async () => {
    const world = await BrokerWorld.start([1, 2])
    await create(world, 'orders', [[1]])
    expect(await produce(world, 1, 0, 'first')).toBe(0)
    world.diskOf(1).fails = (path) => path.includes('/orders-0')
    expect(await produce(world, 1, 0, 'refused')).toBe(storageError)
    await world.clock.run(30_000)
    expect(await seen(world, 'orders', 0, 2)).toMatchObject({ leader: -1 })

    world.diskOf(1).fails = () => false
    await world.clock.run(15_000)

    expect(await seen(world, 'orders', 0, 2)).toMatchObject({ leader: 1, isr: [1], offline: [] })
    expect(await listed(world, 1, 0)).toMatchObject({ errorCode: 0, offset: 1 })
    expect(world.brokers.get(1)?.partition('orders', 0)?.leaderEpoch).toBe(2)
    expect(await produce(world, 1, 0, 'second')).toBe(0)
    expect(world.failures).toEqual([])
  })
})

describe('a follower whose log fails', () => {
  it('leaves the ISR at once, so that writes go on, and comes back', async () => {
    const world = await threeBrokers()
    world.diskOf(3).fails = (path) => path.includes('/orders-0')
    expect(await produce(world, 1, 0, 'second')).toBe(0)
    await world.clock.run(1_000)
    expect(await seen(world, 'orders', 0)).toEqual({ leader: 1, isr: [1, 2], offline: [3] })
    expect(await seen(world, 'orders', 1)).toEqual({ leader: 1, isr: [1, 2, 3], offline: [] })

    world.diskOf(3).fails = () => false
    await world.clock.run(15_000)

    expect(await seen(world, 'orders', 0)).toEqual({ leader: 1, isr: [1, 2, 3], offline: [] })
    expect(world.failures).toEqual([])
  })
})

describe('a log directory that fails', () => {
  it('takes all that the broker holds offline; it stays the controller, and has all again', async () => {
    const world = await threeBrokers()
    world.diskOf(1).fails = (path) => path.startsWith('/log')
    await world.clock.run(8_000)

    for (const index of [0, 1])
      expect(await seen(world, 'orders', index)).toEqual({ leader: 2, isr: [2, 3], offline: [1] })
    expect(world.brokers.get(1)?.inspect()).toMatchObject({ controller: { isActive: true } })
    for (const index of [0, 1]) expect(await produce(world, 2, index, 'second')).toBe(0)

    world.diskOf(1).fails = () => false
    await world.clock.run(15_000)

    for (const index of [0, 1])
      expect(await seen(world, 'orders', index)).toMatchObject({ isr: [1, 2, 3], offline: [] })
    expect(world.failures).toEqual([])
  })
})

describe('a follower that follows no more', () => {
  it('is not waited for by writes of the others, although its broker lives', async () => {
    const world = await threeBrokers()
    // At the end of the leader's log when it fails, not by a write.
    world.diskOf(3).fails = (path) => path.includes('/orders-0')
    await world.clock.run(65_000)
    expect(await seen(world, 'orders', 0)).toEqual({ leader: 1, isr: [1, 2], offline: [3] })

    const beganMs = world.clock.monotonicMs()
    expect(await produce(world, 1, 0, 'second')).toBe(0)

    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(1_000)
  })
})
