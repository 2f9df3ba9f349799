/**
 * Carries out what elections decide (core/controller/partition-elections): writes the states of partitions (leader, ISR,
 * epochs) under the guard of this term of office, and reads what somebody else has written meanwhile. What cannot be
 * stored all the same is the controller's to begin anew: it is never forgotten.
 */
import { ignore } from '../../kernel/errors'
import type { Log } from '../../kernel/ports'
import { unreachable } from '../../kernel/invariant'
import { EnsembleError, type EnsembleClient, type Operation } from '../../coordination/ensemble-client'
import { chunks, createIfThereIsParent, partitionsPerMulti, type ControllerWrites } from './controller-writes'
import type { ControlledPartition } from '../core/controller/controller-state'
import type { Election } from '../core/controller/leader-election'
import { PartitionElections, type ElectionEffect, type StateDecision } from '../core/controller/partition-elections'
import { parsePartitionState, partitionStateData, paths } from '../core/znodes'

/** Writes, of partitionsPerMulti partitions each, that are under way at once. */
const multisAtOnce = 8

/** What a write fails with when somebody else was there before. */
const conflicts: readonly string[] = ['NODEEXISTS', 'BADVERSION', 'NONODE']

export class PartitionStates {
  readonly #ensemble: EnsembleClient
  readonly #writes: ControllerWrites
  readonly #log: Log

  constructor(ports: { readonly ensemble: EnsembleClient; readonly log: Log }, writes: ControllerWrites) {
    this.#ensemble = ports.ensemble
    this.#log = ports.log
    this.#writes = writes
  }

  /**
   * Elects where it is needed and possible, and stores it; the partitions whose state is another one now. `stored` is
   * called for each of ours when those that were under way with it have ended, also when some of them failed. Rejects with
   * EnsembleError, BADVERSION when others write one of them again and again.
   */
  async elect(
    partitions: Iterable<ControlledPartition>,
    electionOf: (partition: ControlledPartition) => Election,
    stored: (partition: ControlledPartition) => void
  ): Promise<readonly ControlledPartition[]> {
    const elections = new PartitionElections({ electionOf, batchMax: partitionsPerMulti }, partitions)
    for (let effects = elections.takeEffects(); effects.length > 0; effects = elections.takeEffects()) {
      for (const some of together(effects)) {
        const ends = await Promise.allSettled(some.map((effect) => this.#carryOut(elections, effect)))
        for (const end of ends) if (end.status === 'fulfilled') for (const { partition } of end.value) stored(partition)
        const failed = ends.find((end) => end.status === 'rejected')
        if (failed !== undefined) throw failed.reason
      }
    }
    const [undecided] = elections.undecided
    if (undecided !== undefined)
      throw new EnsembleError('BADVERSION', paths.state(undecided.topic, undecided.partition))
    return elections.changed
  }

  /** What it has stored. */
  async #carryOut(elections: PartitionElections, effect: ElectionEffect): Promise<readonly StateDecision[]> {
    switch (effect.type) {
      case 'makeParents':
        // So many at once share a sync of the ensemble's log.
        for (const some of chunks(effect.topics, partitionsPerMulti)) {
          await Promise.all(some.map((topic) => createIfThereIsParent(this.#ensemble, paths.partitions(topic))))
        }
        return []
      case 'store': {
        const versions = await this.#versionsOf(effect.decisions.flatMap(writesOf))
        if (versions !== undefined) return this.#stored(elections, effect.decisions, versions)
        elections.overtaken(effect)
        return []
      }
      case 'storeAlone': {
        const { partition, type } = effect.decision
        // Its partition znode may be there without a state: a tool, or a write of ours whose answer was lost.
        if (type === 'create')
          await createIfThereIsParent(this.#ensemble, paths.partition(partition.topic, partition.partition))
        const versions = await this.#versionsOf(writesOf(effect.decision).slice(-1))
        if (versions !== undefined) return this.#stored(elections, [effect.decision], versions)
        elections.overtaken(effect)
        return []
      }
      case 'readAgain':
        await this.#readAgain(elections, effect.partition)
        return []
      default:
        return unreachable(effect)
    }
  }

  #stored(
    elections: PartitionElections,
    decisions: readonly StateDecision[],
    versions: readonly number[]
  ): readonly StateDecision[] {
    elections.stored(decisions, versions)
    return decisions
  }

  /** Of the state znodes that are written; undefined when one of the znodes is not as we know it. */
  async #versionsOf(writes: readonly Operation[]): Promise<readonly number[] | undefined> {
    try {
      const results = await this.#writes.multi(writes)
      return results.flatMap(({ version }, i) => (writes[i]?.path.endsWith('/state') === true ? [version] : []))
    } catch (error) {
      if (!(error instanceof EnsembleError) || error.failedIndex === 0 || !conflicts.includes(error.code)) throw error
      ignore(error, 'tried one by one, then read again')
      return undefined
    }
  }

  async #readAgain(elections: PartitionElections, partition: ControlledPartition): Promise<void> {
    const path = paths.state(partition.topic, partition.partition)
    const stored = await this.#ensemble.getData(path)
    if (stored === undefined) {
      const isThere = (await this.#ensemble.exists(paths.topic(partition.topic))) !== undefined
      if (isThere) elections.read(partition, undefined)
      else elections.gone()
      return
    }
    const state = parsePartitionState(stored.data)
    if (state !== undefined) {
      elections.read(partition, { state, zkVersion: stored.stat.version })
      return
    }
    this.#log('error', 'the state of a partition cannot be read', { path })
    elections.unreadable(partition)
  }
}

/** In their order; multis follow each other without waiting, so that some of them share a sync of the ensemble's log. */
function together(effects: readonly ElectionEffect[]): readonly (readonly ElectionEffect[])[] {
  const parents = effects.filter(({ type }) => type === 'makeParents').map((effect) => [effect])
  const others = effects.filter(({ type }) => type !== 'makeParents')
  return [...parents, ...chunks(others, multisAtOnce)]
}

function writesOf({ type, partition, state, zkVersion }: StateDecision): readonly Operation[] {
  const path = paths.state(partition.topic, partition.partition)
  const data = partitionStateData(state)
  if (type === 'update') return [{ type: 'setData', path, data, version: zkVersion }]
  return [
    { type: 'create', path: paths.partition(partition.topic, partition.partition), data: null },
    { type: 'create', path, data }
  ]
}
