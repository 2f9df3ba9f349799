/**
 * Leadership that is moved while the leader lives: pure decisions over the stored state (Kafka's
 * PartitionLeaderElectionAlgorithms: preferred replica, controlled shutdown, reassignment). Undefined: it cannot be moved
 * so, or need not be. Every move raises the leader epoch by one.
 */
import type { BrokerId, ControllerEpoch } from '../../../kernel/ids'
import type { PartitionState } from '../znodes'

export interface MoveFacts {
  /** The assignment: the preferred leader first. */
  readonly replicas: readonly BrokerId[]
  readonly stored: PartitionState
  /** Alive, holds the partition, and is not about to stop. */
  readonly mayLead: (brokerId: BrokerId) => boolean
  readonly controllerEpoch: ControllerEpoch
}

const moved = (
  { replicas, stored, controllerEpoch }: MoveFacts,
  leader: BrokerId,
  isr = stored.isr
): PartitionState => {
  const members = new Set([...stored.isr, ...(stored.formerIsr ?? [])])
  const formerIsr = [...members].filter((id) => !isr.includes(id) && replicas.includes(id))
  const state = { leader, leaderEpoch: stored.leaderEpoch + 1, isr, controllerEpoch }
  return formerIsr.length === 0 ? state : { ...state, formerIsr }
}

/** To the first replica of the assignment. */
export function toPreferred(facts: MoveFacts): PartitionState | undefined {
  const { replicas, stored, mayLead } = facts
  const [preferred] = replicas
  if (preferred === undefined || preferred === stored.leader) return undefined
  return stored.isr.includes(preferred) && mayLead(preferred) ? moved(facts, preferred) : undefined
}

/** Away from a broker that is about to stop, and out of the ISR with it; an ISR never becomes empty. */
export function awayFrom(facts: MoveFacts, leaving: BrokerId): PartitionState | undefined {
  const { replicas, stored, mayLead } = facts
  if (stored.leader !== leaving && !stored.isr.includes(leaving)) return undefined
  const stays = (id: BrokerId): boolean => id !== leaving && stored.isr.includes(id) && mayLead(id)
  const leader = stored.leader === leaving ? replicas.find(stays) : stored.leader
  const isr = stored.isr.filter((id) => id !== leaving)
  return leader === undefined || isr.length === 0 ? undefined : moved(facts, leader, isr)
}

/** To one of those that a reassignment leaves, when the leader is none of them or is gone; else a new epoch for it. */
export function toTarget(facts: MoveFacts, target: readonly BrokerId[]): PartitionState | undefined {
  const { stored, mayLead } = facts
  const fits = (id: BrokerId): boolean => stored.isr.includes(id) && mayLead(id)
  const leader = target.includes(stored.leader) && fits(stored.leader) ? stored.leader : target.find(fits)
  return leader === undefined ? undefined : moved(facts, leader)
}
