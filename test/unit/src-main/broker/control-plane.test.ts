import { describe, expect, it } from 'vitest'
import { BrokerChannel } from '../../../../src-main/broker/broker-channel'
import { produceRequest, produceResponse } from '../../../../src-main/protocol/api/00-produce'
import { fetchRequest, fetchResponse } from '../../../../src-main/protocol/api/01-fetch'
import { metadataRequest, metadataResponse } from '../../../../src-main/protocol/api/03-metadata'
import { leaderAndIsrRequest, leaderAndIsrResponse } from '../../../../src-main/protocol/api/04-leader-and-isr'
import { updateMetadataRequest, updateMetadataResponse } from '../../../../src-main/protocol/api/06-update-metadata'
import { heartbeatRequest, heartbeatResponse } from '../../../../src-main/protocol/api/12-heartbeat'
import { BrokerWorld } from '../../../support/broker-world'

const leaderAndIsrCall = {
  apiKey: 4,
  version: 7,
  request: leaderAndIsrRequest,
  response: leaderAndIsrResponse
} as const
const updateCall = { apiKey: 6, version: 8, request: updateMetadataRequest, response: updateMetadataResponse } as const
const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const produceCall = { apiKey: 0, version: 10, request: produceRequest, response: produceResponse } as const
const fetchCall = { apiKey: 1, version: 16, request: fetchRequest, response: fetchResponse } as const
const heartbeatCall = { apiKey: 12, version: 4, request: heartbeatRequest, response: heartbeatResponse } as const
const someId = 'Jj8xA1fFTrGKVqPIfMCsWA'

describe('LeaderAndIsr from anybody on this machine', () => {
  it.each([
    ['leads out of the log directory', '../../elsewhere', 0],
    ['is longer than a folder name may be', 'x'.repeat(300), 0],
    ['has no such partition number', 'orders', -1]
  ])('makes no folder when the name %s', async (_what, topicName, partitionIndex) => {
    const world = await BrokerWorld.start()
    const before = world.diskOf(1).list('/log')
    const state = { partitionIndex, controllerEpoch: 1, leader: 1, leaderEpoch: 0, isr: [1], partitionEpoch: 0 }
    const topic = { topicName, topicId: someId, partitionStates: [{ ...state, replicas: [1] }] }

    const answer = await world.ask(1, leaderAndIsrCall, {
      controllerId: 1,
      controllerEpoch: 1,
      type: 0,
      topicStates: [topic],
      liveLeaders: []
    })

    expect(answer.topics[0]?.partitionErrors[0]?.errorCode).toBe(17)
    expect(world.diskOf(1).list('/log')).toEqual(before)
    expect(world.diskOf(1).exists('/elsewhere-0')).toBe(false)
    expect(world.failures).toEqual([])
  })
})

describe('UpdateMetadata from anybody on this machine', () => {
  it('takes over no topic whose name no topic can have', async () => {
    const world = await BrokerWorld.start()
    const state = { partitionIndex: 0, controllerEpoch: 1, leader: 1, leaderEpoch: 0, isr: [1], zkVersion: 0 }
    const partitionStates = [{ ...state, replicas: [1] }]

    const answer = await world.ask(1, updateCall, {
      controllerId: 1,
      controllerEpoch: 1,
      topicStates: [{ topicName: 'x'.repeat(40_000), topicId: someId, partitionStates }],
      liveBrokers: []
    })

    const { topics } = await world.ask(1, metadataCall, { topics: null })
    expect(answer.errorCode).toBe(0)
    expect(topics).toEqual([])
    expect(world.failures).toEqual([])
  })
})

