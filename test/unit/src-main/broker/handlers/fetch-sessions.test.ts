/** Fetch sessions as a consumer and as a follower see them (KIP-227; Kafka's FetchManager, IncrementalFetchContext). */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { BrokerChannel } from '../../../../../src-main/broker/broker-channel'
import { FetchSessions } from '../../../../../src-main/broker/fetch-sessions'
import { fetchRequest, fetchResponse } from '../../../../../src-main/protocol/api/01-fetch'
import { errorName } from '../../../../../src-main/protocol/wire/error-codes'
import { ReplicaWorld } from '../../../../support/replica-world'

const call = (version: number) => ({ apiKey: 1, version, request: fetchRequest, response: fetchResponse })

let replicas: ReplicaWorld

/** Two topics of one replica; `a` has one record. */
beforeEach(async () => {
  replicas = await ReplicaWorld.start([1])
  for (const topic of ['a', 'bb']) await replicas.create(topic, [[1]])
  await replicas.produce('a', ['1'])
})

interface Asking {
  readonly id: number
  readonly epoch: number
  readonly from?: Readonly<Record<string, number>>
  readonly forget?: readonly string[]
  readonly maxWaitMs?: number
  readonly version?: number
}

function requestOf({ id, epoch, from = {}, forget = [], maxWaitMs = 0 }: Asking) {
  return {
    replicaId: -1,
    maxWaitMs,
    minBytes: 1,
    sessionId: id,
    sessionEpoch: epoch,
    topics: Object.entries(from).map(([topic, fetchOffset]) => ({
      topic,
      partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 100_000 }]
    })),
    forgottenTopicsData: forget.map((topic) => ({ topic, partitions: [0] }))
  }
}

async function fetched(asking: Asking) {
  const answer = await replicas.world.ask(1, call(asking.version ?? 12), requestOf(asking))
  const told = answer.responses.map(({ topic, partitions }) => {
    const [one] = partitions
    return [topic, one?.errorCode === 0 ? one.highWatermark : errorName(one?.errorCode ?? 0), one?.records?.length ?? 0]
  })
  return { id: answer.sessionId, error: errorName(answer.errorCode), told }
}

async function open(from: Readonly<Record<string, number>> = { a: 0, bb: 0 }): Promise<number> {
  const { id, error } = await fetched({ id: 0, epoch: 0, from })
  expect(error).toBe('NONE')
  expect(id).toBeGreaterThan(0)
  return id
}

