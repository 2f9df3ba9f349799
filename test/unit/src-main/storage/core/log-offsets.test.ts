import { describe, expect, it } from 'vitest'
import { LogOffsets } from '../../../../../src-main/storage/core/log-offsets'

describe("a log's offsets", () => {
  it('commit nothing by an append: the watermark is somebody else’s to advance', () => {
    const offsets = new LogOffsets(0, 0, 5)

    offsets.appended(9)

    expect([offsets.start, offsets.highWatermark, offsets.end]).toEqual([0, 0, 9])
  })

  it('move the watermark forward only, and never past the end', () => {
    const offsets = new LogOffsets(0, 5, 9)

    offsets.advanceHighWatermark(7)
    offsets.advanceHighWatermark(6)
    expect(offsets.highWatermark).toBe(7)
    offsets.advanceHighWatermark(99)

    expect(offsets.highWatermark).toBe(9)
  })

  it('keep start <= high watermark <= end, also from a stale checkpoint', () => {
    expect(new LogOffsets(3, 99, 10).highWatermark).toBe(10)
    expect(new LogOffsets(3, 1, 10).highWatermark).toBe(3)
    expect(new LogOffsets(99, 0, 10).start).toBe(10)
  })

  it('move the start forward only, and within the log; what goes was committed', () => {
    const offsets = new LogOffsets(3, 4, 10)

    expect(offsets.advanceStart(2)).toBe(false)
    expect(offsets.advanceStart(6)).toBe(true)
    expect(() => offsets.advanceStart(11)).toThrow('within the log')

    expect([offsets.start, offsets.highWatermark]).toEqual([6, 6])
  })

  it('all fall back with a truncation', () => {
    const offsets = new LogOffsets(3, 10, 10)

    offsets.truncated(2)

    expect([offsets.start, offsets.highWatermark, offsets.end]).toEqual([2, 2, 2])
  })

  it('are one where the log begins anew, before or after what it had', () => {
    const offsets = new LogOffsets(3, 7, 10)

    offsets.startedAt(50)
    expect([offsets.start, offsets.highWatermark, offsets.end]).toEqual([50, 50, 50])
    offsets.startedAt(0)

    expect([offsets.start, offsets.highWatermark, offsets.end]).toEqual([0, 0, 0])
  })
})
