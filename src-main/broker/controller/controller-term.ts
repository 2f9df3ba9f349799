/**
 * What the controller knows and says during one term of office: it is thrown away with the term, so that nothing of it can
 * act under another's epoch. Decisions are synchronous steps of the cores over `state`; what they write is carried out
 * before the next event is looked at, and what brokers are told is of the moment of the decision.
 */
import type { BrokerId, ControllerEpoch } from '../../kernel/ids'
import type { Clock, Log, Network, Random, Timer } from '../../kernel/ports'
import { EnsembleError, isPassing, type EnsembleClient } from '../../coordination/ensemble-client'
import { ControllerState, type ControlledPartition } from '../core/controller/controller-state'
import { newsOf, type DecidedChange, type MoveCause } from '../core/controller/election-news'
import { electLeader, type Election } from '../core/controller/leader-election'
import { ControllerBroadcast, type Told } from './controller-broadcast'
import type { PartitionState } from '../core/znodes'
import type { OfficeTerm } from './controller-office'
import { ControllerWrites } from './controller-writes'
import { rebalanceLeaders } from './leader-changes'
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
  /** auto.leader.rebalance.enable */
  readonly isRebalancing: boolean
  /** Those of these topics whose unclean.leader.election.enable is true. Rejects with EnsembleError. */
  readonly uncleanTopics: (topics: readonly string[]) => Promise<ReadonlySet<string>>
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

interface ElectionRules {
  /** Of moves of leaders that live. */
  readonly cause?: MoveCause
  /** Whatever the topic says: somebody asked for it. */
  readonly isUncleanAllowed?: boolean
  readonly decide?: (partition: ControlledPartition) => Election
}

/** The first as in Kafka's failover; the others are leader.imbalance.check.interval.seconds. */
const rebalanceDelays = { firstMs: 5_000, everyMs: 300_000 }
const none: ReadonlySet<string> = new Set()

export class ControllerTerm {
  readonly ports: ControllerPorts
  readonly epoch: ControllerEpoch
  readonly queue: TermQueue
  readonly state: ControllerState
  readonly writes: ControllerWrites
  readonly broadcast: ControllerBroadcast
  readonly refusals: Refusals
  readonly deletions: TopicDeletions
  /** All of it has been read: until then it knows nobody that could lead, and says nothing. */
  isRead = false
  readonly #states: PartitionStates
  #rebalanceTimer: Timer | undefined

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

  /** auto.leader.rebalance.enable: soon, then again and again until the term ends. */
  rebalance(delayMs = rebalanceDelays.firstMs): void {
    const { clock, isRebalancing } = this.ports
    if (!isRebalancing) return
    this.#rebalanceTimer = clock.after(delayMs, () => {
      this.queue.event(() => rebalanceLeaders(this))
      this.rebalance(rebalanceDelays.everyMs)
    })
  }

  /** What is on its way to brokers is given up. */
  close(): void {
    this.#rebalanceTimer?.cancel()
    this.broadcast.close()
    this.refusals.forget()
  }

  /**
   * Decides about each, by the usual rules where no others are given, and stores it; those whose state is another one now.
   * Rejects with EnsembleError.
   */
  async elect(
    partitions: Iterable<ControlledPartition>,
    rules: ElectionRules = {}
  ): Promise<readonly ControlledPartition[]> {
    const all = [...partitions]
    const unclean =
      rules.decide === undefined && rules.isUncleanAllowed !== true ? await this.#uncleanTopics(all) : none
    const decide =
      rules.decide ??
      ((one: ControlledPartition) => this.#electionOf(one, rules.isUncleanAllowed === true || unclean.has(one.topic)))
    const decided = new Map<ControlledPartition, DecidedChange>()
    const electionOf = (partition: ControlledPartition): Election => {
      if (this.state.deleting.has(partition.topic)) return { type: 'unchanged' }
      const election = decide(partition)
      const isUnclean = election.type === 'update' && election.isUnclean
      if (election.type === 'unchanged') return election
      if (rules.decide !== undefined || !this.#isOnlyOfLogs(partition, election.state))
        decided.set(partition, { partition, before: partition.state, isUnclean })
      return { ...election, state: this.state.withLogs(election.state, partition.state) }
    }
    // A move of a leader says nothing of who has bounced; only the usual rules look at that.
    const stored = (partition: ControlledPartition): void => {
      if (rules.decide === undefined) this.state.dealtWith(partition)
    }
    const changed = await this.#states.elect(all, electionOf, stored)
    const { epoch, state, ports } = this
    const facts = { controllerEpoch: epoch, isAlive: (id: BrokerId) => state.isAlive(id) }
    const news = changed.flatMap((partition) => decided.get(partition) ?? [])
    const { cause } = rules
    for (const { name, fields } of newsOf(news, cause === undefined ? facts : { ...facts, moveCause: cause }))
      ports.event(name, fields)
    return changed
  }

  /** Nothing has happened to it: with which logs its members came is stored anew. */
  #isOnlyOfLogs(partition: ControlledPartition, { leader, isr }: PartitionState): boolean {
    const before = partition.state
    return before?.leader === leader && before.isr.length === isr.length && !this.state.hasBounced(leader, partition)
  }

  /** Asked for only where nobody of the ISR could lead. */
  async #uncleanTopics(partitions: readonly ControlledPartition[]): Promise<ReadonlySet<string>> {
    const { state, ports } = this
    const leaderless = partitions.filter((partition) => {
      const { state: stored, replicas, topic } = partition
      if (stored === undefined || state.deleting.has(topic) || state.canServe(partition, stored.leader)) return false
      return (
        !stored.isr.some((id) => state.canServe(partition, id)) && replicas.some((id) => state.canServe(partition, id))
      )
    })
    if (leaderless.length === 0) return none
    return ports.uncleanTopics([...new Set(leaderless.map(({ topic }) => topic))])
  }

  #electionOf(partition: ControlledPartition, isUncleanAllowed: boolean): Election {
    const { state, epoch } = this
    return electLeader({
      replicas: partition.replicas,
      stored: partition.state,
      isOnline: (id) => state.canServe(partition, id),
      isLeaving: (id) => state.shuttingDown.has(id),
      hasBounced: (id) => state.hasBounced(id, partition),
      hasWholeLog: (id) => state.hasWholeLog(partition, id),
      hasNothing: (id) => state.hasNothing(partition, id),
      areLogsStored: state.areLogsStored(partition),
      isUncleanAllowed,
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
