/** A broker whose disk has no room for a partition, as the controller and the clients of the others see it. */
import { describe, expect, it } from 'vitest'
import { leaderAndIsrRequest, leaderAndIsrResponse } from '../../../../../src-main/protocol/api/04-leader-and-isr'
import { metadataRequest, metadataResponse } from '../../../../../src-main/protocol/api/03-metadata'
import { createTopicsRequest, createTopicsResponse } from '../../../../../src-main/protocol/api/19-create-topics'
import { produceRequest, produceResponse } from '../../../../../src-main/protocol/api/00-produce'
import { code } from '../../../../../src-main/protocol/wire/headers'
import { BrokerWorld } from '../../../../support/broker-world'
import { batchOf } from '../../../../support/record-samples'

const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const orderCall = { apiKey: 4, version: 7, request: leaderAndIsrRequest, response: leaderAndIsrResponse } as const

async function create(world: BrokerWorld, name: string, replicas: readonly number[], configs: object = {}) {
  const assignments = replicas.map((id, partitionIndex) => ({ partitionIndex, brokerIds: [id] }))
  const asked = {
    name,
    numPartitions: -1,
    replicationFactor: -1,
    assignments,
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value: String(value) }))
  }
  const answer = await world.ask(1, createCall, { topics: [asked], timeoutMs: 10_000 })
  return answer.topics[0]?.errorCode
}

async function leaders(world: BrokerWorld, topic: string, brokerId = 1): Promise<readonly number[]> {
  const answer = await world.ask(brokerId, metadataCall, { topics: [{ name: topic }], allowAutoTopicCreation: false })
  return answer.topics[0]?.partitions.map(({ leaderId }) => leaderId) ?? []
}

async function produce(world: BrokerWorld, brokerId: number, topic: string, index: number) {
  const answer = await world.ask(brokerId, produceCall, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: topic, partitionData: [{ index, records: batchOf(['value']) }] }]
  })
  return answer.responses[0]?.partitionResponses[0]?.errorCode
}

const fill = (world: BrokerWorld, id: number): void => {
  world.diskOf(id).capacityBytes = world.diskOf(id).usedBytes
}
const makeRoom = (world: BrokerWorld, id: number): void => {
  world.diskOf(id).capacityBytes = Infinity
}

describe('a broker whose disk is full', () => {
  it('lives, refuses new partitions, and the world is told of no leader for them, at no time', async () => {
    const world = await BrokerWorld.start([1, 2])
    await create(world, 'before', [1, 2])
    fill(world, 2)
    const seen = new Set<number>()
    world.onEvent = ({ name }) => {
      if (name === 'metadata') void leaders(world, 'after').then((ids) => ids.forEach((id) => seen.add(id)))
    }

    expect(await create(world, 'after', [1, 2, 2])).toBe(0)
    expect(await leaders(world, 'after')).toEqual([1, -1, -1])
    await world.clock.run(30_000)

    for (const broker of [1, 2]) expect(await leaders(world, 'after', broker)).toEqual([1, -1, -1])
    expect(seen.has(2)).toBe(false)
    expect(await leaders(world, 'before')).toEqual([1, 2])
    expect(await produce(world, 2, 'before', 1)).toBe(code('KAFKA_STORAGE_ERROR'))
    const refusals = world.events.filter(({ name }) => name === 'partitionsRefused')
    expect(refusals.map(({ fields }) => fields)).toEqual([
      { broker: 2, count: 2, error: 'KAFKA_STORAGE_ERROR', sample: 'after-1, after-2' }
    ])
    expect(world.failures).toEqual([])
  })

  it('goes on by itself within 30 s of room', async () => {
    const world = await BrokerWorld.start([1, 2])
    await create(world, 'before', [2])
    fill(world, 2)
    await create(world, 'after', [2, 2])
    await world.clock.run(120_000)

    makeRoom(world, 2)
    expect(await produce(world, 2, 'before', 0)).toBe(0)
    await world.clock.run(15_000)

    for (const broker of [1, 2]) expect(await leaders(world, 'after', broker)).toEqual([2, 2])
    expect(await produce(world, 2, 'after', 1)).toBe(0)
    expect(world.failures).toEqual([])
  })

  it('starts, leads what it has, and takes the rest when there is room', async () => {
    const world = await BrokerWorld.start([1, 2])
    await create(world, 'before', [2])
    expect(await produce(world, 2, 'before', 0)).toBe(0)
    await world.clock.until(world.brokers.get(2)?.stop() ?? Promise.resolve())
    await world.clock.run(10_000)
    fill(world, 2)

    await world.startBroker(2)
    await create(world, 'after', [2])
    await world.clock.run(5_000)
    expect([await leaders(world, 'before'), await leaders(world, 'after')]).toEqual([[2], [-1]])
    makeRoom(world, 2)
    await world.clock.run(15_000)

    expect([await leaders(world, 'before'), await leaders(world, 'after')]).toEqual([[2], [2]])
    expect(world.failures).toEqual([])
  })

  it('is asked again by a controller that is elected meanwhile', async () => {
    const world = await BrokerWorld.start([1, 2])
    fill(world, 2)
    await create(world, 'after', [2])
    await world.clock.run(3_000)
    await world.clock.until(world.brokers.get(1)?.stop() ?? Promise.resolve())
    await world.clock.run(20_000)
    expect(await leaders(world, 'after', 2)).toEqual([-1])

    makeRoom(world, 2)
    await world.clock.run(15_000)

    expect(await leaders(world, 'after', 2)).toEqual([2])
    expect(world.failures).toEqual([])
  })
})

describe('an event that the ensemble could not store', () => {
  it('is not forgotten: leaders are elected when there is room', async () => {
    const world = await BrokerWorld.start([1, 2])
    world.onEvent = ({ name }) => {
      // The topic is stored, its leaders are not.
      if (name === 'topicCreated') world.memberDisk.isFull = true
    }

    expect(await create(world, 'half', [1, 2])).toBe(0)
    expect(await leaders(world, 'half')).toEqual([])
    await world.clock.run(20_000)
    world.onEvent = () => undefined
    world.memberDisk.isFull = false
    await world.clock.run(15_000)

    expect(await leaders(world, 'half')).toEqual([1, 2])
    expect(world.failures).toEqual([])
  })
})

describe('an answer that says that the controller is not the newest', () => {
  it('makes it read everything again, at pauses that grow, and changes nothing when it is', async () => {
    const world = await BrokerWorld.start([1, 2])
    await create(world, 'before', [1, 2])
    // Anybody may claim an epoch: the listener is open.
    await world.ask(2, orderCall, {
      controllerId: 9,
      controllerEpoch: 99,
      brokerEpoch: -1n,
      type: 0,
      topicStates: [],
      liveLeaders: [],
      ungroupedPartitionStates: []
    })
    let elections = 0
    world.onEvent = ({ name }) => (elections += name === 'controllerElected' || name === 'controllerResigned' ? 1 : 0)

    expect(await create(world, 'after', [1])).toBe(0)
    await world.clock.run(60_000)

    expect(await leaders(world, 'after')).toEqual([1])
    expect(elections).toBe(0)
    expect(world.failures).toEqual([])
  })
})
