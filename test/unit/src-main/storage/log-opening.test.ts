import { describe, expect, it } from 'vitest'
import type { AppendResult } from '../../../../src-main/storage/log-types'
import type { PartitionLog } from '../../../../src-main/storage/partition-log'
import { batchOf, bytesOf, sequencedBatch } from '../../../support/record-samples'
import { commitAll, fetchValues, fixture, folder, openPartition } from '../../../support/storage-fixture'
import type { Fixture } from '../../../support/storage-fixture'
import { MemoryDisk } from '../../../support/memory-disk'

const append = (log: PartitionLog, batch: Uint8Array, leaderEpoch = 0): AppendResult =>
  log.appendAsLeader(batch, { leaderEpoch })
const small = { segmentBytes: 400, indexIntervalBytes: 80 }

/** Twelve idempotent batches of two records over several segments, epochs 0 and 2. */
function filled(one: Fixture, config: object = small): PartitionLog {
  const log = openPartition(one, { config })
  for (let i = 0; i < 12; i++) append(log, sequencedBatch(7, 0, i * 2, [`${i}a`, `${i}b`]), i < 6 ? 0 : 2)
  return log
}

const allValues = Array.from({ length: 12 }, (_, i) => [`${i * 2}:${i}a`, `${i * 2 + 1}:${i}b`]).flat()
const lastLog = (disk: MemoryDisk): string => disk.paths.filter((path) => path.endsWith('.log')).at(-1) ?? ''

/** Every index entry must point at a batch that ends at its offset: what kafka-dump-log checks. */
function expectSoundIndexes(one: Fixture): void {
  for (const path of one.disk.paths.filter((name) => name.endsWith('.index'))) {
    const base = Number(path.slice(-26, -6))
    const index = Buffer.from(one.disk.read(path))
    const log = Buffer.from(one.disk.read(path.replace('.index', '.log')))
    for (let at = 0; at < index.length; at += 8) {
      const position = index.readInt32BE(at + 4)
      if (position === 0) break // Kafka's preallocation, where its tools stop too.
      expect(Number(log.readBigInt64BE(position)) + log.readInt32BE(position + 23)).toBe(base + index.readInt32BE(at))
    }
  }
}

describe('after the process was killed', () => {
  it('the log has everything that was appended, and its epochs and producers', () => {
    const one = fixture()
    filled(one)
    one.disk.kill()

    const log = openPartition(one, { config: small })

    expect(fetchValues(log)).toEqual(allValues)
    expect(log.latestEpoch).toBe(2)
    expect(log.endOffsetForEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 12 })
    for (let i = 7; i < 12; i++)
      expect(append(log, sequencedBatch(7, 0, i * 2, ['r', 'r']), 2)).toMatchObject({
        type: 'duplicate',
        baseOffset: i * 2
      })
    expect(append(log, sequencedBatch(7, 0, 24, ['next']), 2)).toMatchObject({ type: 'appended', baseOffset: 24 })
    expectSoundIndexes(one)
  })

  it('five batches of each producer are known although all that is read again comes behind them', () => {
    const one = fixture()
    filled(one)
    one.disk.kill()

    const log = openPartition(one, { config: small, recoveryPoint: 24 })

    for (let i = 7; i < 12; i++)
      expect(append(log, sequencedBatch(7, 0, i * 2, ['r', 'r']), 2)).toMatchObject({
        type: 'duplicate',
        baseOffset: i * 2
      })
  })

  it('a second recovery changes nothing', () => {
    const one = fixture()
    filled(one)
    one.disk.kill()
    openPartition(one, { config: small })
    one.disk.kill()
    const before = one.disk.paths.map((path) => [path, Buffer.from(one.disk.read(path)).toString('hex')])

    openPartition(one, { config: small })

    expect(one.disk.paths.map((path) => [path, Buffer.from(one.disk.read(path)).toString('hex')])).toEqual(before)
  })

  it('segments below the recovery point are trusted and not read again', () => {
    const one = fixture()
    filled(one)
    one.disk.kill()
    let recovered = 0
    const crc32c = one.ports.checksum.crc32c.bind(one.ports.checksum)
    const counting = {
      ...one,
      ports: {
        ...one.ports,
        checksum: { ...one.ports.checksum, crc32c: (bytes: Uint8Array) => (recovered++, crc32c(bytes)) }
      }
    }

    const log = openPartition(counting, { config: small, recoveryPoint: 20 })

    expect(recovered).toBeLessThan(8)
    expect(fetchValues(log)).toEqual(allValues)
  })
})

