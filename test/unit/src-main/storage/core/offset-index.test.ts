import { describe, expect, it } from 'vitest'
import { OffsetIndex } from '../../../../../src-main/storage/core/offset-index'

function indexOf(...entries: readonly (readonly [number, number])[]): OffsetIndex {
  const index = new OffsetIndex(1_000)
  for (const [offset, position] of entries) index.append(offset, position)
  return index
}

describe('the offset index', () => {
  it('starts a search at the last entry that is not past the offset', () => {
    const index = indexOf([1_009, 100], [1_019, 250], [1_050, 900])

    expect(
      [1_000, 1_008, 1_009, 1_018, 1_019, 1_049, 1_050, 9_999].map((offset) => index.positionBefore(offset))
    ).toEqual([0, 0, 100, 100, 250, 250, 900, 900])
  })

  it("is Kafka's file: relative offset and position, big-endian", () => {
    const index = indexOf([1_009, 100], [1_000 + 0x01020304, 0x0a0b0c0d])

    expect(Buffer.from(index.entries.unwritten).toString('hex')).toBe('0000000900000064010203040a0b0c0d')
  })

  it('refuses entries that do not increase', () => {
    const index = indexOf([1_009, 100])

    expect(() => index.append(1_009, 200)).toThrow('increase')
    expect(() => index.append(1_020, 100)).toThrow('increase')
  })

  it('hands out only what the file lacks', () => {
    const index = indexOf([1_009, 100])
    index.entries.markWritten()

    index.append(1_019, 250)

    expect(index.entries.writtenBytes).toBe(8)
    expect(index.entries.unwritten.length).toBe(8)
  })

  it('drops what a truncation removes, also from what the file is believed to have', () => {
    const index = indexOf([1_009, 100], [1_019, 250])
    index.entries.markWritten()

    index.truncateTo(1_015)

    expect(index.count).toBe(1)
    expect(index.entries.writtenBytes).toBe(8)
  })

  it('is full at 10 MiB', () => {
    const full = new OffsetIndex(0, new Uint8Array(10_485_760))

    expect(full.isFull).toBe(true)
    expect(indexOf().isFull).toBe(false)
  })

  it('is not sane when it is cut, falls back, or points beyond the log', () => {
    const bytes = indexOf([1_009, 100], [1_019, 250]).entries.unwritten.slice()
    const isSane = (file: Uint8Array, logSizeBytes = 1_000): boolean => OffsetIndex.isSane(1_000, file, logSizeBytes)

    expect(isSane(bytes)).toBe(true)
    expect(isSane(bytes, 250)).toBe(false)
    expect(isSane(bytes.subarray(0, 11))).toBe(false)
    expect(isSane(Buffer.concat([bytes, bytes]))).toBe(false)
    expect(isSane(Buffer.concat([bytes, Buffer.alloc(8)]))).toBe(false)
  })
})
