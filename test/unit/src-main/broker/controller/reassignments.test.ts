import { describe, expect, it } from 'vitest'
import { parsePartitionState, parseTopic, paths, topicData } from '../../../../../src-main/broker/core/znodes'
import type { EnsembleClient } from '../../../../../src-main/coordination/ensemble-client'
import { metadataRequest, metadataResponse } from '../../../../../src-main/protocol/api/03-metadata'
import {
  createPartitionsRequest,
  createPartitionsResponse
} from '../../../../../src-main/protocol/api/37-create-partitions'
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse
} from '../../../../../src-main/protocol/api/45-alter-partition-reassignments'
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse
} from '../../../../../src-main/protocol/api/46-list-partition-reassignments'
import { errorName } from '../../../../../src-main/protocol/wire/error-codes'
import { BrokerWorld } from '../../../../support/broker-world'

const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const addCall = {
  apiKey: 37,
  version: 3,
  request: createPartitionsRequest,
  response: createPartitionsResponse
} as const
const alterCall = {
  apiKey: 45,
  version: 0,
  request: alterPartitionReassignmentsRequest,
  response: alterPartitionReassignmentsResponse
} as const
const listCall = {
  apiKey: 46,
  version: 0,
  request: listPartitionReassignmentsRequest,
  response: listPartitionReassignmentsResponse
} as const
const topicId = 'Jj8xA1fFTrGKVqPIfMCsWA'

/** Four brokers, of which 1 is the controller, and topic t with these assignments. */
async function started(...assignment: readonly (readonly number[])[]) {
  const world = await BrokerWorld.start([1, 2, 3, 4])
  const ensemble = await world.ensemble()
  await world.clock.until(ensemble.create(paths.topic('t'), topicData(topicId, assignment)))
  await world.clock.run(1_000)
  return { world, ensemble }
}

type Wanted = readonly (readonly [partition: number, replicas: readonly number[] | null])[]

async function reassign(world: BrokerWorld, wanted: Wanted, to = 1, name = 't') {
  const partitions = wanted.map(([partitionIndex, replicas]) => ({ partitionIndex, replicas }))
  const answer = await world.ask(to, alterCall, { topics: [{ name, partitions }] })
  if (answer.errorCode !== 0) return [errorName(answer.errorCode)]
  return answer.responses.flatMap((one) => one.partitions.map(({ errorCode }) => errorName(errorCode)))
}

async function listed(world: BrokerWorld, to = 1) {
  const { topics } = await world.ask(to, listCall, { topics: null })
  return topics.flatMap(({ partitions }) => partitions)
}

async function assignments(world: BrokerWorld, ensemble: EnsembleClient) {
  return parseTopic((await world.clock.until(ensemble.getData(paths.topic('t'))))?.data ?? null)?.partitions
}

async function stateOf(world: BrokerWorld, ensemble: EnsembleClient, partition = 0) {
  return parsePartitionState((await world.clock.until(ensemble.getData(paths.state('t', partition))))?.data ?? null)
}

const foldersOf = (world: BrokerWorld, id: number): readonly string[] =>
  world
    .diskOf(id)
    .list('/log')
    .map(({ name }) => name)

const isActive = (world: BrokerWorld, id: number): boolean =>
  (world.brokers.get(id)?.inspect()['controller'] as { readonly isActive: boolean } | undefined)?.isActive === true

