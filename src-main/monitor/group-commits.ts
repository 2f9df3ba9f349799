/** Where a group has read to in a topic, as its coordinator knows it. */
import { ApiError } from '../api/api'
import type { KafkaCluster } from '../kernel/cluster-ports'
import type { Clock } from '../kernel/ports'
import { said } from '../kernel/said'
import { retrying } from './retrying'

const requestTimeoutMs = 5000

/**
 * By partition; one in which it has committed nothing is not in it. Rejects with ApiError NOT_FOUND when there is no such
 * group, and as the coordinator does when its commits cannot be had.
 */
export async function commitsOf(
  clock: Clock,
  cluster: Pick<KafkaCluster, 'coordinator' | 'committedOffsets' | 'describeGroup'>,
  { topic, groupId }: { readonly topic: string; readonly groupId: string }
): Promise<ReadonlyMap<number, number>> {
  const offsets = await retrying(clock, requestTimeoutMs, async () => {
    const coordinator = await cluster.coordinator(groupId, requestTimeoutMs)
    const committed = await cluster.committedOffsets(coordinator, groupId, requestTimeoutMs)
    if (committed.length > 0) return committed
    // A coordinator answers alike of a group that has committed nothing and of one that it does not know.
    const { state } = await cluster.describeGroup(coordinator, groupId, requestTimeoutMs)
    if (state === 'Dead') throw noGroup(groupId)
    return committed
  })
  return new Map(
    offsets.flatMap((one) => (one.topic === topic && one.offset !== null ? [[one.partition, one.offset] as const] : []))
  )
}

export function noGroup(groupId: string): ApiError {
  const message = said`There is no group ${groupId}.`
  return new ApiError({ code: 'NOT_FOUND', message, kafkaError: 'GROUP_ID_NOT_FOUND' })
}
