/**
 * What the controller says to an ISR that a leader proposes: a pure decision over the stored state (KIP-497; the order of
 * the checks is that of Kafka's KafkaController.processAlterPartition, the broker epochs of members are KIP-903's).
 *
 * Deviations: Kafka in ZooKeeper mode takes whoever asks for the leader and any list for an ISR; here, as in its later
 * controllers, an ISR is asked for by its leader, has it in it, and nobody who holds no replica. A proposal about a
 * recovering leader is refused: no state of ours says that of one.
 */
import type { BrokerEpoch, BrokerId, ControllerEpoch, LeaderEpoch } from '../../../kernel/ids'
import type { KafkaError } from '../../../protocol/wire/error-codes'
import type { PartitionState } from '../znodes'

export interface IsrMember {
  readonly brokerId: BrokerId
  /** Of its registration, as the leader saw it fetch; -1: it was not told, and is not looked at. */
  readonly brokerEpoch: BrokerEpoch
}

export interface IsrProposal {
  /** Who asks. */
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
  /** Version of the state that the proposal is about. */
  readonly partitionEpoch: number
  readonly isr: readonly IsrMember[]
  readonly isRecovering: boolean
}

export interface IsrFacts {
  readonly replicas: readonly BrokerId[]
  readonly stored: PartitionState
  readonly partitionEpoch: number
  /** Alive, not about to stop, and with this epoch; such a broker may be in an ISR. */
  readonly isEligible: (member: IsrMember) => boolean
  readonly controllerEpoch: ControllerEpoch
}

export type IsrVerdict =
  | { readonly type: 'refused'; readonly error: KafkaError }
  /** It is stored already: asked again after a lost answer. */
  | { readonly type: 'stored' }
  | { readonly type: 'change'; readonly state: PartitionState }

export function decideIsr(facts: IsrFacts, proposal: IsrProposal): IsrVerdict {
  const { replicas, stored, partitionEpoch, isEligible, controllerEpoch } = facts
  const ids = proposal.isr.map(({ brokerId }) => brokerId)
  // The leader knows of a later election: it had better ask whoever held it.
  if (proposal.partitionEpoch > partitionEpoch || proposal.leaderEpoch > stored.leaderEpoch)
    return refused('NOT_CONTROLLER')
  if (proposal.leaderEpoch < stored.leaderEpoch) return refused('FENCED_LEADER_EPOCH')
  if (proposal.leader !== stored.leader) return refused('INVALID_REQUEST')
  // Before its version is looked at, which is an older one when the answer was lost.
  if (!proposal.isRecovering && isSame(ids, stored.isr)) return { type: 'stored' }
  if (proposal.partitionEpoch !== partitionEpoch) return refused('INVALID_UPDATE_VERSION')
  const isWellFormed =
    !proposal.isRecovering &&
    ids.includes(proposal.leader) &&
    new Set(ids).size === ids.length &&
    ids.every((id) => replicas.includes(id))
  if (!isWellFormed) return refused('INVALID_REQUEST')
  if (!proposal.isr.every(isEligible)) return refused('INELIGIBLE_REPLICA')
  const { formerIsr: before = [], ...rest } = stored
  const formerIsr = [...new Set([...stored.isr, ...before])].filter((id) => !ids.includes(id) && replicas.includes(id))
  const state = { ...rest, isr: ids, controllerEpoch }
  return { type: 'change', state: formerIsr.length === 0 ? state : { ...state, formerIsr } }
}

const refused = (error: KafkaError): IsrVerdict => ({ type: 'refused', error })

/** Order says nothing in an ISR. */
function isSame(proposed: readonly BrokerId[], stored: readonly BrokerId[]): boolean {
  return proposed.length === stored.length && stored.every((id) => proposed.includes(id))
}
