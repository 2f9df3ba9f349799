/**
 * The partitions of this broker: which it holds and leads, as the controller said last, and the waiters of their
 * appends. Control requests are fenced by the controller epoch and the broker epoch (KIP-380) and obeyed one after the
 * other, since opening a log takes turns: a deletion never overtakes the order that it is to undo.
 */
import { topicPartitionName, type TopicPartition } from '../kernel/ids'
import type { LeaderEpoch, ControllerEpoch, BrokerEpoch, BrokerId, Offset } from '../kernel/ids'
import { expectAppError, ignore, type AppError } from '../kernel/errors'
import type { Address, Clock, Log } from '../kernel/ports'
import { said } from '../kernel/said'
import type { Uuid } from '../kernel/uuid'
import type { KafkaError } from '../protocol/wire/error-codes'
import type { LogManager } from '../storage/log-manager'
import type { AppendResult, LogConfig } from '../storage/log-types'
import { FollowerPollBook } from './core/follower-polls'
import type { IsrProposal } from './core/partition-leader'
import { Purgatory } from './core/purgatory'
import { topicNameProblem } from './core/topic-name'
import type { Truncation } from './follower-replica'
import { LeaderProofs } from './leader-proofs'
import { Partition, type PartitionPorts, type PartitionRole } from './partition'
import type { ReplicaFetchers } from './replica-fetchers'

export interface ReplicaManagerOptions {
  readonly brokerId: BrokerId
  /** The first registration of this process is no older: before it, orders to a dead process of this broker are told so. */
  readonly brokerEpochMin: BrokerEpoch
  readonly logs: LogManager
  readonly clock: Clock
  readonly log: Log
  readonly configOf: (topic: string) => LogConfig
  readonly fetchers: ReplicaFetchers
  /** As the controller told last. */
  readonly isAlive: (brokerId: BrokerId) => boolean
  /** The same: that broker cannot use its log of the partition; absent: none is known. */
  readonly isOfflineReplica?: (brokerId: BrokerId, topic: string, partition: number) => boolean
  readonly isrProposed: (partition: Partition, proposal: IsrProposal) => void
  readonly truncated: (truncation: Truncation) => void
  /** Logs here have failed, or are spoilt: the controller has to find other leaders. */
  readonly wentOffline?: () => void
  /** replica.lag.time.max.ms */
  readonly lagMaxMs: number
  /** Until when this broker's session with the ensemble is surely alive, by the monotonic clock; absent: for ever. */
  readonly aliveUntilMs?: () => number
}

export interface PartitionOrder extends PartitionRole {
  /** Of the registration that the controller meant; absent: any. */
  readonly brokerEpoch?: BrokerEpoch
  readonly topic: string
  readonly partition: number
  readonly topicId: Uuid
}

/** Told when leadership of a partition comes or goes. */
export interface LeadershipListener {
  readonly elected: (partition: Partition) => void
  readonly resigned: (topic: string, partition: number) => void
}

/** A place in a partition's log that is to be committed. */
export interface Position {
  readonly partition: Partition
  /** The offset after what was written. */
  readonly endOffset: Offset
}

interface Wait {
  readonly giveUp: (error: KafkaError) => void
}

/** Whatever a client asks for: after so long its connection counts as idle (connections.max.idle.ms). */
const commitWaitMaxMs = 600_000

export interface AppendOptions {
  /** Refused at once when too few replicas are in sync (acks=all). */
  readonly needsMinIsr: boolean
  /** Newest when absent. */
  readonly produceVersion?: number
}

export type LeaderAppendResult =
  | AppendResult
  | {
      readonly type: 'error'
      readonly error: 'NOT_ENOUGH_REPLICAS' | 'NOT_LEADER_OR_FOLLOWER' | 'KAFKA_STORAGE_ERROR'
      readonly message: string
    }

const notEnoughReplicas: LeaderAppendResult = {
  type: 'error',
  error: 'NOT_ENOUGH_REPLICAS',
  message: said`fewer replicas are in sync than min.insync.replicas asks for`
}
const notLeader: LeaderAppendResult = {
  type: 'error',
  error: 'NOT_LEADER_OR_FOLLOWER',
  message: said`this broker leads the partition no more`
}
/** To be sent again: Kafka has no word for it that clients do not take for lost records. */
const strayAhead: LeaderAppendResult = {
  type: 'error',
  error: 'NOT_ENOUGH_REPLICAS',
  message: said`the leader has just changed, and what this producer sent before may be on its way`
}

