/** A leader that cannot know whether another has been elected: clients are told nothing that may be over. */
import { describe, expect, it } from 'vitest'
import { BrokerChannel } from '../../../../src-main/broker/broker-channel'
import { fetchRequest, fetchResponse } from '../../../../src-main/protocol/api/01-fetch'
import { listOffsetsRequest, listOffsetsResponse } from '../../../../src-main/protocol/api/02-list-offsets'
import { groupOffsetsPartitions } from '../../../../src-main/broker/core/offsets-topic'
import { offsetCommitRequest, offsetCommitResponse } from '../../../../src-main/protocol/api/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '../../../../src-main/protocol/api/09-offset-fetch'
import { errorName } from '../../../../src-main/protocol/wire/error-codes'
import { batchOf, sequencedBatch } from '../../../support/record-samples'
import { ReplicaWorld } from '../../../support/replica-world'

const listCall = { apiKey: 2, version: 7, request: listOffsetsRequest, response: listOffsetsResponse } as const
const fetchCall = { apiKey: 1, version: 12, request: fetchRequest, response: fetchResponse } as const
const offsetCommitCall = {
  apiKey: 8,
  version: 8,
  request: offsetCommitRequest,
  response: offsetCommitResponse
} as const
const offsetFetchCall = { apiKey: 9, version: 7, request: offsetFetchRequest, response: offsetFetchResponse } as const

/** Broker 2 hears and says nothing but to followers and clients: neither the ensemble nor the controller, which is broker 1, reaches it. */
async function cutOff2(replicas: ReplicaWorld, topic: string): Promise<void> {
  const { world } = replicas
  for (const [from, to] of [
    ['broker-2', 'outside'],
    ['outside', 'broker-2']
  ] as const)
    world.network.fault(from, to, { isCut: true })
  // Until its session is nearly over; then the order for it does not arrive, while broker 1 has just asked it.
  await world.clock.run(5_500)
  world.network.fault('broker-1', 'broker-2', { isCut: true })
  const cutMs = world.clock.monotonicMs()
  await replicas.until(topic, 0, ({ leader }) => leader === 1)
  expect(world.clock.monotonicMs() - cutMs, 'another leads before 1.2 s have passed').toBeLessThan(1_100)
}

/** Broker 2 leads a partition of three replicas, in which there is a record. */
async function ledBy2() {
  const replicas = await ReplicaWorld.start()
  const { world } = replicas
  await replicas.create('r', [[2, 1, 3]])
  await replicas.produce('r', ['a'])
  // Neither a broker's machine nor the member's.
  const ports = { clock: world.clock, network: world.network.of('client') }
  const channel = () => new BrokerChannel(ports, { host: 'sim', port: 9093 }, 'test')
  /** Where broker 2 says that it ends, or which error. */
  const end = async () => {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1n }]
    const asked = { replicaId: -1, isolationLevel: 0, topics: [{ name: 'r', partitions }] }
    const found = (await channel().ask(listCall, asked, 60_000)).topics[0]?.partitions[0]
    return found?.errorCode === 0 ? found.offset : errorName(found?.errorCode ?? -1)
  }
  const fetched = async (fetchOffset: number) => {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1000 }]
    const asked = { maxWaitMs: 0, minBytes: 0, topics: [{ topic: 'r', partitions }], forgottenTopicsData: [] }
    const found = (await channel().ask(fetchCall, asked, 60_000)).responses[0]?.partitions[0]
    return errorName(found?.errorCode ?? -1)
  }
  return { replicas, world, end, fetched }
}

describe('a leader that was paused while another was elected', () => {
  it('answers none of the clients that waited for it', async () => {
    const { replicas, world, end, fetched } = await ledBy2()
    expect(await world.clock.until(end())).toBe(1)
    world.machine(2).pause()
    const asked = Promise.all([end(), fetched(0), fetched(3)])
    await replicas.until('r', 0, ({ leader }) => leader === 1)
    expect(await replicas.produce('r', ['b', 'c'])).toBe('NONE')
    world.machine(2).resume()

    const refusals = ['NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER']
    expect(await world.clock.until(asked)).toEqual(refusals)
    await replicas.until('r', 0, ({ isr }) => isr.length === 3)
    expect(await replicas.produceTo(1, 'r', batchOf(['d']))).toBe('NONE')
    expect(world.failures).toEqual([])
  })

  it('answers at once when it was not away for as long as its session lasts', async () => {
    const { world, end } = await ledBy2()
    world.machine(2).pause()
    const asked = end()
    await world.clock.run(3_000)
    world.machine(2).resume()

    expect(await world.clock.until(asked)).toBe(1)
  })
})

