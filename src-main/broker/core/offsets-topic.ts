/**
 * The shape of `__consumer_offsets` (Kafka's offsets.topic.* configs). A controller of ours chooses it by itself; one of Kafka's makes what
 * it is asked for, so that a broker asks for all of it.
 */
import type { BrokerId } from '../../kernel/ids'
import { groupOffsetsConfigs, type TopicConfigs } from './topic-configs'
import { groupOffsetsTopic } from './topic-name'

/** offsets.topic.num.partitions */
export const groupOffsetsPartitions = 50
/** offsets.topic.replication.factor, where the cluster has so many brokers. */
const replicasMax = 3

interface PlaceableBroker {
  readonly id: BrokerId
  readonly rack: string | null
}

/**
 * Three, or all that the cluster has. Kafka waits until so many are alive. Here one that is away when the first group comes is given its
 * replica all the same, and copies when it is back: groups begin at once, and none is left with fewer replicas for good.
 */
export function offsetsBrokers(
  live: readonly PlaceableBroker[],
  clusterBrokers: readonly BrokerId[]
): readonly PlaceableBroker[] {
  if (live.length === 0 || live.length >= replicasMax) return live
  const away = clusterBrokers.filter((id) => !live.some((broker) => broker.id === id)).map((id) => ({ id, rack: null }))
  return [...live, ...away].slice(0, replicasMax)
}

export const offsetsReplicationFactor = (brokers: number): number => Math.max(1, Math.min(replicasMax, brokers))

interface AskedTopic {
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly unknown[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

/** What a broker that knows of so many asks of the controller (CreateTopics). */
export function askedOffsetsTopic(brokers: number) {
  return {
    name: groupOffsetsTopic,
    numPartitions: groupOffsetsPartitions,
    replicationFactor: offsetsReplicationFactor(brokers),
    assignments: [],
    configs: Object.entries(groupOffsetsConfigs).map(([name, value]) => ({ name, value: value ?? null }))
  }
}

/** What brokers ask for, whatever they know of others; or nothing in particular. */
export function isOffsetsShape({ numPartitions, replicationFactor, assignments, configs }: AskedTopic): boolean {
  if (assignments.length > 0) return false
  if (numPartitions === -1 && replicationFactor === -1 && configs.length === 0) return true
  const known: TopicConfigs = groupOffsetsConfigs
  return (
    numPartitions === groupOffsetsPartitions &&
    replicationFactor >= 1 &&
    replicationFactor <= replicasMax &&
    configs.length === Object.keys(known).length &&
    configs.every(({ name, value }) => known[name] === value)
  )
}
