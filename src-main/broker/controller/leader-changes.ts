/**
 * Leaders that are moved while they live: away from a broker that is about to stop, and back to the preferred ones; and
 * elections that somebody asks for.
 */
import { topicPartitionName, type BrokerEpoch, type BrokerId, type TopicPartition } from '../../kernel/ids'
import { said } from '../../kernel/said'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { ControlledPartition, ControllerState } from '../core/controller/controller-state'
import type { Election } from '../core/controller/leader-election'
import { awayFrom, toPreferred, type MoveFacts } from '../core/controller/leader-moves'
import { noLeader } from '../core/metadata-image'
import type { PartitionState } from '../core/znodes'
import type { ControllerTerm } from './controller-term'
import type { Outcome } from './controller-trouble'
import type { Made } from './topic-creations'

/** Partitions of a broker that is about to stop: their clients wait for the slowest log among them. */
const movedAtOnce = 20
/** leader.imbalance.per.broker.percentage */
const imbalanceMax = 0.1

export type ElectionType = 'preferred' | 'unclean'

export interface ElectionOutcome extends Outcome, TopicPartition {}

export interface Elected {
  readonly error: KafkaError
  readonly outcomes: readonly ElectionOutcome[]
}

const electionOf = (state: PartitionState | undefined): Election =>
  state === undefined ? { type: 'unchanged' } : { type: 'update', isUnclean: false, state }

/** Undefined before its first election. */
function factsOf({ state, epoch }: ControllerTerm, partition: ControlledPartition): MoveFacts | undefined {
  const { replicas, state: stored } = partition
  if (stored === undefined) return undefined
  return { replicas, stored, mayLead: (id) => state.mayTakeOver(partition, id), controllerEpoch: epoch }
}

export interface Leaving {
  readonly error: KafkaError
  /** What it leads all the same, of partitions that have other replicas. */
  readonly remaining: readonly TopicPartition[]
  /** There is nothing more that could be moved. */
  readonly isDone: boolean
}

/**
 * Moves some of what this broker leads to others of the ISRs; when it leads nothing more that could be moved, takes it out
 * of the ISRs that it follows in. From then on it leads nothing new, until it has left or come back. A part at a time, so
 * that clients of the first are told before brokers are busy with the last.
 */
export async function leaveLeadership(
  term: ControllerTerm,
  from: { readonly brokerId: BrokerId; readonly brokerEpoch: BrokerEpoch }
): Promise<Made<Leaving>> {
  const { state } = term
  const { brokerId, brokerEpoch } = from
  const refused = (error: KafkaError): Made<Leaving> => ({ result: { error, remaining: [], isDone: true }, told: [] })
  const registered = state.brokers.get(brokerId)
  if (registered === undefined) return refused('BROKER_NOT_AVAILABLE')
  if (brokerEpoch !== -1n && brokerEpoch < registered.epoch) return refused('STALE_BROKER_EPOCH')
  state.shuttingDown.add(brokerId)
  const decide = (partition: ControlledPartition): Election => {
    const facts = factsOf(term, partition)
    return electionOf(facts === undefined ? undefined : awayFrom(facts, brokerId))
  }
  const concerned = [...state.partitions()].filter(
    ({ replicas, topic }) => replicas.length > 1 && replicas.includes(brokerId) && !state.deleting.has(topic)
  )
  const leads = ({ state: stored }: ControlledPartition): boolean => stored?.leader === brokerId
  const movable = concerned.filter((partition) => decide(partition).type !== 'unchanged')
  const led = movable.filter(leads)
  const part = led.length > 0 ? led.slice(0, movedAtOnce) : movable
  const changed = await term.elect(part, { cause: 'shutdown', decide })
  const told = changed.length > 0 ? [term.tell({ changed })] : []
  const isDone = led.length === 0 || changed.length === 0
  return { result: { error: 'NONE', remaining: concerned.filter(leads), isDone }, told }
}

