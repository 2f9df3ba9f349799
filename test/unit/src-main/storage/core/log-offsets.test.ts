import { describe, expect, it } from 'vitest'
import { LogOffsets } from '../../../../../src-main/storage/core/log-offsets'

describe("a log's offsets", () => {
  it('commit everything at once while there is one replica', () => {
    const offsets = new LogOffsets(0, 0, 5)

    offsets.appended(9)

    expect([offsets.start, offsets.highWatermark, offsets.end]).toEqual([0, 9, 9])
  })

  it('commit only what the followers have, once there are any', () => {
    const offsets = new LogOffsets(0, 0, 5)
    offsets.isSoleReplica = false

    offsets.appended(9)
    expect(offsets.highWatermark).toBe(5)
    offsets.advanceHighWatermark(7)
    offsets.advanceHighWatermark(6)
    expect(offsets.highWatermark).toBe(7)
    offsets.advanceHighWatermark(99)

    expect(offsets.highWatermark).toBe(9)
  })

  it('keep start <= high watermark <= end, also from a stale checkpoint', () => {
    const beyond = new LogOffsets(3, 99, 10)
    beyond.isSoleReplica = false
    const below = new LogOffsets(3, 1, 10)
    below.isSoleReplica = false

    expect(beyond.highWatermark).toBe(10)
    expect(new LogOffsets(99, 0, 10).start).toBe(10)
    expect(below.highWatermark).toBe(10)
  })

  it('move the start forward only, and within the log', () => {
    const offsets = new LogOffsets(3, 10, 10)

    expect(offsets.advanceStart(2)).toBe(false)
    expect(offsets.advanceStart(6)).toBe(true)
    expect(() => offsets.advanceStart(11)).toThrow('within the log')

    expect(offsets.start).toBe(6)
  })

  it('all fall back with a truncation', () => {
    const offsets = new LogOffsets(3, 10, 10)

    offsets.truncated(2)

    expect([offsets.start, offsets.highWatermark, offsets.end]).toEqual([2, 2, 2])
  })
})
