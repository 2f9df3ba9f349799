import { beforeAll, describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../src-main/adapters/node-checksum'
import { AppError } from '../../../../src-main/kernel/errors'
import { buildBatch } from '../../../../src-main/protocol/record/batch-builder'
import { hasBatchCrc, readBatchHeader } from '../../../../src-main/protocol/record/batch-header'
import type { AppendResult } from '../../../../src-main/storage/log-types'
import type { PartitionLog } from '../../../../src-main/storage/partition-log'
import {
  batchOf,
  bytesOf,
  compressedWith,
  loadCodecs,
  recordOf,
  sequencedBatch,
  textOf
} from '../../../support/record-samples'
import { commitAll, fetchBytes, fetchValues, fixture, folder, openPartition } from '../../../support/storage-fixture'
import type { Fixture } from '../../../support/storage-fixture'

beforeAll(loadCodecs)

/** As the leader of a sole replica. */
function append(log: PartitionLog, batch: Uint8Array, leaderEpoch = 0): AppendResult {
  const result = log.appendAsLeader(batch, { leaderEpoch })
  commitAll(log)
  return result
}
/** As a leader whose followers have not fetched. */
const appendUncommitted = (log: PartitionLog, batch: Uint8Array): AppendResult =>
  log.appendAsLeader(batch, { leaderEpoch: 0 })
const appendAll = (log: PartitionLog, ...values: readonly string[]): void => {
  for (const value of values) append(log, batchOf([value]))
}
const errorOf = (result: AppendResult): string => (result.type === 'error' ? result.error : result.type)

describe('appending as leader', () => {
  it('numbers batches one after the other and stores what was sent', () => {
    const log = openPartition(fixture())

    expect(append(log, batchOf(['a', 'b']))).toEqual({
      type: 'appended',
      baseOffset: 0,
      lastOffset: 1,
      logAppendTimeMs: -1,
      logStartOffset: 0
    })
    expect(append(log, batchOf(['c']), 4)).toMatchObject({ baseOffset: 2, lastOffset: 2 })

    expect(fetchValues(log)).toEqual(['0:a', '1:b', '2:c'])
    expect([log.logEndOffset, log.highWatermark, log.latestEpoch]).toEqual([3, 3, 4])
    expect(readBatchHeader(fetchBytes(log, 2))).toMatchObject({ partitionLeaderEpoch: 4 })
  })

  it('returns compressed batches byte for byte, but for base offset and leader epoch', () => {
    const log = openPartition(fixture())
    for (const codec of [0, 1, 2, 3, 4] as const) {
      const sent = batchOf(['some', 'records'], compressedWith(codec))
      append(log, sent.slice(), 1)

      const stored = fetchBytes(log, codec * 2)

      expect(Buffer.from(stored.subarray(16)).equals(Buffer.from(sent.subarray(16)))).toBe(true)
    }
  })

  it('needs the bytes only during the call', () => {
    const log = openPartition(fixture())
    const shared = batchOf(['kept'])

    append(log, shared)
    shared.fill(0xee)

    expect(fetchValues(log)).toEqual(['0:kept'])
  })

  it('refuses what validation refuses and stays as it was', () => {
    const log = openPartition(fixture(), { config: { maxMessageBytes: 100 } })
    const corrupt = batchOf(['a'])
    corrupt[65] = 0xee

    expect(errorOf(append(log, corrupt))).toBe('CORRUPT_MESSAGE')
    expect(errorOf(append(log, batchOf(['x'.repeat(100)])))).toBe('MESSAGE_TOO_LARGE')
    expect(errorOf(log.appendAsLeader(batchOf(['a'], compressedWith(4)), { leaderEpoch: 0, produceVersion: 6 }))).toBe(
      'UNSUPPORTED_COMPRESSION_TYPE'
    )

    expect([log.logEndOffset, log.sizeBytes]).toEqual([0, 0])
  })

  it('stamps LogAppendTime topics with the time of the broker', () => {
    const one = fixture()
    const log = openPartition(one, { config: { messageTimestampType: 'LogAppendTime' } })

    const result = append(log, batchOf(['a'], { timestamp: 5n }))

    expect(result).toMatchObject({ type: 'appended', logAppendTimeMs: one.clock.nowMs() })
    const stored = fetchBytes(log, 0)
    expect(readBatchHeader(stored)).toMatchObject({
      timestampType: 'LogAppendTime',
      maxTimestamp: BigInt(one.clock.nowMs())
    })
    expect(hasBatchCrc(stored, 0, stored.length, nodeChecksum)).toBe(true)
  })

  it('answers a retry of an idempotent batch with its first offset', () => {
    const log = openPartition(fixture())
    for (let i = 0; i < 5; i++) append(log, sequencedBatch(7, 0, i * 2, ['x', 'y']))

    expect(append(log, sequencedBatch(7, 0, 2, ['x', 'y']))).toMatchObject({
      type: 'duplicate',
      baseOffset: 2,
      lastOffset: 3
    })
    expect(errorOf(append(log, sequencedBatch(7, 0, 12, ['gap'])))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(errorOf(append(log, sequencedBatch(7, 1, 0, ['new epoch'])))).toBe('appended')
    expect(errorOf(append(log, sequencedBatch(7, 0, 10, ['old epoch'])))).toBe('INVALID_PRODUCER_EPOCH')

    expect(log.logEndOffset).toBe(11)
    expect(log.producers()).toEqual([
      { producerId: 7, producerEpoch: 1, lastSequence: 0, lastTimestampMs: 1_700_000_000_000 }
    ])
  })

  it('wants a key for every record of a compacted topic', () => {
    const log = openPartition(fixture(), { config: { cleanupPolicy: 'compact' } })
    const keyed = buildBatch([recordOf('v', { key: bytesOf('k') })], nodeChecksum, compressedWith(1))

    expect(errorOf(append(log, keyed))).toBe('appended')
    expect(errorOf(append(log, batchOf(['no key'])))).toBe('INVALID_RECORD')
  })
})

describe('a full disk', () => {
  it('answers KAFKA_STORAGE_ERROR, and the log goes on when there is space again', () => {
    const one = fixture()
    const log = openPartition(one)
    append(log, sequencedBatch(7, 0, 0, ['before']))
    one.disk.capacityBytes = one.disk.usedBytes + 10

    expect(errorOf(append(log, sequencedBatch(7, 0, 1, ['lost'])))).toBe('KAFKA_STORAGE_ERROR')
    one.disk.capacityBytes = Infinity

    expect(append(log, sequencedBatch(7, 0, 1, ['after']))).toMatchObject({ type: 'appended', baseOffset: 1 })
    expect(fetchValues(log)).toEqual(['0:before', '1:after'])
  })

  it('while rolling leaves the old segment in use', () => {
    const one = fixture()
    const log = openPartition(one, { config: { segmentBytes: 150, indexIntervalBytes: 10 } })
    appendAll(log, 'a', 'b')
    one.disk.capacityBytes = one.disk.usedBytes

    expect(errorOf(append(log, batchOf(['c'])))).toBe('KAFKA_STORAGE_ERROR')
    one.disk.capacityBytes = Infinity
    appendAll(log, 'c', 'd')

    expect(fetchValues(log)).toEqual(['0:a', '1:b', '2:c', '3:d'])
  })
})

describe('a full disk and the files beside the log', () => {
  const small = { segmentBytes: 150, indexIntervalBytes: 10 }

  /** No file whose name ends so can be made, grow or be written anew. */
  function withoutRoomFor(one: Fixture, ending: string): { isFull: boolean } {
    const state = { isFull: true }
    const { disk } = one
    const full = (path: string): void => {
      if (state.isFull && path.endsWith(ending)) throw new AppError('DISK_FULL', `The disk is full: ${path}.`)
    }
    const [open, replace, replaceUnsynced] = [
      disk.open.bind(disk),
      disk.replace.bind(disk),
      disk.replaceUnsynced.bind(disk)
    ]
    disk.open = (path, mode) => {
      if (!disk.exists(path)) full(path)
      const file = open(path, mode)
      const append = file.append.bind(file)
      return Object.assign(file, { append: (bytes: Uint8Array): void => (full(path), append(bytes)) })
    }
    disk.replace = (path, bytes) => (full(path), replace(path, bytes))
    disk.replaceUnsynced = (path, bytes) => (full(path), replaceUnsynced(path, bytes))
    return state
  }

  it('a roll that found no room leaves no empty segment that would hide what the old one takes', () => {
    const one = fixture()
    const log = openPartition(one, { config: small })
    appendAll(log, 'a', 'b')
    const state = withoutRoomFor(one, '2.log')
    expect(errorOf(append(log, batchOf(['x'.repeat(40)])))).toBe('KAFKA_STORAGE_ERROR')

    log.updateConfig({ ...log.config, segmentBytes: 1_000_000 })
    appendAll(log, 'c', 'd')
    state.isFull = false
    log.roll()
    appendAll(log, 'e')
    one.disk.kill()

    expect(one.disk.exists(`${folder}/00000000000000000002.log`)).toBe(false)
    expect(fetchValues(openPartition(one, { config: small }), 2)).toEqual(['2:c', '3:d', '4:e'])
  })

  it.each(['.index', '.timeindex', 'leader-epoch-checkpoint'])(
    'the recovery point waits for %s, and a stop without it is no clean one',
    async (ending) => {
      const one = fixture()
      const log = openPartition(one, { config: { indexIntervalBytes: 10 } })
      const state = withoutRoomFor(one, ending)
      append(log, batchOf(['a']))
      log.appendAsLeader(batchOf(['b'.repeat(20)]), { leaderEpoch: 3 })
      log.appendAsLeader(batchOf(['c'.repeat(20)]), { leaderEpoch: 3 })

      await log.flush()
      expect(log.recoveryPoint).toBe(0)

      state.isFull = false
      await log.flush()
      expect(log.recoveryPoint).toBe(log.logEndOffset)

      log.appendAsLeader(batchOf(['d'.repeat(20)], { timestamp: 1_700_000_100_000n }), { leaderEpoch: 4 })
      state.isFull = true
      await expect(log.close()).rejects.toMatchObject({ code: 'DISK_FULL' })
      state.isFull = false
      const again = openPartition(one, { config: { indexIntervalBytes: 10 }, recoveryPoint: log.recoveryPoint })
      expect(again.endOffsetForEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 1 })
      expect([again.latestEpoch, again.logEndOffset]).toEqual([4, log.logEndOffset])
    }
  )

  it('what is appended while a flush runs does not hold its recovery point back', async () => {
    const one = fixture()
    const log = openPartition(one, { config: { indexIntervalBytes: 10 } })
    appendAll(log, 'a', 'b', 'c')

    const flushing = log.flush()
    appendAll(log, 'd', 'e')
    await flushing

    expect(log.recoveryPoint).toBe(3)
  })

  it('an epoch that begins while the file is made safe has the last word', async () => {
    const one = fixture()
    const log = openPartition(one)
    append(log, batchOf(['a']))
    const flushing = log.flush()
    await Promise.resolve()

    log.assignLeaderEpoch(7)
    await flushing

    expect(textOf(one.disk.read(`${folder}/leader-epoch-checkpoint`))).toBe('0\n2\n0 0\n7 1\n')
  })
})

describe('a slow disk', () => {
  it('is reported when it holds the process up for more than 20 ms', () => {
    const one = fixture()
    const log = openPartition(one)
    let waitMs = 20
    const open = one.disk.open.bind(one.disk)
    one.disk.open = (path, mode) => {
      const opened = open(path, mode)
      const append = opened.append.bind(opened)
      return Object.assign(opened, {
        append(bytes: Uint8Array) {
          one.clock.advance(waitMs)
          append(bytes)
        }
      })
    }

    appendAll(log, 'a')
    expect(one.messages).toEqual([])
    waitMs = 21
    appendAll(log, 'b')

    expect(one.messages).toEqual(['the disk was slow to take a batch'])
  })
})

describe('a failed disk', () => {
  it('is thrown to the owner as DISK_FAILED', () => {
    const one = fixture()
    const log = openPartition(one)
    appendAll(log, 'a')
    one.disk.isReadOnly = true

    expect(() => append(log, batchOf(['b']))).toThrow(AppError)
    expect(() => append(log, batchOf(['b']))).toThrow(/disk failed/)
  })

  it('at fdatasync rejects the flush and is never tried again', async () => {
    const one = fixture()
    const log = openPartition(one)
    appendAll(log, 'a')
    one.disk.failsToSync = true

    await expect(log.flush()).rejects.toMatchObject({ code: 'DISK_FAILED' })

    expect(log.recoveryPoint).toBe(0)
  })
})

describe('locating a fetch', () => {
  const small = { segmentBytes: 300, indexIntervalBytes: 100 }

  it('finds every offset through the index, across segments', () => {
    const log = openPartition(fixture(), { config: small })
    for (let i = 0; i < 40; i++) append(log, batchOf([`${i}a`, `${i}b`]))
    expect(log.segmentCount).toBeGreaterThan(5)

    for (let offset = 0; offset < 80; offset++) {
      const header = readBatchHeader(fetchBytes(log, offset, 1))
      expect([header.baseOffset, header.lastOffset]).toEqual([offset - (offset % 2), offset - (offset % 2) + 1])
    }
    expect(fetchValues(log, 33)[0]).toBe('33:16b')
  })

  it('is out of range below the start and above the end, and empty at the end', () => {
    const log = openPartition(fixture())
    appendAll(log, 'a', 'b')
    log.deleteRecordsBefore(1)

    expect(log.locate(0, 100, 2, true)).toBe('OFFSET_OUT_OF_RANGE')
    expect(log.locate(3, 100, 2, true)).toBe('OFFSET_OUT_OF_RANGE')
    expect(log.locate(-1, 100, 2, true)).toBe('OFFSET_OUT_OF_RANGE')
    expect(log.locate(2, 100, 2, true)).toEqual([])
  })

  it('returns a first batch that is larger than the limit whole, or nothing without that wish', () => {
    const log = openPartition(fixture())
    appendAll(log, 'x'.repeat(500))

    expect(fetchBytes(log, 0, 10).length).toBe(log.sizeBytes)
    expect(log.locate(0, 10, 1, false)).toEqual([])
  })

  it('fills the limit over segment borders', () => {
    const log = openPartition(fixture(), { config: small })
    for (let i = 0; i < 20; i++) appendAll(log, `value ${i}`)

    const slices = log.locate(0, log.sizeBytes - 30, 20, true)

    if (slices === 'OFFSET_OUT_OF_RANGE') throw new Error(slices)
    expect(slices.length).toBe(log.segmentCount)
    expect(slices.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)).toBe(log.sizeBytes - 30)
  })

  it('ends at the high watermark', () => {
    const log = openPartition(fixture(), { config: small })
    for (let i = 0; i < 20; i++) appendUncommitted(log, batchOf([`value ${i}`]))

    expect(log.locate(0, 10_000, log.highWatermark, true)).toEqual([])
    log.advanceHighWatermark(7)

    expect(fetchValues(log, 0, log.highWatermark)).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => `${i}:value ${i}`))
  })
})

