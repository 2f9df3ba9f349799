import { describe, expect, it } from 'vitest'
import { shouldRoll } from '../../../../../src-main/storage/core/roll-policy'
import type { RollInput } from '../../../../../src-main/storage/core/roll-policy'

const calm: RollInput = {
  segmentSizeBytes: 500,
  batchSizeBytes: 100,
  segmentBytes: 1_000,
  segmentMs: 60_000,
  firstTimestampMs: 1_000_000,
  batchTimestampMs: 1_000_000,
  createdMs: 1_000_000,
  nowMs: 1_000_000,
  areIndexesFull: false,
  relativeOffset: 10
}
const rolls = (change: Partial<RollInput>): boolean => shouldRoll({ ...calm, ...change })

describe('the active segment', () => {
  it('goes on while nothing speaks against it', () => {
    expect(rolls({})).toBe(false)
  })

  it('ends when the batch would not fit', () => {
    expect(rolls({ segmentSizeBytes: 900 })).toBe(false)
    expect(rolls({ segmentSizeBytes: 901 })).toBe(true)
  })

  it('ends when its records are older than segment.ms, measured in their own time', () => {
    expect(rolls({ batchTimestampMs: 1_060_000, nowMs: 9_000_000 })).toBe(false)
    expect(rolls({ batchTimestampMs: 1_060_001 })).toBe(true)
  })

  it('is measured by the clock when its records carry no time', () => {
    expect(rolls({ firstTimestampMs: -1, nowMs: 1_060_000 })).toBe(false)
    expect(rolls({ firstTimestampMs: -1, nowMs: 1_060_001 })).toBe(true)
  })

  it('ends when an index is full or an offset would not fit it', () => {
    expect(rolls({ areIndexesFull: true })).toBe(true)
    expect(rolls({ relativeOffset: 2 ** 31 })).toBe(true)
    expect(rolls({ relativeOffset: 2 ** 31 - 1 })).toBe(false)
  })

  it('never ends for size or age while it is empty', () => {
    expect(rolls({ segmentSizeBytes: 0, batchSizeBytes: 5_000, nowMs: 9_999_999, firstTimestampMs: -1 })).toBe(false)
  })
})
