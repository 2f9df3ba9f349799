/**
 * Records of several partitions as one list, newest first. Inside a partition the offset decides, whatever the records'
 * own times say; between partitions the later time goes first.
 */
import type { FetchedRecord } from '../../kernel/cluster-ports'

export interface PartitionRecords {
  readonly partition: number
  /** By offset, ascending. */
  readonly records: readonly FetchedRecord[]
}

export interface PlacedRecord {
  readonly partition: number
  readonly record: FetchedRecord
}

/** At most `limit`; k-way merge from the ends. */
export function newestFirst(partitions: readonly PartitionRecords[], limit: number): readonly PlacedRecord[] {
  const ends = partitions.map(({ records }) => records.length)
  const merged: PlacedRecord[] = []
  while (merged.length < limit) {
    let newest = -1
    let newestMs = Number.NEGATIVE_INFINITY
    for (const [i, { records }] of partitions.entries()) {
      const record = records[(ends[i] ?? 0) - 1]
      if (record === undefined) continue
      const timestampMs = Number(record.timestampMs)
      if (newest !== -1 && timestampMs <= newestMs) continue
      newest = i
      newestMs = timestampMs
    }
    const from = partitions[newest]
    const record = from?.records[(ends[newest] ?? 0) - 1]
    if (from === undefined || record === undefined) break
    ends[newest] = (ends[newest] ?? 0) - 1
    merged.push({ partition: from.partition, record })
  }
  return merged
}
