/**
 * The elections that one event of the controller needs, from the decision to what is stored: which states are written
 * together, what is done where somebody else has written meanwhile, and when it is enough. It does nothing itself: it
 * says what to do as effects, and is told what came of each.
 *
 * A decision is about one stored version and carries it: what is written can replace nothing else, whatever is known by
 * then. No partition holds up the others.
 *
 * Deviation from Kafka: a conflict of several that are written in one multi is looked for one by one, since ours fails as
 * a whole; Kafka pipelines single writes.
 */
import { topicPartitionName } from '../../../kernel/ids'
import { invariant } from '../../../kernel/invariant'
import type { PartitionState } from '../znodes'
import type { ControlledPartition } from './controller-state'
import type { Election } from './leader-election'

/** So often is decided anew about a partition that somebody else writes again and again. */
const attemptsMax = 3

export interface StateDecision {
  readonly partition: ControlledPartition
  readonly type: 'create' | 'update'
  readonly state: PartitionState
  /** Of the state that it replaces; none is there before a creation. */
  readonly zkVersion: number
}

export type ElectionEffect =
  /** Below these topics partitions are created; their common parent may be missing. */
  | { readonly type: 'makeParents'; readonly topics: readonly string[] }
  /** All or none; stored() or overtaken(). */
  | { readonly type: 'store'; readonly decisions: readonly StateDecision[] }
  /** The same for one of those that were overtaken; its own znode may be there without a state. */
  | { readonly type: 'storeAlone'; readonly decision: StateDecision }
  /** What is stored by now; read(), gone() or unreadable(). */
  | { readonly type: 'readAgain'; readonly partition: ControlledPartition }

interface ElectionRules {
  readonly electionOf: (partition: ControlledPartition) => Election
  /** States written at once, at most. */
  readonly batchMax: number
}

export class PartitionElections {
  readonly #rules: ElectionRules
  readonly #effects: ElectionEffect[] = []
  /** Effects of which it is not known yet what came of them. */
  #underWay = 0
  #undecided: ControlledPartition[]
  readonly #attempts = new Map<ControlledPartition, number>()
  readonly #changed = new Set<ControlledPartition>()

  constructor(rules: ElectionRules, partitions: Iterable<ControlledPartition>) {
    invariant(rules.batchMax > 0, 'a batch has room', { batchMax: rules.batchMax })
    this.#rules = rules
    this.#undecided = [...partitions]
  }

  /** Those whose state is another one now, by us or by whoever wrote it: news for the brokers. */
  get changed(): readonly ControlledPartition[] {
    return [...this.#changed]
  }

  /** What others wrote too often to be decided about; known only at rest. */
  get undecided(): readonly ControlledPartition[] {
    return this.#undecided
  }

  /** In the order in which they are to be carried out; none when all is done, or what is under way has to end first. */
  takeEffects(): readonly ElectionEffect[] {
    if (this.#effects.length === 0 && this.#underWay === 0) this.#decide()
    const taken = this.#effects.splice(0)
    this.#underWay += taken.filter(({ type }) => type !== 'makeParents').length
    return taken
  }

  /** All decisions of one effect, with the versions that they have now. */
  stored(decisions: readonly StateDecision[], versions: readonly number[]): void {
    this.#ended()
    decisions.forEach(({ partition, state, zkVersion }, i) => {
      const version = versions[i]
      invariant(version !== undefined, 'what is stored has a version', { partition: topicPartitionName(partition) })
      invariant(partition.zkVersion === zkVersion, 'a decision replaces the state that it is about', { partition })
      partition.state = state
      partition.zkVersion = version
      this.#changed.add(partition)
    })
  }

  /** One of these znodes is not as we know it; none of them is written. */
  overtaken(effect: Extract<ElectionEffect, { readonly type: 'store' | 'storeAlone' }>): void {
    this.#ended()
    if (effect.type === 'storeAlone') {
      this.#effects.push({ type: 'readAgain', partition: effect.decision.partition })
      return
    }
    for (const decision of effect.decisions) this.#effects.push({ type: 'storeAlone', decision })
  }

  /** What is stored now; undefined: the topic is there, and no state yet. */
  read(
    partition: ControlledPartition,
    now: { readonly state: PartitionState; readonly zkVersion: number } | undefined
  ): void {
    this.#ended()
    partition.state = now?.state
    partition.zkVersion = now?.zkVersion ?? 0
    this.#changed.add(partition)
    this.#undecided.push(partition)
  }

  /** The topic is not there any more: nothing is to be decided. */
  gone(): void {
    this.#ended()
  }

  /** What is stored is none of Kafka's: nothing can be decided until whoever wrote it has taken it away. */
  unreadable(partition: ControlledPartition): void {
    this.#ended()
    partition.state = undefined
    partition.zkVersion = 0
  }

  #ended(): void {
    invariant(this.#underWay > 0, 'what ends was under way')
    this.#underWay -= 1
  }

  #decide(): void {
    const open = this.#undecided.filter((partition) => this.#attemptsOf(partition) < attemptsMax)
    this.#undecided = this.#undecided.filter((partition) => this.#attemptsOf(partition) >= attemptsMax)
    const decisions: StateDecision[] = []
    for (const partition of open) {
      this.#attempts.set(partition, this.#attemptsOf(partition) + 1)
      const election = this.#rules.electionOf(partition)
      if (election.type === 'unchanged') continue
      decisions.push({ partition, type: election.type, state: election.state, zkVersion: partition.zkVersion })
    }
    const created = decisions.filter(({ type }) => type === 'create')
    const topics = [...new Set(created.map(({ partition }) => partition.topic))]
    if (topics.length > 0) this.#effects.push({ type: 'makeParents', topics })
    while (decisions.length > 0) {
      this.#effects.push({ type: 'store', decisions: decisions.splice(0, this.#rules.batchMax) })
    }
  }

  #attemptsOf(partition: ControlledPartition): number {
    return this.#attempts.get(partition) ?? 0
  }
}
