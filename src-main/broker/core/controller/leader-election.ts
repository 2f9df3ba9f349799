/**
 * Who leads a partition and who is in its ISR: pure decisions of the controller over the stored state and the live
 * brokers (Kafka's PartitionLeaderElectionAlgorithms, Election.scala and ReplicaStateMachine.removeReplicasFromIsr).
 * - Every decision raises the leader epoch by one, also the one that only takes a dead follower out of the ISR.
 * - A leader comes from the ISR, but for an unclean election, which is held only where it is asked for.
 * - An ISR never becomes empty, and grows by no decision of this file.
 *
 * Deviations: Kafka takes the replicas of several brokers that died out of the ISR in any order, so that any of them may
 * be the one that stays; here it is the last leader. A broker that bounced is for Kafka one that died and then started, in
 * two decisions; here it is one decision with the same result.
 */
import type { ControllerEpoch, BrokerId } from '../../../kernel/ids'
import { invariant } from '../../../kernel/invariant'
import { noLeader } from '../metadata-image'
import type { PartitionState } from '../znodes'

export type Election =
  | { readonly type: 'unchanged' }
  /** No state is stored yet: to be created. */
  | { readonly type: 'create'; readonly state: PartitionState }
  /** isUnclean: the leader was not in the ISR, so records that were committed may be lost. */
  | { readonly type: 'update'; readonly state: PartitionState; readonly isUnclean: boolean }

export interface ElectionFacts {
  /** The assignment: the preferred leader first; never empty. */
  readonly replicas: readonly BrokerId[]
  /** Undefined before the first election. */
  readonly stored: PartitionState | undefined
  /** Alive, and holds the partition. */
  readonly isOnline: (brokerId: BrokerId) => boolean
  /** Registered anew since the stored state was made: that was about an earlier self, which may have held more. */
  readonly hasBounced: (brokerId: BrokerId) => boolean
  /** False: it has come back with less than it may have had when it was in sync (KIP-903); all have when left out. */
  readonly hasWholeLog?: (brokerId: BrokerId) => boolean
  /** It has come back with nothing of what it had when it was in sync; nobody has when left out. */
  readonly hasNothing?: (brokerId: BrokerId) => boolean
  /** False: with which logs members came into the ISR is to be stored, since it is not (KIP-903); true when left out. */
  readonly areLogsStored?: boolean
  /** Online, and about to stop: it leads nothing new while there is another; none when left out. */
  readonly isLeaving?: (brokerId: BrokerId) => boolean
  /** Of whoever decides; it is stored with the decision. */
  readonly controllerEpoch: ControllerEpoch
  /** A replica that is not in the ISR may lead rather than nobody; false when left out. */
  readonly isUncleanAllowed?: boolean
}

const unchanged: Election = { type: 'unchanged' }

export function electLeader(facts: ElectionFacts): Election {
  const { replicas, stored, isOnline, isLeaving = () => false, hasBounced, controllerEpoch } = facts
  const { hasWholeLog = () => true } = facts
  invariant(replicas.length > 0, 'a partition has a replica')
  const online = replicas.filter((id) => isOnline(id) && !isLeaving(id))
  if (stored === undefined) {
    const leader = online[0]
    if (leader === undefined) return unchanged
    return { type: 'create', state: { leader, leaderEpoch: 0, isr: online, controllerEpoch } }
  }
  // Nobody of ours stores that; from nothing nobody can be elected.
  if (stored.isr.length === 0) return unchanged
  const hasStayed = (id: BrokerId): boolean => isOnline(id) && !hasBounced(id) && hasWholeLog(id)
  const stayed = stored.isr.filter(hasStayed)
  if (stored.leader !== noLeader && hasStayed(stored.leader)) {
    // Only foreign states have a leader outside of the ISR: nothing is taken from those.
    const isForeign = !stayed.includes(stored.leader)
    if (isForeign || (stayed.length === stored.isr.length && facts.areLogsStored !== false)) return unchanged
    return decided(facts, stored, stored.leader, stayed)
  }
  const heirs = replicas.filter((id) => stayed.includes(id))
  const heir = heirs.find((id) => !isLeaving(id)) ?? heirs[0]
  if (heir !== undefined) return decided(facts, stored, heir, stayed)
  const back = returned(facts, stored)
  if (back !== undefined) return decided(facts, stored, back, [back], { mayLack: isShortened(facts, stored, back) })
  const [outsider] = online
  if (facts.isUncleanAllowed === true && outsider !== undefined)
    return decided(facts, stored, outsider, [outsider], { mayLack: true })
  return stored.leader === noLeader ? unchanged : withoutLeader(facts, stored)
}

