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