describe('Metadata between the order and the news of a new leader', () => {
  const asked = { controllerId: 1, controllerEpoch: 1 }
  const replicas = [1, 2]
  const brokers = [1, 2].map((id) => ({ id, endpoints: [{ host: 'sim', port: 9000 + id, listener: 'PLAINTEXT' }] }))
  const stateOf = (leader: number, leaderEpoch: number) => ({
    ...{ partitionIndex: 0, controllerEpoch: 1, leader, leaderEpoch, isr: replicas, replicas }
  })
  const order = async (world: BrokerWorld, leader: number, leaderEpoch: number): Promise<void> => {
    const partitionStates = [{ ...stateOf(leader, leaderEpoch), partitionEpoch: leaderEpoch }]
    const topicStates = [{ topicName: 'orders', topicId: someId, partitionStates }]
    const liveLeaders = [1, 2].map((brokerId) => ({ brokerId, hostName: 'sim', port: 9000 + brokerId }))
    const answer = await world.ask(1, leaderAndIsrCall, { ...asked, type: 0, topicStates, liveLeaders })
    expect(answer.topics[0]?.partitionErrors).toMatchObject([{ partitionIndex: 0, errorCode: 0 }])
  }
  const tell = async (world: BrokerWorld, leader: number, leaderEpoch: number): Promise<void> => {
    const partitionStates = [{ ...stateOf(leader, leaderEpoch), zkVersion: leaderEpoch }]
    const topicStates = [{ topicName: 'orders', topicId: someId, partitionStates }]
    const answer = await world.ask(1, updateCall, { ...asked, topicStates, liveBrokers: brokers })
    expect(answer.errorCode).toBe(0)
  }
  const known = async (world: BrokerWorld) => {
    const { topics } = await world.ask(1, metadataCall, { topics: [{ name: 'orders' }] })
    const { errorCode, leaderId, replicaNodes } = topics[0]?.partitions[0] ?? expect.fail()
    return { errorCode, leaderId, replicaNodes }
  }

  it('names no leader, and never the one before, until clients are told of the next one', async () => {
    const world = await BrokerWorld.start()
    await order(world, 1, 0)
    await tell(world, 1, 0)
    expect(await known(world)).toEqual({ errorCode: 0, leaderId: 1, replicaNodes: replicas })

    await order(world, 2, 1)
    expect(await known(world)).toEqual({ errorCode: 5, leaderId: -1, replicaNodes: replicas })

    await tell(world, 2, 1)
    expect(await known(world)).toEqual({ errorCode: 0, leaderId: 2, replicaNodes: replicas })
  })

  it('goes on naming a leader that stays one in its next term', async () => {
    const world = await BrokerWorld.start()
    await order(world, 1, 0)
    await tell(world, 1, 0)

    await order(world, 1, 1)
    expect(await known(world)).toEqual({ errorCode: 0, leaderId: 1, replicaNodes: replicas })
  })

  it('refuses reads and writes with the next leader and its epoch, by which clients go at once (KIP-951)', async () => {
    const world = await BrokerWorld.start()
    await order(world, 1, 0)
    await tell(world, 1, 0)
    await order(world, 2, 1)

    const partitionData = [{ index: 0, records: null }]
    const wrote = await world.ask(1, produceCall, {
      ...{ acks: -1, timeoutMs: 1_000 },
      topicData: [{ name: 'orders', partitionData }]
    })
    const read = await world.ask(1, fetchCall, {
      ...{ maxWaitMs: 0, minBytes: 1, maxBytes: 1_000 },
      topics: [{ topicId: someId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }] }]
    })

    const next = { errorCode: 6, currentLeader: { leaderId: 2, leaderEpoch: 1 } }
    expect(wrote.responses[0]?.partitionResponses).toMatchObject([next])
    expect(read.responses[0]?.partitions).toMatchObject([next])
    for (const { nodeEndpoints } of [wrote, read]) expect(nodeEndpoints).toMatchObject([{ nodeId: 2, port: 9002 }])
  })

  it('names nobody while clients have been told of an earlier topic of that name: its epochs would outlive it', async () => {
    const world = await BrokerWorld.start()
    const partitionStates = [{ ...stateOf(2, 7), zkVersion: 7 }]
    const topicStates = [{ topicName: 'orders', topicId: 'AAAAAAAAQACAAAAAAAAABw', partitionStates }]
    await world.ask(1, updateCall, { ...asked, topicStates, liveBrokers: brokers })
    await order(world, 2, 0)

    const partitionData = [{ index: 0, records: null }]
    const wrote = await world.ask(1, produceCall, {
      ...{ acks: -1, timeoutMs: 1_000 },
      topicData: [{ name: 'orders', partitionData }]
    })

    const [partition] = wrote.responses[0]?.partitionResponses ?? []
    expect([partition?.errorCode, partition?.currentLeader.leaderId, wrote.nodeEndpoints]).toEqual([6, -1, []])
  })
})

describe('BrokerChannel', () => {
  it.each([
    ['that is too short', Uint8Array.of(0, 0, 0, 2, 1, 2)],
    ['to another request', Uint8Array.of(0, 0, 0, 8, 0, 0, 0, 99, 0, 0, 0, 0)]
  ])('rejects an answer %s and connects anew', async (_what, bytes) => {
    const world = await BrokerWorld.start([])
    const listening = world.network.listen({ host: 'sim', port: 7000, frameBytesMax: 1000 }, (connection) => ({
      frame: () => connection.send(bytes),
      closed: () => undefined
    }))
    await world.clock.until(listening)
    const channel = new BrokerChannel(world, { host: 'sim', port: 7000 }, 'test')
    const ask = () => channel.ask(heartbeatCall, { groupId: 'g', generationId: 1, memberId: 'm' }, 1_000)

    for (let i = 0; i < 2; i++) {
      await expect(world.clock.until(ask())).rejects.toMatchObject({ code: 'CORRUPT' })
      await world.clock.run(10)
    }
  })
})
