/**
 * Lag: log end offset (the high watermark, as Kafka's own tools take it) minus committed offset. Not known, never 0,
 * where nothing was committed or the end is not known. Below 0 where the commit lies beyond the end, of a topic that was
 * made anew or a log that was cut, as Kafka's tools tell it, too: committed offsets are read before ends, so it is never an
 * artefact of reading.
 */
import type { TopicPartition } from '../../kernel/ids'
import type { GroupFacts, PartitionFacts, Snapshot } from './snapshot'

export interface PartitionLag extends TopicPartition {
  readonly committedOffset: number | null
  readonly startOffset: number | null
  readonly endOffset: number | null
  readonly lag: number | null
  readonly memberId: string | null
}

export interface GroupLag {
  readonly partitions: readonly PartitionLag[]
  /**
   * Over all partitions with a commit. Not known when that of one of them is not: a sum over the others would fall when a
   * broker dies, while in truth nothing was read. A partition below 0 counts as 0: it makes up for no other.
   */
  readonly total: number | null
}

export function lagOf(committedOffset: number | null, endOffset: number | null): number | null {
  if (committedOffset === null || endOffset === null) return null
  return endOffset - committedOffset
}

/** Lists, history, advice and health all ask for the same lags of one snapshot. */
const lagsOf = new WeakMap<Snapshot, Map<GroupFacts, GroupLag>>()

/** Every partition that has a commit or a member, by topic and index. Read once for each snapshot, which never changes. */
export function groupLag(snapshot: Snapshot, group: GroupFacts): GroupLag {
  let known = lagsOf.get(snapshot)
  if (known === undefined) lagsOf.set(snapshot, (known = new Map()))
  let lag = known.get(group)
  if (lag === undefined) known.set(group, (lag = readLag(snapshot, group)))
  return lag
}

function readLag(snapshot: Snapshot, group: GroupFacts): GroupLag {
  const rows = new Map<string, PartitionLag>()
  const byIndex = new Map<string, ReadonlyMap<number, PartitionFacts>>()
  // By index, never by position: metadata may leave partitions out.
  const partitionsOf = (topic: string): ReadonlyMap<number, PartitionFacts> => {
    const known = byIndex.get(topic)
    if (known !== undefined) return known
    const partitions = snapshot.topics.get(topic)?.partitions ?? []
    const fresh = new Map(partitions.map((facts) => [facts.partition, facts]))
    byIndex.set(topic, fresh)
    return fresh
  }
  const add = (topic: string, partition: number, memberId: string | null): void => {
    const key = `${partition} ${topic}`
    if (rows.has(key)) return
    const facts = partitionsOf(topic).get(partition)
    const committedOffset = group.committed?.get(topic)?.get(partition) ?? null
    const endOffset = facts?.endOffset ?? null
    const startOffset = facts?.startOffset ?? null
    const lag = lagOf(committedOffset, endOffset)
    rows.set(key, { topic, partition, committedOffset, startOffset, endOffset, lag, memberId })
  }
  for (const { memberId, assigned } of group.members ?? []) {
    for (const { topic, partition } of assigned) add(topic, partition, memberId)
  }
  for (const [topic, partitions] of group.committed ?? []) {
    for (const partition of partitions.keys()) add(topic, partition, null)
  }
  const partitions = [...rows.values()].sort(byTopicAndPartition)
  return { partitions, total: totalOf(partitions.filter((row) => isCounted(snapshot, row))) }
}

/** A partition whose lag is a part of the total: it has a commit, and its topic is still there. */
export function isCounted(snapshot: Snapshot, { topic, committedOffset }: PartitionLag): boolean {
  return committedOffset !== null && snapshot.topics.has(topic)
}

/** Of counted partitions. */
export function totalOf(partitions: readonly { readonly lag: number | null }[]): number | null {
  let total = 0
  for (const { lag } of partitions) {
    if (lag === null) return null
    total += Math.max(0, lag)
  }
  return partitions.length === 0 ? null : total
}

/** Of counted partitions: the sum of those that are known, null when none is; `isPartial` when one is not. */
export function lagLeast(partitions: readonly { readonly lag: number | null }[]): {
  readonly lag: number | null
  readonly isPartial: boolean
} {
  const known = partitions.filter(({ lag }) => lag !== null)
  return { lag: totalOf(known), isPartial: known.length < partitions.length }
}

export function byTopicAndPartition(a: TopicPartition, b: TopicPartition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return a.partition - b.partition
}
