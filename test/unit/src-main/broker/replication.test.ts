/** Followers copy what their leader has, byte for byte, through its end and their own. */
import { describe, expect, it } from 'vitest'
import { batchOf } from '../../../support/record-samples'
import { ReplicaWorld } from '../../../support/replica-world'

describe('a topic with three replicas', () => {
  it('has the same bytes on all of them, and acks=all waits for them', async () => {
    const replicas = await ReplicaWorld.start()
    await replicas.create('r', [[1, 2, 3]])

    for (const value of ['a', 'b', 'c']) expect(await replicas.produce('r', [value])).toBe('NONE')

    expect(replicas.logOf(1, 'r').length).toBeGreaterThan(0)
    expect(replicas.logOf(2, 'r')).toBe(replicas.logOf(1, 'r'))
    expect(replicas.logOf(3, 'r')).toBe(replicas.logOf(1, 'r'))
    expect(replicas.world.failures).toEqual([])
  })

  it('goes on under another leader when its leader is killed, with everything that was acknowledged', async () => {
    const replicas = await ReplicaWorld.start()
    await replicas.create('r', [[2, 1, 3]])
    await replicas.produce('r', ['a'])
    replicas.kill(2)

    const { isr, leader } = await replicas.until('r', 0, (seen) => seen.leader === 1)
    expect([leader, isr]).toEqual([1, [1, 3]])
    expect(await replicas.produce('r', ['b'])).toBe('NONE')
    await replicas.world.startBroker(2)
    await replicas.until('r', 0, (seen) => seen.isr.length === 3)

    expect(replicas.logOf(3, 'r')).toBe(replicas.logOf(1, 'r'))
    expect(replicas.logOf(2, 'r')).toBe(replicas.logOf(1, 'r'))
    expect(replicas.world.failures).toEqual([])
  })

  it('leaves a follower that cannot be reached out of the ISR after its time, and takes it back when it has caught up', async () => {
    const replicas = await ReplicaWorld.start()
    const { world } = replicas
    await replicas.create('r', [[1, 2, 3]], { 'min.insync.replicas': '2' })
    await replicas.produce('r', ['a'])
    world.network.fault('broker-3', 'broker-1', { isCut: true })

    const waiting = replicas.produce('r', ['b'])
    expect(await waiting).toBe('REQUEST_TIMED_OUT')
    await replicas.until('r', 0, ({ isr }) => isr.length === 2)
    expect(await replicas.produce('r', ['c'])).toBe('NONE')
    world.network.heal()
    await replicas.until('r', 0, ({ isr }) => isr.length === 3)

    expect(replicas.logOf(3, 'r')).toBe(replicas.logOf(1, 'r'))
    const told = world.events.filter(({ name }) => name === 'isrShrunk' || name === 'isrExpanded')
    const about = { count: 1, sample: 'r-0', leaderEpoch: 0, broker: 3 }
    expect(told).toEqual([
      { broker: 1, name: 'isrShrunk', fields: { ...about, cause: 'lagging' } },
      { broker: 1, name: 'isrExpanded', fields: { ...about, cause: 'caughtUp' } }
    ])
    expect(world.failures).toEqual([])
  })

  it('cuts from a leader that comes back what nobody else had, and it follows', async () => {
    const replicas = await ReplicaWorld.start()
    const { world } = replicas
    await replicas.create('r', [[1, 2, 3]])
    await replicas.produce('r', ['a'])
    for (const id of [2, 3]) world.network.fault('broker-1', `broker-${id}`, { isCut: true })
    expect(await replicas.produceTo(1, 'r', batchOf(['lost', 'lost']), 1)).toBe('NONE')
    const before = replicas.logOf(1, 'r')
    replicas.kill(1)
    await replicas.until('r', 0, ({ leader }) => leader === 2)
    world.network.heal()
    await replicas.produce('r', ['b'])

    await world.startBroker(1)
    await replicas.until('r', 0, ({ isr }) => isr.length === 3)

    expect(replicas.logOf(1, 'r')).toBe(replicas.logOf(2, 'r'))
    expect(replicas.logOf(1, 'r')).not.toContain(before)
    const truncated = world.events.filter(({ name }) => name === 'logTruncated')
    expect(truncated.map(({ broker, fields }) => ({ broker, ...fields }))).toEqual([
      { broker: 1, topic: 'r', partition: 0, leader: 2, leaderEpoch: 1, from: 3, to: 1, isBelowHighWatermark: false }
    ])
    expect(world.failures).toEqual([])
  })

  it('keeps what was acknowledged when the power of its leader fails and it comes back with less', async () => {
    const replicas = await ReplicaWorld.start()
    const { world } = replicas
    await replicas.create('r', [[1, 2, 3]])
    for (const value of ['a', 'b']) await replicas.produce('r', [value])
    const whole = replicas.logOf(2, 'r')

    replicas.crash(1)
    await replicas.until('r', 0, ({ leader }) => leader === 2)
    await world.startBroker(1)
    await replicas.until('r', 0, ({ isr }) => isr.length === 3)

    expect(replicas.logOf(1, 'r')).toBe(whole)
    expect(world.failures).toEqual([])
  })
})