/** For these, or for all; of all, only those that were not well are told of. */
export async function electAsked(
  term: ControllerTerm,
  type: ElectionType,
  asked: readonly TopicPartition[] | undefined
): Promise<Made<readonly ElectionOutcome[]>> {
  const { state } = term
  const outcomes = new Map<string, ElectionOutcome>()
  const wanted: ControlledPartition[] = []
  for (const one of asked ?? [...state.partitions()].filter((partition) => partition.state !== undefined)) {
    const { topic, partition } = one
    const known = state.topics.get(topic)?.partitions[partition]
    const answer = (error: KafkaError, message: string): void => {
      outcomes.set(topicPartitionName(one), { topic, partition, error, message })
    }
    if (known?.state === undefined) answer('UNKNOWN_TOPIC_OR_PARTITION', said`The partition does not exist.`)
    else if (state.deleting.has(topic)) answer('INVALID_TOPIC_EXCEPTION', said`The topic is being deleted`)
    else if (!isNeeded(state, type, known)) {
      if (asked !== undefined) answer('ELECTION_NOT_NEEDED', said`Leader election not needed for topic partition.`)
    } else wanted.push(known)
  }
  const changed =
    type === 'preferred' ? await electPreferred(term, wanted) : await term.elect(wanted, { isUncleanAllowed: true })
  for (const partition of wanted) {
    const { topic, partition: index } = partition
    const isElected = !isNeeded(state, type, partition)
    const [error, strategy]: [KafkaError, string] =
      type === 'preferred'
        ? ['PREFERRED_LEADER_NOT_AVAILABLE', 'PreferredReplicaPartitionLeaderElectionStrategy']
        : ['ELIGIBLE_LEADERS_NOT_AVAILABLE', 'OfflinePartitionLeaderElectionStrategy(true)']
    const name = topicPartitionName(partition)
    const message = said`Failed to elect leader for partition ${name} under strategy ${strategy}`
    const outcome: Outcome = isElected ? { error: 'NONE', message: null } : { error, message }
    outcomes.set(name, { topic, partition: index, ...outcome })
  }
  return { result: [...outcomes.values()], told: changed.length > 0 ? [term.tell({ changed })] : [] }
}

function isNeeded(state: ControllerState, type: ElectionType, partition: ControlledPartition): boolean {
  const leader = partition.state?.leader ?? noLeader
  return type === 'preferred' ? leader !== partition.replicas[0] : !state.canServe(partition, leader)
}

function electPreferred(
  term: ControllerTerm,
  partitions: readonly ControlledPartition[]
): Promise<readonly ControlledPartition[]> {
  const decide = (partition: ControlledPartition): Election => {
    const facts = factsOf(term, partition)
    return electionOf(facts === undefined ? undefined : toPreferred(facts))
  }
  return term.elect(partitions, { cause: 'preferred', decide })
}

/**
 * Gives leadership back to the preferred replicas of brokers that lead too few of what they should (Kafka's
 * auto.leader.rebalance).
 */
export async function rebalanceLeaders(term: ControllerTerm): Promise<void> {
  const { state } = term
  const preferredBy = new Map<BrokerId, ControlledPartition[]>()
  for (const partition of state.partitions()) {
    const [preferred] = partition.replicas
    if (preferred === undefined || partition.state === undefined || state.deleting.has(partition.topic)) continue
    const known = preferredBy.get(preferred)
    if (known === undefined) preferredBy.set(preferred, [partition])
    else known.push(partition)
  }
  const wanted = [...preferredBy].flatMap(([broker, partitions]) => {
    const missing = partitions.filter((one) => one.state?.leader !== broker && one.reassignment === undefined)
    return missing.length / partitions.length > imbalanceMax ? missing : []
  })
  const changed = await electPreferred(term, wanted)
  if (changed.length > 0) void term.tell({ changed })
}