describe('looking up by time', () => {
  const times = [100n, 300n, 200n, 400n, 400n, 50n, 600n]

  function timed(): PartitionLog {
    const log = openPartition(fixture(), { config: { segmentBytes: 200, indexIntervalBytes: 50, segmentMs: 1e15 } })
    for (const timestamp of times) append(log, batchOf(['x'], { timestamp }), 2)
    return log
  }

  it('finds the first record that is not earlier, with its own time and epoch', () => {
    const log = timed()
    for (const time of [0n, 100n, 101n, 200n, 300n, 301n, 400n, 401n, 600n]) {
      const offset = times.findIndex((timestamp) => timestamp >= time)
      expect(log.offsetForTime(time)).toEqual({ offset, timestamp: times[offset], leaderEpoch: 2 })
    }
    expect(log.offsetForTime(601n)).toBeUndefined()
  })

  it('looks inside compressed batches', () => {
    const log = openPartition(fixture())
    const records = [10n, 20n, 30n].map((timestamp) => recordOf('x', { timestamp }))
    append(log, buildBatch(records, nodeChecksum, compressedWith(2)))

    expect(log.offsetForTime(15n)).toMatchObject({ offset: 1, timestamp: 20n })
  })

  it('finds the record with the largest time', () => {
    expect(timed().offsetOfMaxTimestamp()).toEqual({ offset: 6, timestamp: 600n, leaderEpoch: 2 })
    expect(openPartition(fixture()).offsetOfMaxTimestamp()).toBeUndefined()
    const ahead = timed()
    appendUncommitted(ahead, batchOf(['x'], { timestamp: 900n }))
    expect(ahead.offsetOfMaxTimestamp()).toBeUndefined()
  })

  it('ignores what lies before the log start or is not committed', () => {
    const log = timed()
    log.deleteRecordsBefore(2)

    expect(log.offsetForTime(0n)).toMatchObject({ offset: 2 })
    appendUncommitted(log, batchOf(['x'], { timestamp: 900n }))
    expect(log.offsetForTime(900n)).toBeUndefined()
  })

  it('keeps nanoseconds apart', () => {
    const log = openPartition(fixture(), { config: { indexIntervalBytes: 10 } })
    for (let i = 0n; i < 5n; i++) append(log, batchOf(['x'], { timestamp: 1_700_000_000_000_000_000n + i }))

    expect(log.offsetForTime(1_700_000_000_000_000_003n)).toMatchObject({ offset: 3 })
  })
})

