import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../../src-main/adapters/node-checksum'
import { nodeCompression } from '../../../../../src-main/adapters/node-compression'
import type { CompressionCodec } from '../../../../../src-main/kernel/ports'
import { buildBatch, buildEndTransactionMarker } from '../../../../../src-main/protocol/record/batch-builder'
import {
  hasBatchCrc,
  headerAt,
  isControlBatch,
  readBatchHeader
} from '../../../../../src-main/protocol/record/batch-header'
import { putInt32 } from '../../../../../src-main/protocol/record/big-endian'
import { controlRecordOf } from '../../../../../src-main/protocol/record/control-record'
import { readRecords, visitRecords } from '../../../../../src-main/protocol/record/record'
import type { RecordContent, StoredRecord } from '../../../../../src-main/protocol/record/record'
import {
  batchOf,
  bytesOf,
  codecNames,
  compressedWith,
  loadCodecs,
  recordOf,
  textOf
} from '../../../../support/record-samples'

beforeAll(loadCodecs)

const bytes = fc.uint8Array({ maxLength: 40 })
const record: fc.Arbitrary<RecordContent> = fc.record({
  timestamp: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 8, unit: 'grapheme' }), value: fc.option(bytes) }), {
    maxLength: 3
  })
})

const plain = (value: Uint8Array | null): number[] | null => (value === null ? null : [...value])
const comparable = ({ timestamp, key, value, headers = [] }: RecordContent): unknown => ({
  timestamp,
  key: plain(key),
  value: plain(value),
  headers: headers.map((header) => [header.key, plain(header.value)])
})

function recordsOf(batch: Uint8Array, at = 0): readonly StoredRecord[] {
  const read = readRecords(batch, at, nodeCompression)
  if (read.type === 'corrupt') throw new Error(read.message)
  return read.records
}

describe('records of a batch', () => {
  it('come back as they were built: any int64 time, null keys and values, headers', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 6 }), fc.nat(2 ** 40), (records, baseOffset) => {
        const batch = buildBatch(records, nodeChecksum, { baseOffset })
        const read = recordsOf(batch)
        expect(read.map(comparable)).toEqual(records.map(comparable))
        expect(read.map(({ offset }) => offset)).toEqual(records.map((_, i) => baseOffset + i))
        expect(hasBatchCrc(batch, 0, batch.length, nodeChecksum)).toBe(true)
      })
    )
  })

  it.each([0, 1, 2, 3, 4] as const)('come back through codec %i', (codec) => {
    const values = ['first', 'second', 'x'.repeat(5_000)]

    const batch = batchOf(values, compressedWith(codec))

    expect(recordsOf(batch).map(({ value }) => textOf(value))).toEqual(values)
    expect(readBatchHeader(batch).codec).toBe(codec)
    expect(codecNames[codec]).toBeDefined()
  })

  it('all have the largest time when the batch is stamped with LogAppendTime', () => {
    const records = [recordOf('a', { timestamp: 5n }), recordOf('b', { timestamp: 9n })]

    const batch = buildBatch(records, nodeChecksum, { timestampType: 'LogAppendTime' })

    expect(recordsOf(batch).map(({ timestamp }) => timestamp)).toEqual([9n, 9n])
  })

  it('are read from the middle of a longer array', () => {
    const [first, second] = [batchOf(['one']), batchOf(['two'], { baseOffset: 7 })]

    const read = recordsOf(Buffer.concat([first, second]), first.length)

    expect(read.map(({ offset, value }) => [offset, textOf(value)])).toEqual([[7, 'two']])
  })

  it('are visited only as long as the visitor wants', () => {
    const seen: (string | null)[] = []

    visitRecords(batchOf(['a', 'b', 'c']), 0, nodeCompression, ({ value }) => seen.push(textOf(value)) < 2)

    expect(seen).toEqual(['a', 'b'])
  })
})

describe('hostile records', () => {
  it('give "corrupt", never an exception, whatever bytes are changed', () => {
    const codecs = fc.constantFrom<CompressionCodec[]>(0, 1, 2, 3)
    fc.assert(
      fc.property(
        codecs,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (codec, changes) => {
          const batch = batchOf(['some', 'values', 'x'.repeat(60)], compressedWith(codec))
          for (const [at, byte] of changes) batch[at % batch.length] = byte
          expect(['records', 'corrupt']).toContain(readRecords(batch, 0, nodeCompression).type)
        }
      ),
      { numRuns: 2_000 }
    )
  })

  it('give "corrupt" when cut anywhere', () => {
    const batch = batchOf(['some', 'values'])
    for (let length = 0; length < batch.length; length++)
      expect(readRecords(batch.subarray(0, length), 0, nodeCompression).type).toBe('corrupt')
  })

  it('do not make the reader believe in a billion records', () => {
    const batch = batchOf(['one'])
    putInt32(batch, headerAt.recordCount, 0x7fff_ffff)

    expect(readRecords(batch, 0, nodeCompression)).toEqual({
      type: 'corrupt',
      reason: 'corrupt',
      message: 'the records end inside a field'
    })
  })

  it('are corrupt when bytes follow the last one', () => {
    const batch = batchOf(['one', 'two'])
    putInt32(batch, headerAt.recordCount, 1)

    expect(readRecords(batch, 0, nodeCompression).type).toBe('corrupt')
  })
})

describe('control batches', () => {
  it('end a transaction in 78 bytes and say how', () => {
    const fields = { producerId: 9, producerEpoch: 2, coordinatorEpoch: 4, timestamp: 1n } as const

    const marker = buildEndTransactionMarker({ type: 'commit', ...fields }, nodeChecksum)

    expect(marker.length).toBe(78)
    expect(isControlBatch(marker, 0)).toBe(true)
    expect(readBatchHeader(marker)).toMatchObject({
      isTransactional: true,
      producerId: 9,
      producerEpoch: 2,
      baseSequence: -1
    })
    expect(recordsOf(marker).map(controlRecordOf)).toEqual([{ type: 'commit', coordinatorEpoch: 4 }])
  })

  it('of an unknown type are recognised as such, short ones are none', () => {
    expect(controlRecordOf({ key: Uint8Array.from([0, 0, 0, 2]), value: null })).toEqual({ type: 'other', code: 2 })
    expect(controlRecordOf({ key: Uint8Array.from([0, 0, 0]), value: null })).toBeUndefined()
    expect(controlRecordOf({ key: Uint8Array.from([0, 0, 0, 0]), value: bytesOf('short') })).toBeUndefined()
  })
})
