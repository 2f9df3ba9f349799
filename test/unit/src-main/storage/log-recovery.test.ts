/** Recovery of a log that is far larger than what one turn may read: where it begins, and how it gives way. */
import { describe, expect, it } from 'vitest'
import type { Clock, DiskFile } from '../../../../src-main/kernel/ports'
import { putInt32 } from '../../../../src-main/protocol/record/big-endian'
import { inTurns } from '../../../../src-main/storage/in-turns'
import { PartitionLog } from '../../../../src-main/storage/partition-log'
import { DeferredRemovals } from '../../../../src-main/storage/deferred-removals'
import { scratchBytes } from '../../../../src-main/storage/log-context'
import { defaultLogConfig } from '../../../../src-main/storage/log-types'
import { MemoryDisk } from '../../../support/memory-disk'
import { batchOf, sequencedBatch } from '../../../support/record-samples'
import { fixture, folder, openPartition } from '../../../support/storage-fixture'

const batch = batchOf(['x'.repeat(65_000)])
const batches = 6_000
const logPath = `${folder}/00000000000000000000.log`

/** A disk whose log is one batch again and again, each with its own base offset: 390 MB that nobody has to write. */
class HugeLogDisk extends MemoryDisk {
  readonly reads: { position: number; bytes: number }[] = []
  batches = batches

  get sizeBytes(): number {
    return this.batches * batch.length
  }

  override open(path: string, mode: 'append' | 'read' | 'create'): DiskFile {
    const file = super.open(path, mode)
    if (path !== logPath) return file
    return {
      path,
      sizeBytes: this.sizeBytes,
      append: () => expect.fail('recovery appends nothing'),
      truncate: () => expect.fail('recovery cuts nothing off'),
      runAhead: () => undefined,
      sync: () => Promise.resolve(),
      close: () => undefined,
      readAt: (position, into) => this.#read(position, into)
    }
  }

  override sizeOf(path: string): number | undefined {
    return path === logPath ? this.sizeBytes : super.sizeOf(path)
  }

  #read(position: number, into: Uint8Array): number {
    const bytes = Math.min(into.length, this.sizeBytes - position)
    this.reads.push({ position, bytes })
    for (let done = 0; done < bytes;) {
      const index = Math.floor((position + done) / batch.length)
      const from = (position + done) % batch.length
      putInt32(batch, 4, index)
      const piece = batch.subarray(from, Math.min(batch.length, from + bytes - done))
      into.set(piece, done)
      done += piece.length
    }
    return bytes
  }

  get readBytes(): number {
    return this.reads.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

function hugeLog(): HugeLogDisk {
  const disk = new HugeLogDisk()
  disk.makeDirectory(folder)
  disk.writeFile(logPath, new Uint8Array(0))
  for (const name of ['00000000000000000000.index', '00000000000000000000.timeindex'])
    disk.writeFile(`${folder}/${name}`, new Uint8Array(0))
  disk.writeFile(`${folder}/leader-epoch-checkpoint`, Buffer.from('0\n1\n0 0\n'))
  return disk
}

/** Opens after a crash in turns; tells how much each turn has read. */
async function recovered(disk: HugeLogDisk, recoveryPoint: number) {
  const { ports } = fixture(disk)
  const context = {
    ports,
    folder,
    removals: new DeferredRemovals(ports.clock, disk, ports.log),
    scratch: new Uint8Array(scratchBytes),
    failed: () => expect.fail('the disk is sound'),
    config: defaultLogConfig
  }
  const steps = PartitionLog.open(context, {
    topic: 'events',
    partition: 0,
    topicId: undefined,
    isClean: false,
    recoveryPoint,
    logStartOffset: 0,
    highWatermark: 0
  })
  const perTurn: number[] = []
  let before = 0
  const endTurn = (): void => {
    perTurn.push(disk.readBytes - before)
    before = disk.readBytes
  }
  const clock: Clock = {
    ...ports.clock,
    monotonicMs: () => performance.now(),
    soon: (callback) => {
      endTurn()
      setImmediate(callback)
    }
  }
  const log = await inTurns(clock, steps)
  endTurn()
  return { log, perTurn }
}

describe('recovery of a log of 390 MB', () => {
  it('gives way every few megabytes, and reads all of it when nothing is known to be safe', async () => {
    const disk = hugeLog()

    const { log, perTurn } = await recovered(disk, 0)

    expect(log.logEndOffset).toBe(batches)
    expect(disk.readBytes).toBeGreaterThanOrEqual(disk.sizeBytes)
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(32 * 262_144 + batch.length)
    expect(perTurn.length).toBeGreaterThan(disk.sizeBytes / (32 * 262_144))
  })

  it('begins at the batch before the recovery point, by the index, and reads nothing before it', async () => {
    const disk = hugeLog()
    const { log } = await recovered(disk, 0)
    await log.flush()
    disk.kill()
    disk.reads.length = 0
    const recoveryPoint = batches
    disk.batches += 40

    const again = await recovered(disk, recoveryPoint)

    expect(again.log.logEndOffset).toBe(batches + 40)
    const lowest = Math.min(...disk.reads.map(({ position }) => position))
    expect(lowest).toBeGreaterThanOrEqual((recoveryPoint - 2) * batch.length)
    expect(disk.readBytes).toBeLessThan(50 * batch.length)
    expect(again.log.locate(3_000, 100, batches, true)).toMatchObject([{ position: 3_000 * batch.length }])
  })

  it('reads all of it when the index does not bear out the recovery point', async () => {
    const disk = hugeLog()
    await recovered(disk, 0)
    disk.kill()
    disk.writeFile(`${folder}/00000000000000000000.index`, Uint8Array.of(0, 0, 0, 9, 0, 0, 0, 77))
    disk.reads.length = 0

    const { log } = await recovered(disk, batches - 40)

    expect(log.logEndOffset).toBe(batches)
    expect(disk.readBytes).toBeGreaterThanOrEqual(disk.sizeBytes)
    expect(log.locate(3_000, 100, batches, true)).toMatchObject([{ position: 3_000 * batch.length }])
  })
})

describe('the producers after a crash', () => {
  it('are known from the snapshot at the recovery point and the batches after it, each told once', async () => {
    const one = fixture()
    one.disk.makeDirectory(folder)
    const config = { indexIntervalBytes: 100 }
    const log = openPartition(one, { config })
    for (let i = 0; i < 20; i++) log.appendAsLeader(sequencedBatch(7, 0, i, ['v']), { leaderEpoch: 0 })
    await log.flush()
    for (let i = 20; i < 23; i++) log.appendAsLeader(sequencedBatch(7, 0, i, ['v']), { leaderEpoch: 0 })
    one.disk.kill()

    const again = openPartition(one, { config, recoveryPoint: 20 })

    expect(again.producers()).toMatchObject([{ producerId: 7, lastSequence: 22 }])
    for (const sequence of [19, 20, 21, 22])
      expect(again.appendAsLeader(sequencedBatch(7, 0, sequence, ['v']), { leaderEpoch: 0 })).toMatchObject({
        type: 'duplicate',
        baseOffset: sequence
      })
    expect(again.appendAsLeader(sequencedBatch(7, 0, 23, ['v']), { leaderEpoch: 0 })).toMatchObject({
      type: 'appended'
    })
  })
})
