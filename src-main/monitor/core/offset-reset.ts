/**
 * Where a reset puts a group, partition by partition (kafka-consumer-groups --reset-offsets): targets beyond the log's
 * ends are its ends, a time later than every record is the log's end.
 */
import type { Offset, TopicPartition } from '../../kernel/ids'

export type ResetTarget =
  | { readonly type: 'earliest' | 'latest' }
  | { readonly type: 'offset'; readonly offset: Offset }
  | { readonly type: 'time'; readonly timestampMs: number }
  | { readonly type: 'shift'; readonly by: number }

export interface PartitionPosition extends TopicPartition {
  /** null: nothing is committed. */
  readonly committed: Offset | null
  readonly startOffset: Offset
  readonly endOffset: Offset
  /** For a target of type time: null when no record is that late. */
  readonly atTime: Offset | null
}

export interface PlannedPartition extends TopicPartition {
  readonly before: Offset | null
  readonly after: Offset
  /** Of the log: between them lies what can be read. */
  readonly startOffset: Offset
  readonly endOffset: Offset
  /** The target lies outside of the log, or none of its records is that late: this end of it is taken. */
  readonly clampedTo?: 'start' | 'end'
}

export interface ResetPlan {
  readonly partitions: readonly PlannedPartition[]
  /** A shift starts from a commit: these have none. */
  readonly withoutCommit: readonly TopicPartition[]
}

export function planReset(target: ResetTarget, positions: readonly PartitionPosition[]): ResetPlan {
  const partitions: PlannedPartition[] = []
  const withoutCommit: TopicPartition[] = []
  for (const position of positions) {
    const { topic, partition, committed, startOffset, endOffset } = position
    const wanted = wantedOffset(target, position)
    if (wanted === undefined) withoutCommit.push({ topic, partition })
    else {
      const after = Math.min(Math.max(wanted, startOffset), endOffset)
      const planned = { topic, partition, before: committed, after, startOffset, endOffset }
      const clampedTo = clampedEnd(target, position, wanted)
      partitions.push(clampedTo === undefined ? planned : { ...planned, clampedTo })
    }
  }
  return { partitions, withoutCommit }
}

function clampedEnd(target: ResetTarget, position: PartitionPosition, wanted: Offset): 'start' | 'end' | undefined {
  const { startOffset, endOffset, atTime } = position
  // A log without records has none at any time: none of them is too late. One that was found beyond the end came after
  // that was read.
  if (target.type === 'time') return atTime === null && startOffset < endOffset ? 'end' : undefined
  if (wanted > endOffset) return 'end'
  return wanted < startOffset ? 'start' : undefined
}

function wantedOffset(target: ResetTarget, position: PartitionPosition): Offset | undefined {
  switch (target.type) {
    case 'earliest':
      return position.startOffset
    case 'latest':
      return position.endOffset
    case 'offset':
      return target.offset
    case 'time':
      return position.atTime ?? position.endOffset
    case 'shift':
      return position.committed === null ? undefined : position.committed + target.by
  }
}
