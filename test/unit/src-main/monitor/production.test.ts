import { describe, expect, it } from 'vitest'
import type { CommandInput } from '../../../../src-main/api/commands'
import { Producer } from '../../../../src-main/monitor/producer'
import { Production } from '../../../../src-main/monitor/production'
import { Productions } from '../../../../src-main/monitor/productions'
import type { ProductionView } from '../../../../src-main/api/producing'
import { serdes } from '../../../../src-main/serdes/serdes'
import { SimClock } from '../../../support/ensemble-world'
import { FakeCluster, kafkaError } from './fake-cluster'

type Input = CommandInput<'production.start'>

function world(partitions: number[] = [1]) {
  const cluster = new FakeCluster()
  const clock = new SimClock()
  const random = { uint32: () => 1, bytes: (count: number) => new Uint8Array(count) }
  const producer = new Producer({ clock, random, serdes, cluster })
  const logs = cluster.topic('t', partitions)
  const values = (): (string | null)[] =>
    logs.flatMap(({ records }) => records.map(({ value }) => value as string | null))
  return { cluster, clock, random, producer, values }
}

const wanted = (more: Partial<Input> = {}): Input => ({
  topic: 't',
  acks: -1,
  record: { key: null, value: 'value {n}' },
  ...more
})

describe('a production', () => {
  it('makes its count of records, each with its number in key, value and headers', async () => {
    const { clock, producer, values } = world()
    const production = new Production({ clock, serdes, producer }, wanted({ count: 2500 }))

    const running = production.run()
    await clock.run(1000)
    await running

    expect(values()).toEqual(Array.from({ length: 2500 }, (_, i) => `value ${i + 1}`))
    expect(production.view()).toMatchObject({ state: 'done', sent: 2500, acked: 2500, failed: 0 })
    expect(production.view().last.at(-1)).toEqual({ partition: 0, offset: 2499 })
    expect(production.view().last).toHaveLength(50)
  })

  it('keeps to a rate above what one step holds', async () => {
    const { clock, producer, values } = world()
    const production = new Production({ clock, serdes, producer }, wanted({ ratePerSecond: 60_000 }))

    const running = production.run()
    await clock.run(1000)
    production.stop()
    await clock.run(100)
    await running

    expect(values().length).toBeGreaterThan(54_000)
    expect(values().length).toBeLessThan(66_000)
  })

  it('keeps to its rate until it is stopped', async () => {
    const { clock, producer, values } = world()
    const production = new Production({ clock, serdes, producer }, wanted({ ratePerSecond: 100 }))

    const running = production.run()
    await clock.run(10_000)
    production.stop()
    await clock.run(100)
    await running

    expect(values().length).toBeGreaterThan(980)
    expect(values().length).toBeLessThan(1020)
    expect(production.view().state).toBe('stopped')
  })

  it('keeps to a rate below one a second', async () => {
    const { clock, producer, values } = world()
    const production = new Production({ clock, serdes, producer }, wanted({ ratePerSecond: 0.5 }))

    const running = production.run()
    await clock.run(9000)
    production.stop()
    await clock.run(2000)
    await running

    expect(values()).toHaveLength(5)
  })

  it('does not pour out afterwards what a slow broker has kept it from', async () => {
    const { clock, producer, cluster, values } = world()
    const production = new Production({ clock, serdes, producer }, wanted({ ratePerSecond: 100 }))
    cluster.produceFailures.push(...Array.from({ length: 20 }, () => kafkaError('NOT_LEADER_OR_FOLLOWER')))

    const running = production.run()
    await clock.run(10_000)
    production.stop()
    await clock.run(4000)
    await running

    expect(values().length).toBeLessThan(950)
  })

  it('counts what is refused by its reason, and goes on', async () => {
    const { clock, producer, cluster } = world()
    cluster.produceFailures.push(kafkaError('MESSAGE_TOO_LARGE'), kafkaError('MESSAGE_TOO_LARGE'))
    const production = new Production({ clock, serdes, producer }, wanted({ count: 2500 }))

    const running = production.run()
    await clock.run(5000)
    await running

    const { failures, ...view } = production.view()
    expect(view).toMatchObject({ state: 'done', sent: 2500, acked: 500, failed: 2000 })
    expect(failures).toEqual([{ message: 'MESSAGE_TOO_LARGE', kafkaError: 'MESSAGE_TOO_LARGE', records: 2000 }])
  })

  it('does not call acked what nobody answers for', async () => {
    const { clock, producer } = world()
    const production = new Production({ clock, serdes, producer }, wanted({ count: 3, acks: 0 }))

    const running = production.run()
    await clock.run(1000)
    await running

    expect(production.view()).toMatchObject({ sent: 3, acked: 0, failed: 0 })
    expect(production.view().last[0]).toEqual({ partition: 0, offset: null })
  })

  it('ends with its topic', async () => {
    const { clock, producer } = world()
    const production = new Production({ clock, serdes, producer }, wanted({ topic: 'none' }))

    await Promise.all([production.run(), clock.run(1000)])

    expect(production.view()).toMatchObject({ state: 'failed', problem: 'There is no topic none.' })
  })

  it('is refused when its first record could not be written', () => {
    const { clock, producer } = world()
    const input = wanted({ valueFormat: { type: 'json' }, record: { key: null, value: '{"n": {n},}' } })

    expect(() => new Production({ clock, serdes, producer }, input)).toThrow('Value: This is no JSON')
  })
})

describe('productions', () => {
  function opened(input = wanted({ ratePerSecond: 10 })) {
    const { clock, producer, random, values } = world()
    const pushed: ProductionView[] = []
    const productions = new Productions({ clock, serdes, producer, random, push: (_id, view) => pushed.push(view) })
    return { clock, values, pushed, productions, id: productions.open(input) }
  }

  it('begin when they are watched and end with their watch', async () => {
    const { clock, values, pushed, productions, id } = opened()
    await clock.run(1000)
    expect(values()).toEqual([])

    productions.begin(id)
    await clock.run(1000)
    productions.stop(id)
    await clock.run(1000)

    const after = values().length
    await clock.run(5000)
    expect(values()).toHaveLength(after)
    expect(pushed.at(-1)).toMatchObject({ state: 'stopped', sent: after, acked: after })
  })

  it('say so when they are not known, and refuse what would be too many', () => {
    const { pushed, productions } = opened()

    productions.begin('nobody')
    expect(pushed.at(-1)?.state).toBe('lost')

    for (let i = 1; i < 20; i++) productions.open(wanted())
    expect(() => productions.open(wanted())).toThrow('20 productions are under way')
  })
})

describe('productions', () => {
  it('that have ended are not counted among those under way', async () => {
    const { clock, random, producer } = world()
    const productions = new Productions({ clock, serdes, producer, random, push: () => undefined })
    for (let i = 0; i < 150; i++) {
      productions.begin(productions.open(wanted({ count: 1 })))
      await clock.run(10)
    }

    for (let i = 0; i < 20; i++) productions.begin(productions.open(wanted({ ratePerSecond: 1 })))
    expect(() => productions.open(wanted())).toThrow('20 productions are under way already')
    productions.stopAll()
    await clock.run(2000)
  })
})
