import { describe, expect, it } from 'vitest'
import { BrokerChannel } from '../../../../src-main/broker/broker-channel'
import { paths } from '../../../../src-main/broker/core/znodes'
import { messageOf } from '../../../../src-main/kernel/errors'
import { brokerEpochOf } from '../../../../src-main/kernel/ids'
import { pause } from '../../../../src-main/kernel/waiting'
import { listOffsetsRequest, listOffsetsResponse } from '../../../../src-main/protocol/api/02-list-offsets'
import { metadataRequest, metadataResponse } from '../../../../src-main/protocol/api/03-metadata'
import { leaderAndIsrRequest, leaderAndIsrResponse } from '../../../../src-main/protocol/api/04-leader-and-isr'
import { createTopicsRequest, createTopicsResponse } from '../../../../src-main/protocol/api/19-create-topics'
import { BrokerWorld } from '../../../support/broker-world'

const listOffsetsCall = { apiKey: 2, version: 7, request: listOffsetsRequest, response: listOffsetsResponse } as const
const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const leaderAndIsrCall = {
  apiKey: 4,
  version: 7,
  request: leaderAndIsrRequest,
  response: leaderAndIsrResponse
} as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const

/** Two brokers, the first of them the controller, and a topic whose one partition lies on the second. */
async function worldWithTopicOn2(): Promise<BrokerWorld> {
  const world = await BrokerWorld.start([1, 2])
  const assignments = [{ partitionIndex: 0, brokerIds: [2] }]
  const topic = { name: 'orders', numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
  const created = await world.ask(1, createCall, { topics: [topic], timeoutMs: 10_000 })
  expect(created.topics[0]?.errorCode).toBe(0)
  return world
}

describe('BrokerNode', () => {
  it('answers no client before it knows what it leads', async () => {
    const world = await worldWithTopicOn2()
    await world.clock.until(world.brokers.get(2)?.stop() ?? Promise.resolve())
    const asked: Promise<number | undefined>[] = []
    const channel = () => new BrokerChannel(world, { host: 'sim', port: 9093 }, 'test')
    const offset = { partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1n }
    const offsets = { replicaId: -1, isolationLevel: 0, topics: [{ name: 'orders', partitions: [offset] }] }
    world.onEvent = ({ broker, name }) => {
      if (broker !== 2 || name !== 'registered') return
      asked.push(
        channel()
          .ask(listOffsetsCall, offsets, 5_000)
          .then(({ topics }) => topics[0]?.partitions[0]?.errorCode),
        channel()
          .ask(metadataCall, { topics: [{ name: 'orders' }] }, 5_000)
          .then(({ topics }) => topics[0]?.errorCode)
      )
    }

    await world.startBroker(2)

    expect(await world.clock.until(Promise.all(asked))).toEqual([0, 0])
    expect(world.failures).toEqual([])
  })

  it('registers again, as after a lost session, when somebody took its registration away', async () => {
    const world = await BrokerWorld.start([1])
    const ensemble = await world.ensemble()
    const before = await world.clock.until(ensemble.exists(paths.broker(1)))

    await world.clock.until(ensemble.delete(paths.broker(1)))
    await world.clock.run(2_000)

    const after = await world.clock.until(ensemble.exists(paths.broker(1)))
    expect(after?.czxid).toBeGreaterThan(before?.czxid ?? 0n)
    expect(after?.ephemeralOwner).not.toBe(before?.ephemeralOwner)
  })

  it('obeys no order to the process that it follows, before it has registered either', async () => {
    const world = await worldWithTopicOn2()
    const ensemble = await world.ensemble()
    const before = await world.clock.until(ensemble.exists(paths.broker(2)))
    await world.clock.until(world.brokers.get(2)?.stop() ?? Promise.resolve())
    const answers: number[] = []
    world.onListening = (port) => {
      if (port !== 9093) return
      const channel = new BrokerChannel(world, { host: 'sim', port }, 'test')
      const brokerEpoch = before === undefined ? -1n : brokerEpochOf(before.czxid)
      const order = { controllerId: 1, controllerEpoch: 1, brokerEpoch, type: 0, topicStates: [] }
      void channel.ask(leaderAndIsrCall, { ...order, liveLeaders: [] }, 5_000).then(({ errorCode }) => {
        answers.push(errorCode)
      })
    }

    await world.startBroker(2)

    expect(answers).toEqual([77])
  })

  it.each([
    ['its connection to the ensemble', 50],
    ['its session', 10_000]
  ])('starts although it loses %s on the way', async (_what, durationMs) => {
    for (let ms = 1; ms < 40; ms++) {
      const world = await BrokerWorld.start([])
      world.clock.after(ms, () => world.blip(1, durationMs))

      await world.startBroker(1)

      const ensemble = await world.ensemble()
      expect(await world.clock.until(ensemble.exists(paths.broker(1)))).toBeDefined()
      expect(world.failures).toEqual([])
    }
  })

  it('that waits for its id to be free arms one watch for that, however long that takes', async () => {
    const world = await BrokerWorld.start([])
    const ensemble = await world.ensemble()
    const other = { host: 'sim', port: 1, endpoints: [] }
    await world.clock.until(ensemble.create('/brokers', null))
    await world.clock.until(ensemble.create('/brokers/ids', null))
    const data = Buffer.from(JSON.stringify(other))
    await world.clock.until(ensemble.create(paths.broker(1), data, { ephemeral: true }))
    const watches: unknown[] = []
    const starting = world.startBroker(1)
    for (let seconds = 0; seconds < 40; seconds++) {
      await world.clock.run(1_000)
      const state = world.brokers.get(1)?.inspect()['ensemble'] as { readonly watches: number } | undefined
      watches.push(state?.watches)
    }

    await world.clock.until(ensemble.close())
    await starting

    // Beside the one of config changes, which is armed from the start on.
    expect(Math.max(...watches.map(Number))).toBe(2)
    expect(world.events.filter(({ name }) => name === 'waitingForSession').length).toBeGreaterThan(10)
  })

  it('registers anew when its session ends while the disk takes down that it has registered', async () => {
    const world = await BrokerWorld.start([2])
    world.onListening = () => {
      world.diskOf(1).syncDelayMs = 20_000
      world.clock.after(500, () => {
        world.diskOf(1).syncDelayMs = 1
        world.blip(1, 10_000)
      })
    }
    await world.startBroker(1)
    await world.clock.run(5_000)

    const ensemble = await world.ensemble()
    expect(await world.clock.until(ensemble.exists(paths.broker(1)))).toBeDefined()
    expect(world.events.filter(({ broker, name }) => broker === 1 && name === 'registered').length).toBeGreaterThan(1)
    expect(world.failures).toEqual([])
  })

  it('registers anew on a disk that is full', async () => {
    const world = await BrokerWorld.start([1])
    world.diskOf(1).capacityBytes = 0
    await world.cutOff(1)
    await world.reconnect(1)

    const ensemble = await world.ensemble()
    expect(await world.clock.until(ensemble.exists(paths.broker(1)))).toBeDefined()
    expect(world.failures).toEqual([])
  })

  it('leaves its folder as a clean stop does at whatever moment of its start it is told to stop', async () => {
    const world = await BrokerWorld.start([1])
    await world.clock.until(world.brokers.get(1)?.stop() ?? Promise.resolve())
    // To open the folder takes longer than all else that a stop waits for.
    const disk = world.diskOf(1)
    const syncDirectory = disk.syncDirectory.bind(disk)
    disk.syncDirectory = async (path) => {
      await pause(world.clock, 20)
      return syncDirectory(path)
    }
    const outcomes = new Set<string>()
    let startedMs = 0
    for (let afterMs = 0; afterMs <= startedMs || startedMs === 0; afterMs++) {
      const beginMs = world.clock.nowMs()
      const stopped = pause(world.clock, afterMs).then(() => world.brokers.get(1)?.stop())
      const outcome = await world.startBroker(1).then(
        () => 'served',
        (error: unknown) => messageOf(error)
      )
      if (outcome === 'served') startedMs = world.clock.nowMs() - beginMs
      await world.clock.until(stopped)
      outcomes.add(outcome)

      expect(disk.exists('/log/.kafka_cleanshutdown'), `stopped after ${afterMs} ms`).toBe(true)
    }
    expect(outcomes).toContain('served')
    expect(outcomes).toContain('The broker was told to stop while it started.')
    expect(world.failures).toEqual([])
  })
})
