import { describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../../src-main/adapters/node-checksum'
import { batchLastOffset, headerAt, patchBatch } from '../../../../../src-main/protocol/record/batch-header'
import { putInt32 } from '../../../../../src-main/protocol/record/big-endian'
import { scanSegment } from '../../../../../src-main/storage/core/recovery-scan'
import type { ScanResult } from '../../../../../src-main/storage/core/recovery-scan'
import { batchOf } from '../../../../support/record-samples'

function batchAt(offset: number, ...values: readonly string[]): Uint8Array<ArrayBuffer> {
  const batch = batchOf(values)
  patchBatch(batch, 0, offset, 0)
  return batch
}

function scan(bytes: Uint8Array, visited: number[] = []): ScanResult {
  const source = {
    sizeBytes: bytes.length,
    readAt(position: number, into: Uint8Array): number {
      const piece = bytes.subarray(position, position + into.length)
      into.set(piece)
      return piece.length
    }
  }
  const options = { baseOffset: 0, position: 0, nextOffset: 0, checksum: nodeChecksum }
  return scanSegment(source, options, (chunk, at) => visited.push(batchLastOffset(chunk, at)))
}

describe('the recovery scan', () => {
  it('goes to the end of a good segment, batches larger than its chunk included', () => {
    const visited: number[] = []
    const bytes = Buffer.concat([batchAt(0, 'a', 'b'), batchAt(2, 'x'.repeat(3_000_000)), batchAt(3, 'c')])

    expect(scan(bytes, visited)).toEqual({ validBytes: bytes.length, nextOffset: 4, fault: undefined })

    expect(visited).toEqual([1, 2, 3])
  })

  it('takes gaps in the offsets, as compaction leaves them', () => {
    expect(scan(Buffer.concat([batchAt(3, 'a'), batchAt(9, 'b')]))).toMatchObject({ nextOffset: 10, fault: undefined })
  })

  it('ends before a batch whose offsets fall back', () => {
    const first = batchAt(5, 'a')

    expect(scan(Buffer.concat([first, batchAt(5, 'b')]))).toMatchObject({ validBytes: first.length, nextOffset: 6 })
  })

  it('ends before zeros, as a preallocated or lost tail leaves them', () => {
    const first = batchAt(0, 'a')

    expect(scan(Buffer.concat([first, Buffer.alloc(5_000)]))).toMatchObject({ validBytes: first.length, nextOffset: 1 })
  })

  it('does not believe a length that the file has no room for', () => {
    const [first, wild] = [batchAt(0, 'a'), batchAt(1, 'b')]
    putInt32(wild, headerAt.batchLength, 0x7fff_fff0)

    expect(scan(Buffer.concat([first, wild]))).toMatchObject({ validBytes: first.length, fault: 'it is cut short' })
  })
})
