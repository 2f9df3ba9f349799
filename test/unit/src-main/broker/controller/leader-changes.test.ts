import { describe, expect, it } from 'vitest'
import { parsePartitionState, partitionStateData, paths, topicData } from '../../../../../src-main/broker/core/znodes'
import type { EnsembleClient } from '../../../../../src-main/coordination/ensemble-client'
import { metadataRequest, metadataResponse } from '../../../../../src-main/protocol/api/03-metadata'
import {
  controlledShutdownRequest,
  controlledShutdownResponse
} from '../../../../../src-main/protocol/api/07-controlled-shutdown'
import { electLeadersRequest, electLeadersResponse } from '../../../../../src-main/protocol/api/43-elect-leaders'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse
} from '../../../../../src-main/protocol/api/44-incremental-alter-configs'
import { brokerEpochOf } from '../../../../../src-main/kernel/ids'
import { errorName } from '../../../../../src-main/protocol/wire/error-codes'
import { BrokerWorld } from '../../../../support/broker-world'

const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const shutdownCall = {
  apiKey: 7,
  version: 3,
  request: controlledShutdownRequest,
  response: controlledShutdownResponse
} as const
const electCall = { apiKey: 43, version: 2, request: electLeadersRequest, response: electLeadersResponse } as const
const alterCall = {
  apiKey: 44,
  version: 1,
  request: incrementalAlterConfigsRequest,
  response: incrementalAlterConfigsResponse
} as const
const topicId = 'Jj8xA1fFTrGKVqPIfMCsWA'

/** Three brokers, of which 1 is the controller, and topic t with these assignments. */
async function started(...assignment: readonly (readonly number[])[]) {
  const world = await BrokerWorld.start([1, 2, 3])
  const ensemble = await world.ensemble()
  await world.clock.until(ensemble.create(paths.topic('t'), topicData(topicId, assignment)))
  await world.clock.run(1_000)
  return { world, ensemble }
}

async function stateOf(world: BrokerWorld, ensemble: EnsembleClient, partition = 0) {
  const znode = await world.clock.until(ensemble.getData(paths.state('t', partition)))
  return parsePartitionState(znode?.data ?? null)
}

async function leaders(world: BrokerWorld, from: number): Promise<readonly number[]> {
  const known = await world.ask(from, metadataCall, { topics: [{ name: 't' }], allowAutoTopicCreation: false })
  return known.topics[0]?.partitions.map(({ leaderId }) => leaderId) ?? []
}

async function elect(world: BrokerWorld, electionType: number, partitions: readonly number[] | null, to = 1) {
  const topicPartitions = partitions === null ? null : [{ topic: 't', partitions }]
  const answer = await world.ask(to, electCall, { electionType, topicPartitions })
  return answer.replicaElectionResults.flatMap(({ partitionResult }) =>
    partitionResult.map(({ partitionId, errorCode, errorMessage }) => [partitionId, errorName(errorCode), errorMessage])
  )
}

const eventsOf = (world: BrokerWorld, name: string) =>
  world.events.filter((event) => event.name === name).map(({ fields }) => fields)

