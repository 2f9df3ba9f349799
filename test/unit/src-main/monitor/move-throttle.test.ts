import { describe, expect, it } from 'vitest'
import { MoveThrottle } from '../../../../src-main/monitor/move-throttle'
import { AppError } from '../../../../src-main/kernel/errors'
import { MemoryDisk } from '../../../support/memory-disk'
import { silent, SimClock } from '../../../support/ensemble-world'
import { FakeCluster } from './fake-cluster'

const rates = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate']

/** A cluster that keeps what is set, by resource, as a broker would. */
function world(disk = new MemoryDisk(), clock = new SimClock()) {
  const cluster = new FakeCluster(clock)
  cluster.topic('t', [1, 2])
  const held = new Map<string, Record<string, string>>()
  const gone = new Set<string>()
  cluster.alterConfigs = (...given: unknown[]) => {
    const [resource, { set, remove }] = given as [
      { type: string; topic?: string; broker?: number },
      { set: Record<string, string>; remove: readonly string[] }
    ]
    const name = resource.topic ?? `broker ${resource.broker}`
    if (gone.has(name))
      return Promise.reject(
        new AppError('KAFKA', 'no such topic', { details: { kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' } })
      )
    const now = { ...held.get(name), ...set }
    for (const one of remove) delete now[one]
    if (Object.keys(now).length === 0) held.delete(name)
    else held.set(name, now)
    return Promise.resolve()
  }
  const throttle = new MoveThrottle({ clock, cluster, disk, log: silent, dataDir: '/monitor' })
  return { clock, cluster, disk, held, gone, throttle }
}
const move = { topic: 't', partition: 0, replicas: [2, 3] }
const moving = { topic: 't', partition: 0, replicas: [1, 2, 3], adding: [3], removing: [1] }

describe('a limit of moved replicas', () => {
  it('is set before they are asked for, and taken away when they are done', async () => {
    const { clock, cluster, held, throttle } = world()
    const asked = throttle.limited([move], 1000, () => {
      expect(Object.keys(held.get('t') ?? {})).toHaveLength(2)
      cluster.moving = [moving]
      return Promise.resolve('asked')
    })
    expect(await clock.until(asked)).toBe('asked')
    await clock.run(30_000)
    expect(Object.keys(held.get('broker 2') ?? {})).toEqual(rates)

    cluster.moving = []
    await clock.run(3_000)

    expect([...held.keys()]).toEqual([])
  })

  it('goes where what was asked is refused, and where the topic is deleted meanwhile', async () => {
    const { clock, cluster, held, gone, throttle } = world()
    const refused = throttle.limited([move], 1000, () => Promise.reject(new AppError('TIMED_OUT', 'no controller')))
    await expect(clock.until(refused)).rejects.toThrow('no controller')
    await clock.run(3_000)
    expect([...held.keys()]).toEqual([])

    cluster.moving = [moving]
    await clock.until(throttle.limited([move], 1000, () => Promise.resolve()))
    gone.add('t')
    held.delete('t')
    cluster.moving = []
    await clock.run(3_000)
    expect([...held.keys()]).toEqual([])
  })

  it('is taken away by the next monitor when this one has died, and by none that has set none', async () => {
    const { clock, cluster, disk, held, throttle } = world()
    cluster.moving = [moving]
    await clock.until(throttle.limited([move], 1000, () => Promise.resolve()))
    throttle.stop()
    await clock.run(3_000)
    expect([...held.keys()].sort()).toEqual(['broker 1', 'broker 2', 'broker 3', 't'])
    cluster.moving = []

    const stranger = new MoveThrottle({ clock, cluster, disk: new MemoryDisk(), log: silent, dataDir: '/monitor' })
    stranger.start()
    await clock.run(3_000)
    expect(held.size).toBe(4)
    const metadata = cluster.metadata.bind(cluster)
    cluster.metadata = async (asked) => {
      const told = await metadata(asked)
      return { ...told, brokers: told.brokers.filter(({ id }) => id !== 3) }
    }
    const next = new MoveThrottle({ clock, cluster, disk, log: silent, dataDir: '/monitor' })
    next.start()
    await clock.run(3_000)

    // Broker 3 is away: its limit goes when it is back.
    expect([...held.keys()]).toEqual(['broker 3'])
    // However long it is away, what is moved meanwhile is looked at as soon as before.
    await clock.run(100_000)
    cluster.moving = [moving]
    await clock.until(next.limited([move], 1000, () => Promise.resolve()))
    cluster.moving = []
    await clock.run(3_000)
    expect([...held.keys()]).toEqual(['broker 3'])
    cluster.metadata = metadata
    await clock.run(60_000)
    expect([...held.keys()]).toEqual([])
    expect(new TextDecoder().decode(disk.read('/monitor/throttled'))).toBe('end\n')
  })

  it('that is set while an earlier one is taken away is known, and goes in its turn', async () => {
    const { clock, cluster, disk, held, throttle } = world()
    cluster.moving = [moving]
    await clock.until(throttle.limited([move], 1000, () => Promise.resolve()))
    const alter = cluster.alterConfigs.bind(cluster)
    let release = (): void => undefined
    cluster.alterConfigs = (...given: []) => {
      cluster.alterConfigs = alter
      return new Promise((resolve) => (release = () => void alter(...given).then(resolve)))
    }
    cluster.moving = []
    await clock.run(1_500)

    const again = throttle.limited([move], 2000, () => {
      cluster.moving = [moving]
      return Promise.resolve()
    })
    await clock.run(100)
    release()
    await clock.until(again)
    expect(Object.keys(held.get('t') ?? {})).toHaveLength(2)
    expect(new TextDecoder().decode(disk.read('/monitor/throttled'))).toContain('topic t')
    cluster.moving = []
    await clock.run(60_000)
    expect([...held.keys()]).toEqual([])
  })

  it('that cannot be noted is not set, and nothing is moved', async () => {
    const { clock, disk, held, throttle } = world()
    disk.isFull = true
    await expect(
      clock.until(throttle.limited([move], 1000, () => expect.fail('nothing is to be moved')))
    ).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(held.size).toBe(0)
  })
})
