/**
 * What a failure does to the cluster as it was seen last: which partitions change their leader and to whom, go offline or
 * fall under min ISR, and which groups lose their coordinator. Pure, and no more than was observed: whatever is not known
 * makes the answer incomplete.
 *
 * The rules are the controller's: a leader that is gone is followed by the first replica, in the order of the assignment,
 * that is in the ISR and lives (OfflinePartitionLeaderElection); the last of an ISR stays in it.
 */
import type { AskedCost, FailureAct } from '../../api/failures'
import type { NodeCostView } from '../../api/views'
import { brokerIdOf } from './broker-name'
import { effectiveMinIsr } from './replication'
import type { PartitionFacts, Snapshot, TopicFacts } from './snapshot'

const offsetsTopic = '__consumer_offsets'

/** What a failure means for partitions. */
export type Effect =
  /** The broker serves nobody, and its session ends. */
  | { readonly type: 'gone'; readonly broker: number }
  /** Neither of two brokers copies from the other. */
  | { readonly type: 'cut'; readonly broker: number; readonly other: number }
  | { readonly type: 'noWrites' | 'noClients'; readonly broker: number }
  /** acks=all waits for what is between them; for all of one broker without another. */
  | { readonly type: 'slow'; readonly broker: number; readonly other: number | null }
  | { readonly type: 'none' }

const none: Effect = { type: 'none' }
const isBroker = (name: string): boolean => name.startsWith('broker-')

/** `memberCount`: with more than one member a broker that is cut off from one goes on with another. */
export function effectOf({ node, act = 'kill', to }: AskedCost, memberCount: number): Effect {
  const other = to === undefined ? undefined : brokerIdOf(to)
  if (isLink(act)) {
    const ends = [node, ...(to === undefined ? [] : [to])].filter(isBroker)
    const [broker] = ends.map(brokerIdOf)
    if (broker === undefined) return none
    if (ends.length === 2 && other !== undefined)
      return act === 'cut-link' ? { type: 'cut', broker, other } : { type: 'slow', broker, other }
    return act === 'cut-link' && memberCount === 1 ? { type: 'gone', broker } : none
  }
  if (!isBroker(node)) return none
  const broker = brokerIdOf(node)
  switch (act) {
    case 'full-disk':
      return { type: 'noWrites', broker }
    case 'refuse-clients':
      return { type: 'noClients', broker }
    case 'slow-disk':
      return { type: 'slow', broker, other: null }
    case 'skew-clock':
      return none
    default:
      return { type: 'gone', broker }
  }
}

const isLink = (act: FailureAct): boolean => act === 'cut-link' || act === 'slow-link' || act === 'lossy-link'

type Seen = Pick<Snapshot, 'topics' | 'hasMetadata' | 'liveBrokers' | 'groups'>
type TopicCost = NodeCostView['topics'][number]
type Radius = Omit<NodeCostView, 'node' | 'isController'>

/** `absent`: brokers that serve nobody by another's word than the cluster's, which has not noticed yet. */
export function blastRadius(seen: Seen, effect: Effect, absent: readonly number[] = []): Radius {
  const live = new Set(seen.liveBrokers.filter((id) => !absent.includes(id)))
  const topics: TopicCost[] = []
  let slowed = 0
  let shrinks = 0
  let isMinIsrKnown = true
  for (const topic of seen.topics.values()) {
    const cost = emptyCost(topic)
    for (const partition of topic.partitions) {
      const after = partitionAfter(partition, topic, effect, live)
      if (after.isSlowed) slowed++
      if (after.isShrunk) shrinks++
      if (after.isMinIsrMissing) isMinIsrKnown = false
      note(cost, partition.partition, after)
    }
    if (isTouched(cost)) topics.push(cost)
  }
  topics.sort((a, b) => weight(b) - weight(a) || (a.topic < b.topic ? -1 : 1))
  return {
    topics,
    groups: groupsOf(seen, effect, topics),
    shrinks,
    slowed,
    isComplete: seen.hasMetadata && seen.groups !== null,
    isMinIsrKnown
  }
}

interface After {
  readonly to?: number
  readonly isOffline?: boolean
  readonly isUnclean?: boolean
  readonly isUnderMinIsr?: boolean
  readonly isRefused?: boolean
  readonly isLastInSync?: boolean
  readonly isShrunk?: boolean
  readonly isSlowed?: boolean
  readonly isMinIsrMissing?: boolean
}

