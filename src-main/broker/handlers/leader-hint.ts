/**
 * Leader hints of KIP-951: where a client that asked the wrong broker should go, and how to reach that broker.
 */
import type { LeaderEpoch, BrokerId } from '../../kernel/ids'
import type { BrokerEndpoint, MetadataImage } from '../core/metadata-image'

export interface LeaderHint {
  readonly leaderId: BrokerId
  readonly leaderEpoch: LeaderEpoch
}

/** Undefined when no live leader is known. */
export function leaderHint(image: MetadataImage, topic: string, partition: number): LeaderHint | undefined {
  const known = image.partition(topic, partition)
  if (known === undefined || !image.isAlive(known.leader)) return undefined
  return { leaderId: known.leader, leaderEpoch: known.leaderEpoch }
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
