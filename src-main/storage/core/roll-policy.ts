/**
 * When the active segment ends (Kafka's LogSegment.shouldRoll): the next batch would not fit, the segment is older than
 * segment.ms, an index is full, or the offset would no longer fit an index entry. An empty segment never rolls for age
 * or size.
 */
export interface RollInput {
  readonly segmentSizeBytes: number
  readonly batchSizeBytes: number
  readonly segmentBytes: number
  readonly segmentMs: number
  /** Largest timestamp of the segment's first batch; negative when it has none. */
  readonly firstTimestampMs: number
  /** Largest timestamp of the batch to come. */
  readonly batchTimestampMs: number
  readonly createdMs: number
  readonly nowMs: number
  readonly areIndexesFull: boolean
  /** Last offset of the batch to come, relative to the segment's base. */
  readonly relativeOffset: number
}

export const relativeOffsetMax = 0x7fff_ffff

export function shouldRoll(input: RollInput): boolean {
  if (input.segmentSizeBytes > input.segmentBytes - input.batchSizeBytes && input.segmentSizeBytes > 0) return true
  if (input.segmentSizeBytes > 0 && segmentAgeMs(input) > input.segmentMs) return true
  return input.areIndexesFull || input.relativeOffset > relativeOffsetMax
}

/** Measured in the records' own time when they have one: replayed old data rolls by its own clock. */
function segmentAgeMs(input: RollInput): number {
  return input.firstTimestampMs >= 0 ? input.batchTimestampMs - input.firstTimestampMs : input.nowMs - input.createdMs
}