describe('what goes', () => {
  const small = { segmentBytes: 150, fileDeleteDelayMs: 1_000 }

  it('retention by time removes expired segments after a delay, even the active one', () => {
    const one = fixture()
    const log = openPartition(one, { config: { ...small, retentionMs: 10_000 } })
    for (let i = 0; i < 6; i++) append(log, batchOf([`${i}`], { timestamp: BigInt(one.clock.nowMs() - 20_000) }))

    expect(log.applyRetention()).toBe(3)

    expect([log.logStartOffset, log.logEndOffset, log.segmentCount]).toEqual([6, 6, 1])
    expect(one.disk.paths.filter((path) => path.endsWith('.log.deleted')).length).toBe(3)
    one.clock.advance(1_000)
    expect(one.disk.paths.filter((path) => path.includes('.deleted'))).toEqual([])
    expect(append(log, batchOf(['next']))).toMatchObject({ baseOffset: 6 })
  })

  it('retention by size keeps the newest segments', () => {
    const log = openPartition(fixture(), { config: { ...small, retentionBytes: 300 } })
    for (let i = 0; i < 12; i++) appendAll(log, `value ${i}`)

    log.applyRetention()

    expect(log.sizeBytes).toBeGreaterThanOrEqual(300)
    expect(log.sizeBytes).toBeLessThan(450)
    expect(fetchValues(log).at(-1)).toBe('11:value 11')
  })

  it('a fetch that has begun can still read a deleted segment', () => {
    const one = fixture()
    const log = openPartition(one, { config: { ...small, retentionBytes: 0 } })
    appendAll(log, 'a', 'b', 'c', 'd')
    const slices = log.locate(0, 1_000, 4, true)

    log.applyRetention()
    one.clock.advance(50_000)

    if (slices === 'OFFSET_OUT_OF_RANGE') throw new Error(slices)
    expect(slices[0]?.file.readAt(0, new Uint8Array(61))).toBe(61)
  })

  it('deleting records moves the start, and whole segments below it go at once', () => {
    const log = openPartition(fixture(), { config: { ...small, retentionMs: -1 } })
    for (let i = 0; i < 8; i++) appendAll(log, `${i}`)
    const segments = log.segmentCount

    expect(log.deleteRecordsBefore(5)).toBe(5)
    expect(segments - log.segmentCount).toBe(2)
    expect(log.deleteRecordsBefore(3)).toBe(5)
    expect(log.deleteRecordsBefore(9)).toBe('OFFSET_OUT_OF_RANGE')
    expect(log.applyRetention()).toBe(0)

    expect(fetchValues(log)).toEqual(['5:5', '6:6', '7:7'])
    expect(log.deleteRecordsBefore(-1)).toBe(8)
    expect(append(log, batchOf(['after']))).toMatchObject({ baseOffset: 8, logStartOffset: 8 })
  })

  it('truncation removes records, their epochs and their producers', () => {
    const log = openPartition(fixture(), { config: small })
    for (let i = 0; i < 6; i++) append(log, sequencedBatch(7, 0, i, [`${i}`]), i < 3 ? 0 : 1)

    log.truncateTo(3)

    expect([log.logEndOffset, log.highWatermark, log.latestEpoch]).toEqual([3, 3, 0])
    expect(fetchValues(log)).toEqual(['0:0', '1:1', '2:2'])
    expect(errorOf(append(log, sequencedBatch(7, 0, 4, ['gap'])))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(append(log, sequencedBatch(7, 0, 3, ['again']), 2)).toMatchObject({ type: 'appended', baseOffset: 3 })
    expect(fetchValues(log)).toEqual(['0:0', '1:1', '2:2', '3:again'])
  })

  it('truncation takes back what was flushed and forgets snapshots of what is gone', async () => {
    const log = openPartition(fixture(), { config: small })
    for (let i = 0; i < 6; i++) append(log, sequencedBatch(7, 0, i, [`${i}`]))
    await log.flush()

    log.truncateTo(1)
    expect(log.recoveryPoint).toBe(1)
    log.updateConfig({ ...log.config, segmentBytes: 10_000 })
    for (let i = 0; i < 6; i++) append(log, sequencedBatch(8, 0, i, [`${i}`]))
    log.truncateTo(5)

    expect(log.producers().map(({ producerId, lastSequence }) => [producerId, lastSequence])).toEqual([
      [7, 0],
      [8, 3]
    ])
  })

  it('truncation inside a batch removes the whole batch; below the start it begins anew there', () => {
    const log = openPartition(fixture())
    append(log, batchOf(['a', 'b', 'c']))
    append(log, batchOf(['d', 'e', 'f']))

    log.truncateTo(4)
    expect([log.logEndOffset, fetchValues(log)]).toEqual([3, ['0:a', '1:b', '2:c']])

    log.truncateTo(0)
    expect([log.logEndOffset, log.sizeBytes]).toEqual([0, 0])
    expect(append(log, batchOf(['z']))).toMatchObject({ baseOffset: 0 })
  })
})

describe('rolling', () => {
  it('begins a new segment when the old one is full or old, with a producer snapshot', () => {
    const one = fixture()
    const log = openPartition(one, { config: { segmentMs: 1_000 } })
    append(log, sequencedBatch(7, 0, 0, ['a']))
    append(log, batchOf(['b'], { timestamp: 1_700_000_001_001n }))

    expect(one.disk.paths).toEqual(
      expect.arrayContaining([`${folder}/00000000000000000001.log`, `${folder}/00000000000000000001.snapshot`])
    )
  })

  it('keeps only the snapshots that recovery can start from', () => {
    const one = fixture()
    const log = openPartition(one, { config: { segmentBytes: 150, retentionBytes: 200 } })
    for (let i = 0; i < 10; i++) append(log, sequencedBatch(7, 0, i, [`${i}`]))

    log.applyRetention()

    const bases = one.disk.paths.filter((path) => path.endsWith('.log')).map((path) => path.slice(0, -4))
    const snapshots = one.disk.paths.filter((path) => path.endsWith('.snapshot')).map((path) => path.slice(0, -9))
    expect(snapshots.length).toBeGreaterThan(0)
    expect(bases).toEqual(expect.arrayContaining(snapshots))
  })

  it('makes the old segment safe from a power cut in the background', async () => {
    const one = fixture()
    const log = openPartition(one, { config: { segmentBytes: 150 } })
    appendAll(log, 'a', 'b', 'c')

    await log.flush()

    expect(log.recoveryPoint).toBe(3)
    expect(one.failures).toEqual([])
  })

  it('makes the names of new segments safe as well, once', async () => {
    const one = fixture()
    const log = openPartition(one)
    appendAll(log, 'a')
    await log.flush()
    appendAll(log, 'b')
    await log.flush()
    expect(one.disk.syncedFolders).toEqual([folder])

    log.roll()
    appendAll(log, 'c')
    await log.flush()

    expect(one.disk.syncedFolders).toEqual([folder, folder])
  })

  it('is not needed for a flush: enough unsynced bytes start one', async () => {
    const one = fixture()
    const log = openPartition(one, { unsyncedBytesMax: 150 })

    appendAll(log, 'a', 'b')
    expect(one.disk.syncCount).toBe(0)
    appendAll(log, 'c')
    await new Promise((resolve) => setImmediate(resolve))

    expect([one.disk.syncCount, log.recoveryPoint]).toEqual([1, 3])
  })

  it('does not vouch for what was written after a truncation that overtook it', async () => {
    const log = openPartition(fixture())
    appendAll(log, 'a', 'b', 'c')

    const flushing = log.flush()
    log.truncateTo(1)
    appendAll(log, 'd', 'e')
    await flushing
    expect(log.recoveryPoint).toBe(0)
    await log.flush()

    expect(log.recoveryPoint).toBe(3)
  })

  it('tells the owner when that fails', async () => {
    const one = fixture()
    const log = openPartition(one, { config: { segmentBytes: 150 } })
    one.disk.failsToSync = true
    appendAll(log, 'a', 'b', 'c')

    await expect(log.flush()).rejects.toThrow()

    expect(one.failures).toMatchObject([{ code: 'DISK_FAILED' }])
  })
})

describe('the indexes', () => {
  it('get an entry when more than index.interval.bytes came since the last: the end of the batch that then begins', async () => {
    const one = fixture()
    const sizeBytes = batchOf(['x']).length
    const log = openPartition(one, { config: { indexIntervalBytes: sizeBytes } })
    for (let i = 0n; i < 5n; i++) append(log, batchOf(['x'], { timestamp: 100n + i }))

    await log.flush()

    const entries = (suffix: string): string =>
      Buffer.from(one.disk.read(`${folder}/${'0'.repeat(20)}${suffix}`)).toString('hex')
    const int32 = (value: number): string => value.toString(16).padStart(8, '0')
    expect(entries('.index')).toBe(int32(2) + int32(2 * sizeBytes) + int32(4) + int32(4 * sizeBytes))
    expect(entries('.timeindex')).toBe(int32(0) + int32(102) + int32(2) + int32(0) + int32(104) + int32(4))
  })

  const filesIn = ({ disk }: Fixture): readonly string[] =>
    disk.list(folder).flatMap(({ name }) => (name.startsWith('0') ? [name.slice(20)] : []))

  it('have files from the first record on: to make them is most of what a new partition costs', () => {
    const one = fixture()
    const log = openPartition(one)
    expect(filesIn(one)).toEqual(['.log'])
    append(log, batchOf(['a']))
    expect([...filesIn(one)].sort()).toEqual(['.index', '.log', '.timeindex'])
  })

  it.each(['a clean stop', 'a kill'])('of a log without records are missed by nobody after %s', async (end) => {
    const one = fixture()
    const log = openPartition(one)
    if (end === 'a kill') one.disk.kill()
    else await log.close()

    const again = openPartition(one, { isClean: end !== 'a kill' })
    expect(filesIn(one)).toEqual(['.log'])
    append(again, batchOf(['a']))
    expect(fetchValues(again)).toEqual(['0:a'])
    expect([...filesIn(one)].sort()).toEqual(['.index', '.log', '.timeindex'])
    expect(one.messages).toEqual([])
  })

  it('come with the first record of a log that nobody had used for long', async () => {
    const one = fixture()
    const log = openPartition(one, { config: { indexIntervalBytes: 1 } })
    one.clock.advance(120_000)
    log.applyRetention()
    for (const value of ['a', 'b', 'c']) append(log, batchOf([value]))

    await log.flush()
    expect(one.disk.read(`${folder}/${'0'.repeat(20)}.index`)).toHaveLength(16)
    expect(one.messages).toEqual([])
  })
})

describe('leader epochs of a log', () => {
  it('begin where their leader began, and are on disk at once', () => {
    const one = fixture()
    const log = openPartition(one)
    log.assignLeaderEpoch(0)
    appendAll(log, 'a', 'b')
    log.assignLeaderEpoch(3)
    append(log, batchOf(['c']), 3)

    expect(log.endOffsetForEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 2 })
    expect(log.endOffsetForEpoch(3)).toEqual({ leaderEpoch: 3, endOffset: 3 })
    expect([0, 1, 2].map((offset) => log.epochAt(offset))).toEqual([0, 0, 3])
    expect(Buffer.from(one.disk.read(`${folder}/leader-epoch-checkpoint`)).toString()).toBe('0\n2\n0 0\n3 2\n')
  })
})
