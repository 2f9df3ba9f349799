import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../../src-main/adapters/node-checksum'
import { nodeCompression } from '../../../../../src-main/adapters/node-compression'
import { headerAt } from '../../../../../src-main/protocol/record/batch-header'
import { checkedPlainBytesMax, validateBatchForAppend } from '../../../../../src-main/protocol/record/batch-validation'
import type { BatchLimits } from '../../../../../src-main/protocol/record/batch-validation'
import { putInt16, putInt32, putInt64 } from '../../../../../src-main/protocol/record/big-endian'
import { readRecords } from '../../../../../src-main/protocol/record/record'
import { batchOf, compressedWith, loadCodecs, sequencedBatch } from '../../../../support/record-samples'

beforeAll(loadCodecs)

const limits: BatchLimits = { maxMessageBytes: 1_000, segmentBytes: 10_000, isZstdAllowed: true, needsKeys: false }
const ports = { checksum: nodeChecksum, compression: nodeCompression }

const errorOf = (batch: Uint8Array, changed: Partial<BatchLimits> = {}): string | undefined =>
  validateBatchForAppend(batch, 0, batch.length, { ...limits, ...changed }, ports)?.error

/** Changes a batch and makes its CRC right again. */
function altered(batch: Uint8Array<ArrayBuffer>, change: (bytes: Uint8Array) => void): Uint8Array {
  change(batch)
  putInt32(batch, headerAt.crc, nodeChecksum.crc32c(batch.subarray(headerAt.attributes)))
  return batch
}

