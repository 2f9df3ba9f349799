/**
 * Who leads a partition (Kafka's Election.scala and PartitionStateMachine): pure decisions of the controller over the stored state and the live brokers.
 * Leader epochs rise with every decision; a leader comes from the ISR only; an ISR never becomes empty.
 */
import type { ControllerEpoch, BrokerId } from '../../../kernel/ids'
import { invariant } from '../../../kernel/invariant'
import { noLeader } from '../metadata-image'
import type { PartitionState } from '../znodes'

export type Election =
  | { readonly type: 'unchanged' }
  /** No state is stored yet: to be created. */
  | { readonly type: 'create'; readonly state: PartitionState }
  | { readonly type: 'update'; readonly state: PartitionState }

const unchanged: Election = { type: 'unchanged' }

export function electLeader(
  replicas: readonly BrokerId[],
  stored: PartitionState | undefined,
  isAlive: (brokerId: BrokerId) => boolean,
  controllerEpoch: ControllerEpoch
): Election {
  invariant(replicas.length > 0, 'a partition has a replica')
  const live = replicas.filter(isAlive)
  if (stored === undefined) {
    const leader = live[0]
    if (leader === undefined) return unchanged
    return { type: 'create', state: { leader, leaderEpoch: 0, isr: live, controllerEpoch } }
  }
  if (stored.leader !== noLeader && isAlive(stored.leader)) return unchanged
  // Nobody of ours stores that; from nothing nobody can be elected.
  if (stored.isr.length === 0) return unchanged
  const liveIsr = stored.isr.filter(isAlive)
  const leader = live.find((replica) => liveIsr.includes(replica))
  if (leader !== undefined) return change(stored, leader, liveIsr, controllerEpoch)
  return stored.leader === noLeader
    ? unchanged
    : change(stored, noLeader, withoutDead(stored, isAlive), controllerEpoch)
}

function change(
  stored: PartitionState,
  leader: BrokerId,
  isr: readonly BrokerId[],
  controllerEpoch: ControllerEpoch
): Election {
  invariant(isr.length > 0, 'an ISR is never empty', { stored })
  return { type: 'update', state: { leader, leaderEpoch: stored.leaderEpoch + 1, isr, controllerEpoch } }
}

/** A dead replica leaves the ISR unless it is the only member: then its return alone can heal the partition. */
function withoutDead(stored: PartitionState, isAlive: (brokerId: BrokerId) => boolean): readonly BrokerId[] {
  const alive = stored.isr.filter(isAlive)
  return alive.length > 0 ? alive : stored.isr.slice(0, 1)
}
