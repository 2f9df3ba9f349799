/**
 * AlterPartition on the controller's side: decides about each ISR that a leader proposes (core/controller/isr-change),
 * stores those of one request together, and says what is stored by then. Somebody else's write in between is read, and
 * the proposal looked at anew: it was about a version that is no more.
 */
import type { BrokerEpoch, BrokerId } from '../../kernel/ids'
import type { Uuid } from '../../kernel/uuid'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { ControlledPartition, ControlledTopic, ControllerState } from '../core/controller/controller-state'
import { decideIsr, type IsrProposal } from '../core/controller/isr-change'
import type { Election } from '../core/controller/leader-election'
import type { PartitionState } from '../core/znodes'
import { finishReassignments } from './reassignments'
import type { ControllerTerm } from './controller-term'

export interface ProposedTopic {
  /** Either names it. */
  readonly topic: string | undefined
  readonly topicId: Uuid | undefined
  readonly partitions: readonly ProposedPartition[]
}

export interface ProposedPartition extends Omit<IsrProposal, 'leader'> {
  readonly partition: number
}

export interface IsrAnswer {
  readonly error: KafkaError
  /** As it is stored, when there is no error. */
  readonly state?: PartitionState
  readonly partitionEpoch?: number
}

export interface IsrAnswers {
  /** Of the request as a whole; then there are no others. */
  readonly error: KafkaError
  /** In the order of the request. */
  readonly topics: readonly (readonly IsrAnswer[])[]
}

/** Rejects as PartitionStates.elect does. */
export async function changeIsrs(
  term: ControllerTerm,
  from: { readonly brokerId: BrokerId; readonly brokerEpoch: BrokerEpoch },
  asked: readonly ProposedTopic[]
): Promise<IsrAnswers> {
  const { state, epoch } = term
  if (state.brokers.get(from.brokerId)?.epoch !== from.brokerEpoch) return { error: 'STALE_BROKER_EPOCH', topics: [] }
  const proposals = new Map<ControlledPartition, IsrProposal>()
  const refusals = new Map<ControlledPartition, KafkaError>()
  const byId = new Map([...state.topics.values()].map((topic) => [topic.topicId, topic]))
  const found = asked.map((one) => {
    const topic = one.topic === undefined ? byId.get(one.topicId ?? '') : state.topics.get(one.topic)
    return one.partitions.map((proposal): ControlledPartition | KafkaError => {
      const partition = partitionOf(state, topic, proposal.partition)
      if (partition === undefined)
        return topic === undefined && one.topic === undefined ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
      // Named twice: each is one change at a time.
      if (proposals.has(partition)) return 'INVALID_REQUEST'
      proposals.set(partition, { ...proposal, leader: from.brokerId })
      return partition
    })
  })
  const decide = (partition: ControlledPartition): Election => {
    const proposal = proposals.get(partition)
    if (proposal === undefined || partition.state === undefined)
      return unchanged(refusals, partition, 'INVALID_REQUEST')
    const verdict = decideIsr(
      {
        replicas: partition.replicas,
        stored: partition.state,
        partitionEpoch: partition.zkVersion,
        isEligible: (member) => state.mayJoinIsr(partition, member),
        controllerEpoch: epoch
      },
      proposal
    )
    if (verdict.type === 'change') return { type: 'update', isUnclean: false, state: verdict.state }
    return unchanged(refusals, partition, verdict.type === 'refused' ? verdict.error : 'NONE')
  }
  const written = await term.elect(proposals.keys(), { decide })
  const answerOf = (one: ControlledPartition | KafkaError): IsrAnswer => {
    if (typeof one === 'string') return { error: one }
    const error = refusals.get(one) ?? 'NONE'
    if (error !== 'NONE' || one.state === undefined)
      return { error: error === 'NONE' ? 'UNKNOWN_TOPIC_OR_PARTITION' : error }
    return { error, state: one.state, partitionEpoch: one.zkVersion }
  }
  // What is stored as it was decided is decided about once; the others are somebody else's elections.
  const changed = written.filter((partition) => !refusals.has(partition))
  if (changed.length > 0) void term.tell({ changed, isForClients: true })
  // Its leader does not know what is stored, and nothing else tells it.
  const outdated = [...refusals].flatMap(([one, error]) => (error === 'INVALID_UPDATE_VERSION' ? [one] : []))
  if (outdated.length > 0) void term.tell({ changed: outdated })
  if (changed.length < written.length) void term.tell({ changed: written.filter((one) => refusals.has(one)) })
  // A reassignment waits for its last replica to be in sync.
  if (changed.some(({ reassignment }) => reassignment !== undefined))
    term.queue.event(() => finishReassignments(term, changed))
  return { error: 'NONE', topics: found.map((partitions) => partitions.map(answerOf)) }
}

function partitionOf(
  state: ControllerState,
  topic: ControlledTopic | undefined,
  index: number
): ControlledPartition | undefined {
  const partition = topic?.partitions[index]
  // One that never had a leader has nobody who could ask.
  return topic === undefined || state.deleting.has(topic.name) || partition?.state === undefined ? undefined : partition
}

function unchanged(
  refusals: Map<ControlledPartition, KafkaError>,
  partition: ControlledPartition,
  error: KafkaError
): Election {
  refusals.set(partition, error)
  return { type: 'unchanged' }
}