describe('a produced batch', () => {
  it('is taken when it is whole and within its limits, with any of the five codecs', () => {
    for (const codec of [0, 1, 2, 3, 4] as const)
      expect(errorOf(batchOf(['a', 'b'], compressedWith(codec)))).toBeUndefined()
    expect(errorOf(sequencedBatch(1, 0, 0, ['a']))).toBeUndefined()
  })

  it('is found in the middle of a shared buffer', () => {
    const batch = batchOf(['a'])
    const shared = Buffer.concat([Buffer.alloc(11, 0xee), batch, Buffer.alloc(5, 0xee)])

    expect(validateBatchForAppend(shared, 11, batch.length, limits, ports)).toBeUndefined()
  })

  it('must be exactly one batch of magic 2', () => {
    expect(errorOf(new Uint8Array(0))).toBe('INVALID_RECORD')
    expect(errorOf(Buffer.concat([batchOf(['a']), batchOf(['b'])]))).toBe('INVALID_RECORD')
    const withMagic = (magic: number) => altered(batchOf(['a']), (bytes) => (bytes[headerAt.magic] = magic))
    expect([0, 1, 3, 127, 255].map((magic) => errorOf(withMagic(magic)))).toEqual([
      'INVALID_RECORD',
      'INVALID_RECORD',
      'CORRUPT_MESSAGE',
      'CORRUPT_MESSAGE',
      'CORRUPT_MESSAGE'
    ])
  })

  it('with wrong bytes or a wrong length is corrupt', () => {
    const wrong = batchOf(['some value'])
    wrong[70] = (wrong[70] ?? 0) ^ 1
    expect(errorOf(wrong)).toBe('CORRUPT_MESSAGE')
    expect(errorOf(altered(batchOf(['a']), (bytes) => putInt32(bytes, headerAt.batchLength, -1)))).toBe(
      'CORRUPT_MESSAGE'
    )
    expect(errorOf(altered(batchOf(['a']), (bytes) => putInt32(bytes, headerAt.batchLength, 10)))).toBe(
      'CORRUPT_MESSAGE'
    )
  })

  it('that is cut is none, as with Kafka', () => {
    for (const bytes of [1, 16, 17, 60, 65]) expect(errorOf(batchOf(['a']).subarray(0, bytes))).toBe('INVALID_RECORD')
  })

  it('larger than max.message.bytes or than a segment gets the error of either', () => {
    const batch = batchOf(['x'.repeat(500)])

    expect(errorOf(batch, { maxMessageBytes: batch.length })).toBeUndefined()
    expect(errorOf(batch, { maxMessageBytes: batch.length - 1 })).toBe('MESSAGE_TOO_LARGE')
    expect(errorOf(batch, { segmentBytes: batch.length - 1 })).toBe('RECORD_LIST_TOO_LARGE')
  })

  it('may be zstd only from Produce v7 on, and never of an unknown codec', () => {
    expect(errorOf(batchOf(['a'], compressedWith(4)), { isZstdAllowed: false })).toBe('UNSUPPORTED_COMPRESSION_TYPE')
    expect(errorOf(altered(batchOf(['a']), (bytes) => putInt16(bytes, headerAt.attributes, 5)))).toBe(
      'UNSUPPORTED_COMPRESSION_TYPE'
    )
  })

  it('whose count and offsets disagree is invalid', () => {
    for (const [field, value] of [
      [headerAt.recordCount, 3],
      [headerAt.recordCount, 0],
      [headerAt.lastOffsetDelta, 5],
      [headerAt.lastOffsetDelta, -1]
    ] as const)
      expect(errorOf(altered(batchOf(['a', 'b']), (bytes) => putInt32(bytes, field, value)))).toBe('INVALID_RECORD')
    expect(errorOf(altered(batchOf(['a']), (bytes) => putInt64(bytes, 0, 5)))).toBe('INVALID_RECORD')
  })

  it.each([0, 1, 2, 3, 4] as const)(
    'of codec %i whose body holds more or fewer records than it says is refused',
    (codec) => {
      for (const count of [1, 3, 1000, 2_000_000_000]) {
        const batch = altered(batchOf(['a', 'b'], compressedWith(codec)), (bytes) => {
          putInt32(bytes, headerAt.recordCount, count)
          putInt32(bytes, headerAt.lastOffsetDelta, count - 1)
        })
        expect(errorOf(batch)).toBe('INVALID_RECORD')
      }
    }
  )

  it.each([1, 2, 3, 4] as const)(
    'that says codec %i of a plain body is refused as Kafka does, by error -1',
    (codec) => {
      const batch = altered(batchOf(['some value', 'another']), (bytes) => putInt16(bytes, headerAt.attributes, codec))

      expect(errorOf(batch)).toBe('UNKNOWN_SERVER_ERROR')
    }
  )

  it.each([1, 2, 3, 4] as const)('that says "plain" of a body of codec %i is refused', (codec) => {
    const batch = altered(batchOf(['some value'], compressedWith(codec)), (bytes) =>
      putInt16(bytes, headerAt.attributes, 0)
    )

    expect(errorOf(batch)).toBe('INVALID_RECORD')
  })

  it('whose record has another offset, or other fields than its length, is refused', () => {
    const recordAt = 61
    const offsetDeltaAt = recordAt + 3
    expect(errorOf(altered(batchOf(['a', 'b']), (bytes) => (bytes[offsetDeltaAt] = 2)))).toBe('INVALID_RECORD')
    const valueLengthAt = recordAt + 5
    for (const length of [0, 4, 126, 127])
      expect(errorOf(altered(batchOf(['a', 'b']), (bytes) => (bytes[valueLengthAt] = length)))).toBe('INVALID_RECORD')
  })

  it('that unpacks to more than is checked is taken on the word of its header: packed bytes are what counts', () => {
    for (const codec of [1, 2, 3, 4] as const) {
      const batch = batchOf(['x'.repeat(checkedPlainBytesMax)], compressedWith(codec))
      expect(errorOf(batch, { maxMessageBytes: batch.length, segmentBytes: batch.length })).toBeUndefined()
    }
  })

  it('of a compacted topic needs keys, whatever its codec', () => {
    for (const codec of [0, 1, 2, 3, 4] as const)
      expect(errorOf(batchOf(['a'], compressedWith(codec)), { needsKeys: true })).toBe('INVALID_RECORD')
  })

  it('with any changed byte in its body, and the right CRC, is either refused or can be read', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2, 3, 4),
        fc.integer({ min: 61, max: 140 }),
        fc.integer({ min: 1, max: 255 }),
        (codec, at, mask) => {
          const batch = altered(batchOf(['some value', 'another value'], compressedWith(codec)), (bytes) => {
            if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ mask
          })
          if (errorOf(batch) === undefined) expect(readRecords(batch, 0, nodeCompression).type).toBe('records')
        }
      ),
      { numRuns: 3000 }
    )
  })

  it('may not be a control batch, nor have a producer id without a sequence', () => {
    expect(errorOf(batchOf(['a'], { isControl: true }))).toBe('INVALID_RECORD')
    expect(errorOf(sequencedBatch(4, 0, -1, ['a']))).toBe('INVALID_RECORD')
  })

  it('may not claim LogAppendTime', () => {
    expect(errorOf(batchOf(['a'], { timestampType: 'LogAppendTime' }))).toBe('INVALID_TIMESTAMP')
  })

  it('with any single changed byte behind its header is refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 17, max: 80 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const batch = batchOf(['some value that is long enough'])
        batch[at] = (batch[at] ?? 0) ^ mask
        expect(errorOf(batch)).toBeDefined()
      })
    )
  })

  it('of random bytes never makes the check throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        if (bytes.length > headerAt.magic) bytes[headerAt.magic] = 2
        expect(errorOf(bytes)).toBeDefined()
      })
    )
  })
})