describe('a log that was cut', () => {
  it('at any byte of its last segment keeps every whole batch before the cut and takes appends again', () => {
    const origin = fixture()
    filled(origin, { segmentBytes: 1_000_000, indexIntervalBytes: 80 })
    const whole = origin.disk.read(lastLog(origin.disk))
    const ends = [...Array(13).keys()].map((i) => Math.round((whole.length / 12) * i))

    for (let length = 0; length < whole.length; length++) {
      const one = fixture(origin.disk.copy())
      one.disk.writeFile(lastLog(one.disk), whole.slice(0, length))

      const log = openPartition(one, { config: small })

      const batches = log.logEndOffset / 2
      expect(fetchValues(log)).toEqual(allValues.slice(0, batches * 2))
      expect(Math.abs((ends[batches] ?? 0) - log.sizeBytes)).toBeLessThan(12)
      expect(log.sizeBytes).toBeLessThanOrEqual(length)
      expect(length - log.sizeBytes).toBeLessThan(90)
      const next = sequencedBatch(7, 0, batches * 2, ['next', 'next'])
      expect(append(log, next, 2)).toMatchObject({ type: 'appended', baseOffset: batches * 2 })
    }
  })

  it('with any byte changed serves nothing that was not written, and keeps all before the change', () => {
    const origin = fixture()
    filled(origin, { segmentBytes: 1_000_000, indexIntervalBytes: 80 })
    const whole = origin.disk.read(lastLog(origin.disk))

    for (let at = 0; at < whole.length; at++) {
      const one = fixture(origin.disk.copy())
      const changed = whole.slice()
      changed[at] = (changed[at] ?? 0) ^ 0x40
      one.disk.writeFile(lastLog(one.disk), changed)

      const log = openPartition(one, { config: small })

      const values = fetchValues(log).map((value) => value.slice(value.indexOf(':') + 1))
      const written = allValues.map((value) => value.slice(value.indexOf(':') + 1))
      expect(values).toEqual(written.slice(0, values.length))
      expect(values.length).toBeGreaterThanOrEqual(Math.floor(at / (whole.length / 12)) * 2)
    }
  })

  it('in the middle loses the segments after the bad batch', () => {
    const one = fixture()
    filled(one)
    const [, second = ''] = one.disk.paths.filter((path) => path.endsWith('.log'))
    const bytes = one.disk.read(second)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    one.disk.writeFile(second, bytes)

    const log = openPartition(one, { config: small })

    expect(log.segmentCount).toBe(2)
    expect(fetchValues(log)).toEqual(allValues.slice(0, log.logEndOffset))
    expect(log.logEndOffset).toBeLessThan(24)
    expect(one.messages.join()).toContain('recovery cut the log')
    expectSoundIndexes(one)
  })
})

