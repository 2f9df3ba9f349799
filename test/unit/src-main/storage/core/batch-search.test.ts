import { describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../../src-main/adapters/node-checksum'
import { headerAt, patchBatch } from '../../../../../src-main/protocol/record/batch-header'
import { putInt32 } from '../../../../../src-main/protocol/record/big-endian'
import { decodeBadBatch, encodeBadBatch } from '../../../../../src-main/storage/core/bad-batch'
import { nextGoodBatch } from '../../../../../src-main/storage/core/batch-search'
import { allAtOnce } from '../../../../../src-main/storage/core/steps'
import { batchOf } from '../../../../support/record-samples'

function batchAt(offset: number, ...values: readonly string[]): Uint8Array<ArrayBuffer> {
  const batch = batchOf(values)
  patchBatch(batch, 0, offset, 0)
  return batch
}

/** Behind the batch at `position`, which begins at offset 1. */
function search(bytes: Uint8Array, position: number): number | undefined {
  const source = {
    sizeBytes: bytes.length,
    readAt(from: number, into: Uint8Array): number {
      const piece = bytes.subarray(from, from + into.length)
      into.set(piece)
      return piece.length
    }
  }
  const options = { baseOffset: 0, position, nextOffset: 1, checksum: nodeChecksum }
  return allAtOnce(nextGoodBatch(source, options))
}

describe('the search for a good batch behind one that is bad', () => {
  const [first, bad, next] = [batchAt(0, 'a'), batchAt(1, 'b'), batchAt(2, 'c')]
  const spoilt = (change: (bytes: Uint8Array) => void): Uint8Array => {
    const bytes = bad.slice()
    change(bytes)
    return bytes
  }
  const record = spoilt((bytes) => (bytes[bytes.length - 2] = 0xff))
  const length = spoilt((bytes) => putInt32(bytes, headerAt.batchLength, 7))
  const zeros = new Uint8Array(bad.length)

  it.each([
    ['a record of it', record],
    ['its length', length],
    ['all of it', zeros]
  ])('finds it, whatever is spoilt: %s', (_what, bytes) => {
    expect(search(Buffer.concat([first, bytes, next]), first.length)).toBe(first.length + bad.length)
  })

  it('finds it behind more than it reads at once', () => {
    const bytes = Buffer.concat([first, new Uint8Array(700_001), next])
    expect(search(bytes, first.length)).toBe(first.length + 700_001)
  })

  it('finds none where none is whole, right and later', () => {
    expect(search(Buffer.concat([first, record]), first.length)).toBeUndefined()
    expect(search(Buffer.concat([first, record, next.subarray(0, next.length - 1)]), first.length)).toBeUndefined()
    expect(search(Buffer.concat([first, record, record]), first.length)).toBeUndefined()
    expect(search(Buffer.concat([first, record, batchAt(0, 'older')]), first.length)).toBeUndefined()
  })
})

describe('what is kept of a bad batch', () => {
  const bad = {
    file: '00000000000000000007.log',
    position: 73,
    offset: 9,
    endOffset: 20,
    isEndKnown: true,
    fault: 'it is cut short'
  }

  it('is read as it was written', () => {
    expect(decodeBadBatch(encodeBadBatch(bad))).toEqual(bad)
  })

  it.each(['', '{', 'null', '7', '{}', '{"file":"../../etc/passwd","position":0,"offset":0,"endOffset":0,"fault":""}'])(
    'is nothing when it is no such file: %s',
    (text) => {
      expect(decodeBadBatch(new TextEncoder().encode(text))).toBeUndefined()
    }
  )

  it('names no end before its begin', () => {
    expect(decodeBadBatch(encodeBadBatch({ ...bad, endOffset: 8 }))).toBeUndefined()
  })
})
