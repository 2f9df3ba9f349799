/**
 * What the monitor process tells its host beside answers and pushes (api/wire.ts, which both speak over the child's
 * channel): one observation a second, and events found by comparing it with the one before.
 */
import type { ClusterEvent } from '../api/views'

export interface BrokerObservation {
  readonly id: number
  readonly leaders: number
  readonly replicas: number
  /** Replicas of it that are not in sync. */
  readonly outOfSync?: number
}

/** Partitions that lack replicas in sync. */
export interface ReplicasMissing {
  readonly count: number
  /** Names of at most three: orders-1. */
  readonly sample: readonly string[]
  /** Brokers whose replicas are out of sync. */
  readonly brokers: readonly number[]
  readonly sinceMs: number
}

/** null: not known at that moment, never 0. */
export interface Observation {
  readonly atMs: number
  readonly controllerId: number | null
  readonly controllerEpoch: number | null
  /** Ids under /brokers/ids; null while the ensemble cannot be asked. */
  readonly registeredBrokers: readonly number[] | null
  readonly brokers: readonly BrokerObservation[] | null
  readonly topicCount: number | null
  readonly partitionCount: number | null
  readonly leaderless: {
    readonly count: number
    /** Names of at most three: orders-1. */
    readonly sample: readonly string[]
    /** By broker that holds the only replica. */
    readonly byBroker: Readonly<Record<string, number>>
    readonly sinceMs: number
  } | null
  /** Those with a leader. Absent or null: not known. */
  readonly underMinIsr?: ReplicasMissing | null
  readonly underReplicated?: ReplicasMissing | null
  /**
   * Topics with fewer than DEFAULT_FACTOR replicas, Kafka's own first, where __consumer_offsets is one of them. Absent or null: it is none,
   * or not known.
   */
  readonly fewReplicas?: {
    readonly count: number
    /** The first of them. */
    readonly topics: readonly { readonly name: string; readonly factor: number }[]
  } | null
  readonly groupCount: number | null
  /** Groups with commits whose lag is not known now, because somebody does not answer. */
  readonly groupsUnknown: number | null
  /** Of those whose lag is known: the ones whose lag has grown over the last samples or stays above the threshold. */
  readonly groupsBehind:
    readonly { readonly groupId: string; readonly lagRecords: number; readonly sinceMs: number }[] | null
}

export type ObservedEvent = Omit<ClusterEvent, 'id'>

export type MonitorMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'observation'; readonly value: Observation }
  | { readonly type: 'observed'; readonly event: ObservedEvent }
