/** How the partitions and groups stand that a failure may touch: little enough to be looked at each second. Pure. */
import { STANDING_GROUPS_MAX, STANDING_PARTITIONS_MAX, type Standing } from '../../api/acts'
import type { AskedCost } from '../../api/failures'
import { brokerIdOf } from './broker-name'
import { effectiveMinIsr } from './replication'
import type { Snapshot } from './snapshot'

/** The brokers that an act is about; none of a member of the ensemble. */
export function brokersOf({ node, to }: Pick<AskedCost, 'node' | 'to'>): readonly number[] {
  return [node, ...(to === undefined ? [] : [to])].filter((name) => name.startsWith('broker-')).map(brokerIdOf)
}

/**
 * Partitions of which each of these brokers has a replica (all, of none), and groups: those of these ids, or without them
 * those that the broker coordinates, as far as it is known. O(partitions).
 */
export function standingOf(
  { atMs, hasMetadata, topics, groups }: Snapshot,
  brokers: readonly number[],
  groupIds?: readonly string[],
  partitionsMax = STANDING_PARTITIONS_MAX
): Standing {
  let looked = 0
  let left = 0
  const told: Standing['topics'] = []
  for (const { name, topicId, partitions, minIsr } of topics.values()) {
    const touched = partitions.filter(({ replicas }) => brokers.every((id) => replicas.includes(id)))
    const fitting = touched.slice(0, Math.max(0, partitionsMax - looked))
    looked += fitting.length
    left += touched.length - fitting.length
    if (fitting.length === 0) continue
    const rows = fitting.map(({ partition, leader, isr, replicas, endOffset }) => ({
      partition,
      leader,
      isr: [...isr],
      needed: minIsr === undefined ? null : effectiveMinIsr({ replicas }, minIsr),
      end: endOffset
    }))
    told.push({ name, topicId, partitions: rows })
  }
  const [broker] = brokers
  const isAsked = (groupId: string, coordinatorId: number): boolean =>
    groupIds === undefined ? coordinatorId === broker : groupIds.includes(groupId)
  const known = groups === null ? null : [...groups.values()]
  return {
    atMs,
    hasMetadata,
    topics: hasMetadata ? told : [],
    left: hasMetadata ? left : 0,
    groups:
      known
        ?.filter(({ groupId, lastCoordinatorId }) => isAsked(groupId, lastCoordinatorId))
        .slice(0, STANDING_GROUPS_MAX)
        .map(({ groupId, coordinatorId }) => ({ groupId, coordinatorId })) ?? null
  }
}
