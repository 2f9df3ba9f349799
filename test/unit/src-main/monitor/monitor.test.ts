import { describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../src-main/adapters/node-checksum'
import type { PartitionHistoryView } from '../../../../src-main/api/failures'
import type { HostMessage } from '../../../../src-main/api/wire'
import { EnsembleClient } from '../../../../src-main/coordination/ensemble-client'
import { AppError } from '../../../../src-main/kernel/errors'
import type { Network } from '../../../../src-main/kernel/ports'
import { Monitor } from '../../../../src-main/monitor/monitor'
import { serdes } from '../../../../src-main/serdes/serdes'
import type { MonitorMessage, Observation } from '../../../../src-main/monitor/observation'
import { SimClock } from '../../../support/ensemble-world'
import { MemoryDisk } from '../../../support/memory-disk'
import { FakeCluster } from './fake-cluster'

type Told = MonitorMessage | HostMessage

const nowhere: Network = {
  listen: () => Promise.reject(new AppError('FAILED', 'not here')),
  connect: () => Promise.reject(new AppError('CONNECTION_REFUSED', 'nothing listens there'))
}

function world(): {
  readonly cluster: FakeCluster
  readonly clock: SimClock
  readonly monitor: Monitor
  readonly told: Told[]
  readonly pushes: (key: string) => unknown[]
  readonly call: (name: string, input: unknown) => Promise<unknown>
} {
  const clock = new SimClock()
  const cluster = new FakeCluster(clock)
  const random = { uint32: () => 1, bytes: (count: number) => new Uint8Array(count) }
  const told: Told[] = []
  const ensemble = new EnsembleClient({
    addresses: [{ host: 'h', port: 1 }],
    sessionTimeoutMs: 10_000,
    clock,
    network: nowhere,
    random
  })
  const monitor = new Monitor(
    {
      clock,
      random,
      disk: new MemoryDisk(),
      checksum: nodeChecksum,
      log: () => undefined,
      cluster,
      serdes,
      ensemble,
      members: [],
      askWord: () => Promise.reject(new AppError('CONNECTION_REFUSED', 'nobody')),
      tell: (message) => {
        told.push(message)
        return Promise.resolve()
      }
    },
    '/lab/monitor'
  )
  let lastId = 0
  const call = async (name: string, input: unknown): Promise<unknown> => {
    const id = ++lastId
    monitor.receive({ type: 'call', id, name, input })
    await clock.run(0)
    const answer = told.find((message) => (message.type === 'result' || message.type === 'error') && message.id === id)
    return answer?.type === 'result' ? answer.value : answer
  }
  const pushes = (key: string): unknown[] =>
    told.flatMap((message) => (message.type === 'push' && message.key === key ? [message.value] : []))
  return { cluster, clock, monitor, told, pushes, call }
}

const observations = (told: readonly Told[]): Observation[] =>
  told.flatMap((message) => (message.type === 'observation' ? [message.value] : []))

describe('the monitor', () => {
  it('tells an observation each second, and what it cannot ask as unknown', async () => {
    const { cluster, clock, monitor, told } = world()
    cluster.topic('t', [1, 2])
    monitor.start()

    await clock.run(3500)

    const all = observations(told)
    expect(all).toHaveLength(4)
    expect(all.slice(1).map(({ atMs }, i) => atMs - (all[i]?.atMs ?? 0))).toEqual([1000, 1000, 1000])
    expect(all.at(-1)).toMatchObject({ topicCount: 1, partitionCount: 2, registeredBrokers: null, controllerId: 1 })
  })

  it('pushes a watched view at once, then only when it changed', async () => {
    const { cluster, clock, monitor, pushes } = world()
    cluster.topic('t', [1])
    monitor.start()
    await clock.run(1500)

    monitor.receive({ type: 'watch', key: 'topics' })
    await clock.run(0)
    const atOnce = pushes('topics').length
    // The second sample knows the rate; after that nothing changes.
    await clock.run(5000)
    const still = pushes('topics').length
    cluster.append('t', 0, ['a'])
    await clock.run(1000)

    expect(atOnce).toBe(1)
    expect(still).toBe(1)
    expect(pushes('topics').at(-1)).toMatchObject({ topics: [{ name: 't', recordCount: 1 }] })
    monitor.receive({ type: 'unwatch', key: 'topics' })
    const before = pushes('topics').length
    cluster.append('t', 0, ['b'])
    await clock.run(2000)
    expect(pushes('topics')).toHaveLength(before)
  })

  it('pushes where partitions are only when that changed, not with each record', async () => {
    const { cluster, clock, monitor, pushes } = world()
    cluster.topic('t', [1, 2])
    monitor.start()
    await clock.run(100)
    monitor.receive({ type: 'watch', key: 'partitions' })
    monitor.receive({ type: 'watch', key: 'held:broker-2' })

    cluster.append('t', 0, ['a'])
    await clock.run(3000)
    expect(pushes('partitions')).toMatchObject([{ topicCount: 1, topics: [{ cells: ['healthy', 'healthy'] }] }])
    expect(pushes('held:broker-2')).toMatchObject([{ partitions: [{ topic: 't', partition: 1, leader: 2 }] }])
    cluster.topic('u', [2])
    await clock.run(1000)

    expect(pushes('partitions').at(-1)).toMatchObject({ topicCount: 2 })
    expect(pushes('held:broker-2').at(-1)).toMatchObject({ partitions: [{ topic: 't' }, { topic: 'u' }] })
  })

  it('gives a second watcher the present value too', async () => {
    const { cluster, clock, monitor, pushes } = world()
    cluster.topic('t', [1])
    monitor.start()
    await clock.run(2500)
    monitor.receive({ type: 'watch', key: 'topics' })
    monitor.receive({ type: 'watch', key: 'topics' })

    expect(pushes('topics')).toHaveLength(2)
  })

  it('pushes null for a topic and a group that are not there', async () => {
    const { clock, monitor, pushes } = world()
    monitor.start()
    await clock.run(100)
    monitor.receive({ type: 'watch', key: 'topic:none' })
    monitor.receive({ type: 'watch', key: 'group:none' })

    expect([pushes('topic:none'), pushes('group:none')]).toEqual([[null], [null]])
  })

  it('pushes a lag sample each second, however many commands take samples between', async () => {
    const { cluster, clock, monitor, pushes, call } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a', 'b'])
    cluster.fakeGroups.set('g', { coordinator: 1, state: 'Stable', committed: new Map([['t 0', 1]]) })
    monitor.start()
    monitor.receive({ type: 'watch', key: 'lag:g' })
    await clock.run(2500)
    for (let i = 0; i < 5; i++) await call('topic.list', {})

    expect(pushes('lag:g')).toHaveLength(3)
    expect(pushes('lag:g').at(-1)).toMatchObject({ total: 1, partitions: [{ topic: 't', partition: 0, lag: 1 }] })
    expect(await call('group.lag', { groupId: 'g', rangeMs: 60_000 })).toMatchObject({ total: [1, 1, 1] })
  })

  it('answers a command with what was done before it', async () => {
    const { cluster, clock, monitor, call } = world()
    monitor.start()
    await clock.run(100)
    cluster.topic('new', [1])

    expect(await call('topic.list', {})).toMatchObject({ topics: [{ name: 'new' }] })
  })

  it('tells what became of a partition since it looks', async () => {
    const { cluster, clock, monitor, call } = world()
    const [led] = cluster.topic('t', [1])
    monitor.start()
    await clock.run(1500)
    if (led !== undefined) led.leader = 2
    await clock.run(1000)

    const told = (await call('partition.history', { topic: 't', partition: 0 })) as PartitionHistoryView
    const from = told.changes[0]?.atMs ?? 0
    expect(told.changes.map(({ atMs, leader }) => [atMs - from, leader])).toEqual([
      [0, 1],
      [2000, 2]
    ])
    expect(told.looks).toEqual([{ fromMs: from, toMs: from + 2000 }])
    expect(await call('partition.history', { topic: 'none', partition: 0 })).toMatchObject({
      error: { kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' }
    })
  })

  it('knows nothing of a partition before any broker told of it', async () => {
    const { cluster, clock, monitor, call } = world()
    for (const id of cluster.brokers) cluster.away.add(id)
    monitor.start()
    await clock.run(1500)

    const told = await call('partition.history', { topic: 't', partition: 0 })
    expect(told).toMatchObject({ error: { message: 'No broker answers at the moment.' } })
  })

  it('answers with Kafka’s name of the error', async () => {
    const { clock, monitor, call } = world()
    monitor.start()
    await clock.run(100)

    expect(await call('topic.describe', { topic: 'none' })).toMatchObject({
      type: 'error',
      error: { code: 'NOT_FOUND', kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' }
    })
    expect(await call('group.describe', { groupId: 'none' })).toMatchObject({
      error: { kafkaError: 'GROUP_ID_NOT_FOUND' }
    })
    expect(await call('no.such', {})).toMatchObject({ error: { code: 'INVALID_INPUT' } })
  })

  it('tells events once, not again for each command', async () => {
    const { cluster, clock, monitor, told, call } = world()
    monitor.start()
    await clock.run(100)
    cluster.topic('t', [1])
    for (let i = 0; i < 3; i++) await call('topic.list', {})
    await clock.run(3000)

    const events = told.flatMap((message) => (message.type === 'observed' ? [message.event.code] : []))
    expect(events).toEqual(['topicCreated'])
  })

  it('goes on when no broker answers, and says so', async () => {
    const { cluster, clock, monitor, told, call } = world()
    cluster.topic('t', [1])
    monitor.start()
    await clock.run(1500)
    for (const broker of cluster.brokers) cluster.away.add(broker)
    await clock.run(3000)

    expect(observations(told)).toHaveLength(5)
    expect(observations(told).at(-1)).toMatchObject({ topicCount: null, brokers: null, leaderless: null })
    expect(await call('topic.describe', { topic: 'other' })).toMatchObject({
      error: { message: 'No broker answers at the moment.' }
    })
  })

  it('takes no sample after it was stopped', async () => {
    const { cluster, clock, monitor } = world()
    monitor.start()
    await clock.run(100)
    const stopped = monitor.stop()
    await clock.run(3000)
    await stopped
    const asked = cluster.asked.length

    await clock.run(5000)

    expect(cluster.asked).toHaveLength(asked)
  })
})
