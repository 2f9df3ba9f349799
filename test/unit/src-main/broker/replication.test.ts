/** Followers copy what their leader has, byte for byte, through its end and their own. */
import { describe, expect, it } from 'vitest'
import { groupPartition } from '../../../../src-main/broker/core/group/group-log'
import { groupOffsetsTopic } from '../../../../src-main/broker/core/topic-name'
import { groupOffsetsPartitions } from '../../../../src-main/broker/core/offsets-topic'
import { offsetCommitRequest, offsetCommitResponse } from '../../../../src-main/protocol/api/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '../../../../src-main/protocol/api/09-offset-fetch'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../../../src-main/protocol/api/10-find-coordinator'
import { errorName } from '../../../../src-main/protocol/wire/error-codes'
import { batchOf } from '../../../support/record-samples'
import { ReplicaWorld } from '../../../support/replica-world'

const commitCall = { apiKey: 8, version: 7, request: offsetCommitRequest, response: offsetCommitResponse } as const
const committedCall = { apiKey: 9, version: 5, request: offsetFetchRequest, response: offsetFetchResponse } as const
const findCall = { apiKey: 10, version: 2, request: findCoordinatorRequest, response: findCoordinatorResponse } as const

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

  it('leaves a follower whose disk is full behind, which goes on when there is room', async () => {
    const replicas = await ReplicaWorld.start()
    const { world } = replicas
    await replicas.create('r', [[1, 2, 3]], { 'min.insync.replicas': '2' })
    await replicas.produce('r', ['a'])
    const disk = world.diskOf(3)
    disk.capacityBytes = disk.usedBytes

    expect(await replicas.produce('r', ['b'])).toBe('REQUEST_TIMED_OUT')
    await replicas.until('r', 0, ({ isr }) => isr.length === 2)
    expect(await replicas.produce('r', ['c'])).toBe('NONE')
    disk.capacityBytes = Infinity
    await replicas.until('r', 0, ({ isr }) => isr.length === 3)

    expect(replicas.logOf(3, 'r')).toBe(replicas.logOf(1, 'r'))
    expect(world.failures).toEqual([])
  })

  it('is written to at once when it is new, and soon under a leader that hears of its election after its followers', async () => {
    const replicas = await ReplicaWorld.start([1, 2, 3, 4])
    const { world } = replicas
    const { clock } = world
    await replicas.create('r', [[2, 3, 4]], { 'min.insync.replicas': '2' })
    const tookMs = async (leader: number): Promise<number> => {
      const beganMs = clock.monotonicMs()
      expect(await replicas.produceTo(leader, 'r', batchOf(['v']))).toBe('NONE')
      return clock.monotonicMs() - beganMs
    }
    expect(await tookMs(2)).toBeLessThan(100)
    // Broker 1 is the controller.
    world.network.fault('broker-1', 'broker-3', { delayMs: 150 })
    const isElected = new Promise<void>((resolve) => {
      world.onEvent = ({ broker, name }) => {
        if (broker === 3 && name === 'becameLeader') resolve()
      }
    })

    replicas.kill(2)
    await clock.until(isElected)

    expect(await tookMs(3)).toBeLessThan(250)
    expect(world.failures).toEqual([])
  })
})

describe('groups whose coordinator dies', () => {
  it('are served by the next one, with what was committed', async () => {
    const replicas = await ReplicaWorld.start()
    const { world } = replicas
    await replicas.create('t', [[1, 2, 3]])
    const coordinator = async (of: number): Promise<number> => {
      for (let tries = 0; tries < 300; tries++) {
        const { errorCode, nodeId } = await world.ask(of, findCall, { key: 'g', keyType: 0 })
        if (errorCode === 0) return nodeId
        await world.clock.run(100)
      }
      return expect.fail('no coordinator')
    }
    const partitions = [{ partitionIndex: 0, committedOffset: 7, committedMetadata: 'm' }]
    const commit = { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name: 't', partitions }] }
    const first = await coordinator(1)
    let error = 'none yet'
    for (let tries = 0; error !== 'NONE' && tries < 100; tries++) {
      const { topics } = await world.ask(first, commitCall, commit)
      error = errorName(topics[0]?.partitions[0]?.errorCode ?? -1)
      if (error !== 'NONE') await world.clock.run(100)
    }
    expect(error).toBe('NONE')
    const index = groupPartition('g', groupOffsetsPartitions)
    expect((await replicas.seen(groupOffsetsTopic, index)).isr).toEqual([1, 2, 3])

    replicas.kill(first)
    await replicas.until(groupOffsetsTopic, index, ({ leader }) => leader >= 0 && leader !== first)
    const next = await coordinator(replicas.anyBroker())

    const { topics } = await world.ask(next, committedCall, {
      groupId: 'g',
      topics: [{ name: 't', partitionIndexes: [0] }]
    })
    expect(topics[0]?.partitions[0]).toMatchObject({ committedOffset: 7, metadata: 'm', errorCode: 0 })
    expect(world.failures).toEqual([])
  })
})