const storageError: LeaderAppendResult = {
  type: 'error',
  error: 'KAFKA_STORAGE_ERROR',
  message: said`the log of the partition cannot be used on this broker`
}

/** Why this broker does not answer for a partition. */
export type NoLeader = 'NOT_LEADER_OR_FOLLOWER' | 'UNKNOWN_TOPIC_OR_PARTITION' | 'KAFKA_STORAGE_ERROR'

/** Counted since the start; the node turns differences into rates. */
export interface Traffic {
  bytesIn: number
  bytesOut: number
  recordsIn: number
}

export class ReplicaManager {
  readonly traffic: Traffic = { bytesIn: 0, bytesOut: 0, recordsIn: 0 }
  readonly purgatory = new Purgatory()
  readonly proofs: LeaderProofs
  readonly #options: ReplicaManagerOptions
  readonly #partitionPorts: PartitionPorts
  readonly #topics = new Map<string, Map<number, Partition>>()
  readonly #names = new Map<Uuid, string>()
  readonly #touched = new Set<string>()
  readonly #listeners: LeadershipListener[] = []
  /** Held, and their logs cannot be used: with the last epoch under which they were held. */
  readonly #offline = new Map<string, { readonly leaderEpoch: LeaderEpoch }>()
  /** Partitions with a deletion of which not all followers have heard. */
  readonly #deleting = new Set<Partition>()
  readonly #followersAskedMs = new Map<BrokerId, number>()
  readonly #followerPolls = new FollowerPollBook()
  #orders: Promise<void> = Promise.resolve()
  #metadata: Promise<void> = Promise.resolve()
  #controllerEpoch: ControllerEpoch = 0
  #brokerEpoch: BrokerEpoch = -1n
  #isBetweenSessions = false
  /** Ids of the brokers that live, as they were told last. */
  #live = ''

