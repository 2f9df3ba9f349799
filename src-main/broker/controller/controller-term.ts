/**
 * What the controller knows and says during one term of office: it is thrown away with the term, so that nothing of it can
 * act under another's epoch. Decisions are synchronous steps of the cores over `state`; what they write is carried out
 * before the next event is looked at, and what brokers are told is of the moment of the decision.
 */
import type { BrokerId, ControllerEpoch } from '../../kernel/ids'
import type { Clock, Log, Network, Random } from '../../kernel/ports'
import { EnsembleError, isPassing, type EnsembleClient } from '../../coordination/ensemble-client'
import { ControllerState, type ControlledPartition } from '../core/controller/controller-state'
import { electLeader, type Election } from '../core/controller/leader-election'
import { ControllerBroadcast, type Told } from './controller-broadcast'
import type { OfficeTerm } from './controller-office'
import { ControllerWrites } from './controller-writes'
import { PartitionStates } from './partition-states'
import { Refusals } from './refusals'
import { TopicDeletions } from './topic-deletions'

export interface ControllerPorts {
  readonly brokerId: BrokerId
  readonly ensemble: EnsembleClient
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly log: Log
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>) => void
  /** A programmer error: the process decides. */
  readonly failed: (error: unknown) => void
}

/** The controller's queue, as a term sees it: nothing happens there after its end. */
export interface TermQueue {
  /** Runs when what is under way is done. */
  readonly event: (work: () => Promise<void>) => void
  /** What is stored is not what we believed: all is read and told anew, after a pause. */
  readonly readAgain: (reason: string) => void
}

export class ControllerTerm {
  readonly ports: ControllerPorts
  readonly epoch: ControllerEpoch
  readonly queue: TermQueue
  readonly state: ControllerState
  readonly writes: ControllerWrites
  readonly broadcast: ControllerBroadcast
  readonly refusals: Refusals
  readonly deletions: TopicDeletions
  readonly #states: PartitionStates

  /** `before`: what this broker knew until now, unless another has been controller since. */
  constructor(
    ports: ControllerPorts,
    { epoch, epochVersion }: OfficeTerm,
    before: ControllerState | undefined,
    queue: TermQueue
  ) {
    this.ports = ports
    this.epoch = epoch
    this.queue = queue
    this.state = new ControllerState(before)
    this.writes = new ControllerWrites(ports.ensemble, epochVersion)
    this.#states = new PartitionStates(ports, this.writes)
    this.broadcast = new ControllerBroadcast(
      ports,
      { brokerId: ports.brokerId, epoch, state: this.state },
      {
        answered: (broker, taken, refused) => this.refusals.answered(broker, taken, refused),
        outdated: (broker, error) => queue.readAgain(`broker ${broker} answered ${error}`)
      }
    )
    this.refusals = new Refusals(this)
    this.deletions = new TopicDeletions({
      ...ports,
      state: this.state,
      writes: this.writes,
      broadcast: this.broadcast,
      event: queue.event,
      finished: (topic) => ports.event('topicDeleted', { topic })
    })
  }

  /** What is on its way to brokers is given up. */
  close(): void {
    this.broadcast.close()
    this.refusals.forget()
  }

  /**
   * Decides about each, by the usual rules where no others are given, and stores it; those whose state is another one now.
   * Rejects with EnsembleError.
   */
  elect(
    partitions: Iterable<ControlledPartition>,
    decide = (partition: ControlledPartition): Election => this.electionOf(partition)
  ): Promise<readonly ControlledPartition[]> {
    return this.#states.elect(partitions, (partition) =>
      this.state.deleting.has(partition.topic) ? { type: 'unchanged' } : decide(partition)
    )
  }

  electionOf(partition: ControlledPartition): Election {
    const { state, epoch } = this
    return electLeader({
      replicas: partition.replicas,
      stored: partition.state,
      isOnline: (id) => state.canServe(partition, id),
      isLeaving: (id) => state.shuttingDown.has(id),
      hasBounced: (id) => state.hasBounced(id),
      controllerEpoch: epoch
    })
  }

  /** Resolves when every broker that is still there has answered: not to be awaited inside an event. */
  tell(what: Told): Promise<void> {
    return this.broadcast.tell(what)
  }

  /** The partitions are there, whatever comes of this: their leaders are elected when that can be stored. */
  async electStored(created: readonly ControlledPartition[]): Promise<Promise<void>[]> {
    try {
      const changed = await this.elect(created)
      return [this.tell({ changed, areNew: true })]
    } catch (error) {
      if (!(error instanceof EnsembleError) || isPassing(error)) throw error
      this.queue.readAgain(error.message)
      return []
    }
  }
}
