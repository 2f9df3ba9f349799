import { describe, expect, it } from 'vitest'
import { deletableSegments } from '../../../../../src-main/storage/core/retention'
import type { RetentionLimits, SegmentAge } from '../../../../../src-main/storage/core/retention'

const nowMs = 1_000_000
/** Four segments of 100 bytes and 10 offsets; the oldest is 40 s old, the active one 10 s. */
const segments: readonly SegmentAge[] = [0, 1, 2, 3].map((i) => ({
  baseOffset: i * 10,
  endOffset: i * 10 + 10,
  sizeBytes: 100,
  largestTimestampMs: nowMs - (4 - i) * 10_000
}))
const unlimited: RetentionLimits = { retentionMs: -1, retentionBytes: -1, deletesByAgeAndSize: true }
const deletable = (limits: Partial<RetentionLimits>, start = 0, highWatermark = 40, all = segments): number =>
  deletableSegments(all, { ...unlimited, ...limits }, start, highWatermark, nowMs)

describe('retention', () => {
  it('keeps everything without limits', () => {
    expect(deletable({})).toBe(0)
  })

  it('lets segments go whose newest record is older than retention.ms', () => {
    expect(deletable({ retentionMs: 25_000 })).toBe(2)
    expect(deletable({ retentionMs: 40_000 })).toBe(0)
  })

  it('lets even the active segment go when all of it has expired, but not an empty one', () => {
    expect(deletable({ retentionMs: 5_000 })).toBe(4)
    const emptyActive = [
      ...segments.slice(0, 3),
      { baseOffset: 30, endOffset: 30, sizeBytes: 0, largestTimestampMs: 0 }
    ]
    expect(deletable({ retentionMs: 5_000 }, 0, 30, emptyActive)).toBe(3)
  })

  it('stops at the first segment that has not expired', () => {
    const mixed = segments.map((segment, i) => (i === 1 ? { ...segment, largestTimestampMs: nowMs } : segment))

    expect(deletable({ retentionMs: 25_000 }, 0, 40, mixed)).toBe(1)
  })

  it('lets as many go as retention.bytes leaves no room for, never falling below it', () => {
    expect(deletable({ retentionBytes: 400 })).toBe(0)
    expect(deletable({ retentionBytes: 301 })).toBe(0)
    expect(deletable({ retentionBytes: 300 })).toBe(1)
    expect(deletable({ retentionBytes: 100 })).toBe(3)
  })

  it('keeps what is above the high watermark', () => {
    expect(deletable({ retentionMs: 5_000, retentionBytes: 0 }, 0, 20)).toBe(2)
  })

  it('lets go what lies wholly below the log start offset, also on compacted topics', () => {
    expect(deletable({}, 20)).toBe(2)
    expect(deletable({ deletesByAgeAndSize: false, retentionMs: 5_000, retentionBytes: 0 }, 19)).toBe(1)
    expect(deletable({}, 40)).toBe(3)
  })
})
