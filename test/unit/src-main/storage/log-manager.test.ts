import { describe, expect, it } from 'vitest'
import { AppError } from '../../../../src-main/kernel/errors'
import { defaultLogConfig } from '../../../../src-main/storage/log-types'
import { readMetaProperties } from '../../../../src-main/storage/log-dir-identity'
import type { LogManager } from '../../../../src-main/storage/log-manager'
import { MemoryDisk } from '../../../support/memory-disk'
import { batchOf, bytesOf, sequencedBatch, textOf } from '../../../support/record-samples'
import { commitAll, fetchValues, fixture, openManager, type Fixture } from '../../../support/storage-fixture'

const topicId = 'q9Xj2bJ2TzK0Zc1lq2mJ_g'

async function produce(manager: LogManager, topic: string, ...values: readonly string[]): Promise<void> {
  await produceAs(topicId, manager, topic, ...values)
}

async function produceAs(id: string, manager: LogManager, topic: string, ...values: readonly string[]): Promise<void> {
  const log = await manager.create(topic, 0, id)
  for (const value of values) log.appendAsLeader(batchOf([value]), { leaderEpoch: 0 })
  commitAll(log)
}

/** Lets promises that wait only for promises come to their end. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a log directory', () => {
  it('that is new becomes ours', async () => {
    const one = fixture()

    const manager = await openManager(one)

    expect(manager.wasClean).toBe(true)
    expect(textOf(one.disk.read('/data/meta.properties'))).toBe(
      'version=0\nbroker.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAw\n'
    )
    expect(readMetaProperties(one.disk, '/data')).toEqual({ brokerId: 1, clusterId: 'AAAAAAAAAAAAAAAAAAAAAw' })
  })

  it('of another broker, cluster or purpose is refused in one sentence and not touched', async () => {
    const one = fixture()
    await (await openManager(one)).close()
    const before = one.disk.paths

    await expect(openManager(one, { brokerId: 2 })).rejects.toMatchObject({
      code: 'FOREIGN_FOLDER',
      message: '/data belongs to broker 1, not to 2. Choose another folder.'
    })
    await expect(openManager(one, { clusterId: 'BBBBBBBBBBBBBBBBBBBBBw' })).rejects.toMatchObject({
      code: 'FOREIGN_FOLDER'
    })
    one.disk.makeDirectory('/home/Documents')
    await expect(openManager(one, { dir: '/home' })).rejects.toMatchObject({ code: 'FOREIGN_FOLDER' })

    expect(one.disk.paths).toEqual(before)
  })

  it('is used by one process at a time', async () => {
    const one = fixture()
    const manager = await openManager(one)

    await expect(openManager(one)).rejects.toMatchObject({ code: 'LOCKED' })
    await manager.close()

    await (await openManager(one)).close()
  })

  it('that is read-only is refused and not left locked', async () => {
    const one = fixture()
    one.disk.makeDirectory('/data')
    one.disk.isReadOnly = true
    await expect(openManager(one)).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    one.disk.isReadOnly = false

    await (await openManager(one)).close()
  })
})

describe('a log directory on a full disk', () => {
  it('opens although there is no room to say whose it is, and takes partitions when there is', async () => {
    const one = fixture()
    one.disk.makeDirectory('/data')
    one.disk.capacityBytes = 0

    const manager = await openManager(one)

    await expect(manager.create('orders', 0, topicId)).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(one.disk.list('/data')).toEqual([])
    one.disk.capacityBytes = Infinity
    await produce(manager, 'orders', 'a')
    await manager.close()
    expect(readMetaProperties(one.disk, '/data')).toMatchObject({ brokerId: 1 })
    expect(fetchValues((await (await openManager(one)).load('orders', 0)) ?? expect.fail())).toEqual(['0:a'])
  })

  it('recovers after a kill, serves what it has, and does its periodic work when there is room', async () => {
    const before = fixture()
    await produce(await openManager(before), 'orders', 'a', 'b')
    before.disk.kill()
    const one = fixture(before.disk)
    one.disk.capacityBytes = one.disk.usedBytes

    const manager = await openManager(one)
    await manager.recoverAll(() => undefined)
    one.clock.advance(60_000)
    await settled()

    const log = manager.opened('orders', 0) ?? expect.fail()
    expect(fetchValues(log)).toEqual(['0:a', '1:b'])
    expect(log.appendAsLeader(batchOf(['c']), { leaderEpoch: 0 })).toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
    one.disk.capacityBytes = Infinity
    expect(log.appendAsLeader(batchOf(['c']), { leaderEpoch: 0 })).toMatchObject({ type: 'appended', baseOffset: 2 })
    one.clock.advance(60_000)
    await settled()
    expect(textOf(one.disk.read('/data/recovery-point-offset-checkpoint'))).toBe('0\n1\norders 0 3\n')
    expect(one.failures).toEqual([])
  })

  it('that fills up before a stop recovers at the next start', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a')
    one.disk.capacityBytes = one.disk.usedBytes
    await manager.close()
    one.disk.capacityBytes = Infinity

    const again = await openManager(one)

    expect(again.wasClean).toBe(false)
    expect(fetchValues((await again.load('orders', 0)) ?? expect.fail())).toEqual(['0:a'])
  })

  it('deletes a partition at once when there is no room for another name of it', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a')
    one.disk.rename = (from) => {
      throw new AppError('DISK_FULL', `The disk is full: ${from}.`)
    }

    await manager.delete('orders', 0)

    expect(one.disk.paths.filter((path) => path.includes('orders'))).toEqual([])
  })
})

describe('bytes on disk', () => {
  it('are told without opening a log, and not before all are measured', async () => {
    const one = fixture()
    const first = await openManager(one)
    for (let i = 0; i < 40; i++) await produce(first, `topic${i}`, 'a')
    const bytes = first.totalBytes
    await first.close()

    const manager = await openManager(one)

    expect(manager.totalBytes).toBeUndefined()
    for (let turn = 0; turn < 5; turn++) await settled()
    expect(manager.totalBytes).toBe(bytes)
    expect(manager.opened('topic0', 0)).toBeUndefined()
  })
})

describe('partitions', () => {
  it('are created with their topic id and found again', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a', 'b')
    await manager.close()

    const again = await openManager(one)

    expect(again.names()).toEqual([{ topic: 'orders', partition: 0 }])
    expect((await again.load('orders', 0))?.topicId).toBe(topicId)
    expect(fetchValues((await again.load('orders', 0)) ?? expect.fail())).toEqual(['0:a', '1:b'])
    expect(again.totalBytes).toBe((await again.load('orders', 0))?.sizeBytes)
    expect(await again.load('orders', 1)).toBeUndefined()
  })

  it('are one log for all who create them at the same time', async () => {
    const one = fixture()
    const manager = await openManager(one)

    const logs = await Promise.all([1, 2, 3].map(() => manager.create('orders', 0, topicId)))

    expect(new Set(logs).size).toBe(1)
    expect(manager.opened('orders', 0)).toBe(logs[0])
    await manager.close()
  })

  it('that are deleted are gone at once, their files after file.delete.delay.ms', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a')

    await manager.delete('orders', 0)

    expect(manager.names()).toEqual([])
    const [folder] = one.disk.list('/data').filter(({ isDirectory }) => isDirectory)
    expect(folder?.name).toMatch(/^orders-0\.[0-9a-f]{32}-delete$/)
    one.clock.advance(60_000)
    expect(one.disk.list('/data').filter(({ isDirectory }) => isDirectory)).toEqual([])
  })

  it.each([
    [
      'lose their partition.metadata',
      undefined,
      (one: Fixture) => one.disk.remove('/data/orders-0/partition.metadata')
    ],
    ['lose what is in it', 0, () => undefined]
  ])('that are empty and %s in a power cut open, and are their topic’s again', async (_what, left, lose) => {
    const one = fixture()
    await (await openManager(one)).create('orders', 0, topicId)
    one.disk.crash(() => 0)
    lose(one)
    expect(one.disk.sizeOf('/data/orders-0/partition.metadata')).toBe(left)

    const again = await openManager(one)
    await again.recoverAll(() => undefined)
    const log = await again.create('orders', 0, topicId)

    expect([log.topicId, log.logEndOffset]).toEqual([topicId, 0])
    one.disk.crash(() => 0)
    expect((await (await openManager(one)).load('orders', 0))?.topicId).toBe(topicId)
    expect(one.failures).toEqual([])
  })

  describe('of a folder that was put there while the broker runs', () => {
    async function putBack(ofTopic: string) {
      const one = fixture()
      const earlier = await openManager(one)
      await produceAs(ofTopic, earlier, 'orders', 'a')
      await earlier.close(7)
      const next = fixture()
      const manager = await openManager(next)
      next.disk.makeDirectory('/data/orders-0')
      for (const { name } of one.disk.list('/data/orders-0'))
        await next.disk.replace(`/data/orders-0/${name}`, one.disk.read(`/data/orders-0/${name}`))
      return { ...next, manager, files: next.disk.list('/data/orders-0') }
    }

    it('are opened with what is in it', async () => {
      const { manager } = await putBack(topicId)
      const log = await manager.create('orders', 0, topicId)
      expect([log.topicId, log.logEndOffset]).toEqual([topicId, 1])
    })

    it('are refused when they are another topic’s, and nothing of them is touched', async () => {
      const { manager, disk, files } = await putBack('AAAAAAAAQACAAAAAAAAABw')
      const identity = disk.read('/data/orders-0/partition.metadata')

      await expect(manager.create('orders', 0, topicId)).rejects.toThrow('/data/orders-0 is there already')

      expect(disk.list('/data/orders-0')).toEqual(files)
      expect(disk.read('/data/orders-0/partition.metadata')).toEqual(identity)
      expect(manager.names()).toEqual([])
    })

    it('stay there when they cannot be taken', async () => {
      const { manager, disk } = await putBack(topicId)
      disk.remove('/data/orders-0/partition.metadata')
      disk.isFull = true

      await expect(manager.create('orders', 0, topicId)).rejects.toMatchObject({ code: 'DISK_FULL' })

      expect(disk.exists('/data/orders-0/00000000000000000000.log')).toBe(true)
    })
  })

  it('keep their partition.metadata with the first records that are safe', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a')
    await manager.upkeep.checkpointRecoveryPoints()
    one.disk.crash(() => 0)

    const log = await (await openManager(one)).load('orders', 0)

    expect([log?.topicId, log?.logEndOffset]).toEqual([topicId, 1])
  })

  it('that are deleted are so after a power cut, too, as soon as that is said', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await manager.create('orders', 0, topicId)
    await manager.delete('orders', 0)
    one.disk.syncedFolders.splice(0)

    await manager.deletionsSafe()
    await manager.deletionsSafe()

    expect(one.disk.syncedFolders).toEqual(['/data'])
  })

  it('that are deleted and made anew begin at 0 without the old producers', async () => {
    const one = fixture()
    const manager = await openManager(one)
    const before = await manager.create('orders', 0, topicId)
    before.appendAsLeader(sequencedBatch(7, 0, 0, ['old']), { leaderEpoch: 0 })
    await manager.upkeep.checkpointOffsets()
    await manager.delete('orders', 0)

    const anew = await manager.create('orders', 0, 'BBBBBBBBBBBBBBBBBBBBBB')

    expect([anew.logEndOffset, anew.topicId, anew.producers()]).toEqual([0, 'BBBBBBBBBBBBBBBBBBBBBB', []])
  })

  it('may be deleted while they are flushed, and while somebody opens them', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a')
    const flushing = manager.upkeep.checkpointRecoveryPoints()
    await manager.delete('orders', 0)
    await flushing
    await produce(manager, 'events', 'a')
    await manager.close()
    const again = await openManager(fixture(one.disk))

    const opening = again.load('events', 0)
    await again.delete('events', 0)
    await opening

    expect(again.names()).toEqual([])
    expect(one.failures).toEqual([])
    expect(one.disk.list('/data').filter(({ name }) => /^(orders|events)-0$/.test(name))).toEqual([])
  })

  it('whose deletion a stop interrupted are removed by the next start', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a')
    await manager.delete('orders', 0)
    await manager.close()

    await openManager(one)
    one.clock.advance(60_000)

    expect(one.disk.paths.filter((path) => path.includes('orders'))).toEqual([])
  })

  it('that do not fit on the disk leave nothing behind', async () => {
    const one = fixture()
    const manager = await openManager(one)
    one.disk.capacityBytes = one.disk.usedBytes + 10

    await expect(manager.create('orders', 0, topicId)).rejects.toThrow(/full/)

    expect(manager.names()).toEqual([])
    expect(one.disk.paths.filter((path) => path.includes('orders'))).toEqual([])
  })

  it('take a new config at run time', async () => {
    const manager = await openManager(fixture())
    await produce(manager, 'orders', 'a')

    await manager.updateConfigs(() => ({ ...defaultLogConfig, maxMessageBytes: 70 }), 'orders')

    expect(
      (await manager.load('orders', 0))?.appendAsLeader(batchOf(['long value']), { leaderEpoch: 0 })
    ).toMatchObject({
      error: 'MESSAGE_TOO_LARGE'
    })
  })

  it('obey a config that changed while they were being opened', async () => {
    const one = fixture()
    const before = await openManager(one)
    await produce(before, 'orders', 'a')
    await before.close()
    let maxMessageBytes = 1_000_000
    const manager = await openManager(one, { configOf: () => ({ ...defaultLogConfig, maxMessageBytes }) })

    const loading = manager.load('orders', 0)
    maxMessageBytes = 70
    await manager.updateConfigs(() => ({ ...defaultLogConfig, maxMessageBytes }))

    expect((await loading)?.config.maxMessageBytes).toBe(70)
  })

  it('are safely deleted only when a sync that began before has ended, too', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a')
    await manager.delete('orders', 0)
    let end: () => void = () => undefined
    const begun: string[] = []
    one.disk.syncDirectory = (path: string) => {
      begun.push(path)
      return new Promise((resolve) => (end = () => resolve('synced')))
    }

    const first = manager.deletionsSafe()
    let isSecondDone = false
    const second = manager.deletionsSafe().then(() => (isSecondDone = true))
    await settled()
    const wasDoneTooSoon = isSecondDone
    end()
    await Promise.all([first, second])

    expect(wasDoneTooSoon).toBe(false)
    expect(begun).toEqual(['/data'])
  })

  it('are not opened by a start', async () => {
    const one = fixture()
    const manager = await openManager(one)
    for (let i = 0; i < 50; i++) await produce(manager, `topic${i}`, 'a')
    await manager.close()
    let opens = 0
    const counting = new Proxy(one.disk, {
      get(disk, name) {
        if (name === 'open') opens++
        const member: unknown = Reflect.get(disk, name)
        return typeof member === 'function' ? (member.bind(disk) as unknown) : member
      }
    })

    const again = await openManager({ ...one, ports: { ...one.ports, disk: counting } })

    expect([again.names().length, opens]).toEqual([50, 0])
  })
})

describe('stopping', () => {
  it('cleanly says so, once, until the next start', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a', 'b')

    await manager.close(31)
    await manager.close()

    expect(textOf(one.disk.read('/data/.kafka_cleanshutdown'))).toBe('{"version":0,"brokerEpoch":31}')
    expect(textOf(one.disk.read('/data/recovery-point-offset-checkpoint'))).toBe('0\n1\norders 0 2\n')
    expect(textOf(one.disk.read('/data/replication-offset-checkpoint'))).toBe('0\n1\norders 0 2\n')
    expect((await openManager(one)).wasClean).toBe(true)
    expect(one.disk.exists('/data/.kafka_cleanshutdown')).toBe(false)
    expect(one.clock.pending).toBe(3)
  })

  it('by a kill is noticed, and each partition recovers when it is first used', async () => {
    const one = fixture()
    await produce(await openManager(one), 'orders', 'a', 'b')
    one.disk.kill()
    const log = '/data/orders-0/00000000000000000000.log'
    one.disk.writeFile(log, one.disk.read(log).slice(0, -3))

    const manager = await openManager(one)

    expect(manager.wasClean).toBe(false)
    expect(one.messages).toEqual([])
    await manager.recoverAll(() => undefined)
    expect(fetchValues(manager.opened('orders', 0) ?? expect.fail())).toEqual(['0:a'])
    expect(one.messages.join()).toContain('recovery cut')
  })

  it('cleanly after a kill recovers what nobody has used before it says so', async () => {
    const one = fixture()
    await produce(await openManager(one), 'orders', 'a', 'b')
    one.disk.kill()
    const log = '/data/orders-0/00000000000000000000.log'
    one.disk.writeFile(log, one.disk.read(log).slice(0, -3))

    await (await openManager(one)).close()

    const manager = await openManager(one)
    expect(manager.wasClean).toBe(true)
    expect((await manager.load('orders', 0))?.logEndOffset).toBe(1)
  })

  it('by a kill gives way after each partition that the next start recovers', async () => {
    const before = fixture()
    const first = await openManager(before)
    for (let i = 0; i < 60; i++) await produce(first, `topic${i}`, 'a')
    before.disk.kill()
    const one = fixture(before.disk)
    const manager = await openManager(one)
    const perTurn: number[] = []
    let opened = 0
    const soon = one.clock.soon.bind(one.clock)
    one.clock.soon = (callback) => {
      perTurn.push(opened)
      opened = 0
      soon(callback)
    }

    await manager.recoverAll(() => (opened += 1))

    expect(Math.max(...perTurn)).toBeLessThanOrEqual(2)
  })

  it('in the middle of recovery does not wait for the rest, which the next start recovers', async () => {
    const before = fixture()
    const first = await openManager(before)
    for (let i = 0; i < 5; i++) await produce(first, `topic${i}`, 'a')
    before.disk.kill()
    const manager = await openManager(fixture(before.disk))
    let stopping: Promise<void> | undefined
    const told: number[] = []

    await manager.recoverAll(({ done }) => {
      told.push(done)
      if (done === 2) stopping = manager.close()
    })
    await stopping

    expect(told).toEqual([0, 1, 2])
    const again = await openManager(fixture(before.disk))
    expect(again.wasClean).toBe(false)
    await again.recoverAll(() => undefined)
    expect(fetchValues(again.opened('topic4', 0) ?? expect.fail())).toEqual(['0:a'])
  })

  it('keeps what the checkpoints say of partitions that were not opened', async () => {
    const one = fixture()
    const first = await openManager(one)
    await produce(first, 'orders', 'a', 'b')
    const orders = await first.load('orders', 0)
    orders?.deleteRecordsBefore(1)
    await first.close()

    await (await openManager(one)).close()

    expect(textOf(one.disk.read('/data/recovery-point-offset-checkpoint'))).toBe('0\n1\norders 0 2\n')
    const again = await openManager(one)
    expect((await again.load('orders', 0))?.logStartOffset).toBe(1)
  })

  it('with a failed disk tells the owner once and is not a clean one', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a')
    one.disk.failsToSync = true

    one.clock.advance(60_000)
    await settled()
    await manager.close()

    expect(one.failures).toMatchObject([{ code: 'DISK_FAILED' }])
    expect(one.disk.exists('/data/.kafka_cleanshutdown')).toBe(false)
  })
})

describe('periodic work', () => {
  it('checkpoints high watermarks each five seconds and recovery points each minute', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a')

    one.clock.advance(5_000)
    await settled()
    expect(textOf(one.disk.read('/data/replication-offset-checkpoint'))).toBe('0\n1\norders 0 1\n')
    expect(one.disk.exists('/data/recovery-point-offset-checkpoint')).toBe(false)

    one.clock.advance(55_000)
    await settled()
    expect(textOf(one.disk.read('/data/recovery-point-offset-checkpoint'))).toBe('0\n1\norders 0 1\n')
  })

  it('applies retention first after 30 seconds, then as often as it is told', async () => {
    const one = fixture()
    const config = { ...defaultLogConfig, retentionMs: 1_000 }
    const manager = await openManager(one, { defaults: config, intervals: { retentionMs: 7_000 } })
    const log = await manager.create('orders', 0, topicId)
    const old = (): void => {
      log.appendAsLeader(batchOf(['old'], { timestamp: 1n }), { leaderEpoch: 0 })
      commitAll(log)
    }

    old()
    one.clock.advance(29_000)
    await settled()
    expect(log.logStartOffset).toBe(0)
    one.clock.advance(1_000)
    await settled()
    expect(log.logStartOffset).toBe(1)

    old()
    one.clock.advance(7_000)
    await settled()
    expect(log.logStartOffset).toBe(2)
  })

  it('leaves an idle disk alone', async () => {
    const one = fixture()
    await openManager(one)
    one.clock.advance(5_000)
    await settled()
    one.disk.isReadOnly = true

    one.clock.advance(5_000)
    await settled()

    expect(one.failures).toEqual([])
  })

  it('waits for space when the disk is full', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a')
    one.disk.capacityBytes = one.disk.usedBytes

    one.clock.advance(5_000)
    await settled()
    expect(one.messages.join()).toContain('disk is full')
    one.disk.capacityBytes = Infinity
    one.clock.advance(5_000)
    await settled()

    expect(one.failures).toEqual([])
    expect(textOf(one.disk.read('/data/replication-offset-checkpoint'))).toBe('0\n1\norders 0 1\n')
  })

  it('starts with an unreadable checkpoint', async () => {
    const one = fixture(new MemoryDisk())
    const first = await openManager(one)
    await produce(first, 'orders', 'a')
    await first.close()
    one.disk.writeFile('/data/replication-offset-checkpoint', bytesOf('garbage'))

    const manager = await openManager(one)

    const log = await manager.load('orders', 0)
    expect([log?.highWatermark, log?.logEndOffset]).toEqual([0, 1])
    expect(one.messages.join()).toContain('unreadable')
  })

  it('opens a log with the watermark that was checkpointed, however much was appended after that', async () => {
    const one = fixture()
    const first = await openManager(one)
    await produce(first, 'orders', 'a', 'b')
    one.clock.advance(5_000)
    await settled()
    await produce(first, 'orders', 'c')
    one.disk.kill()

    const log = await (await openManager(one)).load('orders', 0)

    expect([log?.logStartOffset, log?.highWatermark, log?.logEndOffset]).toEqual([0, 2, 3])
  })

  it('writes all checkpoints anew when a log goes back, before they vouch for what comes next', async () => {
    const one = fixture()
    const manager = await openManager(one)
    await produce(manager, 'orders', 'a', 'b', 'c')
    one.clock.advance(60_000)
    await settled()
    const log = await manager.load('orders', 0)

    log?.truncateTo(1)
    await settled()
    expect(textOf(one.disk.read('/data/recovery-point-offset-checkpoint'))).toBe('0\n1\norders 0 1\n')
    expect(textOf(one.disk.read('/data/replication-offset-checkpoint'))).toBe('0\n1\norders 0 1\n')
    log?.startAt(7)
    await settled()

    expect(textOf(one.disk.read('/data/log-start-offset-checkpoint'))).toBe('0\n1\norders 0 7\n')
    expect(textOf(one.disk.read('/data/replication-offset-checkpoint'))).toBe('0\n1\norders 0 7\n')
  })
})