describe('a fetch session', () => {
  it('begins with a fetch of all and tells then only what is new', async () => {
    const first = await fetched({ id: 0, epoch: 0, from: { a: 0, bb: 0 } })
    expect(first.told).toMatchObject([
      ['a', 1, expect.any(Number)],
      ['bb', 0, 0]
    ])
    const { id } = first
    await fetched({ id, epoch: 1, from: { a: 1 } })

    expect(await fetched({ id, epoch: 2 })).toEqual({ id, error: 'NONE', told: [] })
    await replicas.produce('bb', ['x'])
    const news = await fetched({ id, epoch: 3 })

    expect(news.told).toEqual([['bb', 1, expect.any(Number)]])
    expect(news.told[0]?.[2]).toBeGreaterThan(60)
  })

  it('waits for records of any of its partitions', async () => {
    const id = await open({ a: 1, bb: 0 })
    await fetched({ id, epoch: 1 })
    const channel = new BrokerChannel(replicas.world, { host: 'sim', port: 9092 }, 'test')
    let answered = 0
    const waiting = channel.ask(call(12), requestOf({ id, epoch: 2, maxWaitMs: 20_000 }), 30_000)
    void waiting.then(() => (answered = replicas.world.clock.monotonicMs()))
    await replicas.world.clock.run(1_000)
    expect(answered).toBe(0)

    const nowMs = replicas.world.clock.monotonicMs()
    await replicas.produce('bb', ['x'])
    const { responses } = await replicas.world.clock.until(waiting)

    expect(responses.map(({ topic }) => topic)).toEqual(['bb'])
    expect(answered - nowMs).toBeLessThan(100)
    channel.close()
  })

  it('does not begin for who has gone before it is told of it', async () => {
    const opened = vi.spyOn(FetchSessions.prototype, 'open')
    const { clock } = replicas.world
    const channel = new BrokerChannel(replicas.world, { host: 'sim', port: 9092 }, 'test')
    const asked = requestOf({ id: 0, epoch: 0, from: { a: 1, bb: 0 }, maxWaitMs: 500 })
    const given = channel.ask(call(12), asked, 30_000).catch(() => 'gone')
    await clock.run(100)
    channel.close()
    await clock.run(1_000)
    expect(opened).not.toHaveBeenCalled()

    await open({ a: 1, bb: 0 })

    expect(opened).toHaveBeenCalledOnce()
    expect(await clock.until(given)).toBe('gone')
    opened.mockRestore()
  })

  it('that nothing comes to answers when its time is over', async () => {
    const id = await open({ a: 1 })
    await fetched({ id, epoch: 1 })

    const beganMs = replicas.world.clock.monotonicMs()
    expect((await fetched({ id, epoch: 2, maxWaitMs: 700 })).told).toEqual([])

    expect(replicas.world.clock.monotonicMs() - beganMs).toBeGreaterThanOrEqual(700)
  })

  it('forgets partitions, and ends with the last', async () => {
    const id = await open()
    await replicas.produce('a', ['2'])
    expect((await fetched({ id, epoch: 1, forget: ['a'] })).told).toEqual([])

    expect(await fetched({ id, epoch: 2, forget: ['bb'] })).toEqual({ id: 0, error: 'NONE', told: [] })

    expect((await fetched({ id, epoch: 3 })).error).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })

  it('tells of an error with each answer', async () => {
    const id = await open({ none: 0 })

    for (const epoch of [1, 2])
      expect((await fetched({ id, epoch, maxWaitMs: 500 })).told).toEqual([['none', 'UNKNOWN_TOPIC_OR_PARTITION', 0]])
  })

  it.each<[string, (id: number) => Asking, string]>([
    ['that nobody has', (id) => ({ id: id + 1, epoch: 1 }), 'FETCH_SESSION_ID_NOT_FOUND'],
    ['at an epoch that is not its next', (id) => ({ id, epoch: 4 }), 'INVALID_FETCH_SESSION_EPOCH'],
    ['with topic ids that began with names', (id) => ({ id, epoch: 1, version: 13 }), 'FETCH_SESSION_TOPIC_ID_ERROR']
  ])('%s is refused', async (_what, asking, error) => {
    const id = await open()

    expect((await fetched(asking(id))).error).toBe(error)

    expect(replicas.world.failures).toEqual([])
  })

  it('gives way to the one that a client begins in its place', async () => {
    const id = await open()
    const next = await fetched({ id, epoch: 0, from: { a: 0 } })
    expect(next.id).not.toBe(id)

    expect((await fetched({ id, epoch: 1 })).error).toBe('FETCH_SESSION_ID_NOT_FOUND')
    expect((await fetched({ id: next.id, epoch: -1, from: { a: 0 } })).id).toBe(0)
    expect((await fetched({ id: next.id, epoch: 1 })).error).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })

  it('has one request that waits: the next one ends it', async () => {
    const id = await open({ a: 1 })
    await fetched({ id, epoch: 1 })
    const channel = new BrokerChannel(replicas.world, { host: 'sim', port: 9092 }, 'test')
    const waiting = channel.ask(call(12), requestOf({ id, epoch: 2, maxWaitMs: 20_000 }), 30_000)
    await replicas.world.clock.run(100)

    expect((await fetched({ id, epoch: 3 })).error).toBe('NONE')

    expect(errorName((await replicas.world.clock.until(waiting)).errorCode)).toBe('INVALID_FETCH_SESSION_EPOCH')
    channel.close()
  })
})

describe('the fetch session of a follower', () => {
  it('is told first of what it has in sync, whatever it catches up with', async () => {
    const two = await ReplicaWorld.start([1, 2])
    for (const topic of ['late', 'nearer']) await two.create(topic, [[1, 2]])
    // Broker 2 keeps its session and fetches nothing any more; we do, in its name.
    two.world.network.fault('broker-2', 'broker-1', { isCut: true })
    const inSync = (topic: string, isr: readonly number[]) =>
      two.until(topic, 0, (seen) => seen.isr.join() === isr.join())
    for (const topic of ['late', 'nearer']) await two.produce(topic, ['a'], 1)
    for (const topic of ['late', 'nearer']) await inSync(topic, [1])
    const channel = new BrokerChannel(two.world, { host: 'sim', port: 9092 }, 'test')
    const fetching = async (id: number, epoch: number, from: Readonly<Record<string, number>> = {}) => {
      const request = { ...requestOf({ id, epoch, from }), replicaId: 2 }
      const { sessionId, responses } = await two.world.clock.until(channel.ask(call(12), request, 30_000))
      return { id: sessionId, topics: responses.map(({ topic }) => topic) }
    }
    const { id } = await fetching(0, 0, { late: 0, nearer: 1 })
    await inSync('nearer', [1, 2])

    await two.produce('late', ['b'], 1)
    await two.produce('nearer', ['c'], 1)

    expect((await fetching(id, 1)).topics).toEqual(['nearer', 'late'])
    expect(two.world.failures).toEqual([])

    // It ends with its connection: the answer that would have told of it may have been lost with that.
    channel.close()
    await two.world.clock.run(100)
    const gone = { ...requestOf({ id, epoch: 2 }), replicaId: 2 }
    expect(errorName((await two.world.ask(1, call(12), gone)).errorCode)).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })
})