describe('a broker that stops cleanly', () => {
  it('hands over what it leads before it leaves, and is out of every ISR', async () => {
    const { world, ensemble } = await started([2, 1, 3], [2, 3, 1], [1, 2, 3], [2])

    await world.clock.until(world.brokers.get(2)?.stop() ?? Promise.resolve())

    expect(await stateOf(world, ensemble, 0)).toMatchObject({ leader: 1, leaderEpoch: 1, isr: [1, 3] })
    expect(await stateOf(world, ensemble, 1)).toMatchObject({ leader: 3, leaderEpoch: 1 })
    expect(await stateOf(world, ensemble, 2)).toMatchObject({ leader: 1, leaderEpoch: 1, isr: [1, 3] })
    expect(eventsOf(world, 'partitionsElected')).toMatchObject([{ count: 2, cause: 'shutdown', broker: 2 }])
    await world.clock.run(1_000)
    // Nothing is elected twice: only what has one replica is without a leader.
    expect(await stateOf(world, ensemble, 0)).toMatchObject({ leader: 1, leaderEpoch: 1 })
    expect(await leaders(world, 1)).toEqual([1, 3, 1, -1])
    expect(eventsOf(world, 'brokerLeft')).toMatchObject([{ broker: 2, cause: 'shutdown' }])
    expect(world.failures).toEqual([])
  })

  it('hands over also when it is the controller itself', async () => {
    const { world, ensemble } = await started([1, 2, 3])

    await world.clock.until(world.brokers.get(1)?.stop() ?? Promise.resolve())
    await world.clock.run(1_000)

    expect(await stateOf(world, ensemble)).toMatchObject({ leader: 2, leaderEpoch: 1, isr: [2, 3] })
    expect(await leaders(world, 3)).toEqual([2])
    expect(world.failures).toEqual([])
  })

  it('does not wait long when there is nobody to ask', async () => {
    const { world } = await started([2, 1])
    await world.stopEnsemble()
    world.network.disconnect('broker-1')
    const beganMs = world.clock.monotonicMs()

    await world.clock.until(world.brokers.get(2)?.stop() ?? Promise.resolve())

    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(6_000)
    expect(world.failures).toEqual([])
  })

  it('is told what it leads all the same, and gets nothing new meanwhile', async () => {
    const { world, ensemble } = await started([2, 1], [1, 2])
    const alone = { leader: 2, leaderEpoch: 9, isr: [2], controllerEpoch: 1 }
    await world.clock.until(ensemble.setData(paths.state('t', 0), partitionStateData(alone)))
    const registered = await world.clock.until(ensemble.exists(paths.broker(2)))
    const brokerEpoch = brokerEpochOf(registered?.czxid ?? -1n)

    const answer = await world.ask(1, shutdownCall, { brokerId: 2, brokerEpoch })
    expect(answer).toMatchObject({ errorCode: 0, remainingPartitions: [{ topicName: 't', partitionIndex: 0 }] })

    await world.clock.until(ensemble.create(paths.topic('u'), topicData('Kj8xA1fFTrGKVqPIfMCsWA', [[2, 3]])))
    await world.clock.run(500)
    const made = await world.clock.until(ensemble.getData(paths.state('u', 0)))
    expect(parsePartitionState(made?.data ?? null)).toMatchObject({ leader: 3, isr: [3] })
  })

  it.each([
    [9, -1n, 'BROKER_NOT_AVAILABLE'],
    [2, 1n, 'STALE_BROKER_EPOCH']
  ])('is refused as broker %i with epoch %i', async (brokerId, brokerEpoch, error) => {
    const { world } = await started([2, 1])
    expect(errorName((await world.ask(1, shutdownCall, { brokerId, brokerEpoch })).errorCode)).toBe(error)
    expect(errorName((await world.ask(3, shutdownCall, { brokerId, brokerEpoch })).errorCode)).toBe('NOT_CONTROLLER')
  })
})

