/** A snapshot in short, as the host keeps it: what verdict and overview are made of. */
import { topicPartitionName } from '../../kernel/ids'
import type { BrokerObservation, Observation } from '../observation'
import { fewReplicas } from './old-topics'
import { replicationFacts, type Counted } from './replication'
import type { Snapshot } from './snapshot'

const sampleMax = 3

export interface Leaderless {
  readonly names: readonly string[]
  readonly byBroker: Readonly<Record<string, number>>
}

/** Partitions without a leader, and whose only replica was where. */
export function leaderlessPartitions(snapshot: Snapshot): Leaderless {
  const names: string[] = []
  const byBroker: Record<string, number> = {}
  for (const { name: topic, partitions } of snapshot.topics.values()) {
    for (const { partition, leader, replicas } of partitions) {
      if (leader !== null) continue
      names.push(topicPartitionName({ topic, partition }))
      const holder = replicas[0]
      if (holder !== undefined && replicas.length === 1) byBroker[holder] = (byBroker[holder] ?? 0) + 1
    }
  }
  // Topics of people before Kafka's own: the sample is for people.
  names.sort((a, b) => Number(a.startsWith('__')) - Number(b.startsWith('__')) || (a < b ? -1 : 1))
  return { names, byBroker }
}

function brokerObservations(snapshot: Snapshot): readonly BrokerObservation[] {
  const counts = new Map<number, { leaders: number; replicas: number; outOfSync: number }>()
  const of = (id: number): { leaders: number; replicas: number; outOfSync: number } => {
    const known = counts.get(id)
    if (known !== undefined) return known
    const fresh = { leaders: 0, replicas: 0, outOfSync: 0 }
    counts.set(id, fresh)
    return fresh
  }
  for (const id of snapshot.liveBrokers) of(id)
  for (const { partitions } of snapshot.topics.values()) {
    for (const { leader, replicas, isr } of partitions) {
      if (leader !== null) of(leader).leaders++
      for (const replica of replicas) {
        const counted = of(replica)
        counted.replicas++
        if (!isr.includes(replica)) counted.outOfSync++
      }
    }
  }
  return [...counts].map(([id, counted]) => ({ id, ...counted })).sort((a, b) => a.id - b.id)
}

export interface Remembered {
  /** Since when there have been leaderless partitions without a break. */
  readonly leaderlessSinceMs: number
  /** The same of those that lack replicas in sync. */
  readonly underMinIsrSinceMs?: number | undefined
  readonly underReplicatedSinceMs?: number | undefined
  readonly groupsBehind: Observation['groupsBehind']
  readonly groupsUnknown: number
}

export function observationOf(snapshot: Snapshot, remembered: Remembered): Observation {
  const { atMs, ensemble, hasMetadata, topics, groups } = snapshot
  const leaderless = leaderlessPartitions(snapshot)
  const { underReplicated, underMinIsr } = replicationFacts(topics.values())
  const since = (counted: Counted, sinceMs = atMs) => ({ ...counted, sinceMs: counted.count === 0 ? atMs : sinceMs })
  let partitionCount = 0
  for (const { partitions } of topics.values()) partitionCount += partitions.length
  return {
    atMs,
    controllerId: ensemble === null ? snapshot.toldControllerId : ensemble.controllerId,
    controllerEpoch: ensemble?.controllerEpoch ?? null,
    registeredBrokers: ensemble?.brokerIds ?? null,
    brokers: hasMetadata ? brokerObservations(snapshot) : null,
    topicCount: hasMetadata ? topics.size : null,
    partitionCount: hasMetadata ? partitionCount : null,
    leaderless: hasMetadata
      ? {
          count: leaderless.names.length,
          sample: leaderless.names.slice(0, sampleMax),
          byBroker: leaderless.byBroker,
          sinceMs: leaderless.names.length === 0 ? atMs : remembered.leaderlessSinceMs
        }
      : null,
    underMinIsr: hasMetadata && underMinIsr !== null ? since(underMinIsr, remembered.underMinIsrSinceMs) : null,
    underReplicated: hasMetadata ? since(underReplicated, remembered.underReplicatedSinceMs) : null,
    fewReplicas: hasMetadata ? (fewReplicas(snapshot) ?? null) : null,
    groupCount: groups?.size ?? null,
    groupsBehind: groups === null ? null : remembered.groupsBehind,
    groupsUnknown: groups === null ? null : remembered.groupsUnknown
  }
}
