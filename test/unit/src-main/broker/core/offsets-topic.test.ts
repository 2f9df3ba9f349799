import { describe, expect, it } from 'vitest'
import {
  findCoordinatorRequest,
  findCoordinatorResponse
} from '../../../../../src-main/protocol/api/10-find-coordinator'
import { metadataRequest, metadataResponse } from '../../../../../src-main/protocol/api/03-metadata'
import { askedOffsetsTopic, isOffsetsShape, offsetsBrokers } from '../../../../../src-main/broker/core/offsets-topic'
import { BrokerWorld } from '../../../../support/broker-world'

const findCall = { apiKey: 10, version: 3, request: findCoordinatorRequest, response: findCoordinatorResponse } as const
const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const

describe('offsetsBrokers', () => {
  it.each<[string, readonly number[], readonly number[], readonly number[]]>([
    ['all that live, from three on', [1, 2, 3, 4], [1, 2, 3, 4, 5], [1, 2, 3, 4]],
    ['with those that are away, up to three', [2], [1, 2, 3, 4], [2, 1, 3]],
    ['all of a cluster that has no more', [1], [1, 2], [1, 2]],
    ['those that live, when nothing is known of others', [1, 2], [], [1, 2]],
    ['with one that is not of this folder', [1, 7], [1, 2], [1, 7, 2]],
    ['nobody, when nobody could lead', [], [1, 2, 3], []]
  ])('are %s', (_what, live, cluster, expected) => {
    const brokers = live.map((id) => ({ id, rack: null }))
    expect(offsetsBrokers(brokers, cluster).map(({ id }) => id)).toEqual(expected)
  })
})

describe('the shape of the offsets topic', () => {
  const nothing = { numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }

  it('is what a broker asks for, or nothing in particular', () => {
    for (const brokers of [0, 1, 2, 3, 9]) expect(isOffsetsShape(askedOffsetsTopic(brokers))).toBe(true)
    expect(isOffsetsShape(nothing)).toBe(true)
  })

  it.each([
    ['other partitions', { ...askedOffsetsTopic(3), numPartitions: 1 }],
    ['more replicas', { ...askedOffsetsTopic(3), replicationFactor: 4 }],
    ['no configs', { ...askedOffsetsTopic(3), configs: [] }],
    [
      'another config',
      { ...askedOffsetsTopic(3), configs: askedOffsetsTopic(3).configs.map((one) => ({ ...one, value: 'x' })) }
    ],
    ['an assignment', { ...nothing, assignments: [{}] }],
    ['a config alone', { ...nothing, configs: [{ name: 'cleanup.policy', value: 'compact' }] }]
  ])('is nobody else’s to choose: %s', (_what, asked) => {
    expect(isOffsetsShape(asked)).toBe(false)
  })
})

describe('the first group of a cluster of which a broker is away', () => {
  it('begins at once, and its topic has three replicas when that is back', async () => {
    const world = new BrokerWorld()
    world.clusterBrokers = [1, 2, 3]
    await world.startEnsemble()
    await world.startBroker(1)
    await world.startBroker(2)
    for (let tries = 0; tries < 20; tries++) {
      if ((await world.ask(1, findCall, { key: 'g', keyType: 0 })).errorCode === 0) break
      await world.clock.run(100)
    }
    const seen = async () => {
      const { topics } = await world.ask(1, metadataCall, { topics: [{ name: '__consumer_offsets' }] })
      return topics[0]?.partitions ?? []
    }
    const before = await seen()
    expect(before).toHaveLength(50)
    for (const { replicaNodes, isrNodes, leaderId } of before) {
      expect([...replicaNodes].sort()).toEqual([1, 2, 3])
      expect([...isrNodes].sort()).toEqual([1, 2])
      expect([1, 2]).toContain(leaderId)
    }

    await world.startBroker(3)
    await world.clock.run(3_000)

    for (const { isrNodes } of await seen()) expect([...isrNodes].sort()).toEqual([1, 2, 3])
    expect(world.failures).toEqual([])
  })
})