describe('after a power cut', () => {
  const written = ['0:0', '1:1', '2:2', '3:3', '4:4', '5:5']

  /** Three batches flushed, three not; the roll lies between the last two. */
  async function cut(keep: (path: string, unsyncedBytes: number) => number): Promise<[Fixture, PartitionLog]> {
    const one = fixture()
    const log = openPartition(one, { config: small })
    for (let i = 0; i < 3; i++) append(log, sequencedBatch(7, 0, i, [`${i}`]))
    await log.flush()
    for (let i = 3; i < 6; i++) append(log, sequencedBatch(7, 0, i, [`${i}`]))
    expect([log.recoveryPoint, log.segmentCount]).toEqual([3, 2])
    one.disk.crash(keep)
    return [one, openPartition(one, { config: small, recoveryPoint: 3 })]
  }

  it('the log has what was flushed and of the rest the beginning, whatever prefix of each file survives', async () => {
    for (let keep = 0; keep < 260; keep++) {
      const [one, log] = await cut((path, unsynced) => (path.endsWith('.log') ? Math.min(keep, unsynced) : 0))

      const values = fetchValues(log)
      expect(values.length).toBeGreaterThanOrEqual(3)
      expect(values).toEqual(written.slice(0, values.length))
      expectSoundIndexes(one)
    }
  })

  it('a log ends at the hole where a segment has lost its end and the next one has not', async () => {
    const [one, log] = await cut((path, unsynced) => (path.endsWith('0000.log') ? 0 : unsynced))

    expect([log.logEndOffset, log.segmentCount, fetchValues(log)]).toEqual([3, 1, written.slice(0, 3)])
    expect(one.messages).toContain('recovery cut the log at a hole')
    expect(append(log, sequencedBatch(7, 0, 3, ['3']))).toMatchObject({ type: 'appended', baseOffset: 3 })
  })

  it('epochs are those of the batches, although the file is older than a truncation', async () => {
    const one = fixture()
    const log = openPartition(one)
    for (const [i, epoch] of [0, 0, 0, 5].entries()) append(log, batchOf([`${i}`]), epoch)
    await log.flush()
    log.truncateTo(1)
    for (const [i, epoch] of [3, 6].entries()) append(log, batchOf([`new ${i}`]), epoch)

    one.disk.crash((_path, unsynced) => unsynced)
    const again = openPartition(one, { recoveryPoint: log.recoveryPoint })

    expect(fetchValues(again)).toEqual(['0:0', '1:new 0', '2:new 1'])
    expect([0, 1, 2].map((offset) => again.epochAt(offset))).toEqual([0, 3, 6])
    expect(again.endOffsetForEpoch(3)).toEqual({ leaderEpoch: 3, endOffset: 2 })
  })

  it('what is found by its time is found after another one, which takes what recovery wrote of an index', async () => {
    const one = fixture()
    const config = { indexIntervalBytes: 80 }
    const at = (ms: number): Uint8Array => batchOf(['x'], { timestamp: BigInt(ms) })
    const log = openPartition(one, { config })
    for (const ms of [1_000, 5_000, 2_000, 3_000]) append(log, at(ms))
    await log.flush()
    one.disk.crash()
    one.disk.remove(`${folder}/00000000000000000000.timeindex`)
    const first = openPartition(one, { config, recoveryPoint: log.recoveryPoint })
    await first.flush()
    one.disk.crash((path, unsynced) => (path.endsWith('.timeindex') ? 0 : unsynced))

    const second = openPartition(one, { config, recoveryPoint: first.recoveryPoint })

    commitAll(second)
    expect(second.offsetForTime(4_000n)).toMatchObject({ offset: 1, timestamp: 5_000n })
  })

  it('a log that was safe with its indexes is so still, and costs no flush', async () => {
    const one = fixture()
    const log = filled(one, { indexIntervalBytes: 80 })
    await log.flush()
    one.disk.crash()

    const again = openPartition(one, { config: { indexIntervalBytes: 80 }, recoveryPoint: 24 })
    const { syncCount } = one.disk
    await again.flush()

    expect([again.recoveryPoint, one.disk.syncCount - syncCount]).toEqual([24, 0])
  })

  it('a log whose end was lost, the new segment with it, ends where the rest ends', async () => {
    const [, log] = await cut(() => 0)

    expect([log.logEndOffset, log.segmentCount]).toEqual([3, 1])
    expect(append(log, sequencedBatch(7, 0, 3, ['3']))).toMatchObject({ type: 'appended', baseOffset: 3 })
  })
})