describe('ElectLeaders', () => {
  it('gives leadership back to preferred replicas, and says where it could not', async () => {
    const { world } = await started([2, 1], [1, 2], [3, 1])
    await world.cutOff(2)
    await world.reconnect(2)
    await world.cutOff(3)
    expect(await leaders(world, 1)).toEqual([1, 1, 1])

    expect(await elect(world, 0, [0, 1, 2, 7])).toEqual([
      [1, 'ELECTION_NOT_NEEDED', 'Leader election not needed for topic partition.'],
      [7, 'UNKNOWN_TOPIC_OR_PARTITION', 'The partition does not exist.'],
      [0, 'NONE', null],
      [
        2,
        'PREFERRED_LEADER_NOT_AVAILABLE',
        'Failed to elect leader for partition t-2 under strategy PreferredReplicaPartitionLeaderElectionStrategy'
      ]
    ])
    expect(await leaders(world, 2)).toEqual([2, 1, 1])
    expect(await elect(world, 0, null)).toMatchObject([[2, 'PREFERRED_LEADER_NOT_AVAILABLE', expect.anything()]])
  })

  it('says that nothing is known of all partitions when the time is over, and of named ones by each', async () => {
    const { world } = await started([2, 1], [2, 1])
    await world.cutOff(2)
    await world.reconnect(2)
    const ask = (topicPartitions: { topic: string; partitions: number[] }[] | null) =>
      world.ask(1, electCall, { electionType: 0, topicPartitions, timeoutMs: 0 })

    const named = await ask([{ topic: 't', partitions: [1] }])
    expect(errorName(named.errorCode)).toBe('NONE')
    expect(named.replicaElectionResults[0]?.partitionResult).toMatchObject([{ partitionId: 1, errorCode: 7 }])

    const all = await ask(null)
    expect([errorName(all.errorCode), all.replicaElectionResults]).toEqual(['REQUEST_TIMED_OUT', []])
  })

  it('is refused by who is no controller', async () => {
    const { world } = await started([2, 1])
    expect(await elect(world, 0, [0], 2)).toEqual([
      [0, 'NOT_CONTROLLER', 'This broker is not the controller: ask broker 1.']
    ])
  })

  it('elects out of the ISR only what is without a leader, and shouts about it', async () => {
    const { world, ensemble } = await started([3, 1], [1, 3], [3])
    const alone = { leader: 3, leaderEpoch: 9, isr: [3], controllerEpoch: 1 }
    await world.clock.until(ensemble.setData(paths.state('t', 0), partitionStateData(alone)))
    await world.cutOff(3)
    expect(await leaders(world, 1)).toEqual([-1, 1, -1])

    const told = await elect(world, 1, [0, 1, 2])

    expect(told.map(([partition, error]) => [partition, error])).toEqual([
      [1, 'ELECTION_NOT_NEEDED'],
      [0, 'NONE'],
      [2, 'ELIGIBLE_LEADERS_NOT_AVAILABLE']
    ])
    expect(await stateOf(world, ensemble)).toMatchObject({ leader: 1, isr: [1] })
    expect(eventsOf(world, 'partitionsElected').at(-1)).toMatchObject({ count: 1, cause: 'unclean', sample: 't-0' })
    expect(await leaders(world, 2)).toEqual([1, 1, -1])
  })
})

describe('unclean.leader.election.enable', () => {
  it('is obeyed also when it is switched on while a partition is without a leader', async () => {
    const { world, ensemble } = await started([3, 1])
    const alone = { leader: 3, leaderEpoch: 9, isr: [3], controllerEpoch: 1 }
    await world.clock.until(ensemble.setData(paths.state('t', 0), partitionStateData(alone)))
    await world.cutOff(3)
    expect(await leaders(world, 1)).toEqual([-1])

    const configs = [{ name: 'unclean.leader.election.enable', configOperation: 0, value: 'true' }]
    const resources = [{ resourceType: 2, resourceName: 't', configs }]
    const altered = await world.ask(2, alterCall, { resources, validateOnly: false })
    await world.clock.run(1_000)

    expect(altered.responses[0]?.errorCode).toBe(0)
    expect(await leaders(world, 2)).toEqual([1])
    expect(eventsOf(world, 'partitionsElected').at(-1)).toMatchObject({ cause: 'unclean' })
  })
})

describe('auto.leader.rebalance', () => {
  it('gives leadership back by itself when a broker leads too little of what it should', async () => {
    const { world } = await started([2, 1], [2, 3], [1, 2])
    await world.cutOff(2)
    expect(await leaders(world, 1)).toEqual([1, 3, 1])
    await world.reconnect(2)
    await world.clock.run(330_000)

    expect(await leaders(world, 1)).toEqual([2, 2, 1])
    expect(eventsOf(world, 'partitionsElected').at(-1)).toMatchObject({ count: 2, cause: 'preferred' })
    expect(world.failures).toEqual([])
  })
})
