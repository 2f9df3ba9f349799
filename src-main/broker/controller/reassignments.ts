/**
 * Reassignments of partitions, from the request to the end (Kafka's onPartitionReassignment). What is wanted is stored
 * with the topic before anything is done, and taken away when all is done: whoever is controller goes on with it.
 * - It begins: stored; then a new leader epoch, of which all replicas are told, so that the new ones begin to copy.
 * - All of the target are in sync: the state without those that go is stored, then the assignment; brokers are told, and
 *   those that go delete what they have. One that is dead then keeps it.
 */
import { topicPartitionName, type TopicPartition } from '../../kernel/ids'
import { said } from '../../kernel/said'
import type { ControlledPartition, ControlledTopic } from '../core/controller/controller-state'
import type { Election } from '../core/controller/leader-election'
import type { MoveFacts } from '../core/controller/leader-moves'
import {
  begun,
  completed,
  isComplete,
  originOf,
  reassigned,
  targetOf,
  targetProblem,
  type Assignment
} from '../core/controller/reassignment'
import { paths, assignmentData, type PartitionState } from '../core/znodes'
import type { ControllerTerm } from './controller-term'
import type { Outcome } from './controller-trouble'
import type { Made } from './topic-creations'

export interface AskedReassignment extends TopicPartition {
  /** Null: what is under way is broken off. */
  readonly replicas: readonly number[] | null
}

interface Planned {
  readonly partition: ControlledPartition
  readonly before: Assignment
  readonly after: Required<Assignment>
}

/** Outcomes in the order of what was asked. */
export async function reassign(
  term: ControllerTerm,
  asked: readonly AskedReassignment[]
): Promise<Made<readonly Outcome[]>> {
  const names = new Map<string, number>()
  for (const one of asked) names.set(topicPartitionName(one), (names.get(topicPartitionName(one)) ?? 0) + 1)
  const plans = asked.map((one) => (names.get(topicPartitionName(one)) === 1 ? planOf(term, one) : namedTwice))
  const planned = plans.filter((plan): plan is Planned => 'partition' in plan)
  await storeAssignments(term, planned)
  const begunOnes = planned.map(({ partition }) => partition)
  const beforeOf = new Map(planned.map(({ partition, before }) => [partition, before.replicas]))
  const changed = await term.elect(begunOnes, {
    cause: 'reassigned',
    decide: (partition) => decided(term, partition, (facts) => begun(facts, beforeOf.get(partition) ?? []))
  })
  // Also those whose state stayed as it is have other replicas now.
  const told = [term.tell({ changed: begunOnes })]
  for (const { partition, before } of planned) drop(term, partition, before.replicas)
  tellEvent(term, 'reassignmentsBegan', changed)
  await finishReassignments(term, begunOnes)
  const done: Outcome = { error: 'NONE', message: null }
  return { result: plans.map((plan) => ('partition' in plan ? done : plan)), told }
}

const namedTwice: Outcome = {
  error: 'INVALID_REQUEST',
  message: said`The partition is named more than once in the request.`
}

function planOf(
  { state }: ControllerTerm,
  { topic, partition: index, replicas }: AskedReassignment
): Planned | Outcome {
  const partition = state.topics.get(topic)?.partitions[index]
  if (partition === undefined)
    return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: said`The partition does not exist` }
  if (state.deleting.has(topic))
    return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: said`The topic is being deleted` }
  const before = { replicas: partition.replicas, reassignment: partition.reassignment }
  if (replicas === null && before.reassignment === undefined)
    return { error: 'NO_REASSIGNMENT_IN_PROGRESS', message: said`No partition reassignment is in progress.` }
  if (replicas !== null) {
    const message = targetProblem(replicas, {
      assignment: before,
      isAlive: (id) => state.isAlive(id) && !state.shuttingDown.has(id),
      liveBrokers: state.placeableBrokers().map(({ id }) => id)
    })
    if (message !== undefined) return { error: 'INVALID_REPLICA_ASSIGNMENT', message }
  }
  const after = reassigned(before, replicas ?? originOf(before))
  const message = lossOf(partition.state, after.replicas, (id) => state.mayLead(partition, id))
  if (message !== undefined) return { error: 'INVALID_REPLICA_ASSIGNMENT', message }
  return { partition, before, after }
}

/**
 * One sentence when a plan would leave no replica that has the partition's records and may lead; undefined when it may be. What an earlier
 * plan had added goes at once, so that its replicas may be the only ones left in sync. (Kafka in ZooKeeper mode deletes them.)
 */
