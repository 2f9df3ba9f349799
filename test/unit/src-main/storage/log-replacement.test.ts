/** What a follower does to its log: it appends what its leader sent, goes back, and begins anew. */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { patchBatch } from '../../../../src-main/protocol/record/batch-header'
import type { PartitionLog } from '../../../../src-main/storage/partition-log'
import { batchOf, bytesOf, loadCodecs, sequencedBatch, textOf } from '../../../support/record-samples'
import { fetchBytes, fetchValues, fixture, folder, openPartition, type Fixture } from '../../../support/storage-fixture'

beforeAll(loadCodecs)

const small = { segmentBytes: 400, indexIntervalBytes: 80 }
const epochFile = `${folder}/leader-epoch-checkpoint`

/** A batch as a leader has stored it. */
function stored(batch: Uint8Array, baseOffset: number, leaderEpoch: number): Uint8Array {
  patchBatch(batch, 0, baseOffset, leaderEpoch)
  return batch
}

function leaderWith(batches: number, epochOf: (i: number) => number = () => 0): PartitionLog {
  const leader = openPartition(fixture())
  for (let i = 0; i < batches; i++)
    leader.appendAsLeader(sequencedBatch(7, 0, i * 2, [`${i}a`, `${i}b`]), { leaderEpoch: epochOf(i) })
  return leader
}

const snapshotsOf = (one: Fixture): number[] =>
  one.disk.paths.filter((path) => path.endsWith('.snapshot')).map((path) => Number(path.slice(-29, -9)))

describe('appending as follower', () => {
  it('keeps bytes, offsets and epochs as the leader has them, over any borders of segments and answers', () => {
    const leader = leaderWith(20, (i) => (i < 8 ? 1 : 4))
    const one = fixture()
    const follower = openPartition(one, { config: small })

    for (let next = 0; next < leader.logEndOffset; next = follower.logEndOffset)
      expect(follower.appendAsFollower(fetchBytes(leader, next, 300)).type).toBe('appended')

    expect(Buffer.from(fetchBytes(follower, 0))).toEqual(Buffer.from(fetchBytes(leader, 0)))
    expect(follower.segmentCount).toBeGreaterThan(3)
    expect([follower.logEndOffset, follower.highWatermark]).toEqual([40, 0])
    expect([1, 4].map((epoch) => follower.endOffsetForEpoch(epoch))).toEqual([
      { leaderEpoch: 1, endOffset: 16 },
      { leaderEpoch: 4, endOffset: 40 }
    ])
    expect(textOf(one.disk.read(epochFile))).toBe('0\n2\n1 0\n4 16\n')
    expect(follower.producers()).toEqual(leader.producers())
  })

  it('takes whole batches only: what is cut short comes again with the next answer', () => {
    const bytes = fetchBytes(leaderWith(3), 0)
    const follower = openPartition(fixture())

    expect(follower.appendAsFollower(bytes.subarray(0, bytes.length - 1))).toEqual({
      type: 'appended',
      logEndOffset: 4
    })
    expect(follower.appendAsFollower(bytes.subarray(0, 40))).toEqual({ type: 'appended', logEndOffset: 4 })
  })

  it('leaves the gap that compaction has left', () => {
    const follower = openPartition(fixture())

    follower.appendAsFollower(stored(batchOf(['a']), 3, 0))
    follower.appendAsFollower(stored(batchOf(['b']), 9, 0))

    expect(fetchValues(follower)).toEqual(['3:a', '9:b'])
    expect(follower.logEndOffset).toBe(10)
  })

  it.each([
    ['an offset that is there already', () => stored(batchOf(['b']), 0, 0)],
    ['an older leader epoch', () => stored(batchOf(['b']), 1, 1)],
    ['a wrong CRC', () => stored(batchOf(['b']), 1, 2).fill(0xee, 65, 66)]
  ])('refuses %s and keeps what came before', (_what, next) => {
    const follower = openPartition(fixture())
    const good = stored(batchOf(['a']), 0, 2)

    const result = follower.appendAsFollower(Buffer.concat([good, next()]))

    expect(result).toMatchObject({ type: 'error', error: 'CORRUPT_MESSAGE', logEndOffset: 1 })
    expect(fetchValues(follower)).toEqual(['0:a'])
  })

  it('answers KAFKA_STORAGE_ERROR on a full disk and goes on when there is room', () => {
    const one = fixture()
    const bytes = fetchBytes(leaderWith(2), 0)
    const follower = openPartition(one)
    one.disk.capacityBytes = one.disk.usedBytes + bytes.length / 2 + 20

    expect(follower.appendAsFollower(bytes)).toMatchObject({ error: 'KAFKA_STORAGE_ERROR', logEndOffset: 2 })
    one.disk.capacityBytes = Infinity

    expect(follower.appendAsFollower(fetchBytes(leaderWith(2), 2))).toEqual({ type: 'appended', logEndOffset: 4 })
  })
})

