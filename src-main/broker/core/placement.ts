/**
 * Where the replicas of a new topic go: leaders round robin over the live brokers from a random first one, followers on
 * the next brokers after each leader (as Kafka assigns without racks).
 */
import type { BrokerId } from '../../kernel/ids'
export interface PlacementRequest {
  /** Live brokers, ascending. */
  readonly brokerIds: readonly BrokerId[]
  readonly partitions: number
  readonly replicationFactor: number
  /** Any whole number >= 0; which broker comes first. */
  readonly start: number
}

export function placeReplicas(request: PlacementRequest): readonly (readonly BrokerId[])[] {
  const { brokerIds, partitions, replicationFactor, start } = request
  return Array.from({ length: partitions }, (_, partition) =>
    Array.from({ length: replicationFactor }, (_, replica) => {
      const index = (start + partition + replica) % brokerIds.length
      return brokerIds[index] ?? -1
    })
  )
}

/** Of one topic; a request is answered from memory. */
export const partitionsMax = 10_000

/** For partitions that a topic gets later: goes on from where the first partition's leader stands (Kafka's AdminUtils). */
export function placeMoreReplicas(request: {
  readonly brokerIds: readonly number[]
  /** Replicas of the partitions that are there. */
  readonly present: readonly (readonly number[])[]
  readonly added: number
}): readonly (readonly number[])[] {
  const { brokerIds, present, added } = request
  const firstLeader = present[0]?.[0] ?? 0
  const at = Math.max(
    0,
    brokerIds.findIndex((id) => id >= firstLeader)
  )
  const replicationFactor = present[0]?.length ?? 1
  return placeReplicas({ brokerIds, partitions: added, replicationFactor, start: at + present.length })
}
