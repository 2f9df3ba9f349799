/**
 * Leader hints of KIP-951: where a client that asked the wrong broker should go, and how to reach that broker.
 */
import type { LeaderEpoch, BrokerId } from '../../kernel/ids'
import type { BrokerServices } from '../broker-services'
import type { BrokerEndpoint, MetadataImage } from '../core/metadata-image'

export interface LeaderHint {
  readonly leaderId: BrokerId
  readonly leaderEpoch: LeaderEpoch
}

/**
 * Undefined when no live leader is known. The order that this broker has obeyed counts before clients' metadata, which comes after it
 * (Kafka's KafkaApis.getCurrentLeader): whoever is told here compares leader epochs, and goes to the next leader at once.
 */
export function leaderHint(
  { image, replicas }: Pick<BrokerServices, 'image' | 'replicas'>,
  topic: string,
  partition: number
): LeaderHint | undefined {
  const known = image.partition(topic, partition)
  if (known === undefined) return undefined
  const held = replicas.partition(topic, partition)
  // Of an earlier topic of that name an epoch would outlive it in who is told: clients take only later ones.
  if (held !== undefined && held.topicId !== image.topic(topic)?.topicId) return undefined
  const { leader, leaderEpoch } = held !== undefined && held.leaderEpoch > known.leaderEpoch ? held.role : known
  return image.isAlive(leader) ? { leaderId: leader, leaderEpoch } : undefined
}

export function nodeEndpoints(
  image: MetadataImage,
  leaderIds: ReadonlySet<BrokerId>
): { nodeId: BrokerId; host: string; port: number; rack: string | null }[] {
  return [...leaderIds]
    .map((id) => image.broker(id))
    .filter((broker): broker is BrokerEndpoint => broker !== undefined)
    .map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack }))
}
