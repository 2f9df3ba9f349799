import { describe, expect, it } from 'vitest'
import type { CommandInput } from '../../../../src-main/api/commands'
import type { ConsumerPush } from '../../../../src-main/api/watch'
import { AppError } from '../../../../src-main/kernel/errors'
import { Consumer } from '../../../../src-main/monitor/consumer'
import { SimClock } from '../../../support/ensemble-world'
import { FakeCluster, kafkaError } from './fake-cluster'

type Options = Partial<CommandInput<'consumer.open'>>

interface World {
  readonly cluster: FakeCluster
  readonly clock: SimClock
  /** `takes`: whether the client takes at once what it gets. */
  readonly consumer: (
    options: Options,
    takes?: boolean
  ) => {
    readonly values: () => unknown[]
    readonly ended: () => unknown
    readonly pushes: readonly ConsumerPush[]
    readonly it: Consumer
  }
}

function world(): World {
  const clock = new SimClock()
  const cluster = new FakeCluster(clock)
  const consumer: World['consumer'] = (options, takes = true) => {
    const pushes: ConsumerPush[] = []
    const push = (value: ConsumerPush): Promise<void> => {
      pushes.push(value)
      if (value.type === 'records' && takes) clock.soon(() => it.take(value.sequence))
      return Promise.resolve()
    }
    const ports = { clock, log: () => undefined, cluster, push }
    const it = new Consumer(ports, { topic: 't', from: 'earliest', commit: 'auto', ...options }, 'lane')
    void it.run()
    const values = (): unknown[] =>
      pushes.flatMap((one) => (one.type === 'records' ? one.records.map(({ value }) => value) : []))
    const ended = (): unknown => pushes.find(({ type }) => type === 'ended')
    return { values, ended, pushes, it }
  }
  return { cluster, clock, consumer }
}

function groupOf(cluster: FakeCluster, committed: Record<string, number> = {}): void {
  cluster.fakeGroups.set('g', { coordinator: 1, state: 'Empty', committed: new Map(Object.entries(committed)) })
}

