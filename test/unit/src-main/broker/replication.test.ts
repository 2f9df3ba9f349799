/** Followers copy what their leader has, byte for byte, through its end and their own. */
import { describe, expect, it } from 'vitest'
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
    await replicas.world.clock.run(3_000)

    expect(replicas.logOf(3, 'r')).toBe(replicas.logOf(1, 'r'))
    expect(replicas.logOf(2, 'r')).toBe(replicas.logOf(1, 'r'))
    expect(replicas.world.failures).toEqual([])
  })
})