describe('a leader without the ensemble', () => {
  it('goes on as long as its followers follow', async () => {
    const { replicas, world, end } = await ledBy2()
    await world.stopEnsemble()
    await world.clock.run(20_000)

    expect(await replicas.produceTo(2, 'r', batchOf(['b']))).toBe('NONE')
    expect(await world.clock.until(end())).toBe(2)
  })

  it('tells no end while another may lead that has gone further', async () => {
    const { replicas, world, end } = await ledBy2()
    await cutOff2(replicas, 'r')
    expect(await replicas.produceTo(1, 'r', batchOf(['b', 'c']))).toBe('NONE')

    expect(await world.clock.until(end())).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(world.failures).toEqual([])
  })

  it('tells no commit while another may coordinate', async () => {
    const { replicas, world } = await ledBy2()
    await replicas.create(
      '__consumer_offsets',
      Array.from({ length: groupOffsetsPartitions }, () => [2, 1, 3])
    )
    const commit = async (brokerId: number, committedOffset: number) => {
      const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: '' }]
      const asked = { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name: 'r', partitions }] }
      const { topics } = await world.ask(brokerId, offsetCommitCall, asked)
      return errorName(topics[0]?.partitions[0]?.errorCode ?? -1)
    }
    const ports = { clock: world.clock, network: world.network.of('client') }
    const committed = async () => {
      const channel = new BrokerChannel(ports, { host: 'sim', port: 9093 }, 'test')
      const topics = [{ name: 'r', partitionIndexes: [0] }]
      const told = await channel.ask(offsetFetchCall, { groupId: 'g', topics }, 60_000)
      return told.errorCode === 0 ? told.topics[0]?.partitions[0]?.committedOffset : errorName(told.errorCode)
    }
    expect(await commit(2, 5)).toBe('NONE')
    expect(await world.clock.until(committed())).toBe(5)
    await cutOff2(replicas, '__consumer_offsets')
    expect(await commit(1, 7)).toBe('NONE')

    expect(await world.clock.until(committed())).toBe('NOT_COORDINATOR')
    expect(world.failures).toEqual([])
  })

  it('is followed still after it was asked, which takes two round trips and not the time of a long poll', async () => {
    const { world, end } = await ledBy2()
    await world.stopEnsemble()
    await world.clock.run(20_000)
    const beganMs = world.clock.monotonicMs()
    const asked = await world.clock.until(Promise.all([end(), end(), end()]))

    expect(asked).toEqual([1, 1, 1])
    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(50)
  })

  it('takes what it does not know of for another leader’s: offsets beyond its end, and sequences behind a gap', async () => {
    const { replicas, world, fetched } = await ledBy2()
    expect(await replicas.produceTo(2, 'r', sequencedBatch(5, 0, 0, ['b']))).toBe('NONE')
    expect(await world.clock.until(fetched(9))).toBe('OFFSET_OUT_OF_RANGE')
    expect(await replicas.produceTo(2, 'r', sequencedBatch(5, 0, 3, ['d']))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    await world.stopEnsemble()
    await world.clock.run(20_000)

    expect(await world.clock.until(fetched(9))).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(await replicas.produceTo(2, 'r', sequencedBatch(5, 0, 3, ['d']))).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(await replicas.produceTo(2, 'r', sequencedBatch(5, 0, 1, ['c']))).toBe('NONE')
  })

  it('that was none for a while has a producer send again what is behind the batch that it refused', async () => {
    const { replicas, world } = await ledBy2()
    const produce = (sequence: number, value: string) =>
      replicas.produceTo(2, 'r', sequencedBatch(5, 0, sequence, [value]))
    expect(await produce(0, 'b')).toBe('NONE')
    await world.stopEnsemble()
    for (const from of ['broker-1', 'broker-3']) world.network.fault(from, 'broker-2', { isCut: true })
    await world.clock.run(10_000)
    expect(await produce(1, 'c')).toBe('NOT_LEADER_OR_FOLLOWER')
    world.network.heal()
    await world.startEnsemble()
    await world.clock.run(5_000)
    await replicas.until('r', 0, ({ leader, isr }) => leader === 2 && isr.length === 3)

    expect(await produce(2, 'd')).toBe('NOT_ENOUGH_REPLICAS')
    expect(await produce(1, 'c')).toBe('NONE')
    expect(await produce(2, 'd')).toBe('NONE')
    expect(world.failures).toEqual([])
  })

  it('alone in its ISR goes on by itself', async () => {
    const { replicas, world, end } = await ledBy2()
    for (const id of [1, 3]) replicas.kill(id)
    world.brokers.delete(1)
    await replicas.until('r', 0, ({ isr }) => isr.length === 1)
    await world.stopEnsemble()
    await world.clock.run(20_000)

    expect(await world.clock.until(end())).toBe(1)
  })

  it('tells nothing a while after another leads, which it was not told of', async () => {
    const { replicas, world, end } = await ledBy2()
    for (const [from, to] of [
      ['broker-2', 'outside'],
      ['outside', 'broker-2']
    ] as const)
      world.network.fault(from, to, { isCut: true })
    await replicas.until('r', 0, ({ leader }) => leader === 1)
    await world.clock.run(3_000)

    expect(await world.clock.until(end())).toBe('NOT_LEADER_OR_FOLLOWER')
    world.network.heal()
    await replicas.until('r', 0, ({ isr }) => isr.length === 3)
    expect(replicas.logOf(2, 'r')).toBe(replicas.logOf(1, 'r'))
  })
})