describe('a log that begins anew', () => {
  it.each([0, 12, 24, 500])('at %i has nothing of before: records, epochs, producers, files', async (offset) => {
    const one = fixture()
    const log = openPartition(one, { config: { ...small, fileDeleteDelayMs: 0 } })
    log.appendAsFollower(
      fetchBytes(
        leaderWith(12, () => 3),
        0
      )
    )
    await log.flush()

    log.startAt(offset)
    one.clock.advance(1)

    expect([log.logStartOffset, log.highWatermark, log.logEndOffset, log.sizeBytes]).toEqual([
      offset,
      offset,
      offset,
      0
    ])
    expect([log.latestEpoch, log.producers(), log.segmentCount, snapshotsOf(one)]).toEqual([-1, [], 1, []])
    expect(log.recoveryPoint).toBeLessThanOrEqual(offset)
    expect(one.disk.paths.filter((path) => path.endsWith('.log'))).toEqual([
      `${folder}/${String(offset).padStart(20, '0')}.log`
    ])
    log.appendAsFollower(stored(batchOf(['new']), offset, 9))
    one.disk.kill()
    const again = openPartition(one, { config: small, recoveryPoint: log.recoveryPoint })
    expect([again.latestEpoch, fetchValues(again)]).toEqual([9, [`${offset}:new`]])
  })

  it('stays as it was when there is no room for the new segment', () => {
    const one = fixture()
    const log = openPartition(one)
    log.appendAsFollower(fetchBytes(leaderWith(2), 0))
    const open = one.disk.open.bind(one.disk)
    one.disk.open = (path, mode) => (path.includes('00500') ? expect.fail('DISK_FULL') : open(path, mode))

    expect(() => log.startAt(500)).toThrow()

    expect(fetchValues(log)).toEqual(['0:0a', '1:0b', '2:1a', '3:1b'])
  })
})

describe('a log that goes back', () => {
  it('into a gap that compaction has left ends there, not where the next batch was', () => {
    const log = openPartition(fixture())
    log.appendAsFollower(stored(batchOf(['a', 'b']), 0, 1))
    log.appendAsFollower(stored(batchOf(['c']), 9, 1))

    log.truncateTo(5)

    expect(log.logEndOffset).toBe(5)
    expect(log.appendAsFollower(stored(batchOf(['d']), 5, 2)).type).toBe('appended')
    expect(fetchValues(log)).toEqual(['0:a', '1:b', '5:d'])
  })

  it('to where an epoch ended has that epoch’s records and none of the next', () => {
    const log = openPartition(fixture(), { config: small })
    log.appendAsFollower(
      fetchBytes(
        leaderWith(12, (i) => (i < 7 ? 2 : 5)),
        0
      )
    )

    log.truncateTo(log.endOffsetForEpoch(2).endOffset)

    expect([log.logEndOffset, log.latestEpoch]).toEqual([14, 2])
    expect(log.appendAsFollower(stored(sequencedBatch(7, 0, 14, ['x']), 14, 6)).type).toBe('appended')
    expect(log.producers()).toMatchObject([{ lastSequence: 14 }])
  })
})

