/**
 * Which groups read a topic, and how far behind they are there. A group reads a topic when it has a commit in it or a
 * member with one of its partitions. A coordinator that does not answer may hold more of them: then what is known is a
 * least.
 */
import type { TopicReader, TopicReadersView, TopicRow } from '../../api/views'
import { groupLag, isCounted, lagLeast, type PartitionLag } from './lag'
import type { GroupFacts, Snapshot } from './snapshot'

/** Names in a row of the list of topics, which may have ten thousand rows. */
export const readersNamedMax = 3
/** Characters. Kafka takes ids of 32,767; a longer one than this is counted, and named on the page of the topic. */
export const readerNameMax = 249
/** Rows of one topic. */
export const readersMax = 5000

type Readers = TopicRow['readers']

interface Found {
  readonly groupId: string
  readonly rows: PartitionLag[]
}

/** By topic. null while no coordinator has answered yet: then nothing is known of any topic. */
export function readersByTopic(snapshot: Snapshot): ((topic: string) => Readers) | null {
  if (snapshot.groups === null) return null
  const byTopic = new Map<string, Found[]>()
  /** Of some group it is not known what it reads; of some not even what it committed. */
  const silent = { isSilent: false, areCommitsSilent: false }
  for (const group of snapshot.groups.values()) {
    if (isAway(group)) silent.isSilent = true
    if (group.committed === null) silent.areCommitsSilent = true
    // Rows come by topic.
    let last: { topic: string; found: Found } | undefined
    for (const row of groupLag(snapshot, group).partitions) {
      if (last?.topic !== row.topic) {
        last = { topic: row.topic, found: { groupId: group.groupId, rows: [] } }
        const others = byTopic.get(row.topic)
        if (others === undefined) byTopic.set(row.topic, [last.found])
        else others.push(last.found)
      }
      last.found.rows.push(row)
    }
  }
  return (topic) => readersOf(snapshot, byTopic.get(topic) ?? [], silent)
}

function readersOf(
  snapshot: Snapshot,
  found: readonly Found[],
  { isSilent, areCommitsSilent }: { readonly isSilent: boolean; readonly areCommitsSilent: boolean }
): Readers {
  const lags = found.map(({ groupId, rows }) => ({ groupId, ...lagLeast(counted(snapshot, rows)) }))
  const known = lags.flatMap(({ lag }) => (lag === null ? [] : [lag]))
  // Whoever is furthest behind comes first: of many those are named that matter.
  const named = lags
    .filter(({ groupId }) => groupId.length <= readerNameMax)
    .sort((a, b) => (b.lag ?? -1) - (a.lag ?? -1) || (a.groupId < b.groupId ? -1 : 1))
    .slice(0, readersNamedMax)
    .map(({ groupId }) => groupId)
  return {
    named,
    count: found.length,
    isPartial: isSilent,
    worstLag: known.length === 0 ? null : Math.max(...known),
    isLagPartial: areCommitsSilent || lags.some(({ isPartial }) => isPartial)
  }
}

const counted = (snapshot: Snapshot, rows: readonly PartitionLag[]): PartitionLag[] =>
  rows.filter((row) => isCounted(snapshot, row))

/** Neither its members nor its commits are told. */
function isAway({ committed, members }: GroupFacts): boolean {
  return committed === null || members === null
}

export function topicReadersView(snapshot: Snapshot, topic: string, behind: ReadonlySet<string>): TopicReadersView {
  if (snapshot.groups === null) return { observedAtMs: null, groups: [], groupCount: null, silentGroups: 0 }
  const groups: TopicReader[] = []
  let silentGroups = 0
  for (const group of snapshot.groups.values()) {
    const lag = groupLag(snapshot, group)
    const rows = lag.partitions.filter((row) => row.topic === topic)
    if (isAway(group)) silentGroups += 1
    if (rows.length === 0) continue
    const least = lagLeast(counted(snapshot, rows))
    groups.push({
      groupId: group.groupId,
      state: group.state,
      memberCount: group.members?.length ?? null,
      membersHere: group.members?.filter(({ assigned }) => assigned.some((one) => one.topic === topic)).length ?? null,
      partitionsCommitted: rows.filter(({ committedOffset }) => committedOffset !== null).length,
      lagRecords: least.lag,
      isLagPartial: least.isPartial,
      isBehind: lag.total !== null && behind.has(group.groupId)
    })
  }
  groups.sort((a, b) => (b.lagRecords ?? -1) - (a.lagRecords ?? -1) || (a.groupId < b.groupId ? -1 : 1))
  return {
    observedAtMs: snapshot.atMs,
    groups: groups.slice(0, readersMax),
    groupCount: groups.length,
    silentGroups
  }
}