/**
 * Nobody stayed: of those that bounced the last leader is the best, since nobody had more than it. Whoever came back with less is
 * taken only when there is nobody left to wait for; who has nothing, only when nobody who was in sync before has more: it may not have
 * led when it was taken for the leader, since whoever is registered is taken to live.
 */
function returned(
  { replicas, isOnline, hasWholeLog = () => true, hasNothing = () => false }: ElectionFacts,
  { leader, isr, lastIsr = [], formerIsr = [] }: PartitionState
): BrokerId | undefined {
  const former = formerIsr.filter((id) => replicas.includes(id))
  // The last leader may be the only one to have what nobody else was asked to have: the others are asked when it is back with less.
  const members = isr.every(isOnline) ? [...isr, ...lastIsr] : isr
  const isAnyMissing = members.some((id) => !isOnline(id))
  const hasAll = replicas.some((id) => members.includes(id) && isOnline(id) && hasWholeLog(id))
  if (!hasAll && isAnyMissing) return undefined
  if (!hasAll && members.every(hasNothing) && former.some((id) => !isOnline(id) || hasWholeLog(id)))
    return former.find((id) => isOnline(id) && hasWholeLog(id))
  const isBack = (id: BrokerId): boolean => replicas.includes(id) && isOnline(id) && (!hasAll || hasWholeLog(id))
  return isr.includes(leader) && isBack(leader) ? leader : members.find(isBack)
}

/** Who else was in the ISR is kept beside it: none of them lacks what is committed. */
function withoutLeader(facts: ElectionFacts, stored: PartitionState): Election {
  const isr = lastOf(facts, stored)
  const lastIsr = stored.isr.filter((id) => !isr.includes(id))
  return decided(facts, stored, noLeader, isr, { lastIsr })
}

/** The one whose return heals the partition without loss: the last leader; when that is back with less, whoever had as much. */
function lastOf(
  { isOnline, hasWholeLog = () => true }: ElectionFacts,
  { leader, isr }: PartitionState
): readonly BrokerId[] {
  if (!isr.includes(leader)) return isr
  // First, so that it is known as the last one: nobody had more.
  return !isOnline(leader) || hasWholeLog(leader) ? [leader] : [leader, ...isr.filter((id) => id !== leader)]
}

/** Others had been in sync with it, and nobody can say whether it still has what they had. */
const isShortened = (
  { hasWholeLog = () => true }: ElectionFacts,
  { isr, lastIsr = [] }: PartitionState,
  leader: BrokerId
): boolean => isr.length + lastIsr.length > 1 && !hasWholeLog(leader)

function decided(
  facts: ElectionFacts,
  stored: PartitionState,
  leader: BrokerId,
  isr: readonly BrokerId[],
  { mayLack = false, lastIsr = [] }: { readonly mayLack?: boolean; readonly lastIsr?: readonly BrokerId[] } = {}
): Election {
  const { controllerEpoch } = facts
  invariant(isr.length > 0, 'an ISR is never empty', { stored })
  const wasInSync = stored.isr.includes(leader) || stored.lastIsr?.includes(leader) === true
  const isUnclean = mayLack || (leader !== noLeader && !wasInSync)
  const members = [...stored.isr, ...(stored.lastIsr ?? []), ...(stored.formerIsr ?? [])]
  // Whoever allows an election from outside trusts the new leader alone.
  const isKnown = leader === noLeader || members.includes(leader)
  const formerIsr = isKnown ? formerOf(facts, members, [...isr, ...lastIsr]) : []
  const state = {
    leader,
    leaderEpoch: stored.leaderEpoch + 1,
    isr,
    controllerEpoch,
    ...(lastIsr.length === 0 ? {} : { lastIsr }),
    ...(formerIsr.length === 0 ? {} : { formerIsr })
  }
  return { type: 'update', isUnclean, state }
}

/** Who is not in the ISR any more, the last to leave first. */
function formerOf(
  { replicas, isOnline, hasWholeLog = () => true }: ElectionFacts,
  members: readonly BrokerId[],
  kept: readonly BrokerId[]
): readonly BrokerId[] {
  const mayHaveMore = (id: BrokerId): boolean => replicas.includes(id) && (!isOnline(id) || hasWholeLog(id))
  return [...new Set(members)].filter((id) => !kept.includes(id) && mayHaveMore(id))
}