  constructor(options: ReplicaManagerOptions) {
    this.#options = options
    const { brokerId, clock, log, isAlive, isrProposed, truncated, lagMaxMs } = options
    const grown = ({ name }: Partition): void => {
      if (this.purgatory.isWatched(name)) this.#touch(name)
    }
    const followerAskedMs = (follower: BrokerId): number => this.#followersAskedMs.get(follower) ?? -Infinity
    this.#partitionPorts = {
      brokerId,
      clock,
      lagMaxMs,
      log,
      grown,
      isAlive,
      isOfflineReplica: options.isOfflineReplica ?? (() => false),
      isrProposed,
      truncated,
      followerAskedMs,
      followerPolls: (connection) => this.#followerPolls.of(connection),
      isSurelyRegistered: (orderedUnder) => orderedUnder >= this.#brokerEpoch && this.#isSurelyRegistered
    }
    this.proofs = new LeaderProofs({
      clock,
      polls: this.#followerPolls,
      wake: grown,
      isSurelyRegistered: () => this.#isSurelyRegistered
    })
  }

  get brokerId(): BrokerId {
    return this.#options.brokerId
  }

  /** The czxid of this broker's registration; -1 before the first. */
  set brokerEpoch(epoch: BrokerEpoch) {
    this.#brokerEpoch = epoch
    this.#isBetweenSessions = false
  }

  get brokerEpoch(): BrokerEpoch {
    return this.#brokerEpoch
  }

  get #isSurelyRegistered(): boolean {
    const { clock, aliveUntilMs } = this.#options
    return !this.#isBetweenSessions && clock.monotonicMs() < (aliveUntilMs?.() ?? Infinity)
  }

  /** Until it has registered anew it holds its roles under nothing, though its next session lives already. */
  sessionEnded(): void {
    this.#isBetweenSessions = true
  }

  onLeadership(listener: LeadershipListener): void {
    this.#listeners.push(listener)
  }

  partition(topic: string, partition: number): Partition | undefined {
    return this.#topics.get(topic)?.get(partition)
  }

  *all(): Iterable<Partition> {
    for (const partitions of this.#topics.values()) yield* partitions.values()
  }

  /** Of topics of which this broker holds partitions: it may hold them before it is told of the topic in metadata. */
  topicName(topicId: Uuid): string | undefined {
    return this.#names.get(topicId)
  }

  /** The partition when this broker leads it, else why not. */
  leader(topic: string, partition: number): Partition | NoLeader {
    const held = this.partition(topic, partition)
    if (held === undefined)
      return this.isOffline(topic, partition) ? 'KAFKA_STORAGE_ERROR' : 'UNKNOWN_TOPIC_OR_PARTITION'
    return held.isLeader ? held : 'NOT_LEADER_OR_FOLLOWER'
  }

  /** This broker has it, and cannot use its log. */
  isOffline(topic: string, partition: number): boolean {
    return this.#offline.size > 0 && this.#offline.has(topicPartitionName({ topic, partition }))
  }

  /** The same for clients, which are told of a history that goes on elsewhere by nobody. */
  leaderForClients(topic: string, partition: number): ReturnType<ReplicaManager['leader']> {
    const held = this.leader(topic, partition)
    return typeof held === 'string' || held.isSurelyLed ? held : 'NOT_LEADER_OR_FOLLOWER'
  }

  /**
   * A batch is refused because this leader may be none: what its producer has sent behind it waits for it, should this broker lead on.
   * Told that sequences are missing librdkafka would begin a new epoch, and write twice what its other partitions wait for.
   */
  refusedWhileUnsure(topic: string, partition: number, batch: Uint8Array): void {
    const held = this.leader(topic, partition)
    if (typeof held !== 'string') held.log.refused(batch, 'NOT_ENOUGH_REPLICAS')
  }

  // ── control plane ────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * STALE_CONTROLLER_EPOCH, STALE_BROKER_EPOCH, or undefined when the request may be obeyed. A newer broker epoch than
   * ours is obeyed: the controller may learn of a re-registration first.
   */
  fence(controllerEpoch: ControllerEpoch, brokerEpoch: BrokerEpoch): KafkaError | undefined {
    if (controllerEpoch < this.#controllerEpoch) return 'STALE_CONTROLLER_EPOCH'
    const expected = this.#brokerEpoch < 0n ? this.#options.brokerEpochMin : this.#brokerEpoch
    // Versions that carry no broker epoch say -1.
    if (brokerEpoch >= 0n && brokerEpoch < expected) return 'STALE_BROKER_EPOCH'
    this.#controllerEpoch = controllerEpoch
    return undefined
  }

  /** Runs one control request after those that came before it. */
  inOrder<T>(request: () => Promise<T>): Promise<T> {
    const turn = this.#orders.then(() => this.#obey(request))
    this.#orders = ended(turn)
    return turn
  }

  async #obey<T>(request: () => Promise<T>): Promise<T> {
    const { fetchers } = this.#options
    fetchers.orderBegan()
    try {
      return await request()
    } finally {
      fetchers.orderEnded()
    }
  }

  /** The same for UpdateMetadata, which does not wait for logs that an order opens. */
  metadataInOrder<T>(request: () => Promise<T>): Promise<T> {
    const turn = this.#metadata.then(request)
    this.#metadata = ended(turn)
    return turn
  }

  /**
   * Obeys one partition of LeaderAndIsr. KAFKA_STORAGE_ERROR when the disk has no room for its log: then nothing has
   * changed; or when it cannot be used: then it is held by nobody here. The controller asks again.
   */
  async assume(order: PartitionOrder): Promise<KafkaError> {
    try {
      return await this.#assume(order)
    } catch (error) {
      expectAppError(error)
      const { topic, partition } = order
      this.#options.log('warn', 'a partition is refused', { topic, partition, reason: error.message })
      if (error.code !== 'DISK_FULL') {
        // Also one that was never held: what asks for it is told why.
        this.#offline.set(topicPartitionName({ topic, partition }), { leaderEpoch: order.leaderEpoch })
        this.storageFailed({ topic, partition }, error)
      }
      return 'KAFKA_STORAGE_ERROR'
    }
  }

  async #assume(order: PartitionOrder): Promise<KafkaError> {
    const { brokerEpoch = this.#brokerEpoch } = order
    const role = roleOf(order)
    // The name becomes a folder: the listener is open to everybody on this machine.
    if (topicNameProblem(order.topic) !== undefined || order.partition < 0) return 'INVALID_TOPIC_EXCEPTION'
    if (!order.replicas.includes(this.brokerId)) return 'UNKNOWN_TOPIC_OR_PARTITION'
    const held = this.partition(order.topic, order.partition)
    if (held !== undefined) {
      if (order.topicId !== held.topicId) return 'INCONSISTENT_TOPIC_ID'
      if (order.leaderEpoch < held.leaderEpoch) return 'STALE_CONTROLLER_EPOCH'
      if (order.leaderEpoch === held.leaderEpoch) {
        held.ordered(brokerEpoch)
        // Of the same term: what the controller has stored since, or a repetition.
        if (order.partitionEpoch > held.role.partitionEpoch && order.leader === held.role.leader) held.updated(role)
        return 'NONE'
      }
    }
    const name = topicPartitionName(order)
    const offline = this.#offline.get(name)
    // Its log may have less than it had when it was given that leadership: another one has to be given first.
    const heldUntil = offline?.leaderEpoch ?? -1
    if (order.leaderEpoch < heldUntil || (order.leader === this.brokerId && order.leaderEpoch === heldUntil))
      return 'KAFKA_STORAGE_ERROR'
    const partition = held ?? (await this.#open(order))
    this.#offline.delete(name)
    if (partition === undefined) return 'INCONSISTENT_TOPIC_ID'
    // The same request may name it twice.
    if (partition === 'opened') return this.#assume(order)
    const wasLeader = held?.isLeader === true
    this.#unfollow(partition)
    partition.assume(role)
    partition.ordered(brokerEpoch)
    if (partition.follower !== undefined) this.#options.fetchers.follow(partition.follower)
    if (partition.isLeader) for (const listener of this.#listeners) listener.elected(partition)
    else if (wasLeader) this.#resigned(partition)
    this.#touch(partition.name)
    return 'NONE'
  }

  #unfollow({ follower }: Partition): void {
    if (follower !== undefined) this.#options.fetchers.unfollow(follower)
  }

  /** Came with orders: followers need not wait for the metadata that says where their leaders are. */
  leadersTold(leaders: readonly (Address & { readonly id: BrokerId })[]): void {
    this.#options.fetchers.leadersTold(leaders)
  }

  /** The controller has told of brokers. `live` are their ids. */
  metadataTold(live: readonly BrokerId[]): void {
    this.#options.fetchers.metadataTold()
    for (const partition of [...this.#deleting]) partition.startsMoved()
    const now = [...live].sort((a, b) => a - b).join()
    if (now === this.#live) return
    this.#live = now
    for (const partition of this.all()) partition.brokersChanged()
  }

  /** Nothing new is copied any more: this broker is about to go, and nobody is to wait for it. */
  leave(): void {
    this.#options.fetchers.leave()
  }

  /** Before logs are closed: nothing is copied any more, and nobody waits for a position. */
  close(): void {
    this.#options.fetchers.close()
    for (const partition of this.all()) partition.resign()
  }

  /** Undefined when the log is another topic's of that name; 'opened' when somebody else was faster. */
  async #open(order: PartitionOrder): Promise<Partition | 'opened' | undefined> {
    const { logs, configOf } = this.#options
    const log = await logs.create(order.topic, order.partition, order.topicId, configOf(order.topic))
    if (this.partition(order.topic, order.partition) !== undefined) return 'opened'
    if (log.topicId !== undefined && log.topicId !== order.topicId) return undefined
    const partition = new Partition(log, order.topicId, roleOf(order), this.#partitionPorts)
    const partitions = this.#topics.get(order.topic)
    if (partitions === undefined) {
      this.#topics.set(order.topic, new Map([[order.partition, partition]]))
      this.#names.set(order.topicId, order.topic)
    } else partitions.set(order.partition, partition)
    return partition
  }

  /** Obeys one partition of StopReplica. leaderEpoch -2 deletes, -1 is not checked. KAFKA_STORAGE_ERROR when it could not be deleted. */
  async stop(topic: string, partition: number, leaderEpoch: LeaderEpoch, isDeleted: boolean): Promise<KafkaError> {
    const held = this.partition(topic, partition)
    if (held !== undefined) {
      if (leaderEpoch >= 0 && leaderEpoch < held.leaderEpoch) return 'FENCED_LEADER_EPOCH'
      this.#drop(held)
      if (held.isLeader) this.#resigned(held)
    }
    this.#offline.delete(topicPartitionName({ topic, partition }))
    if (!isDeleted) return 'NONE'
    try {
      await this.#options.logs.delete(topic, partition)
      return 'NONE'
    } catch (error) {
      expectAppError(error)
      this.#options.log('warn', 'a log could not be deleted', { topic, partition, reason: error.message })
      return 'KAFKA_STORAGE_ERROR'
    }
  }

  #drop(held: Partition): void {
    const { topic, index } = held
    this.#topics.get(topic)?.delete(index)
    if (this.#topics.get(topic)?.size === 0) {
      this.#topics.delete(topic)
      this.#names.delete(held.topicId)
    }
    this.#unfollow(held)
    held.resign()
    this.#touch(held.name)
  }

  // ── logs that cannot be used ─────────────────────────────────────────────────────────────────────────────────

  /** Whoever used its log could not: nobody here holds it any more until its log can be opened again. */
  storageFailed(of: TopicPartition, error: AppError): void {
    this.#options.logs.failed(of, error)
  }

  /** What `work` gives; KAFKA_STORAGE_ERROR when its log cannot be used, which is offline from then on. */
  guarded<T>(partition: Partition, work: () => T): T | 'KAFKA_STORAGE_ERROR' {
    try {
      return work()
    } catch (error) {
      expectAppError(error)
      if (error.code !== 'DISK_FULL') this.storageFailed({ topic: partition.topic, partition: partition.index }, error)
      return 'KAFKA_STORAGE_ERROR'
    }
  }

  /** The log manager says so. */
  wentOffline(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const held = this.partition(topic, partition)
      if (held === undefined) continue
      this.#offline.set(held.name, { leaderEpoch: held.leaderEpoch })
      this.#drop(held)
      // Whoever listens may be the one whose write has failed, and hears of that first.
      if (held.isLeader) this.#options.clock.soon(() => this.#resigned(held))
    }
    this.#options.wentOffline?.()
  }

  #resigned(partition: Partition): void {
    for (const listener of this.#listeners) listener.resigned(partition.topic, partition.index)
  }

  // ── data ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Who was given a partition may have waited since: whether it is led is looked at now. */
  append(partition: Partition, batch: Uint8Array, options: AppendOptions): LeaderAppendResult {
    if (!partition.isLed) return notLeader
    if (options.needsMinIsr && partition.isUnderMinIsr) {
      partition.log.refused(batch, 'NOT_ENOUGH_REPLICAS')
      return notEnoughReplicas
    }
    const { leaderEpoch } = partition
    const { produceVersion } = options
    const result = this.guarded(partition, () =>
      partition.log.appendAsLeader(
        batch,
        produceVersion === undefined ? { leaderEpoch } : { leaderEpoch, produceVersion }
      )
    )
    if (result === 'KAFKA_STORAGE_ERROR') return storageError
    if (result.type === 'error' && result.error === 'OUT_OF_ORDER_SEQUENCE_NUMBER') {
      // What its producer has written before went to another leader, or is on its way to the one before.
      if (!partition.isSurelyOrdered) return notLeader
      if (partition.mayHaveStrays(result.newestEpoch ?? -1)) return strayAhead
    }
    if (result.type === 'appended') {
      this.traffic.bytesIn += batch.length
      this.traffic.recordsIn += result.lastOffset - result.baseOffset + 1
      partition.appended()
    }
    return result
  }

  /**
   * Tells of each position once, by its place in the list, when it is committed (NONE), when that cannot be any more, or with
   * REQUEST_TIMED_OUT after `timeoutMs`. What is known already is told before this returns.
   */
  whenCommitted(
    positions: readonly Position[],
    timeoutMs: number,
    told: (index: number, error: KafkaError) => void
  ): void {
    const wait = ({ partition, endOffset }: Position, done: (error: KafkaError) => void): Wait | undefined => {
      const position = partition.whenCommitted(endOffset, done)
      return position === undefined ? undefined : { giveUp: (error) => partition.giveUp(position, error) }
    }
    this.#whenAll(positions, timeoutMs, wait, told)
  }

  /** The same for records that were deleted: when no live replica has anything below a position (Kafka's DelayedDeleteRecords). */
  whenDeleted(
    positions: readonly Position[],
    timeoutMs: number,
    told: (index: number, error: KafkaError) => void
  ): void {
    const wait = ({ partition, endOffset }: Position, done: (error: KafkaError) => void): Wait | undefined => {
      const position = partition.whenDeleted(endOffset, (error) => {
        if (!partition.isDeleting) this.#deleting.delete(partition)
        done(error)
      })
      if (position === undefined) return undefined
      this.#deleting.add(partition)
      return { giveUp: (error) => partition.giveUpDeletion(position, error) }
    }
    this.#whenAll(positions, timeoutMs, wait, told)
  }

  #whenAll(
    positions: readonly Position[],
    timeoutMs: number,
    wait: (position: Position, done: (error: KafkaError) => void) => Wait | undefined,
    told: (index: number, error: KafkaError) => void
  ): void {
    const waits: Wait[] = []
    let left = positions.length
    let stopTimer = (): void => undefined
    for (const [index, position] of positions.entries()) {
      const waiting = wait(position, (error) => {
        if (--left === 0) stopTimer()
        told(index, error)
      })
      if (waiting !== undefined) waits.push(waiting)
    }
    if (left === 0) return
    const waitMs = Math.min(Math.max(0, timeoutMs), commitWaitMaxMs)
    const timer = this.#options.clock.after(waitMs, () => {
      for (const { giveUp } of waits) giveUp('REQUEST_TIMED_OUT')
    })
    stopTimer = () => timer.cancel()
  }

  /** A follower's fetch session goes on: it has what it had of all that it does not name. */
  followerAsked(follower: BrokerId): void {
    // Of brokers that there are: anybody may say to be any.
    if (this.#options.isAlive(follower)) this.#followersAskedMs.set(follower, this.#options.clock.monotonicMs())
  }

  /** A follower's fetch has been looked at: `isWhole` when it named all that it follows over that connection, else only what has changed. */
  followerPolled(
    follower: BrokerId,
    fetch: { readonly connection: object; readonly isWhole: boolean; readonly arrivedMs: number }
  ): void {
    if (!this.#options.isAlive(follower)) return
    this.#followerPolls.polled(fetch.connection, fetch.isWhole, fetch.arrivedMs)
    this.proofs.polled(fetch.connection)
  }

  /** What was asked over that connection is answered now. */
  followerAnswered(connection: object): void {
    this.#followerPolls.answered(connection, this.#options.clock.monotonicMs())
  }

  /** Every half of the time that a follower may lag (replica.lag.time.max.ms). */
  tick(): void {
    for (const partition of this.all()) partition.tick()
  }

  /** True when what was deleted does not come back by a power cut; false when the disk failed to keep that, or has no room. */
  async areDeletionsSafe(): Promise<boolean> {
    try {
      await this.#options.logs.deletionsSafe()
      return true
    } catch (error) {
      expectAppError(error)
      this.#options.log('warn', 'deletions are not safe yet', { reason: error.message })
      return false
    }
  }

  /** Resolves when where logs start by now would be known after a kill, as far as the disk has room. */
  async logStartsSafe(): Promise<void> {
    await this.#options.logs.upkeep.checkpointLogStarts()
  }

  /** Long polls are asked once per turn of the event loop, however many appends it brought. */
  #touch(name: string): void {
    const isScheduled = this.#touched.size > 0
    this.#touched.add(name)
    if (isScheduled) return
    this.#options.clock.soon(() => {
      const names = [...this.#touched]
      this.#touched.clear()
      this.purgatory.touched(names)
    })
  }
}

/** What is kept of an order, and shown. */
function roleOf({ leader, leaderEpoch, isr, replicas, partitionEpoch }: PartitionOrder): PartitionRole {
  return { leader, leaderEpoch, isr, replicas, partitionEpoch }
}

/** Its answer, which may be large, is not kept until the next one. */
function ended(turn: Promise<unknown>): Promise<void> {
  return turn.then(
    () => undefined,
    (error: unknown) => ignore(error, 'it is told to whoever ordered it')
  )
}
