import { describe, expect, it } from 'vitest'
import { BrokerChannel } from '../../../../../src-main/broker/broker-channel'
import {
  dataOf,
  parsePartitionState,
  partitionStateData,
  paths,
  topicData
} from '../../../../../src-main/broker/core/znodes'
import { metadataRequest, metadataResponse } from '../../../../../src-main/protocol/api/03-metadata'
import { createTopicsRequest, createTopicsResponse } from '../../../../../src-main/protocol/api/19-create-topics'
import { deleteTopicsRequest, deleteTopicsResponse } from '../../../../../src-main/protocol/api/20-delete-topics'
import {
  createPartitionsRequest,
  createPartitionsResponse
} from '../../../../../src-main/protocol/api/37-create-partitions'
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse
} from '../../../../../src-main/protocol/api/46-list-partition-reassignments'
import { code } from '../../../../../src-main/protocol/wire/headers'
import { Controller, type ControllerPorts } from '../../../../../src-main/broker/controller/controller'
import { EnsembleError, type EnsembleClient } from '../../../../../src-main/coordination/ensemble-client'
import { BrokerWorld } from '../../../../support/broker-world'
import { ReplicaWorld } from '../../../../support/replica-world'

const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const deleteCall = { apiKey: 20, version: 6, request: deleteTopicsRequest, response: deleteTopicsResponse } as const
const reassignmentsCall = {
  apiKey: 46,
  version: 0,
  request: listPartitionReassignmentsRequest,
  response: listPartitionReassignmentsResponse
} as const
const partitionsCall = {
  apiKey: 37,
  version: 3,
  request: createPartitionsRequest,
  response: createPartitionsResponse
} as const
const someId = 'Jj8xA1fFTrGKVqPIfMCsWA'

const wanted = (name: string, numPartitions = 1) => ({
  name,
  numPartitions,
  replicationFactor: 1,
  assignments: [],
  configs: []
})

function create(world: BrokerWorld, names: readonly string[], brokerId = 1) {
  return world.ask(brokerId, createCall, { topics: names.map((name) => wanted(name)), timeoutMs: 10_000 })
}

async function leaders(world: BrokerWorld, topic: string, brokerId = 1): Promise<readonly number[]> {
  const answer = await world.ask(brokerId, metadataCall, {
    topics: [{ name: topic }],
    allowAutoTopicCreation: false
  })
  return answer.topics[0]?.partitions.map(({ leaderId }) => leaderId) ?? []
}

describe('Controller and znodes that others wrote', () => {
  it('takes over a topic that a tool wrote', async () => {
    const world = await BrokerWorld.start()
    const ensemble = await world.ensemble()

    await world.clock.until(ensemble.create(paths.topic('theirs'), topicData(someId, [[1]])))
    await world.clock.run(1_000)

    expect(await leaders(world, 'theirs')).toEqual([1])
  })

  it('goes on with other topics when a partition znode is there without a state', async () => {
    const world = await BrokerWorld.start()
    const ensemble = await world.ensemble()
    await world.clock.until(ensemble.create(paths.topic('theirs'), topicData(someId, [[2], [2]])))
    await world.clock.until(ensemble.create(paths.partitions('theirs'), null))
    await world.clock.until(ensemble.create(paths.partition('theirs', 0), null))
    await world.clock.until(create(world, ['ours']))
    await world.clock.run(1_000)

    await world.startBroker(2)
    await world.clock.run(1_000)

    expect(await leaders(world, 'theirs')).toEqual([2, 2])
    expect(await leaders(world, 'ours')).toEqual([1])
    expect(world.failures).toEqual([])
  })

  it('elects from what is stored when somebody else changed a partition state', async () => {
    const world = await BrokerWorld.start([1, 2])
    const ensemble = await world.ensemble()
    const answer = await world.ask(1, createCall, { topics: [wanted('t', 2)], timeoutMs: 10_000 })
    expect(answer.topics[0]?.errorCode).toBe(0)
    const onTwo = (await leaders(world, 't')).indexOf(2)
    const changed = { leader: 2, leaderEpoch: 7, isr: [2], controllerEpoch: 1 }
    await world.clock.until(ensemble.setData(paths.state('t', onTwo), partitionStateData(changed)))

    await world.clock.until(world.brokers.get(2)?.stop() ?? Promise.resolve())
    await world.clock.run(10_000)

    const stored = await world.clock.until(ensemble.getData(paths.state('t', onTwo)))
    expect(parsePartitionState(stored?.data ?? null)).toMatchObject({ leader: -1, leaderEpoch: 8, isr: [2] })
    expect((await leaders(world, 't'))[onTwo]).toBe(-1)
    expect(world.failures).toEqual([])
  })

  it.each([
    ['a partition without replicas', '{"version":3,"partitions":{"0":[]}}'],
    ['a topic id that is none', '{"version":3,"topic_id":"nonsense","partitions":{"0":[1]}}']
  ])('survives %s', async (_what, text) => {
    const world = await BrokerWorld.start()
    const ensemble = await world.ensemble()

    await world.clock.until(ensemble.create(paths.topic('theirs'), dataOf(text)))
    await world.clock.run(1_000)
    const created = await create(world, ['ours'])

    expect(created.topics[0]?.errorCode).toBe(0)
    expect(await leaders(world, 'ours')).toEqual([1])
    expect(world.failures).toEqual([])
  })

  it('leaves a topic alone whose name no folder could have', async () => {
    const world = await BrokerWorld.start()
    const ensemble = await world.ensemble()

    await world.clock.until(ensemble.create(paths.topic('x'.repeat(300)), topicData(someId, [[1]])))
    await world.clock.run(1_000)

    expect(
      world
        .diskOf(1)
        .list('/log')
        .map(({ name }) => name)
    ).not.toContain(`${'x'.repeat(300)}-0`)
    expect(world.failures).toEqual([])
  })

  it('survives an ISR that is empty', async () => {
    const world = await BrokerWorld.start()
    const ensemble = await world.ensemble()
    await world.clock.until(ensemble.create(paths.topic('theirs'), topicData(someId, [[2]])))
    await world.clock.until(ensemble.create(paths.partitions('theirs'), null))
    await world.clock.until(ensemble.create(paths.partition('theirs', 0), null))
    const state = { leader: 2, leaderEpoch: 3, isr: [], controllerEpoch: 1 }
    await world.clock.until(ensemble.create(paths.state('theirs', 0), partitionStateData(state)))
    await world.clock.run(1_000)

    expect((await create(world, ['ours'])).topics[0]?.errorCode).toBe(0)
    expect(world.failures).toEqual([])
  })
})

