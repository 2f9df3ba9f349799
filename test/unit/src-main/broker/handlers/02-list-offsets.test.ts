import { beforeAll, describe, expect, it } from 'vitest'
import { produceRequest, produceResponse } from '../../../../../src-main/protocol/api/00-produce'
import { listOffsetsRequest, listOffsetsResponse } from '../../../../../src-main/protocol/api/02-list-offsets'
import { createTopicsRequest, createTopicsResponse } from '../../../../../src-main/protocol/api/19-create-topics'
import { buildBatch } from '../../../../../src-main/protocol/record/batch-builder'
import { BrokerWorld } from '../../../../support/broker-world'
import { nodeChecksum } from '../../../../support/ensemble-world'

const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const baseMs = 1_700_000_000_000n

describe('ListOffsets', () => {
  let world: BrokerWorld

  beforeAll(async () => {
    world = await BrokerWorld.start()
    const topics = ['t', 'empty'].map((name) => {
      return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    })
    await world.ask(1, createCall, { topics, timeoutMs: 10_000 })
    // Times 0, +20, +10: the largest is in the middle.
    const records = [0n, 20n, 10n].map((at) => {
      return { key: null, value: Uint8Array.of(1), timestamp: baseMs + at, headers: [] }
    })
    const partitionData = [{ index: 0, records: buildBatch(records, nodeChecksum) }]
    await world.ask(1, produceCall, { acks: -1, timeoutMs: 1000, topicData: [{ name: 't', partitionData }] })
  })

  async function ask(version: number, name: string, partitions: readonly (readonly [number, bigint, number?])[]) {
    const call = { apiKey: 2, version, request: listOffsetsRequest, response: listOffsetsResponse } as const
    const asked = partitions.map(([partitionIndex, timestamp, currentLeaderEpoch = -1]) => {
      return { partitionIndex, timestamp, currentLeaderEpoch }
    })
    const answer = await world.ask(1, call, { replicaId: -1, isolationLevel: 0, topics: [{ name, partitions: asked }] })
    return answer.topics[0]?.partitions ?? []
  }

  it.each([
    ['latest', -1n, 1, 3, -1n],
    ['latest', -1n, 9, 3, -1n],
    ['earliest', -2n, 1, 0, -1n],
    ['the largest timestamp (KIP-734)', -3n, 7, 1, baseMs + 20n],
    ['earliest local (KIP-405)', -4n, 8, 0, -1n],
    ['latest tiered (KIP-1005), of which there is none', -5n, 9, -1, -1n],
    ['a time before all records', 0n, 1, 0, baseMs],
    ['the time of a record', baseMs, 5, 0, baseMs],
    ['a time between records', baseMs + 1n, 5, 1, baseMs + 20n],
    ['the largest time', baseMs + 20n, 5, 1, baseMs + 20n],
    ['a time after all records', baseMs + 21n, 5, -1, -1n],
    ['the largest time there is', 2n ** 63n - 1n, 5, -1, -1n]
  ])('finds %s (%s, version %i): offset %i at %s', async (_what, timestamp, version, offset, at) => {
    const [found] = await ask(version, 't', [[0, timestamp]])

    expect(found).toMatchObject({ errorCode: 0, offset, timestamp: at })
  })

  it.each([
    ['latest', -1n, 0],
    ['earliest', -2n, 0],
    ['the largest timestamp', -3n, -1],
    ['a time', 5n, -1]
  ])('of an empty partition finds %s at %i', async (_what, timestamp, offset) => {
    expect((await ask(7, 'empty', [[0, timestamp]]))[0]).toMatchObject({ errorCode: 0, offset })
  })

  it.each([
    ['-3 before version 7', -3n, 6],
    ['-4 before version 8', -4n, 7],
    ['-5 before version 9', -5n, 8],
    ['-6, which no version knows', -6n, 7],
    ['-6, which no version knows', -6n, 9],
    ['-2^63', -(2n ** 63n), 9]
  ])('refuses %s with UNSUPPORTED_VERSION', async (_what, timestamp, version) => {
    expect((await ask(version, 't', [[0, timestamp]]))[0]).toMatchObject({ errorCode: 35, offset: -1 })
  })

  it.each([
    ['an unknown topic', 'no-such', [[0, -1n]], 3],
    ['an unknown partition', 't', [[1, -1n]], 3],
    ['a negative partition', 't', [[-1, -1n]], 3],
    ['a leader epoch that has not begun', 't', [[0, -1n, 7]], 75]
  ] as const)('answers %s with its error', async (_what, name, partitions, errorCode) => {
    expect((await ask(5, name, partitions))[0]?.errorCode).toBe(errorCode)
  })

  it('refuses both mentions of a partition that is named twice with INVALID_REQUEST', async () => {
    const answers = await ask(5, 't', [
      [0, -1n],
      [0, -2n]
    ])

    expect(answers.map(({ errorCode }) => errorCode)).toEqual([42, 42])
  })
})
