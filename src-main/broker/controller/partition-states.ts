/**
 * The stored states of partitions (leader, ISR, epochs), as the controller elects and writes them. Where somebody else has
 * written meanwhile, what is stored is read and decided upon again; no partition holds up the others. What cannot be
 * stored all the same is the controller's to begin anew: it is never forgotten.
 */
import { ignore } from '../../kernel/errors'
import type { Log } from '../../kernel/ports'
import { EnsembleError, type EnsembleClient, type Operation } from '../../coordination/ensemble-client'
import { chunks, createIfThereIsParent, partitionsPerMulti, type ControllerWrites } from './controller-writes'
import type { ControlledPartition } from '../core/controller/controller-state'
import type { Election } from '../core/controller/leader-election'
import { parsePartitionState, partitionStateData, paths, type PartitionState } from '../core/znodes'

const electionAttemptsMax = 3
/** What a write fails with when somebody else was there before. */
const conflicts: readonly string[] = ['NODEEXISTS', 'BADVERSION', 'NONODE']

/** A decision to be stored. */
interface NewState {
  readonly type: 'create' | 'update'
  readonly partition: ControlledPartition
  readonly state: PartitionState
}

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
   * Elects where it is needed and possible, and stores it; the partitions whose state is another one now. Rejects with
   * EnsembleError, BADVERSION when others write one of them again and again.
   */
  async elect(
    partitions: Iterable<ControlledPartition>,
    electionOf: (partition: ControlledPartition) => Election
  ): Promise<readonly ControlledPartition[]> {
    const changed = new Set<ControlledPartition>()
    let undecided: readonly ControlledPartition[] = [...partitions]
    for (let attempt = 0; undecided.length > 0 && attempt < electionAttemptsMax; attempt++) {
      const elected: NewState[] = []
      for (const partition of undecided) {
        const election = electionOf(partition)
        if (election.type !== 'unchanged') elected.push({ partition, state: election.state, type: election.type })
      }
      const overtaken: ControlledPartition[] = []
      for (const { partition, isStored } of await this.#storeStates(elected)) {
        if (isStored) changed.add(partition)
        else if (await this.#readStateAgain(partition)) overtaken.push(partition)
      }
      // What somebody else wrote is news for the brokers too.
      for (const partition of overtaken) changed.add(partition)
      undecided = overtaken
    }
    const [unstored] = undecided
    if (unstored !== undefined) throw new EnsembleError('BADVERSION', paths.state(unstored.topic, unstored.partition))
    return [...changed]
  }

  async #storeStates(
    elected: readonly NewState[]
  ): Promise<readonly { readonly partition: ControlledPartition; readonly isStored: boolean }[]> {
    const created = elected.filter(({ type }) => type === 'create')
    const topics = [...new Set(created.map(({ partition }) => partition.topic))]
    // So many at once share a sync of the ensemble's log.
    for (const some of chunks(topics, partitionsPerMulti)) {
      await Promise.all(some.map((topic) => createIfThereIsParent(this.#ensemble, paths.partitions(topic))))
    }
    const outcomes: { partition: ControlledPartition; isStored: boolean }[] = []
    for (const some of chunks(elected, partitionsPerMulti)) {
      const areStored = await this.#stored(some, some.flatMap(writesOf))
      for (const one of some) {
        const isStored = areStored || (await this.#storeAlone(one))
        outcomes.push({ partition: one.partition, isStored })
      }
    }
    return outcomes
  }

  /** False when one of the znodes is not as we know it; then none is written. */
  async #stored(some: readonly NewState[], writes: readonly Operation[]): Promise<boolean> {
    let results
    try {
      results = await this.#writes.multi(writes)
    } catch (error) {
      if (!(error instanceof EnsembleError) || error.failedIndex === 0 || !conflicts.includes(error.code)) throw error
      ignore(error, 'tried one by one, then read again')
      return false
    }
    const versions = results.filter((_result, i) => writes[i]?.path.endsWith('/state'))
    some.forEach(({ partition, state }, i) => {
      partition.state = state
      partition.zkVersion = versions[i]?.version ?? 0
    })
    return true
  }

  /** Its partition znode may be there without a state: a tool, or a write of ours whose answer was lost. */
  async #storeAlone(one: NewState): Promise<boolean> {
    const { topic, partition } = one.partition
    if (one.type === 'create') await createIfThereIsParent(this.#ensemble, paths.partition(topic, partition))
    return this.#stored([one], writesOf(one).slice(-1))
  }

  /** False when the topic is gone, or what is stored is none of Kafka's: whoever wrote that has to take it away. */
  async #readStateAgain(partition: ControlledPartition): Promise<boolean> {
    const stored = await this.#ensemble.getData(paths.state(partition.topic, partition.partition))
    if (stored === undefined && (await this.#ensemble.exists(paths.topic(partition.topic))) === undefined) return false
    partition.state = stored === undefined ? undefined : parsePartitionState(stored.data)
    partition.zkVersion = stored?.stat.version ?? 0
    if (stored === undefined || partition.state !== undefined) return true
    this.#log('error', 'the state of a partition cannot be read', {
      path: paths.state(partition.topic, partition.partition)
    })
    return false
  }
}

function writesOf({ type, partition, state }: NewState): readonly Operation[] {
  const path = paths.state(partition.topic, partition.partition)
  const data = partitionStateData(state)
  if (type === 'update') return [{ type: 'setData', path, data, version: partition.zkVersion }]
  return [
    { type: 'create', path: paths.partition(partition.topic, partition.partition), data: null },
    { type: 'create', path, data }
  ]
}