describe('a consumer without a group', () => {
  it('reads all partitions from their start, and goes on with what comes', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1, 2])
    cluster.append('t', 0, ['a', 'b', 'c', 'd'])
    cluster.append('t', 1, ['e'])
    const { values, ended } = consumer({})

    await clock.run(1000)
    cluster.append('t', 1, ['f'])
    await clock.run(1000)

    expect([...values()].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    expect(ended()).toBeUndefined()
  })

  it('begins at the end, or at an offset', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a', 'b', 'c'])
    const latest = consumer({ from: 'latest' })
    const second = consumer({ from: 1 })
    await clock.run(1000)
    cluster.append('t', 0, ['d'])
    await clock.run(1000)
    expect(latest.values()).toEqual(['d'])
    expect(second.values()).toEqual(['b', 'c', 'd'])
  })

  it('begins as near to an offset as the log still, or already, goes, and says so', async () => {
    const { cluster, clock, consumer } = world()
    const [cut] = cluster.topic('t', [1, 2])
    if (cut !== undefined) cut.startOffset = 10
    cluster.append('t', 0, ['a', 'b'])
    cluster.append('t', 1, ['c'])
    const { values, pushes } = consumer({ from: 5 })
    await clock.run(1000)
    cluster.append('t', 1, ['d'])

    await clock.run(1000)

    expect(values()).toEqual(['a', 'b', 'd'])
    const places = pushes.flatMap((push) => (push.type === 'begunElsewhere' ? push.places : []))
    expect([...places].sort((a, b) => a.partition - b.partition)).toEqual([
      { topic: 't', partition: 0, asked: 5, begun: 10 },
      { topic: 't', partition: 1, asked: 5, begun: 1 }
    ])
    // What is there needs no word.
    cluster.topic('u', [1])
    cluster.append('u', 0, ['a', 'b'])
    const inside = consumer({ from: 1, topic: 'u' })
    await clock.run(1000)
    expect(inside.values()).toEqual(['b'])
    expect(inside.pushes.filter(({ type }) => type === 'begunElsewhere')).toEqual([])
  })

  it('begins anew where the options say when the log was cut before it', async () => {
    const { cluster, clock, consumer } = world()
    const [partition] = cluster.topic('t', [1])
    cluster.append('t', 0, ['a'])
    const { values } = consumer({})
    await clock.run(1000)

    partition?.records.splice(0)
    if (partition !== undefined) partition.startOffset = 100
    cluster.append('t', 0, ['b'])
    await clock.run(2000)

    expect(values()).toEqual(['a', 'b'])
  })

  it('ends after so many records', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1, 2])
    cluster.append('t', 0, ['a', 'b', 'c'])
    cluster.append('t', 1, ['d', 'e'])
    const { values, ended } = consumer({ maxRecords: 4 })

    await clock.run(1000)

    expect(values()).toHaveLength(4)
    expect(ended()).toEqual({ type: 'ended', error: null })
  })

  it('ends when a poll of that length brought nothing, counted from the last record', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    const { values, ended } = consumer({ pollTimeoutMs: 3000 })
    await clock.run(2000)
    cluster.append('t', 0, ['a'])

    await clock.run(2900)
    const before = ended()
    await clock.run(500)

    expect(before).toBeUndefined()
    expect(values()).toEqual(['a'])
    expect(ended()).toEqual({ type: 'ended', error: null })
  })

  it('reads on from the other partitions while a leader is away, and from it when it is back', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1, 2])
    cluster.append('t', 0, ['a'])
    cluster.append('t', 1, ['b'])
    cluster.away.add(2)
    const { values } = consumer({})
    await clock.run(3000)
    const meanwhile = values()
    cluster.away.clear()

    await clock.run(3000)

    expect(meanwhile).toEqual(['a'])
    expect(values()).toEqual(['a', 'b'])
  })

  it('says which partitions did not answer when it ends for want of records', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1, 2, null])
    cluster.append('t', 0, ['a'])
    cluster.append('t', 1, ['b'])
    cluster.away.add(2)
    const { values, ended } = consumer({ pollTimeoutMs: 1000 })

    await clock.run(10_000)

    expect(values()).toEqual(['a'])
    expect(ended()).toMatchObject({ error: 'Partition 1, 2 of t did not answer: what is in there was not read.' })
  })

  it('ends after a poll when no broker answers at all, and says so', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    for (const broker of [1, 2, 3]) cluster.away.add(broker)
    const { ended } = consumer({ pollTimeoutMs: 1000 })

    await clock.run(10_000)

    expect(ended()).toMatchObject({ type: 'ended', error: expect.any(String) as string })
  })

  it('follows a partition to its next leader', async () => {
    const { cluster, clock, consumer } = world()
    const [partition] = cluster.topic('t', [1])
    cluster.append('t', 0, ['a'])
    const { values } = consumer({})
    await clock.run(1000)

    if (partition !== undefined) partition.leader = 3
    cluster.append('t', 0, ['b'])
    await clock.run(1000)

    expect(values()).toEqual(['a', 'b'])
  })

  it.each(['earliest', 'latest', 7] as const)(
    'from %s reads partitions that are added, from their start, some seconds later',
    async (from) => {
      const { cluster, clock, consumer } = world()
      cluster.topic('t', [1])
      cluster.append('t', 0, ['a'])
      const { values } = consumer({ from })
      await clock.run(1000)

      cluster.topic('t', [1, 2])
      cluster.append('t', 1, ['b', 'c'])
      await clock.run(4000)
      cluster.append('t', 1, ['d'])
      await clock.run(1000)

      expect(values().filter((value) => value !== 'a')).toEqual(['b', 'c', 'd'])
    }
  )

  it('goes on with what it has while nobody can say whether there are more partitions', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    const { values, ended } = consumer({})
    await clock.run(1000)
    // The leader answers; whoever would say what there is does not.
    let isRefused = true
    const metadata = cluster.metadata.bind(cluster)
    cluster.metadata = (options) =>
      isRefused ? Promise.reject(new AppError('TIMED_OUT', 'nobody says')) : metadata(options)
    await clock.run(20_000)
    cluster.topic('t', [1, 1])
    isRefused = false
    cluster.append('t', 1, ['b'])
    cluster.append('t', 0, ['a'])
    await clock.run(5000)

    expect([...values()].sort()).toEqual(['a', 'b'])
    expect(ended()).toBeUndefined()
  })

  it('reads on while it looks for added partitions, and counts the look to no poll', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    const { values, ended } = consumer({ pollTimeoutMs: 500 })
    const metadata = cluster.metadata.bind(cluster)
    let looks = 0
    for (let i = 0; i < 100; i++) {
      if (i === 10)
        cluster.metadata = async (options) => {
          looks += 1
          await new Promise<void>((resolve) => void clock.after(2000, resolve))
          return metadata(options)
        }
      cluster.append('t', 0, [`r${i}`])
      await clock.run(100)
    }

    expect(looks).toBeGreaterThan(1)
    expect(values()).toHaveLength(100)
    expect(ended()).toBeUndefined()
  })

  it('says that there is no such topic', async () => {
    const { clock, consumer } = world()
    const { ended } = consumer({})

    await clock.run(100)

    expect(ended()).toEqual({ type: 'ended', error: 'There is no topic t.' })
  })
})