describe('Controller and brokers that come and go', () => {
  /** Registered anew in one step, so that no read of /brokers/ids finds it missing. */
  /** It registers anew, as another process or, after it has lost its session, as the same. */
  async function bounce(world: BrokerWorld, id: number, atOnce = (): void => undefined, guid = 'other'): Promise<void> {
    const ensemble = await world.ensemble()
    const znode = await world.clock.until(ensemble.getData(paths.broker(id)))
    const text = new TextDecoder().decode(znode?.data ?? undefined)
    const data = new TextEncoder().encode(guid === 'same' ? text : text.replace(/"guid":"[^"]*"/, `"guid":"${guid}"`))
    const written = ensemble.multi([
      { type: 'delete', path: paths.broker(id) },
      { type: 'create', path: paths.broker(id), data, ephemeral: true }
    ])
    await world.clock.until(written.then(atOnce))
  }

  async function stateOf(world: BrokerWorld, topic: string, reader?: EnsembleClient) {
    const ensemble = reader ?? (await world.ensemble())
    const stored = await world.clock.until(ensemble.getData(paths.state(topic, 0)))
    return parsePartitionState(stored?.data ?? null)
  }

  async function topicOn(world: BrokerWorld, name: string, replicas: readonly number[]): Promise<void> {
    const ensemble = await world.ensemble()
    await world.clock.until(ensemble.create(paths.topic(name), topicData(someId, [replicas])))
    await world.clock.run(1_000)
  }

  it('renews what a broker leads that bounced between two reads, and tells everybody', async () => {
    const world = await BrokerWorld.start([1, 2])
    await topicOn(world, 'one', [1])
    await topicOn(world, 'two', [2])

    await bounce(world, 2)
    await world.clock.run(1_000)

    expect(await stateOf(world, 'one')).toMatchObject({ leader: 1, leaderEpoch: 0, isr: [1] })
    expect(await stateOf(world, 'two')).toMatchObject({ leader: 2, leaderEpoch: 1, isr: [2] })
    for (const id of [1, 2]) {
      const answer = await world.ask(id, metadataCall, { topics: [{ name: 'two' }], allowAutoTopicCreation: false })
      expect(answer.topics[0]?.partitions).toMatchObject([{ leaderId: 2, leaderEpoch: 1 }])
    }
    expect(world.failures).toEqual([])
  })

  it('stores anew with which logs an ISR came when a controller of Kafka’s has dropped that, and tells nobody of it', async () => {
    const world = await BrokerWorld.start([1, 2])
    await topicOn(world, 'both', [1, 2])
    const stored = await stateOf(world, 'both')
    expect(Object.keys(stored?.isrLogs ?? {})).toEqual(['1', '2'])
    const ensemble = await world.ensemble()
    const { isrLogs: _dropped, ...rest } = stored ?? { leader: 1, leaderEpoch: 0, isr: [1, 2], controllerEpoch: 1 }
    await world.clock.until(ensemble.setData(paths.state('both', 0), partitionStateData(rest), -1))
    world.events.splice(0)

    await world.clock.until(ensemble.delete(paths.controller))
    await world.clock.run(2_000)

    expect(await stateOf(world, 'both')).toMatchObject({
      leader: 1,
      leaderEpoch: 1,
      isr: [1, 2],
      isrLogs: stored?.isrLogs
    })
    const told = world.events.map(({ name }) => name)
    expect(told).toContain('becameLeader')
    expect(told.filter((name) => ['partitionsElected', 'isrShrunk', 'partitionsOffline'].includes(name))).toEqual([])
    // Once: the next controller finds nothing to do.
    await world.clock.until(ensemble.delete(paths.controller))
    await world.clock.run(2_000)
    expect(await stateOf(world, 'both')).toMatchObject({ leaderEpoch: 1 })
    expect(world.failures).toEqual([])
  })

  it('leaves leadership with a process that has only lost its session', async () => {
    const world = await BrokerWorld.start([1, 2])
    await topicOn(world, 'two', [2])

    await bounce(world, 2, undefined, 'same')
    await world.clock.run(1_000)

    expect(await stateOf(world, 'two')).toMatchObject({ leader: 2, leaderEpoch: 0, isr: [2] })
  })

  it.each([undefined, 0, 1, 2, 3, 4, 6, 8, 10, 12, 14])(
    'believes nothing of an earlier term when another was controller since, lost again after %s ms',
    async (lostAfterMs) => {
      const world = await BrokerWorld.start([1, 2])
      await topicOn(world, 'two', [2])
      const ensemble = await world.ensemble()
      const holder = async (): Promise<unknown> => {
        const znode = await world.clock.until(ensemble.getData(paths.controller))
        return (JSON.parse(new TextDecoder().decode(znode?.data ?? undefined)) as { brokerid: number }).brokerid
      }
      expect(await holder()).toBe(1)

      // Broker 2 governs, and deals with its own bounce.
      await world.cutOff(1)
      await bounce(world, 2)
      await world.clock.run(2_000)
      expect(await stateOf(world, 'two', ensemble)).toMatchObject({ leader: 2, leaderEpoch: 1 })
      await world.reconnect(1)
      // Broker 1 is the quicker one, and each answer comes at another moment.
      for (const [host, delayMs] of [
        ['broker-1', 1],
        ['broker-2', 5]
      ] as const) {
        world.network.fault(host, 'outside', { delayMs })
        world.network.fault('outside', host, { delayMs })
      }
      let isToBeLost = lostAfterMs !== undefined
      world.onEvent = ({ broker, name }) => {
        if (broker !== 1 || name !== 'controllerElected' || !isToBeLost) return
        isToBeLost = false
        world.clock.after(lostAfterMs ?? 0, () => world.blip(1, 300))
      }
      for (let i = 0; i < 20 && (await holder()) !== 1; i++) {
        await world.clock.until(ensemble.delete(paths.controller))
        await world.clock.run(1_000)
      }

      await world.clock.run(3_000)
      expect([await holder(), isToBeLost]).toEqual([1, false])
      expect(await stateOf(world, 'two', ensemble)).toMatchObject({ leader: 2, leaderEpoch: 1, isr: [2] })
      expect(world.failures).toEqual([])
    }
  )

  it('does not forget a bounce that it could not store, although it reads everything anew', async () => {
    const world = await BrokerWorld.start([1, 2])
    await topicOn(world, 'two', [2])
    const reader = await world.ensemble()

    await bounce(world, 2, () => {
      world.memberDisk.isFull = true
    })
    await world.clock.run(5_000)
    expect(await stateOf(world, 'two', reader)).toMatchObject({ leader: 2, leaderEpoch: 0 })
    world.memberDisk.isFull = false
    await world.clock.run(15_000)

    expect(await stateOf(world, 'two')).toMatchObject({ leader: 2, leaderEpoch: 1, isr: [2] })
    expect(world.failures).toEqual([])
  })

  it('takes a follower that died out of the ISR and keeps the leader, who takes it back', async () => {
    const world = await BrokerWorld.start([1, 2, 3])
    await topicOn(world, 'both', [1, 2])
    expect(await stateOf(world, 'both')).toMatchObject({ leader: 1, leaderEpoch: 0, isr: [1, 2] })

    await world.cutOff(2)
    expect(await stateOf(world, 'both')).toMatchObject({ leader: 1, leaderEpoch: 1, isr: [1] })
    await world.reconnect(2)

    expect(await stateOf(world, 'both')).toMatchObject({ leader: 1, leaderEpoch: 1, isr: [1, 2] })
    expect(await leaders(world, 'both', 3)).toEqual([1])
    expect(world.failures).toEqual([])
  })
})

describe('Controller when a broker dies', () => {
  it('gives what it led another leader, and tells of it, before it looks at what it followed', async () => {
    const replicas = await ReplicaWorld.start()
    const { world } = replicas
    // Three writes of followed partitions stand before the one that is led by whoever dies.
    await replicas.create(
      'followed',
      Array.from({ length: 500 }, () => [2, 3])
    )
    await replicas.create('led', [[3, 2]])
    const seenFirst: unknown[] = []
    world.onEvent = ({ broker, name, fields }) => {
      if (broker === 2 && name === 'becameLeader') seenFirst.push(fields['sample'])
      if (name === 'isrShrunk') seenFirst.push(fields['count'])
    }

    replicas.kill(3)
    await replicas.until('led', 0, ({ leader }) => leader === 2)
    await replicas.until('followed', 499, ({ isr }) => isr.length === 1)

    expect(seenFirst.slice(0, 3)).toEqual([1, 'led-0', 500])
    expect(world.failures).toEqual([])
  })
})

describe('Controller while it takes office', () => {
  it('creates topics only on brokers that it knows', async () => {
    const world = await BrokerWorld.start()
    await world.stopEnsemble()
    await world.clock.run(500)
    const answers: Promise<unknown>[] = []
    world.onEvent = ({ name, fields }) => {
      if (name !== 'ensembleSession' || fields['state'] !== 'connected') return
      world.onEvent = () => undefined
      // One after the other, each some turns of the event loop later: some come before all is read again.
      let later = (): void => undefined
      for (let i = 0; i < 40; i++) {
        const before = later
        later = () => {
          const channel = new BrokerChannel(world, { host: 'sim', port: 9092 }, 'test')
          answers.push(channel.ask(createCall, { topics: [wanted(`t${i}`)], timeoutMs: 10_000 }, 30_000))
          world.clock.soon(before)
        }
      }
      world.clock.soon(later)
    }
    await world.startEnsemble()
    await world.clock.run(2_000)
    await world.clock.until(Promise.all(answers))

    expect(answers).toHaveLength(40)
    for (let i = 0; i < 40; i++) expect([i, await leaders(world, `t${i}`)]).toEqual([i, [1]])
    expect(world.failures).toEqual([])
  })

  it('refuses the second of two topics of one request whose names collide', async () => {
    const world = await BrokerWorld.start()

    const answer = await create(world, ['a.b', 'a_b'])

    expect(answer.topics.map(({ errorCode }) => errorCode)).toEqual([0, 17])
  })

  it('takes a topic for deleted that somebody else has marked', async () => {
    const world = await BrokerWorld.start()
    const ensemble = await world.ensemble()
    await create(world, ['t'])

    const marked = ensemble.create(paths.deleteTopic('t'), null)
    const answer = await world.ask(1, deleteCall, { topicNames: [], topics: [{ name: 't' }], timeoutMs: 10_000 })
    await world.clock.until(marked)

    expect(answer.responses[0]?.errorCode).toBe(0)
    expect(await world.clock.until(ensemble.exists(paths.topic('t')))).toBeUndefined()
  })

  it('tells a broker that joins which topics are not there any more', async () => {
    const world = await BrokerWorld.start([1, 2])
    await create(world, ['t', 'u'])
    const onOne = (await leaders(world, 't', 2))[0] === 1 ? 't' : 'u'
    // Broker 2 loses its session and hears nothing of the deletion.
    await world.cutOff(2)
    const gone = await world.ask(1, deleteCall, { topics: [{ name: onOne }], timeoutMs: 10_000 })
    await world.reconnect(2)

    expect(gone.responses[0]?.errorCode).toBe(0)
    expect(await leaders(world, onOne, 2)).toEqual([])
  })
})

describe('Controller without the ensemble', () => {
  it('is in office with what it knew, whenever in the reading of all that is stored the ensemble goes again', async () => {
    const world = await BrokerWorld.start()
    await create(world, ['orders'])
    // So that each answer of the ensemble comes at another moment.
    world.network.fault('broker-1', 'outside', { delayMs: 1 })
    world.network.fault('outside', 'broker-1', { delayMs: 1 })
    const ask = () => world.ask(1, reassignmentsCall, { topics: null, timeoutMs: 1_000 })
    expect((await ask()).errorCode).toBe(0)

    for (let afterMs = 0; afterMs < 40; afterMs += 1) {
      await world.stopEnsemble()
      const attached = new Promise<void>((resolve) => {
        world.onEvent = ({ name, fields }) => {
          if (name === 'ensembleSession' && fields['state'] === 'connected') resolve()
        }
      })
      await world.startEnsemble()
      await world.clock.until(attached)
      await world.clock.run(afterMs)
      await world.stopEnsemble()

      expect([afterMs, (await ask()).errorCode]).toEqual([afterMs, 0])
      await world.startEnsemble()
      await world.clock.run(3_000)
    }
    expect(world.events.filter(({ name }) => name === 'controllerResigned')).toEqual([])
  })

  it('waits with what is asked meanwhile until the ensemble is there again', async () => {
    const world = await BrokerWorld.start()
    await create(world, ['before'])
    await world.stopEnsemble()
    await world.clock.run(100)

    const channel = (): BrokerChannel => new BrokerChannel(world, { host: 'sim', port: 9092 }, 'test')
    const created = channel().ask(createCall, { topics: [wanted('after')], timeoutMs: 10_000 }, 30_000)
    const deleted = channel().ask(deleteCall, { topics: [{ name: 'before' }], timeoutMs: 10_000 }, 30_000)
    await world.clock.run(1_000)
    await world.startEnsemble()

    expect((await world.clock.until(created)).topics[0]?.errorCode).toBe(0)
    expect((await world.clock.until(deleted)).responses[0]?.errorCode).toBe(0)
    expect(await leaders(world, 'after')).toEqual([1])
    expect(world.failures).toEqual([])
  })

  it('says soon that it has lost the ensemble when that stays away', async () => {
    const world = await BrokerWorld.start()
    await world.stopEnsemble()
    await world.clock.run(100)
    const askedMs = world.clock.monotonicMs()

    const answer = await create(world, ['t'])

    expect(answer.topics[0]).toMatchObject({
      errorCode: code('NOT_CONTROLLER'),
      errorMessage: 'The controller has lost the ensemble. Try again when it is back.'
    })
    expect(world.clock.monotonicMs() - askedMs).toBeLessThan(4_000)
    expect(world.failures).toEqual([])
  })

  it('waits once for all that is asked in a request, and no longer than that may take', async () => {
    const world = await BrokerWorld.start()
    const names = Array.from({ length: 450 }, (_, i) => `t${i}`)
    await create(world, names)
    await world.stopEnsemble()
    await world.clock.run(100)
    const took = async (work: () => Promise<unknown>): Promise<number> => {
      const askedMs = world.clock.monotonicMs()
      await work()
      return world.clock.monotonicMs() - askedMs
    }
    const more = names.map((name) => ({ name, count: 2, assignments: null }))
    const partitions = { topics: more, timeoutMs: 10_000, validateOnly: false }

    expect(await took(() => world.ask(1, partitionsCall, partitions))).toBeLessThan(4_000)
    expect(await took(() => world.ask(1, partitionsCall, { ...partitions, timeoutMs: 500 }))).toBeLessThan(1_000)
    const topics = names.map((name) => ({ name }))
    expect(await took(() => world.ask(1, deleteCall, { topics, timeoutMs: 10_000 }))).toBeLessThan(4_000)
    expect(world.failures).toEqual([])
  })

  it('says once that it has lost it, however much happens until it is there again', async () => {
    const said: string[] = []
    const world = new BrokerWorld()
    await world.startEnsemble()
    const ensemble = await world.ensemble()
    const lost = () => Promise.reject(new EnsembleError('CONNECTIONLOSS', paths.controller))
    for (const name of ['create', 'getData', 'exists', 'multi'] as const) ensemble[name] = lost
    const controller = new Controller({
      brokerId: 1,
      clock: world.clock,
      ensemble,
      log: (_level: string, message: string) => void said.push(message),
      event: () => undefined,
      failed: (error: unknown) => expect.fail(String(error)),
      isRebalancing: false,
      uncleanTopics: () => Promise.resolve([])
    } as unknown as ControllerPorts)

    for (let i = 0; i < 5; i++) controller.stand()
    await world.clock.run(100)
    expect(said).toEqual(['the controller lost the ensemble'])
    controller.reconnected()
    controller.stand()
    await world.clock.run(100)

    expect(said).toEqual(['the controller lost the ensemble', 'the controller lost the ensemble'])
  })
})