describe('a reassignment', () => {
  it('is told as stored whatever time was asked for, as kafka-go does with 0 ms', async () => {
    const { world, ensemble } = await started([1, 2])
    const partitions = [{ partitionIndex: 0, replicas: [3, 4] }]

    const answer = await world.ask(1, alterCall, { topics: [{ name: 't', partitions }], timeoutMs: 0 })

    expect(answer.errorCode).toBe(0)
    expect(answer.responses).toMatchObject([{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0 }] }])
    expect((await assignments(world, ensemble))?.[0]?.replicas).toEqual([3, 4, 1, 2])
  })

  it('moves replicas to other brokers, then takes the old ones away, and everybody knows', async () => {
    const { world, ensemble } = await started([1, 2], [2, 3])

    expect(await reassign(world, [[0, [3, 4]]])).toEqual(['NONE'])
    await world.clock.run(5_000)

    expect(await listed(world)).toEqual([])
    expect(await assignments(world, ensemble)).toEqual([{ replicas: [3, 4] }, { replicas: [2, 3] }])
    const state = await stateOf(world, ensemble)
    expect(state?.leader).toBe(3)
    expect([...(state?.isr ?? [])].sort()).toEqual([3, 4])
    for (const id of [1, 2, 3, 4]) {
      const known = await world.ask(id, metadataCall, { topics: [{ name: 't' }], allowAutoTopicCreation: false })
      expect(known.topics[0]?.partitions[0]).toMatchObject({ leaderId: 3, replicaNodes: [3, 4] })
    }
    expect(foldersOf(world, 4)).toContain('t-0')
    expect(foldersOf(world, 1)).not.toContain('t-0')
    expect(world.failures).toEqual([])
  })

  it('is stored, listed and gone on with by the next controller while a replica is not in sync', async () => {
    const { world, ensemble } = await started([3, 2])
    // The one that has the records is away: nothing can be copied.
    await world.cutOff(2)
    await world.cutOff(3)
    expect(await reassign(world, [[0, [3, 4]]])).toEqual(['NONE'])

    const underWay = { replicas: [3, 4, 2], addingReplicas: [4], removingReplicas: [2] }
    expect(await listed(world)).toMatchObject([underWay])
    expect(await assignments(world, ensemble)).toEqual([
      { replicas: [3, 4, 2], reassignment: { adding: [4], removing: [2] } }
    ])
    await world.clock.until(ensemble.delete(paths.controller))
    await world.clock.run(1_000)
    const controller = [1, 4].find((id) => isActive(world, id)) ?? 0
    expect(await listed(world, controller)).toMatchObject([underWay])

    await world.reconnect(3)
    await world.reconnect(2)
    await world.clock.run(30_000)
    expect(await assignments(world, ensemble)).toEqual([{ replicas: [3, 4] }])
    expect(world.failures).toEqual([])
  })

  it('is not broken off while only what it has copied is left, which would go', async () => {
    const { world, ensemble } = await started([3])
    // Broker 2 lives, and can copy from nobody.
    for (const leader of ['broker-3', 'broker-4']) world.network.fault('broker-2', leader, { isCut: true })
    expect(await reassign(world, [[0, [4, 2]]])).toEqual(['NONE'])
    await world.clock.run(5_000)
    await world.cutOff(3)
    expect(await stateOf(world, ensemble)).toMatchObject({ leader: 4, isr: [4] })

    expect(await reassign(world, [[0, null]])).toEqual(['INVALID_REPLICA_ASSIGNMENT'])
    expect(await reassign(world, [[0, [1]]])).toEqual(['INVALID_REPLICA_ASSIGNMENT'])
    expect(foldersOf(world, 4)).toContain('t-0')

    await world.reconnect(3)
    await world.clock.run(5_000)
    expect(await reassign(world, [[0, null]])).toEqual(['NONE'])
    await world.clock.run(5_000)
    expect(await stateOf(world, ensemble)).toMatchObject({ leader: 3, isr: [3] })
    expect(world.failures).toEqual([])
  })

  it('is broken off, and what was copied goes', async () => {
    const { world, ensemble } = await started([3])
    await world.cutOff(3)
    await reassign(world, [[0, [4]]])
    expect(await listed(world)).toHaveLength(1)

    expect(await reassign(world, [[0, null]])).toEqual(['NONE'])
    await world.reconnect(3)
    await world.clock.run(5_000)

    expect(await listed(world)).toEqual([])
    expect(await assignments(world, ensemble)).toEqual([{ replicas: [3] }])
    expect(await stateOf(world, ensemble)).toMatchObject({ leader: 3, isr: [3] })
    expect(world.failures).toEqual([])
  })

  it('raises and lowers the number of replicas, and changes their order', async () => {
    const { world, ensemble } = await started([1], [1, 2, 3], [1, 2])

    expect(
      await reassign(world, [
        [0, [1, 2, 3]],
        [1, [2]],
        [2, [2, 1]]
      ])
    ).toEqual(['NONE', 'NONE', 'NONE'])
    await world.clock.run(5_000)

    expect(await assignments(world, ensemble)).toEqual([
      { replicas: [1, 2, 3] },
      { replicas: [2] },
      { replicas: [2, 1] }
    ])
    expect(await stateOf(world, ensemble, 1)).toMatchObject({ leader: 2, isr: [2] })
    expect(world.failures).toEqual([])
  })

  it('is refused where it cannot be, and holds up no other', async () => {
    const { world, ensemble } = await started([1], [1], [1], [1], [1])
    await world.cutOff(4)

    expect(
      await reassign(world, [
        [0, []],
        [1, [2, 2]],
        [2, [4]],
        [3, null],
        [9, [2]],
        [4, [2]]
      ])
    ).toEqual([
      'INVALID_REPLICA_ASSIGNMENT',
      'INVALID_REPLICA_ASSIGNMENT',
      'INVALID_REPLICA_ASSIGNMENT',
      'NO_REASSIGNMENT_IN_PROGRESS',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'NONE'
    ])
    expect(
      await reassign(world, [
        [0, [2]],
        [0, [3]]
      ])
    ).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST'])
    expect(await reassign(world, [[0, [2]]], 2)).toEqual(['NOT_CONTROLLER'])
    await world.clock.run(5_000)
    expect((await assignments(world, ensemble))?.map(({ replicas }) => replicas)).toEqual([[1], [1], [1], [1], [2]])
  })

  it('keeps partitions from being added meanwhile', async () => {
    const { world } = await started([3])
    await world.cutOff(3)
    await reassign(world, [[0, [4]]])

    const answer = await world.ask(1, addCall, {
      topics: [{ name: 't', count: 2, assignments: null }],
      timeoutMs: 10_000,
      validateOnly: false
    })

    expect(errorName(answer.results[0]?.errorCode ?? 0)).toBe('REASSIGNMENT_IN_PROGRESS')
  })
})