describe('a leader that has just taken over', () => {
  it('has a producer send again what leaves a gap, for what was before it may be on its way to the leader before', async () => {
    const { replicas, world } = await ledBy2()
    expect(await replicas.produceTo(2, 'r', sequencedBatch(5, 0, 0, ['b']))).toBe('NONE')
    replicas.kill(2)
    const { leader } = await replicas.until('r', 0, (seen) => seen.leader !== 2 && seen.leader >= 0)

    expect(await replicas.produceTo(leader, 'r', sequencedBatch(5, 0, 2, ['d']))).toBe('NOT_ENOUGH_REPLICAS')
    expect(await replicas.produceTo(leader, 'r', sequencedBatch(5, 0, 1, ['c']))).toBe('NONE')
    expect(await replicas.produceTo(leader, 'r', sequencedBatch(5, 0, 2, ['d']))).toBe('NONE')
    // It has written in this term: a gap is one.
    expect(await replicas.produceTo(leader, 'r', sequencedBatch(5, 0, 9, ['z']))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(world.failures).toEqual([])
  })

  it('says that there is a gap when nothing came for longer than a client waits for the leader before', async () => {
    const { replicas, world } = await ledBy2()
    expect(await replicas.produceTo(2, 'r', sequencedBatch(5, 0, 0, ['b']))).toBe('NONE')
    replicas.kill(2)
    const { leader } = await replicas.until('r', 0, (seen) => seen.leader !== 2 && seen.leader >= 0)
    await world.clock.run(60_000)
    expect(await replicas.produceTo(leader, 'r', sequencedBatch(5, 0, 2, ['d']))).toBe('NOT_ENOUGH_REPLICAS')
    await world.clock.run(5_000)

    expect(await replicas.produceTo(leader, 'r', sequencedBatch(5, 0, 2, ['d']))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })
})

describe('a leader whose session has ended, and whose next one has begun', () => {
  it('tells nothing before it has registered anew: its roles are of the session before', async () => {
    const { replicas, world, end } = await ledBy2()
    for (const [from, to] of [
      ['broker-2', 'outside'],
      ['outside', 'broker-2'],
      ['broker-1', 'broker-2']
    ] as const)
      world.network.fault(from, to, { isCut: true })
    await replicas.until('r', 0, ({ leader }) => leader === 1)
    expect(await replicas.produce('r', ['b'], 1)).toBe('NONE')
    const asked: Promise<unknown>[] = []
    world.onEvent = ({ broker, name, fields }) => {
      if (broker === 2 && name === 'ensembleSession' && fields['state'] === 'connected') asked.push(end())
    }

    for (const [from, to] of [
      ['broker-2', 'outside'],
      ['outside', 'broker-2']
    ] as const)
      world.network.fault(from, to, undefined)
    await world.clock.run(10_000)

    expect(asked).toHaveLength(1)
    expect(await world.clock.until(Promise.all(asked))).toEqual(['NOT_LEADER_OR_FOLLOWER'])
    expect(world.failures).toEqual([])
  })
})

describe('a coordinator whose session lives', () => {
  it('says nothing of commits while nobody follows it who may coordinate in its place', async () => {
    const replicas = await ReplicaWorld.start()
    const { world } = replicas
    await replicas.create('r', [[1]])
    const places = Array.from({ length: groupOffsetsPartitions }, () => [2, 3])
    await replicas.create('__consumer_offsets', places)
    await world.clock.run(1_000)
    const committed = async () => {
      const topics = [{ name: 'r', partitionIndexes: [0] }]
      const { errorCode, topics: told } = await world.ask(2, offsetFetchCall, { groupId: 'g', topics })
      return errorCode === 0 ? told[0]?.partitions[0]?.committedOffset : errorName(errorCode)
    }
    const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: '' }]
    const commit = { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name: 'r', partitions }] }
    expect((await world.ask(2, offsetCommitCall, commit)).topics[0]?.partitions[0]?.errorCode).toBe(0)
    expect(await committed()).toBe(5)

    // Broker 3 may lead by now: the order for broker 2 would be on its way.
    world.network.fault('broker-3', 'broker-2', { isCut: true })
    await world.clock.run(2_000)
    expect(await committed()).toBe('COORDINATOR_LOAD_IN_PROGRESS')

    world.network.heal()
    await world.clock.run(35_000)
    expect(await committed()).toBe(5)
    expect(world.failures).toEqual([])
  })
})
