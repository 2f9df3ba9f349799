import { describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../../src-main/adapters/node-checksum'
import {
  batchProducerId,
  hasBatchCrc,
  headerAt,
  patchBatch,
  readBatchHeader,
  stampLogAppendTime
} from '../../../../../src-main/protocol/record/batch-header'
import { putBigInt64 } from '../../../../../src-main/protocol/record/big-endian'
import { batchOf, sequencedBatch } from '../../../../support/record-samples'

/** One record "a" at 1,700,000,000,000 (0x018bcfe56800), laid out by hand from the message format. */
const fixture =
  '0000000000000000' +
  '00000039' +
  'ffffffff' +
  '02' +
  '%CRC%' +
  '0000' +
  '00000000' +
  '0000018bcfe56800' +
  '0000018bcfe56800' +
  'ffffffffffffffff' +
  'ffff' +
  'ffffffff' +
  '00000001' +
  '0e' +
  '00' +
  '00' +
  '00' +
  '01' +
  '02' +
  '61' +
  '00'

describe('the batch header', () => {
  it('lies where the message format says', () => {
    const batch = batchOf(['a'])
    const crc = Buffer.from(batch.subarray(17, 21)).toString('hex')

    expect(Buffer.from(batch).toString('hex')).toBe(fixture.replace('%CRC%', crc))
    expect(Number.parseInt(crc, 16)).toBe(nodeChecksum.crc32c(batch.subarray(21)))
  })

  it('reads every field', () => {
    const batch = sequencedBatch(12, 3, 40, ['a', 'b'])
    patchBatch(batch, 0, 2 ** 40, 6)

    expect(readBatchHeader(batch)).toEqual({
      baseOffset: 2 ** 40,
      lastOffset: 2 ** 40 + 1,
      sizeBytes: batch.length,
      partitionLeaderEpoch: 6,
      magic: 2,
      crc: expect.any(Number) as number,
      codec: 0,
      timestampType: 'CreateTime',
      isTransactional: false,
      isControl: false,
      baseTimestamp: 1_700_000_000_000n,
      maxTimestamp: 1_700_000_000_000n,
      producerId: 12,
      producerEpoch: 3,
      baseSequence: 40,
      recordCount: 2
    })
  })

  it('takes base offset and leader epoch without a new CRC', () => {
    const batch = batchOf(['a'])

    patchBatch(batch, 0, 123_456_789_012, 8)

    expect(hasBatchCrc(batch, 0, batch.length, nodeChecksum)).toBe(true)
  })

  it('takes the time of the broker with a new CRC', () => {
    const batch = batchOf(['a'], { timestamp: 7n })

    stampLogAppendTime(batch, 0, 1_700_000_000_123, nodeChecksum)

    expect(hasBatchCrc(batch, 0, batch.length, nodeChecksum)).toBe(true)
    expect(readBatchHeader(batch)).toMatchObject({
      timestampType: 'LogAppendTime',
      maxTimestamp: 1_700_000_000_123n,
      baseTimestamp: 7n
    })
  })

  it('tells producer ids beyond 2^53 apart', () => {
    const batch = batchOf(['a'])
    putBigInt64(batch, headerAt.producerId, 2n ** 53n + 1n)

    expect(batchProducerId(batch, 0)).toBe(2n ** 53n + 1n)
  })
})
