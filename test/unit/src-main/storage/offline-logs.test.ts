/** Logs that cannot be used: which, until when, and what becomes of one with a batch that is spoilt. */
import { describe, expect, it } from 'vitest'
import type { TopicPartition } from '../../../../src-main/kernel/ids'
import type { LogManager, LogManagerOptions } from '../../../../src-main/storage/log-manager'
import { defaultLogConfig, type LogProblem } from '../../../../src-main/storage/log-types'
import { batchOf } from '../../../support/record-samples'
import { commitAll, fetchValues, fixture, openManager, type Fixture } from '../../../support/storage-fixture'

const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Told {
  readonly offline: { readonly names: string[]; readonly problem: LogProblem }[]
  readonly back: string[]
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

async function opened(one: Fixture, options: Partial<LogManagerOptions> = {}): Promise<Told & { manager: LogManager }> {
  const told: Told = { offline: [], back: [] }
  const manager = await openManager(one, {
    offline: (partitions, problem) => void told.offline.push({ names: partitions.map(nameOf), problem }),
    back: (partition) => void told.back.push(nameOf(partition)),
    ...options
  })
  return { ...told, manager }
}

async function produce(manager: LogManager, topic: string, ...values: readonly string[]) {
  const log = await manager.create(topic, 0, topicId)
  for (const value of values)
    expect(log.appendAsLeader(batchOf([value]), { leaderEpoch: 0 })).toMatchObject({ type: 'appended' })
  commitAll(log)
  return log
}

describe('a folder that fails', () => {
  it('takes its log offline, and no other; it is back with all that it had when the disk works', async () => {
    const one = fixture()
    const { manager, offline, back } = await opened(one)
    const orders = await produce(manager, 'orders', 'a', 'b')
    await produce(manager, 'events', 'x')
    one.disk.fails = (path) => path.includes('orders-0')

    await manager.upkeep.checkpointRecoveryPoints()

    expect(offline).toMatchObject([{ names: ['orders-0'], problem: { cause: 'failed' } }])
    expect(offline[0]?.problem.message).toContain('orders-0')
    expect(manager.opened('orders', 0)).toBeUndefined()
    expect(manager.opened('events', 0)?.logEndOffset).toBe(1)
    await expect(manager.create('orders', 0, topicId)).rejects.toThrow('orders-0')
    await produce(manager, 'events', 'y')
    expect(offline).toHaveLength(1)

    one.disk.fails = () => false
    const again = await manager.create('orders', 0, topicId)

    expect(again).not.toBe(orders)
    expect(fetchValues(again)).toEqual(['0:a', '1:b'])
    expect(back).toEqual(['orders-0'])
    expect(manager.problemOf('orders', 0)).toBeUndefined()
  })

  it('is not part of a clean stop: the next start looks at it as after a crash', async () => {
    const one = fixture()
    const { manager } = await opened(one)
    await produce(manager, 'orders', 'a')
    await produce(manager, 'events', 'x')
    one.disk.fails = (path) => path.includes('orders-0')
    await manager.upkeep.checkpointRecoveryPoints()

    await manager.close()

    expect(one.disk.exists('/data/.kafka_cleanshutdown')).toBe(false)
    one.disk.fails = () => false
    const next = await opened(one)
    await next.manager.recoverAll(() => undefined)
    expect(fetchValues(next.manager.opened('orders', 0) ?? expect.fail())).toEqual(['0:a'])
  })

  it('does not keep the others from being recovered', async () => {
    const one = fixture()
    const { manager } = await opened(one)
    await produce(manager, 'orders', 'a')
    await produce(manager, 'events', 'x')
    one.disk.kill()
    one.disk.fails = (path) => path.startsWith('/data/events-0')

    const next = await opened(one)
    await next.manager.recoverAll(() => undefined)

    expect(next.offline).toMatchObject([{ names: ['events-0'] }])
    expect(fetchValues(next.manager.opened('orders', 0) ?? expect.fail())).toEqual(['0:a'])
  })

  it('by an fdatasync has what no sync has vouched for written once more', async () => {
    const one = fixture()
    const { manager } = await opened(one)
    const log = await produce(manager, 'orders', 'a')
    await log.flush()
    await produce(manager, 'orders', 'b')
    one.disk.failsToSync = true
    await manager.upkeep.checkpointRecoveryPoints()
    expect(manager.problemOf('orders', 0)).toMatchObject({ cause: 'failed' })
    one.disk.failsToSync = false

    const again = await manager.create('orders', 0, topicId)
    // Nothing more was synced by the log itself: a power cut leaves what was written anew.
    one.disk.crash(() => 0)

    expect(again.logEndOffset).toBe(2)
    const next = await opened(one)
    await next.manager.recoverAll(() => undefined)
    expect(fetchValues(next.manager.opened('orders', 0) ?? expect.fail())).toEqual(['0:a', '1:b'])
  })
})

describe('a log directory that fails', () => {
  it('takes all its logs offline, once, and each is back when it takes files again', async () => {
    const one = fixture()
    const { manager, offline, back } = await opened(one)
    await produce(manager, 'orders', 'a')
    await produce(manager, 'events', 'x')
    one.disk.fails = (path) => path.startsWith('/data')

    one.clock.advance(5_000)
    await settled()

    expect(offline).toMatchObject([{ names: ['orders-0', 'events-0'], problem: { cause: 'failed' } }])
    one.clock.advance(1_000)
    await expect(manager.create('orders', 0, topicId)).rejects.toThrow()
    await expect(manager.create('payments', 0, topicId)).rejects.toThrow()
    one.disk.fails = () => false
    one.clock.advance(1_000)
    for (const topic of ['orders', 'events']) await manager.create(topic, 0, topicId)
    expect(back).toEqual(['orders-0', 'events-0'])
    expect(manager.has('payments', 0)).toBe(false)
    await produce(manager, 'payments', 'p')
  })
})

// ── a batch that is spoilt ───────────────────────────────────────────────────────────────────────────────────────

const config = { segmentBytes: 170 }

/** Five batches of one record, two in each segment; all of it safe. */
async function fiveSafe(one: Fixture) {
  const { manager } = await opened(one, { defaults: { ...defaultLogConfig, ...config } })
  await produce(manager, 'orders', 'a', 'b', 'c', 'd', 'e')
  await produce(manager, 'events', 'x')
  return manager
}

const first = '/data/orders-0/00000000000000000000.log'

function flip(one: Fixture, path: string, position: number): void {
  const bytes = one.disk.read(path)
  bytes[position] = (bytes[position] ?? 0) ^ 0x10
  one.disk.writeFile(path, bytes)
}

/** Of its second batch, where its record lies. */
function spoilSecond(one: Fixture): void {
  const { length } = one.disk.read(first)
  flip(one, first, length - 2)
}

async function verified(one: Fixture, manager: LogManager): Promise<void> {
  let isOver = false
  const verifying = manager.upkeep.verify().finally(() => (isOver = true))
  while (!isOver) {
    one.clock.advance(5)
    await settled()
  }
  await verifying
}

describe('a batch that was safe and is spoilt', () => {
  it('is found by reading all that is there, and its log alone is offline, also after the next start', async () => {
    const one = fixture()
    await (await fiveSafe(one)).close()
    spoilSecond(one)
    const { manager, offline } = await opened(one)

    await verified(one, manager)

    const badBatch = {
      file: '00000000000000000000.log',
      offset: 1,
      endOffset: 5,
      isEndKnown: true,
      fault: 'its CRC is wrong'
    }
    expect(offline).toMatchObject([{ names: ['orders-0'], problem: { cause: 'corrupt', badBatch } }])
    await expect(manager.create('orders', 0, topicId)).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(fetchValues(manager.opened('events', 0) ?? expect.fail())).toEqual(['0:x'])
    await manager.close()

    const next = await opened(one)
    expect(next.manager.wasClean).toBe(true)
    await expect(next.manager.create('orders', 0, topicId)).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(next.offline).toMatchObject([{ names: ['orders-0'], problem: { badBatch } }])
  })

  it('is found by recovery where it lies below the recovery point, and nothing is cut', async () => {
    const one = fixture()
    const manager = await fiveSafe(one)
    await manager.upkeep.checkpointRecoveryPoints()
    one.disk.kill()
    // Without it recovery reads from the first batch on.
    one.disk.remove('/data/orders-0/leader-epoch-checkpoint')
    spoilSecond(one)
    const before = one.disk.read(first)

    const next = await opened(one)
    await next.manager.recoverAll(() => undefined)

    expect(next.offline).toMatchObject([{ names: ['orders-0'], problem: { badBatch: { offset: 1, endOffset: 5 } } }])
    expect(one.disk.read(first)).toEqual(before)
    expect(next.manager.opened('events', 0)).toBeDefined()
  })

  it('beyond the recovery point is cut, as Kafka does', async () => {
    const one = fixture()
    await fiveSafe(one)
    one.disk.kill()
    one.disk.remove('/data/recovery-point-offset-checkpoint')
    spoilSecond(one)

    const next = await opened(one)
    await next.manager.recoverAll(() => undefined)

    expect(next.offline).toEqual([])
    expect(fetchValues(next.manager.opened('orders', 0) ?? expect.fail())).toEqual(['0:a'])
  })

  it('is cut when somebody says so, and the log goes on there', async () => {
    const one = fixture()
    await (await fiveSafe(one)).close()
    spoilSecond(one)
    const { manager, back } = await opened(one)
    await verified(one, manager)

    expect(manager.cutAtBadBatch({ topic: 'events', partition: 0 })).toBe(false)
    expect(manager.cutAtBadBatch({ topic: 'orders', partition: 0 })).toBe(true)
    const log = await manager.create('orders', 0, topicId)

    expect(fetchValues(log)).toEqual(['0:a'])
    expect(log.highWatermark).toBe(1)
    expect(back).toEqual(['orders-0'])
    await produce(manager, 'orders', 'new')
    expect(fetchValues(log)).toEqual(['0:a', '1:new'])
    await manager.close()
    const next = await opened(one)
    expect(fetchValues(await next.manager.create('orders', 0, topicId))).toEqual(['0:a', '1:new'])
  })

  it('is gone when the log begins anew, to be copied', async () => {
    const one = fixture()
    await (await fiveSafe(one)).close()
    spoilSecond(one)
    const { manager } = await opened(one)
    await verified(one, manager)

    await manager.beginAnew({ topic: 'orders', partition: 0 })

    const log = await manager.create('orders', 0, topicId)
    expect([log.logStartOffset, log.logEndOffset, log.highWatermark]).toEqual([0, 0, 0])
  })

  it('is none any more when the file is back from a copy', async () => {
    const one = fixture()
    await (await fiveSafe(one)).close()
    const whole = one.disk.read(first)
    spoilSecond(one)
    const { manager, back } = await opened(one)
    await verified(one, manager)

    one.disk.writeFile(first, whole)
    const log = await manager.create('orders', 0, topicId)

    expect(fetchValues(log)).toEqual(['0:a', '1:b', '2:c', '3:d', '4:e'])
    expect(back).toEqual(['orders-0'])
  })
})
