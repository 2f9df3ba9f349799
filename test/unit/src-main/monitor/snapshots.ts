/** Snapshots for tests, with as little said as a test needs. */
import type { TopicPartition } from '../../../../src-main/kernel/ids'
import type {
  EnsembleFacts,
  GroupFacts,
  PartitionFacts,
  Snapshot,
  TopicFacts
} from '../../../../src-main/monitor/core/snapshot'

export function topic(
  name: string,
  partitions: readonly Partial<PartitionFacts>[],
  topicId = `id of ${name}`
): TopicFacts {
  return {
    name,
    topicId,
    isInternal: name.startsWith('__'),
    recordsInPerSecond: null,
    knownRecordsInPerSecond: null,
    partitions: partitions.map((facts, partition) => ({
      partition,
      leader: 1,
      leaderEpoch: 0,
      replicas: [1],
      isr: [1],
      startOffset: 0,
      endOffset: 0,
      sizeBytes: 0,
      ...facts
    }))
  }
}

interface GroupOptions {
  readonly state?: string
  readonly lastState?: string
  readonly coordinatorId?: number | null
  readonly committed?: Readonly<Record<string, Readonly<Record<number, number>>>> | null
  readonly members?: readonly { readonly memberId: string; readonly assigned: readonly TopicPartition[] }[] | null
}

export function group(groupId: string, options: GroupOptions = {}): GroupFacts {
  const { state = 'Stable', coordinatorId = 1, committed = {}, members = [] } = options
  return {
    groupId,
    coordinatorId,
    lastCoordinatorId: coordinatorId ?? 1,
    state,
    lastState: options.lastState ?? state,
    protocol: 'range',
    members: members?.map((member) => ({ clientId: 'c', clientHost: '/127.0.0.1', ...member })) ?? null,
    committed:
      committed === null
        ? null
        : new Map(
            Object.entries(committed).map(([name, offsets]) => [
              name,
              new Map(Object.entries(offsets).map(([partition, offset]) => [Number(partition), offset]))
            ])
          )
  }
}

interface SnapshotOptions {
  readonly atMs?: number
  readonly hasMetadata?: boolean
  readonly topics?: readonly TopicFacts[]
  readonly groups?: readonly GroupFacts[] | null
  readonly ensemble?: EnsembleFacts | null
}

export function snapshot(options: SnapshotOptions = {}): Snapshot {
  const { atMs = 1000, hasMetadata = true, topics = [], groups = [], ensemble = null } = options
  return {
    atMs,
    hasMetadata,
    topicsAtMs: atMs,
    topics: new Map(topics.map((facts) => [facts.name, facts])),
    toldControllerId: 1,
    liveBrokers: [1],
    groups: groups === null ? null : new Map(groups.map((facts) => [facts.groupId, facts])),
    ensemble
  }
}
