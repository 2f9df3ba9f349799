/**
 * What one sample found out about the cluster, joined with what is remembered of those who did not answer. null is "not
 * known at that moment"; nothing here is guessed from an earlier sample but the existence of things.
 */
import type { TopicPartition } from '../../kernel/ids'

export interface PartitionFacts {
  readonly partition: number
  readonly leader: number | null
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly startOffset: number | null
  readonly endOffset: number | null
  readonly sizeBytes: number | null
}

export interface TopicFacts {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
  /** min.insync.replicas; absent while it is not known. */
  readonly minIsr?: number
  /** unclean.leader.election.enable; absent while it is not known. */
  readonly isUncleanAllowed?: boolean
  /** By index. */
  readonly partitions: readonly PartitionFacts[]
  readonly recordsInPerSecond: number | null
  /** Of the partitions whose rate is known; null while it is that of none. */
  readonly knownRecordsInPerSecond: number | null
}

export interface MemberFacts {
  readonly memberId: string
  readonly clientId: string
  readonly clientHost: string
  readonly assigned: readonly TopicPartition[]
  /** Its assignment is none of a consumer's (Kafka Connect's, say): `assigned` then says nothing. */
  readonly isAssignmentUnknown?: true
}

export interface GroupFacts {
  readonly groupId: string
  /** null while the broker that coordinated it last does not answer. */
  readonly coordinatorId: number | null
  readonly lastCoordinatorId: number
  /** Kafka's name; 'Unknown' (Kafka's too) while the coordinator does not answer. */
  readonly state: string
  /** The last state that was told; survives an unreachable coordinator. */
  readonly lastState: string
  readonly protocol: string
  readonly members: readonly MemberFacts[] | null
  /** Offsets by topic and partition. */
  readonly committed: ReadonlyMap<string, ReadonlyMap<number, number | null>> | null
}

export interface EnsembleFacts {
  /** Ids under /brokers/ids, ascending. */
  readonly brokerIds: readonly number[]
  readonly controllerId: number | null
  readonly controllerEpoch: number | null
}

export interface Snapshot {
  /** When the sample began. */
  readonly atMs: number
  /** Whether a broker told its metadata in this sample; without it `topics` are those of an earlier one. */
  readonly hasMetadata: boolean
  /** When `topics` were told; null before the first time. */
  readonly topicsAtMs: number | null
  readonly topics: ReadonlyMap<string, TopicFacts>
  /** The controller by the brokers' word. */
  readonly toldControllerId: number | null
  /** Brokers that metadata called alive. */
  readonly liveBrokers: readonly number[]
  /** null before any coordinator has answered. */
  readonly groups: ReadonlyMap<string, GroupFacts> | null
  /** null while the ensemble cannot be asked. */
  readonly ensemble: EnsembleFacts | null
}

export const unknownState = 'Unknown'
