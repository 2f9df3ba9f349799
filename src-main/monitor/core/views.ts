/** The API's views of a snapshot. Sums are null as soon as one of their parts is not known. */
import { firstByName } from '../../api/order'
import type {
  FirstTopicsView,
  GroupRow,
  GroupsView,
  GroupMemberView,
  GroupView,
  LagSampleView,
  LagUnknown,
  TopicRow,
  TopicsView,
  TopicView
} from '../../api/views'
import type { StandingCommit } from './commits-standing'
import { groupAdvice } from './group-advice'
import { unknownPace, type GroupPace } from './group-pace'
import { byTopicAndPartition, groupLag, isCounted, type GroupLag } from './lag'
import { isUnderMinIsr, isUnderReplicated } from './replication'
import type { GroupFacts, MemberFacts, Snapshot, TopicFacts } from './snapshot'
import { readersByTopic } from './topic-readers'

/** More than a window shows, and more than a table shows in whole: one that is long from the beginning keeps its rows. */
const firstTopicsMax = 120

/** Groups that are behind, by their ids. */
export type Behind = ReadonlySet<string>

export function topicsView(snapshot: Snapshot): TopicsView {
  const readersOf = readersByTopic(snapshot)
  const topics = [...snapshot.topics.values()]
    .map((topic) => topicRow(topic, readersOf?.(topic.name) ?? null))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return { observedAtMs: snapshot.topicsAtMs, topics }
}

export function firstTopicsView(snapshot: Snapshot): FirstTopicsView {
  const readersOf = readersByTopic(snapshot)
  const topics = firstByName(snapshot.topics.values(), firstTopicsMax).map((topic) =>
    topicRow(topic, readersOf?.(topic.name) ?? null)
  )
  return { observedAtMs: snapshot.topicsAtMs, topics, topicCount: snapshot.topics.size }
}

function topicRow(topic: TopicFacts, readers: TopicRow['readers']): TopicRow {
  const { name, topicId, isInternal, partitions, recordsInPerSecond, minIsr } = topic
  const records = partitions.map(({ startOffset, endOffset }) =>
    startOffset === null || endOffset === null ? null : Math.max(0, endOffset - startOffset)
  )
  const sizes = partitions.map(({ sizeBytes }) => sizeBytes)
  const unknownPartitions = records.filter((count, i) => count === null || sizes[i] === null).length
  return {
    name,
    topicId,
    isInternal,
    partitionCount: partitions.length,
    replicationFactor: partitions[0]?.replicas.length ?? 0,
    leaderlessPartitions: partitions.filter(({ leader }) => leader === null).length,
    underReplicated: partitions.filter(isUnderReplicated).length,
    underMinIsr: minIsr === undefined ? null : partitions.filter((one) => isUnderMinIsr(one, minIsr)).length,
    recordCount: sumOfAll(records),
    sizeBytes: sumOfAll(sizes),
    recordsInPerSecond,
    partial:
      unknownPartitions === 0
        ? null
        : {
            unknownPartitions,
            recordCount: sumOfKnown(records),
            sizeBytes: sumOfKnown(sizes),
            recordsInPerSecond: topic.knownRecordsInPerSecond
          },
    readers
  }
}

/** null when not even one is known: "at least 0" says nothing. */
function sumOfKnown(values: readonly (number | null)[]): number | null {
  return sumOfAll(values.filter((value) => value !== null)) || null
}

function sumOfAll(values: readonly (number | null)[]): number | null {
  let sum = 0
  for (const value of values) {
    if (value === null) return null
    sum += value
  }
  return sum
}

/** What is known of the configs of a topic; `problem` says why they could not be had. */
export interface ConfigsKnown {
  readonly configs: Readonly<Record<string, string>> | null
  readonly problem: string | null
}

export function topicView(topic: TopicFacts, { configs, problem }: ConfigsKnown): TopicView {
  return {
    name: topic.name,
    topicId: topic.topicId,
    minInSyncReplicas: topic.minIsr ?? null,
    isInternal: topic.isInternal,
    configs: configs === null ? null : { ...configs },
    configsProblem: problem,
    partitions: topic.partitions.map((partition) => ({
      ...partition,
      replicas: [...partition.replicas],
      isr: [...partition.isr]
    }))
  }
}

export function groupsView(
  snapshot: Snapshot,
  behind: Behind,
  standing: (groupId: string) => readonly StandingCommit[] = () => []
): GroupsView {
  const groups = [...(snapshot.groups?.values() ?? [])]
  return {
    observedAtMs: snapshot.groups === null ? null : snapshot.atMs,
    groups: groups
      .map((group) => groupRow(snapshot, group, behind, standing(group.groupId)))
      .sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
  }
}

export function lagUnknown(
  snapshot: Snapshot,
  group: GroupFacts,
  { partitions, total }: GroupLag = groupLag(snapshot, group)
): LagUnknown | null {
  if (total !== null) return null
  if (group.committed === null) return 'coordinatorSilent'
  return partitions.some((row) => isCounted(snapshot, row)) ? 'leaderSilent' : 'notCommitted'
}

function groupRow(
  snapshot: Snapshot,
  group: GroupFacts,
  behind: Behind,
  standing: readonly StandingCommit[]
): GroupRow {
  const advice = groupAdvice(snapshot, group, standing).map(({ code }) => code)
  const lag = groupLag(snapshot, group)
  const { partitions, total } = lag
  return {
    groupId: group.groupId,
    state: group.state,
    protocol: group.protocol,
    memberCount: group.members?.length ?? null,
    topics: [...new Set(partitions.map(({ topic }) => topic))],
    lagRecords: total,
    lagUnknown: lagUnknown(snapshot, group, lag),
    isBehind: total !== null && behind.has(group.groupId),
    ...(advice.length === 0 ? {} : { advice }),
    coordinatorId: group.coordinatorId
  }
}

export function groupView(
  snapshot: Snapshot,
  group: GroupFacts,
  behind: Behind,
  standing: readonly StandingCommit[] = []
): GroupView {
  const { partitions, total } = groupLag(snapshot, group)
  return {
    groupId: group.groupId,
    state: group.state,
    protocol: group.protocol,
    coordinatorId: group.coordinatorId,
    isBehind: total !== null && behind.has(group.groupId),
    members: group.members?.map(memberView) ?? null,
    areCommitsKnown: group.committed !== null,
    partitions: partitions.map(({ lag, ...row }) => ({ ...row, lagRecords: lag })),
    advice: [...groupAdvice(snapshot, group, standing)]
  }
}

function memberView({ memberId, clientId, clientHost, assigned }: MemberFacts): GroupMemberView {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of [...assigned].sort(byTopicAndPartition)) {
    const partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, [partition])
    else partitions.push(partition)
  }
  const assignments = [...topics].map(([topic, partitions]) => ({ topic, partitions }))
  return { memberId, clientId, clientHost, assignments }
}

/** A group that is not there has a lag that is not known. */
export function lagSample(snapshot: Snapshot, groupId: string, pace: GroupPace = unknownPace): LagSampleView {
  const group = snapshot.groups?.get(groupId)
  const { writtenPerSecond: written, readPerSecond: read } = pace
  const { atMs } = snapshot
  if (group === undefined) return { groupId, atMs, total: null, written: null, read: null, partitions: [] }
  const { partitions, total } = groupLag(snapshot, group)
  return {
    groupId,
    atMs,
    total,
    written,
    read,
    partitions: partitions.map(({ topic, partition, lag }) => ({ topic, partition, lag }))
  }
}
