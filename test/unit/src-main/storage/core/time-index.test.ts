import { describe, expect, it } from 'vitest'
import { TimeIndex } from '../../../../../src-main/storage/core/time-index'

function indexOf(...entries: readonly (readonly [bigint, number])[]): TimeIndex {
  const index = new TimeIndex(500)
  for (const [timestamp, offset] of entries)
    index.appendIfLater(Number(timestamp >> 32n), Number(timestamp & 0xffff_ffffn), offset)
  return index
}

describe('the time index', () => {
  it('takes an entry only when its time is later than the last one', () => {
    const index = indexOf([100n, 505], [100n, 506], [99n, 507], [101n, 508])

    expect([index.timestampAt(0), index.timestampAt(1), index.count]).toEqual([100n, 101n, 2])
    expect(index.offsetAt(1)).toBe(508)
  })

  it('takes no entry from records without a time', () => {
    expect(indexOf([-1n, 505]).count).toBe(0)
  })

  it('keeps nanosecond timestamps exact', () => {
    const [first, second] = [1_700_000_000_000_000_001n, 1_700_000_000_000_000_002n]

    const index = indexOf([first, 501], [second, 502])

    expect([index.timestampAt(0), index.timestampAt(1)]).toEqual([first, second])
    expect(index.lastEntryBefore(second)).toBe(0)
  })

  it('finds the last entry that is earlier than a time', () => {
    const index = indexOf([100n, 505], [200n, 510], [300n, 515])

    expect([99n, 100n, 101n, 200n, 300n, 301n].map((time) => index.lastEntryBefore(time))).toEqual([-1, -1, 0, 0, 1, 2])
  })

  it("is Kafka's file: time and relative offset, big-endian", () => {
    expect(Buffer.from(indexOf([0x0102030405060708n, 505]).entries.unwritten).toString('hex')).toBe(
      '010203040506070800000005'
    )
  })

  it('drops what a truncation removes', () => {
    const index = indexOf([100n, 505], [200n, 510])

    index.truncateTo(510)

    expect(index.count).toBe(1)
  })

  it('is not sane when it is cut or does not increase', () => {
    const bytes = indexOf([100n, 505], [200n, 510]).entries.unwritten.slice()

    expect(TimeIndex.isSane(500, bytes)).toBe(true)
    expect(TimeIndex.isSane(500, bytes.subarray(0, 13))).toBe(false)
    expect(TimeIndex.isSane(500, Buffer.concat([bytes, bytes]))).toBe(false)
  })
})