describe('after a clean stop', () => {
  async function stopped(config: object = small): Promise<Fixture> {
    const one = fixture()
    await filled(one, config).close()
    one.disk.kill()
    return one
  }

  it('everything is there, and five batches of each producer are still known', async () => {
    const one = await stopped()

    const log = openPartition(one, { config: small, isClean: true })

    expect(fetchValues(log)).toEqual(allValues)
    for (let i = 7; i < 12; i++)
      expect(append(log, sequencedBatch(7, 0, i * 2, ['r', 'r']), 2)).toMatchObject({
        type: 'duplicate',
        baseOffset: i * 2
      })
    expect(append(log, sequencedBatch(7, 0, 24, ['next']), 2)).toMatchObject({ type: 'appended', baseOffset: 24 })
  })

  it('no batch is checked again', async () => {
    const one = await stopped()
    one.disk.paths.filter((path) => path.endsWith('.snapshot')).forEach((path) => one.disk.remove(path))
    let checks = 0
    const counting = { ...one, ports: { ...one.ports, checksum: { ...one.ports.checksum, crc32c: () => ++checks } } }

    openPartition(counting, { config: small, isClean: true })

    expect(checks).toBe(0)
  })

  it('an index that points beyond its log, is cut or missing is rebuilt', async () => {
    for (const spoil of [
      (disk: MemoryDisk, path: string) => disk.writeFile(path, Buffer.from('7fffffff7fffffff', 'hex')),
      (disk: MemoryDisk, path: string) => disk.writeFile(path, disk.read(path).slice(0, 5)),
      (disk: MemoryDisk, path: string) => disk.remove(path)
    ]) {
      const one = await stopped()
      for (const path of one.disk.paths.filter((name) => name.endsWith('index'))) spoil(one.disk, path)

      const log = openPartition(one, { config: small, isClean: true })

      expect(fetchValues(log)).toEqual(allValues)
      commitAll(log)
      expect(log.offsetForTime(0n)).toMatchObject({ offset: 0 })
      expect(one.messages.join()).toContain('rebuilt')
      expectSoundIndexes(one)
    }
  })

  it('index files that Kafka left preallocated with zeros are read', async () => {
    const one = await stopped()
    for (const path of one.disk.paths.filter((name) => name.endsWith('index')))
      one.disk.writeFile(path, Buffer.concat([one.disk.read(path), Buffer.alloc(240)]))

    const log = openPartition(one, { config: small, isClean: true })
    for (let i = 12; i < 20; i++) append(log, sequencedBatch(7, 0, i * 2, [`${i}a`, `${i}b`]), 2)
    await log.close()

    expect(fetchValues(openPartition(one, { config: small, isClean: true })).length).toBe(40)
    expect(one.messages).toEqual([])
    expectSoundIndexes(one)
  })

  it('a file that ends in nonsense all the same is recovered', async () => {
    const one = await stopped()
    one.disk.writeFile(lastLog(one.disk), Buffer.concat([one.disk.read(lastLog(one.disk)), Buffer.alloc(33, 0xab)]))

    const log = openPartition(one, { config: small, isClean: true })

    expect(fetchValues(log)).toEqual(allValues)
  })

  it('unreadable epochs and snapshots are rebuilt from the log', async () => {
    const one = await stopped()
    one.disk.writeFile(`${folder}/leader-epoch-checkpoint`, bytesOf('garbage'))
    for (const path of one.disk.paths.filter((name) => name.endsWith('.snapshot')))
      one.disk.writeFile(path, bytesOf('garbage'))

    const log = openPartition(one, { config: small, isClean: true })

    expect(log.endOffsetForEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 12 })
    expect(append(log, sequencedBatch(7, 0, 22, ['r', 'r']), 2)).toMatchObject({ type: 'duplicate', baseOffset: 22 })
  })

  it('leftovers of deletions and indexes without a log are removed', async () => {
    const one = await stopped()
    for (const name of ['00000000000000000000.log.deleted', '00000000000000009999.index', 'x.tmp'])
      one.disk.writeFile(`${folder}/${name}`, bytesOf('x'))

    openPartition(one, { config: small, isClean: true })

    expect(one.disk.paths.filter((path) => /deleted|9999|tmp/.test(path))).toEqual([])
  })
})

describe('a checkpointed log start', () => {
  it('hides what lies below it', () => {
    const one = fixture()
    filled(one)

    const log = openPartition(one, { config: small, logStartOffset: 5 })

    expect(log.logStartOffset).toBe(5)
    expect(fetchValues(log)).toEqual(allValues.slice(5))
  })

  it('above all that survived makes the log begin there, so that no offset is given twice', () => {
    const one = fixture()
    filled(one)

    const log = openPartition(one, { config: small, logStartOffset: 100 })

    expect([log.logStartOffset, log.logEndOffset, log.sizeBytes]).toEqual([100, 100, 0])
    expect(append(log, batchOf(['new']))).toMatchObject({ baseOffset: 100 })
  })
})