describe('producer snapshots that cannot be read', () => {
  it('at the log’s end is written anew by the next flush, so that recovery can begin there', async () => {
    const one = fixture()
    const log = openPartition(one)
    for (let i = 0; i < 4; i++) log.appendAsLeader(sequencedBatch(7, 0, i, ['v']), { leaderEpoch: 0 })
    log.roll()
    one.disk.kill()
    one.disk.writeFile(`${folder}/00000000000000000004.snapshot`, bytesOf('garbage'))
    const again = openPartition(one)

    await again.flush()
    one.disk.kill()
    one.messages.length = 0
    const last = openPartition(one, { recoveryPoint: again.recoveryPoint })

    expect(again.recoveryPoint).toBe(4)
    expect(one.messages).toEqual([])
    expect(last.producers()).toMatchObject([{ producerId: 7, lastSequence: 3 }])
  })

  /** Appends, flushes, crashes and goes back in any order; some snapshot files are spoilt before each opening. */
  it('are in no list after that: state and files are those of a log without them, whatever happens next', async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('append' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ type: fc.constant('flush' as const) }),
      fc.record({ type: fc.constant('roll' as const) }),
      fc.record({ type: fc.constant('truncate' as const), to: fc.nat(40) }),
      fc.record({
        type: fc.constant('reopen' as const),
        after: fc.constantFrom('stop', 'kill', 'power cut'),
        spoilt: fc.nat(255)
      }),
      fc.record({ type: fc.constant('spoil' as const), spoilt: fc.nat(255) })
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        const one = fixture()
        let log = openPartition(one, { config: small })
        const spoil = (mask: number): void => {
          for (const [i, offset] of snapshotsOf(one).entries())
            if ((mask & (1 << (i % 8))) !== 0)
              one.disk.writeFile(`${folder}/${String(offset).padStart(20, '0')}.snapshot`, bytesOf('garbage'))
        }
        for (const next of steps) {
          if (next.type === 'append')
            for (let i = 0; i < next.count; i++) {
              const producer = i % 3
              const known = log.producers().find(({ producerId }) => producerId === producer)
              const sequence = (known?.lastSequence ?? -1) + 1
              log.appendAsLeader(sequencedBatch(producer, 0, sequence, ['v']), { leaderEpoch: 0 })
            }
          else if (next.type === 'flush') await log.flush()
          else if (next.type === 'roll') log.roll()
          else if (next.type === 'truncate') log.truncateTo(Math.min(next.to, log.logEndOffset))
          else if (next.type === 'spoil') spoil(next.spoilt)
          else {
            if (next.after === 'stop') await log.close()
            if (next.after === 'power cut') one.disk.crash((_path, unsyncedBytes) => unsyncedBytes % 150)
            else one.disk.kill()
            spoil(next.spoilt)
            const { recoveryPoint } = log
            log = openPartition(one, { config: small, isClean: next.after === 'stop', recoveryPoint })
          }
          expect(log.inspect()['snapshots']).toEqual(snapshotsOf(one))
          const sequences = new Map<number, number>()
          for (const value of batchesOf(log)) sequences.set(value.producer, value.sequence)
          expect(new Map(log.producers().map(({ producerId, lastSequence }) => [producerId, lastSequence]))).toEqual(
            sequences
          )
        }
      }),
      { numRuns: 300 }
    )
  })
})

/** Producer and sequence of every batch of one record. */
function batchesOf(log: PartitionLog): { producer: number; sequence: number }[] {
  const found = []
  for (let next = 0; next < log.logEndOffset; next++) {
    const header = Buffer.from(fetchBytes(log, next, 1))
    found.push({ producer: Number(header.readBigInt64BE(43)), sequence: header.readInt32BE(53) })
  }
  return found
}