describe('a consumer of a group', () => {
  it('goes on where the group committed, elsewhere where it was told', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1, 2])
    cluster.append('t', 0, ['a', 'b', 'c'])
    cluster.append('t', 1, ['d', 'e'])
    groupOf(cluster, { 't 0': 2 })
    const { values } = consumer({ groupId: 'g' })

    await clock.run(1000)

    expect([...values()].sort()).toEqual(['c', 'd', 'e'])
  })

  it('commits every five seconds and when it leaves, what was handed over and no more', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a', 'b', 'c'])
    groupOf(cluster)
    const { it: own } = consumer({ groupId: 'g' })
    await clock.run(4000)
    const early = [...cluster.commits]
    await clock.run(2000)
    const later = [...cluster.commits]
    cluster.append('t', 0, ['d'])
    await clock.run(500)

    const closed = own.close()
    await clock.run(1000)
    await closed

    expect(early).toEqual([])
    expect(later).toEqual([{ 0: 3 }])
    expect(cluster.commits).toEqual([{ 0: 3 }, { 0: 4 }])
    expect(cluster.left).toBe(1)
  })

  it('commits nothing that its client has not taken, and reads no further than a few pushes ahead of it', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    const values = Array.from({ length: 5000 }, (_, i) => String(i))
    cluster.append('t', 0, values)
    groupOf(cluster)
    const { values: sent, it: own } = consumer({ groupId: 'g' }, false)
    await clock.run(60_000)
    const perPush = sent().length / 4
    expect(sent()).toEqual(values.slice(0, 4 * perPush))
    expect(cluster.commits).toEqual([])

    own.take(2)
    await clock.run(10_000)
    expect(sent()).toEqual(values.slice(0, 6 * perPush))
    const closed = own.close()
    await clock.run(1000)
    await closed

    expect(cluster.commits.at(-1)).toEqual({ 0: 2 * perPush })
  })

  it('ends after maxRecords when they are taken, not before', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a', 'b', 'c'])
    groupOf(cluster)
    const { ended, it: own } = consumer({ groupId: 'g', maxRecords: 2 }, false)
    await clock.run(60_000)
    expect(ended()).toBeUndefined()

    own.take(1)
    await clock.run(1000)

    expect(ended()).toEqual({ type: 'ended', error: null })
    expect(cluster.commits).toEqual([{ 0: 2 }])
  })

  it('gives its partitions up although its client takes nothing', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a'])
    groupOf(cluster)
    const { it: own } = consumer({ groupId: 'g' }, false)
    await clock.run(1000)
    cluster.heartbeatFailures.push(kafkaError('REBALANCE_IN_PROGRESS'))

    await clock.run(10_000)
    own.take(1)
    await clock.run(10_000)

    expect(cluster.asked.filter((what) => what === 'join m-1')).toHaveLength(2)
    expect(new Set(cluster.commits.map((offsets) => offsets[0]))).toEqual(new Set([0]))
  })

  it('commits the place it began at too, so that nothing that comes meanwhile is missed', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a'])
    groupOf(cluster)
    consumer({ groupId: 'g', from: 'latest', pollTimeoutMs: 500 })
    await clock.run(2000)
    cluster.append('t', 0, ['b'])

    const { values } = consumer({ groupId: 'g', from: 'latest', pollTimeoutMs: 500 })
    await clock.run(2000)

    expect(cluster.commits[0]).toEqual({ 0: 1 })
    expect(values()).toEqual(['b'])
  })

  it('commits only what maxRecords let through', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a', 'b', 'c'])
    groupOf(cluster)
    consumer({ groupId: 'g', maxRecords: 2 })

    await clock.run(1000)

    expect(cluster.commits).toEqual([{ 0: 2 }])
  })

  it('commits each record, or none', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a', 'b'])
    groupOf(cluster)
    consumer({ groupId: 'g', commit: 'never', pollTimeoutMs: 500 })
    await clock.run(2000)
    const never = [...cluster.commits]

    consumer({ groupId: 'g', commit: 'each', pollTimeoutMs: 500 })
    await clock.run(2000)

    expect(never).toEqual([])
    expect(cluster.commits).toEqual([{ 0: 1 }, { 0: 2 }])
  })

  it('commits and joins again when the group rebalances', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a'])
    groupOf(cluster)
    const { values } = consumer({ groupId: 'g' })
    await clock.run(1000)
    cluster.heartbeatFailures.push(kafkaError('REBALANCE_IN_PROGRESS'))
    await clock.run(4000)
    cluster.append('t', 0, ['b'])

    await clock.run(1000)

    expect(cluster.asked.filter((what) => what === 'join m-1')).toHaveLength(2)
    expect(cluster.commits).toEqual([{ 0: 1 }])
    expect(values()).toEqual(['a', 'b'])
  })

  it('reads partitions that are added, some seconds later', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a'])
    groupOf(cluster)
    const { values } = consumer({ groupId: 'g' })
    await clock.run(10_000)
    expect(cluster.asked.filter((what) => what === 'join m-1')).toHaveLength(1)

    cluster.topics.get('t')?.push({ leader: 2, replica: 2, startOffset: 0, records: [] })
    cluster.append('t', 1, ['b'])
    await clock.run(5000)

    expect(values()).toEqual(['a', 'b'])
    expect(cluster.asked.filter((what) => what === 'join m-1')).toHaveLength(2)
  })

  it('believes that there are fewer partitions only when it has seen it twice', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1, 2])
    groupOf(cluster)
    consumer({ groupId: 'g' })
    await clock.run(1000)
    const joins = (): number => cluster.asked.filter((what) => what === 'join m-1').length
    const all = cluster.topics.get('t') ?? []

    const late = all.splice(1)
    await clock.run(3000)
    all.push(...late)
    await clock.run(6000)
    expect(joins()).toBe(1)

    all.splice(1)
    await clock.run(7000)
    expect(joins()).toBe(2)
  })

  it('does not count joining as polling', async () => {
    const { cluster, clock, consumer } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a'])
    const { values, ended } = consumer({ groupId: 'g', pollTimeoutMs: 1000 })
    await clock.run(5000)
    const before = ended()

    groupOf(cluster)
    await clock.run(500)

    expect(before).toBeUndefined()
    expect(values()).toEqual(['a'])
  })
})
