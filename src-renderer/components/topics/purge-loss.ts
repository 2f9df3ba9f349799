/** How many records a purge deletes, from the offsets that are known. Pure. */
import type { PartitionView } from '@api/views'

export interface PurgeLoss {
  /** Of the partitions whose offsets are known. */
  readonly records: number
  /** Partitions whose offsets are not known. */
  readonly unknown: number
}

/** Before `offset`, or all of them; undefined when a time decides, which offsets do not tell. */
export function purgeLoss(partitions: readonly PartitionView[], offset: number | undefined): PurgeLoss {
  let records = 0
  let unknown = 0
  for (const { startOffset, endOffset } of partitions) {
    if (startOffset === null || endOffset === null) unknown += 1
    else records += Math.max(0, Math.min(offset ?? endOffset, endOffset) - startOffset)
  }
  return { records, unknown }
}
