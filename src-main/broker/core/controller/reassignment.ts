/**
 * Other replicas for a partition that is in use (KIP-455; Kafka's ReplicaAssignment): the new ones are added first, those
 * that go stay until all of the target are in sync. While it lasts the partition has the replicas of both.
 */
import type { BrokerId, ControllerEpoch } from '../../../kernel/ids'
import { said } from '../../../kernel/said'
import type { PartitionState } from '../znodes'
import { toTarget, type MoveFacts } from './leader-moves'

export interface Reassignment {
  readonly adding: readonly BrokerId[]
  readonly removing: readonly BrokerId[]
}

export interface Assignment {
  readonly replicas: readonly BrokerId[]
  /** Undefined at rest. */
  readonly reassignment?: Reassignment | undefined
}

const without = (ids: readonly BrokerId[], others: readonly BrokerId[] = []): readonly BrokerId[] =>
  ids.filter((id) => !others.includes(id))

/** What it is to have in the end. */
export const targetOf = ({ replicas, reassignment }: Assignment): readonly BrokerId[] =>
  without(replicas, reassignment?.removing)

/** What it had before, and has again when that is broken off. */
export const originOf = ({ replicas, reassignment }: Assignment): readonly BrokerId[] =>
  without(replicas, reassignment?.adding)

/** From now on towards this target, whatever was under way; what it had from the beginning stays until then. */
export function reassigned(assignment: Assignment, target: readonly BrokerId[]): Required<Assignment> {
  const origin = originOf(assignment)
  const replicas = [...target, ...without(origin, target)]
  return { replicas, reassignment: { adding: without(replicas, origin), removing: without(replicas, target) } }
}

/** All of the target are in sync: those that go may go. */
export function isComplete(assignment: Assignment, isr: readonly BrokerId[]): boolean {
  return targetOf(assignment).every((id) => isr.includes(id))
}

/** The state with which the target alone remains; undefined while none of it may lead. */
export function completed(facts: MoveFacts, target: readonly BrokerId[]): PartitionState | undefined {
  const moved = toTarget(facts, target)
  return moved === undefined ? undefined : { ...moved, isr: moved.isr.filter((id) => target.includes(id)) }
}

/**
 * The state with which a reassignment begins: a new epoch, so that who follows and who does not learn of each other; without
 * those that an earlier one was about to add. Undefined when nobody who stays could lead.
 */
export function begun(facts: MoveFacts, before: readonly BrokerId[]): PartitionState | undefined {
  const { stored, replicas } = facts
  const unneeded = without(before, replicas)
  if (unneeded.includes(stored.leader)) return completed(facts, replicas)
  const isr = without(stored.isr, unneeded)
  return isr.length === 0 ? undefined : renewed({ ...stored, isr }, facts.controllerEpoch)
}

const renewed = (state: PartitionState, controllerEpoch: ControllerEpoch): PartitionState => {
  return { ...state, leaderEpoch: state.leaderEpoch + 1, controllerEpoch }
}

interface TargetFacts {
  readonly assignment: Assignment
  readonly isAlive: (brokerId: BrokerId) => boolean
  readonly liveBrokers: readonly BrokerId[]
}

/** One sentence, Kafka's own, or undefined when it may be the target. */
export function targetProblem(
  target: readonly BrokerId[],
  { assignment, isAlive, liveBrokers }: TargetFacts
): string | undefined {
  if (target.length === 0) return said`Empty replica list specified in partition reassignment.`
  if (new Set(target).size !== target.length)
    return said`Duplicate replica ids in partition reassignment replica list: ${target.join(', ')}`
  if (target.some((id) => id < 0)) return said`Invalid broker id in replica list: ${target.join(', ')}`
  // What is there already may be dead; what is to be copied to may not.
  const { adding } = reassigned(assignment, target).reassignment ?? { adding: [] }
  if (adding.every(isAlive)) return undefined
  return said`Replica assignment has brokers that are not alive. Replica list: ${adding.join(', ')}, live broker list: ${liveBrokers.join(', ')}`
}