function partitionAfter(
  partition: PartitionFacts,
  topic: TopicFacts,
  effect: Effect,
  live: ReadonlySet<number>
): After {
  const { leader, isr } = partition
  switch (effect.type) {
    case 'gone':
      return afterLoss(partition, topic, effect.broker, live)
    case 'cut': {
      const lost = leader === effect.broker ? effect.other : leader === effect.other ? effect.broker : undefined
      return lost === undefined ? {} : afterShrink(partition, topic, lost, live)
    }
    case 'noWrites':
      if (leader === effect.broker) return { isRefused: true }
      return afterShrink(partition, topic, effect.broker, live)
    case 'noClients':
      return leader === effect.broker ? { isRefused: true } : {}
    case 'slow': {
      const both = effect.other === null ? [effect.broker] : [effect.broker, effect.other]
      const isBetween =
        both.every((id) => isr.includes(id)) && both.some((id) => id === leader || effect.other === null)
      return isBetween && isr.length > 1 ? { isSlowed: true } : {}
    }
    case 'none':
      return {}
  }
}

function afterLoss(partition: PartitionFacts, topic: TopicFacts, broker: number, live: ReadonlySet<number>): After {
  const { leader, isr, replicas } = partition
  if (!replicas.includes(broker)) return {}
  const others = replicas.filter((id) => id !== broker && live.has(id))
  const inSync = others.filter((id) => isr.includes(id))
  const isLastInSync = isr.includes(broker) && inSync.length === 0
  if (leader === null) return { isLastInSync }
  // A leader that is dead and not missed yet is followed by another one, which this may be the last to be.
  const hasToElect = leader === broker || !live.has(leader)
  if (hasToElect && inSync.length === 0) {
    if (!isr.includes(broker)) return {}
    const isUnclean = topic.isUncleanAllowed === true && others.length > 0
    return isUnclean ? { isUnclean, isLastInSync } : { isOffline: true, isLastInSync }
  }
  const [to] = inSync
  const moved = leader === broker && to !== undefined ? { to } : {}
  return { ...moved, isLastInSync, ...afterShrink(partition, topic, broker, live) }
}

/** It leaves the ISR. */
function afterShrink(
  { isr, leader, replicas }: PartitionFacts,
  topic: TopicFacts,
  broker: number,
  live: ReadonlySet<number>
): After {
  if (leader === null || !isr.includes(broker)) return {}
  if (topic.minIsr === undefined) return { isShrunk: true, isMinIsrMissing: true }
  const minIsr = effectiveMinIsr({ replicas }, topic.minIsr)
  const before = isr.filter((id) => live.has(id) || id === broker).length
  return { isShrunk: true, isUnderMinIsr: before >= minIsr && before - 1 < minIsr }
}

function emptyCost({ name, partitions }: TopicFacts): TopicCost {
  return {
    topic: name,
    partitionCount: partitions.length,
    moves: [],
    offline: [],
    unclean: [],
    underMinIsr: [],
    refused: [],
    lastInSync: []
  }
}

function note(cost: TopicCost, partition: number, after: After): void {
  if (after.to !== undefined) cost.moves.push({ partition, to: after.to })
  if (after.isOffline === true) cost.offline.push(partition)
  if (after.isUnclean === true) cost.unclean.push(partition)
  if (after.isUnderMinIsr === true) cost.underMinIsr.push(partition)
  if (after.isRefused === true) cost.refused.push(partition)
  if (after.isLastInSync === true) cost.lastInSync.push(partition)
}

const isTouched = ({ moves, offline, unclean, underMinIsr, refused, lastInSync }: TopicCost): boolean =>
  [moves, offline, unclean, underMinIsr, refused, lastInSync].some((list) => list.length > 0)

/** One that is offline weighs more than any number of those that move. */
const weight = ({ moves, offline, unclean, underMinIsr, refused }: TopicCost): number =>
  (offline.length + unclean.length) * 1e8 + (underMinIsr.length + refused.length) * 1e4 + moves.length

function groupsOf({ topics, groups }: Seen, effect: Effect, costs: readonly TopicCost[]): Radius['groups'] {
  if (effect.type !== 'gone' && effect.type !== 'noWrites' && effect.type !== 'noClients') return []
  const count = topics.get(offsetsTopic)?.partitions.length ?? 0
  const moves = costs.find(({ topic }) => topic === offsetsTopic)?.moves ?? []
  const follower = new Map(moves.map(({ partition, to }) => [partition, to]))
  return [...(groups?.values() ?? [])]
    .filter(({ lastCoordinatorId }) => lastCoordinatorId === effect.broker)
    .map(({ groupId }) => ({
      groupId,
      to: count === 0 ? null : (follower.get(offsetsPartition(groupId, count)) ?? null)
    }))
    .sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
}

/** Where a group's commits are, and so who coordinates it (GroupMetadataManager.partitionFor: Utils.abs of Java's hash of the name). */
export function offsetsPartition(groupId: string, partitionCount: number): number {
  let hash = 0
  for (let i = 0; i < groupId.length; i++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(i)) | 0
  return (hash === -2147483648 ? 0 : Math.abs(hash)) % partitionCount
}
