/**
 * Which of a log's oldest segments retention lets go (Kafka's UnifiedLog.deleteOldSegments): those wholly below the log
 * start offset, those whose newest record is older than retention.ms, and as many as retention.bytes leaves no room
 * for. Nothing above the high watermark goes. When even the active segment has expired, the owner rolls first and
 * deletes it; an empty active segment stays.
 */
import type { Offset } from '../../kernel/ids'
export interface SegmentAge {
  readonly baseOffset: Offset
  /** Next offset after the segment. */
  readonly endOffset: Offset
  readonly sizeBytes: number
  /** Newest record's time, or the file's modification time when records carry none. */
  readonly largestTimestampMs: number
}

export interface RetentionLimits {
  /** -1: no limit. */
  readonly retentionMs: number
  /** -1: no limit. */
  readonly retentionBytes: number
  /** False for cleanup.policy=compact, where only the log start offset releases segments. */
  readonly deletesByAgeAndSize: boolean
}

/** How many of `segments` (oldest first, the active one last) may go. */
export function deletableSegments(
  segments: readonly SegmentAge[],
  limits: RetentionLimits,
  logStartOffset: Offset,
  highWatermark: Offset,
  nowMs: number
): number {
  const byStart = countWhile(segments, ({ endOffset }, isActive) => !isActive && endOffset <= logStartOffset)
  if (!limits.deletesByAgeAndSize) return byStart
  const isReleased = ({ endOffset, sizeBytes }: SegmentAge, isActive: boolean): boolean =>
    endOffset <= highWatermark && !(isActive && sizeBytes === 0)
  const byTime =
    limits.retentionMs < 0
      ? 0
      : countWhile(
          segments,
          (segment, isActive) =>
            isReleased(segment, isActive) && nowMs - segment.largestTimestampMs > limits.retentionMs
        )
  return Math.max(byStart, byTime, bySize(segments, limits.retentionBytes, isReleased))
}

function bySize(
  segments: readonly SegmentAge[],
  retentionBytes: number,
  isReleased: (segment: SegmentAge, isActive: boolean) => boolean
): number {
  if (retentionBytes < 0) return 0
  let excess = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) - retentionBytes
  return countWhile(segments, (segment, isActive) => {
    if (!isReleased(segment, isActive) || excess - segment.sizeBytes < 0) return false
    excess -= segment.sizeBytes
    return true
  })
}

function countWhile(
  segments: readonly SegmentAge[],
  holds: (segment: SegmentAge, isActive: boolean) => boolean
): number {
  const stop = segments.findIndex((segment, i) => !holds(segment, i === segments.length - 1))
  return stop === -1 ? segments.length : stop
}