function lossOf(
  state: PartitionState | undefined,
  replicas: readonly number[],
  mayLead: (brokerId: number) => boolean
): string | undefined {
  if (state === undefined) return undefined
  const stays = state.isr.filter((id) => replicas.includes(id))
  if (replicas.includes(state.leader) || stays.some(mayLead)) return undefined
  if (stays.length > 0 && state.leader < 0) return undefined
  const holders = state.isr.join(', ')
  return said`Only replicas that this would take away are in sync and alive (brokers ${holders}). Wait until another one has caught up.`
}

/** Those of one topic with one write; believed when they are stored. */
async function storeAssignments(term: ControllerTerm, planned: readonly Planned[]): Promise<void> {
  const topics = new Set(planned.map(({ partition }) => partition.topic))
  for (const name of topics) {
    const topic = term.state.topics.get(name)
    if (topic === undefined) continue
    const after = new Map(planned.map((plan) => [plan.partition, plan.after]))
    await storeTopic(term, topic, (partition) => after.get(partition) ?? partition)
    for (const partition of topic.partitions) {
      const assignment = after.get(partition)
      if (assignment !== undefined) Object.assign(partition, assignment)
    }
  }
}

async function storeTopic(
  { ports, writes }: ControllerTerm,
  topic: ControlledTopic,
  assignmentOf: (partition: ControlledPartition) => Assignment
): Promise<void> {
  const path = paths.topic(topic.name)
  const stored = await ports.ensemble.getData(path)
  const data = assignmentData(topic.topicId, topic.partitions.map(assignmentOf))
  await writes.multi([{ type: 'setData', path, data, version: stored?.stat.version ?? 0 }])
}

/** Of these, those whose target is in sync: they have no other replicas from then on. */
export async function finishReassignments(
  term: ControllerTerm,
  partitions: Iterable<ControlledPartition>
): Promise<void> {
  const { state } = term
  const ready = [...partitions].filter((partition) => {
    const { reassignment, topic, state: stored } = partition
    return (
      reassignment !== undefined &&
      stored !== undefined &&
      !state.deleting.has(topic) &&
      isComplete(partition, stored.isr)
    )
  })
  if (ready.length === 0) return
  const moved = new Set<ControlledPartition>()
  await term.elect(ready, {
    cause: 'reassigned',
    decide: (partition) => {
      const election = decided(term, partition, (facts) => completed(facts, targetOf(partition)))
      if (election.type === 'unchanged') moved.delete(partition)
      else moved.add(partition)
      return election
    }
  })
  // Those that go, too: a leader that goes is to stop being one before its replica is deleted.
  if (moved.size > 0) void term.tell({ changed: [...moved] })
  const left = new Map<ControlledPartition, readonly number[]>()
  for (const topic of state.topics.values()) {
    const done = topic.partitions.filter((partition) => moved.has(partition))
    if (done.length === 0) continue
    const atRest = (partition: ControlledPartition): Assignment =>
      moved.has(partition) ? { replicas: targetOf(partition) } : partition
    await storeTopic(term, topic, atRest)
    for (const partition of done) {
      left.set(partition, partition.replicas)
      Object.assign(partition, { replicas: targetOf(partition), reassignment: undefined })
    }
  }
  void term.tell({ changed: [...moved] })
  for (const [partition, before] of left) drop(term, partition, before)
  tellEvent(term, 'reassignmentsEnded', [...moved])
}

/** Those that hold it no more delete it: after they were told, if anybody else had to be. */
function drop({ broadcast }: ControllerTerm, partition: ControlledPartition, before: readonly number[]): void {
  const { replicas, state } = partition
  // Never whoever leads it or is in sync as it is stored: an election that could not be held has left it there.
  const isStored = (id: number): boolean => state?.leader === id || state?.isr.includes(id) === true
  for (const id of before) if (!replicas.includes(id) && !isStored(id)) broadcast.dropReplica(id, partition)
}

function decided(
  { state, epoch }: ControllerTerm,
  partition: ControlledPartition,
  decide: (facts: MoveFacts) => PartitionState | undefined
): Election {
  const { replicas, state: stored } = partition
  if (stored === undefined) return { type: 'unchanged' }
  const decision = decide({
    replicas,
    stored,
    mayLead: (id) => state.mayTakeOver(partition, id),
    controllerEpoch: epoch
  })
  return decision === undefined ? { type: 'unchanged' } : { type: 'update', isUnclean: false, state: decision }
}

function tellEvent({ ports, epoch }: ControllerTerm, name: string, partitions: readonly ControlledPartition[]): void {
  const [first] = partitions
  if (first !== undefined) ports.event(name, { count: partitions.length, sample: topicPartitionName(first), epoch })
}
