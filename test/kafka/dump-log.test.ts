/** Kafka's own kafka-dump-log reads our log directory and finds no fault in it. */
import { mkdtempSync, readdirSync, rmSync, truncateSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeDisk } from '../../src-main/adapters/node-disk'
import { nodeChecksum } from '../../src-main/adapters/node-checksum'
import { buildBatch } from '../../src-main/protocol/record/batch-builder'
import type { CompressionCodec } from '../../src-main/kernel/ports'
import type { PartitionLog } from '../../src-main/storage/partition-log'
import { dumpLog } from '../support/kafka-tools'
import {
  batchOf,
  bytesOf,
  codecNames,
  compressedWith,
  loadCodecs,
  recordOf,
  sequencedBatch
} from '../support/record-samples'
import { fixture, openPartition } from '../support/storage-fixture'

const root = mkdtempSync(join(tmpdir(), 'lagoon-dump-log-'))
beforeAll(loadCodecs)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** What the tool prints when an index or a log is not as it should be. */
const faults =
  /Mismatches in|out of order|Index timestamp|not found in the log|Non-consecutive|non-consecutive|corrupt|isvalid: false|invalid bytes|Exception|Could not find/i

const filesOf = (folder: string, suffix: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => join(folder, name))

function append(log: PartitionLog, batch: Uint8Array): number {
  const result = log.appendAsLeader(batch, { leaderEpoch: 3 })
  if (result.type !== 'appended') throw new Error(JSON.stringify(result))
  return result.baseOffset
}

/** Batches of every kind a client sends: codecs, headers, nulls, idempotent, out-of-order and nanosecond times. */
function fill(log: PartitionLog, batches: number): void {
  const start = log.logEndOffset
  for (let i = 0; i < batches; i++) {
    const codec = (i % 5) as CompressionCodec
    const timestamp = 1_700_000_000_000n + BigInt(i * 10 + ((i * 7) % 5))
    const values = Array.from(
      { length: 1 + (i % 9) },
      (_, n) => `value ${start + i} ${n} ${'x'.repeat((i * 13) % 300)}`
    )
    const records = values.map((value, n) =>
      recordOf(value, {
        timestamp: timestamp + BigInt((n * 3) % 7),
        key: n % 2 === 0 ? bytesOf(`key ${n}`) : null,
        headers:
          n % 3 === 0
            ? [
                { key: 'trace', value: bytesOf('abc') },
                { key: 'empty', value: null }
              ]
            : []
      })
    )
    const producer = i % 4 === 0 ? { producer: { id: 77 + start + i, epoch: 0, baseSequence: 0 } } : {}
    append(log, buildBatch(records, nodeChecksum, { ...compressedWith(codec), ...producer }))
  }
}

async function expectFaultless(folder: string): Promise<void> {
  const logs = filesOf(folder, '.log')
  const deep = await dumpLog(logs, '--deep-iteration', '--print-data-log')
  expect(deep.stdout + deep.stderr).not.toMatch(faults)
  const indexes = [...filesOf(folder, '.index'), ...filesOf(folder, '.timeindex')]
  for (const option of ['--verify-index-only', '--index-sanity-check']) {
    const checked = await dumpLog(indexes, option)
    expect(checked.stdout + checked.stderr).not.toMatch(faults)
    for (const file of indexes) expect(checked.stdout).toContain(`Dumping ${file}`)
    if (option === '--index-sanity-check')
      expect(checked.stdout.match(/passed sanity check|is empty/g)?.length).toBe(indexes.length)
  }
}

describe('kafka-dump-log 3.9.1', () => {
  it('finds no fault in rolled segments with all codecs, headers and idempotent batches, nor in their indexes', async () => {
    const folder = join(root, 'rolled-0')
    const config = { segmentBytes: 60_000, indexIntervalBytes: 1_000 }
    const log = openPartition(fixture(nodeDisk), { folder, config })

    fill(log, 400)
    const end = log.logEndOffset
    await log.close()

    expect(filesOf(folder, '.log').length).toBeGreaterThan(2)
    expect(filesOf(folder, '.index').some((file) => statSync(file).size > 0)).toBe(true)
    await expectFaultless(folder)
    const { stdout } = await dumpLog(filesOf(folder, '.log'), '--deep-iteration')
    expect(stdout.match(/^\| offset: \d+/gm)?.length).toBe(end)
    for (const codec of codecNames) expect(stdout).toContain(`compresscodec: ${codec}`)
  })

  it('reads the producer snapshot that a stop leaves', async () => {
    const folder = join(root, 'producers-0')
    const log = openPartition(fixture(nodeDisk), { folder })

    append(log, sequencedBatch(4001, 2, 0, ['a', 'b', 'c']))
    append(log, sequencedBatch(4001, 2, 3, ['d']))
    await log.close()

    const { stdout, stderr } = await dumpLog(filesOf(folder, '.snapshot'))
    expect(stdout + stderr).not.toMatch(faults)
    expect(stdout).toMatch(/producerId: 4001 producerEpoch: 2 .*lastSequence: 3 lastOffset: 3/)
  })

  it('shows LogAppendTime batches as valid, with the time of the broker', async () => {
    const folder = join(root, 'append-time-0')
    const config = { messageTimestampType: 'LogAppendTime', indexIntervalBytes: 500 } as const
    const one = fixture(nodeDisk)
    const log = openPartition(one, { folder, config })

    for (let i = 0; i < 40; i++) {
      one.clock.advance(5)
      append(
        log,
        batchOf([`stamped ${i}`, 'x'.repeat(100)], { timestamp: 5n, ...compressedWith((i % 5) as CompressionCodec) })
      )
    }
    await log.close()

    await expectFaultless(folder)
    const { stdout } = await dumpLog(filesOf(folder, '.log'), '--deep-iteration')
    expect(stdout).toContain(`LogAppendTime: ${one.clock.nowMs()}`)
    expect(stdout).not.toContain('CreateTime')
  })

  it('finds no fault after a crash cut the log inside a batch and recovery rebuilt the indexes', async () => {
    const folder = join(root, 'crashed-0')
    const config = { segmentBytes: 60_000, indexIntervalBytes: 1_000 }
    const crashed = openPartition(fixture(nodeDisk), { folder, config })
    fill(crashed, 300)
    // A crash ends a process with all that it has under way; here both live in one, so the first is let finish.
    await crashed.flush()
    const last = filesOf(folder, '.log').at(-1) ?? ''
    truncateSync(last, statSync(last).size - 5)

    const log = openPartition(fixture(nodeDisk), { folder, config })
    fill(log, 60)
    await log.close()

    await expectFaultless(folder)
  })

  it('finds no fault in batches with nanosecond timestamps', async () => {
    const folder = join(root, 'nanoseconds-0')
    const log = openPartition(fixture(nodeDisk), { folder, config: { indexIntervalBytes: 200 } })

    for (let i = 0; i < 50; i++)
      append(log, batchOf(['x'.repeat(150)], { timestamp: 1_700_000_000_000_000_001n + BigInt(i) }))
    await log.close()

    await expectFaultless(folder)
  })
})
