/**
 * A partition that this broker holds: its log, the role that the controller gave it, and who waits for a position in it to be
 * committed. What the leader decides (PartitionLeader) is carried out here, in its order.
 */
import type { BrokerEpoch, BrokerId, LeaderEpoch, Offset } from '../kernel/ids'
import { unreachable } from '../kernel/invariant'
import type { Clock } from '../kernel/ports'
import type { KafkaError } from '../protocol/wire/error-codes'
import type { PartitionLog } from '../storage/partition-log'
import type { FollowerPolls } from './core/follower-polls'
import {
  PartitionLeader,
  type FollowerFetch,
  type IsrProposal,
  type LeaderTerm,
  type Outcome,
  type StoredIsr
} from './core/partition-leader'
import { PendingPositions, type PendingPosition } from './core/pending-positions'
import { FollowerReplica, type FollowerPorts } from './follower-replica'

export interface PartitionRole extends LeaderTerm {
  readonly leader: BrokerId
}

export interface PartitionPorts extends FollowerPorts {
  readonly brokerId: BrokerId
  readonly clock: Clock
  /** replica.lag.time.max.ms */
  readonly lagMaxMs: number
  /** There is more to be read: of everything for followers, of what is committed for consumers. */
  readonly grown: (partition: Partition) => void
  /** As the controller told last. */
  readonly isAlive: (brokerId: BrokerId) => boolean
  /** As the controller told last: that broker cannot use its log of this partition, however alive it is. */
  readonly isOfflineReplica: (brokerId: BrokerId, topic: string, partition: number) => boolean
  /** When that follower asked last, for whatever partitions; -Infinity when it never has. */
  readonly followerAskedMs: (follower: BrokerId) => number
  /** What was asked over that connection, by a follower. */
  readonly followerPolls: (connection: object) => FollowerPolls | undefined
  /** Whether what was ordered under that registration can have been taken back by nobody. */
  readonly isSurelyRegistered: (brokerEpoch: BrokerEpoch) => boolean
  /** The controller is to store another ISR. What it says comes back by isrStored or isrRefused. */
  readonly isrProposed: (partition: Partition, proposal: IsrProposal) => void
}

/**
 * A leader that cannot know whether its session has ended goes on while its followers follow. What shows it is as old as a request is
 * held, half a second, and as it and the one before are on their way.
 */
const followedWithinMs = 1200

/**
 * What a producer sent to the leader before may come so much later to the one that leads now: a request that waits there is
 * answered when that broker hears who leads, or its connection breaks, and one that stands still, or is cut off from the ensemble,
 * does neither. Then its client gives it up, by default after 60 s at most (librdkafka's socket.timeout.ms; Java's
 * request.timeout.ms is 30 s).
 */
const strayWithinMs = 65_000

export class Partition {
  readonly name: string
  readonly topic: string
  readonly index: number
  readonly topicId: string
  readonly log: PartitionLog
  readonly #ports: PartitionPorts
  #role: PartitionRole
  /** Under which registration the controller has said so. */
  #orderedUnder: BrokerEpoch = -1n
  #orderedMs = -Infinity
  /** When this broker was made its leader in this term. */
  #termBeganMs = -Infinity
  /** While this broker leads it. */
  #leader: PartitionLeader | undefined
  /** While it follows another. */
  #follower: FollowerReplica | undefined
  readonly #isReplicaAlive = (id: BrokerId): boolean =>
    this.#ports.isAlive(id) && !this.#ports.isOfflineReplica(id, this.topic, this.index)
  readonly #pending = new PendingPositions()
  /** Who waits until nobody alive has anything below an offset. */
  readonly #deletions = new PendingPositions()

  constructor(log: PartitionLog, topicId: string, role: PartitionRole, ports: PartitionPorts) {
    this.topic = log.topic
    this.index = log.partition
    this.name = `${log.topic}-${log.partition}`
    this.topicId = topicId
    this.log = log
    this.#ports = ports
    this.#role = role
  }

  get role(): PartitionRole {
    return this.#role
  }

  get leaderEpoch(): LeaderEpoch {
    return this.#role.leaderEpoch
  }

  get isLeader(): boolean {
    return this.#role.leader === this.#ports.brokerId
  }

  /** This broker leads it now: it has not resigned, and the partition is still held. */
  get isLed(): boolean {
    return this.#leader !== undefined
  }

  /** As this broker knows it while it leads; empty otherwise. */
  get isr(): readonly BrokerId[] {
    return this.#leader?.isr ?? []
  }

  /**
   * Clients may be answered: this broker leads it, and no other can have been elected unknown to us. One whose session with
   * the ensemble may have ended, since it was paused or cut off, would tell of a history that has gone on elsewhere.
   */
  get isSurelyLed(): boolean {
    const leader = this.#leader
    if (leader === undefined) return false
    if (this.isSurelyOrdered) return true
    const { followerPolls, clock } = this.#ports
    const sinceMs = clock.monotonicMs() - followedWithinMs
    return leader.isFollowedByRivals(followerPolls, ({ followedMs }) => followedMs >= sinceMs)
  }

  /**
   * From when this term began until some moment after `turn` (FollowerPollBook) nobody else has led it, by this broker's session or by
   * its followers.
   */
  isProvenSince(turn: number): boolean {
    const leader = this.#leader
    if (leader === undefined) return false
    if (this.isSurelyOrdered) return true
    return leader.isFollowedByRivals(this.#ports.followerPolls, ({ followedTurn }) => followedTurn > turn)
  }

  /** Over which the replicas that may be elected in its place follow it, as far as they have asked. */
  get rivalConnections(): readonly object[] {
    return this.#leader?.rivalConnections ?? []
  }

  /**
   * Who leads in its place would be followed by the others: one of those who live and may be elected still follows this broker, or
   * there is none. An order to leave may be on its way to a leader whose session lives.
   */
  get isStillFollowed(): boolean {
    const { followerPolls, clock } = this.#ports
    const sinceMs = clock.monotonicMs() - followedWithinMs
    // Who has just been made leader need not wait for followers to hear of it.
    return this.#orderedMs >= sinceMs || this.#leader?.isFollowedByARival(followerPolls, sinceMs) === true
  }

  /**
   * The controller cannot have said otherwise since. Without that a client that knows of more than is here has it from another
   * leader.
   */
  get isSurelyOrdered(): boolean {
    return this.#ports.isSurelyRegistered(this.#orderedUnder)
  }

  /**
   * A producer that has written nothing in this term, and leaves a gap, may have what belongs there under way still, to the leader
   * before (ADR 48).
   */
  mayHaveStrays(newestEpoch: LeaderEpoch): boolean {
    if (newestEpoch < 0 || newestEpoch >= this.#role.leaderEpoch || this.#leader?.hasFollowers !== true) return false
    return this.#ports.clock.monotonicMs() - this.#termBeganMs < strayWithinMs
  }

  isInSync(brokerId: BrokerId): boolean {
    return this.#leader?.isInSync(brokerId) === true
  }

  /** Undefined while this broker leads it, or nobody does. */
  get follower(): FollowerReplica | undefined {
    return this.#follower
  }

  /** A role in a later term; the epoch was checked by the replica manager. */
  assume(role: PartitionRole): void {
    this.#role = role
    if (!this.isLeader) {
      this.resign()
      const { leader, leaderEpoch } = role
      if (leader >= 0)
        this.#follower = new FollowerReplica(this.log, this.topicId, { leader, leaderEpoch }, this.#ports)
      return
    }
    this.#follower = undefined
    const { brokerId, clock, lagMaxMs, followerAskedMs } = this.#ports
    const { log } = this
    this.#termBeganMs = clock.monotonicMs()
    if (this.#leader === undefined) {
      const configs = {
        get minInSyncReplicas(): number {
          return log.config.minInSyncReplicas
        }
      }
      const options = { brokerId, lagMaxMs, configs, askedMs: followerAskedMs, isAlive: this.#isReplicaAlive }
      this.#leader = new PartitionLeader(options, role, log, clock.monotonicMs())
    } else this.#leader.becameLeader(role, clock.monotonicMs())
    this.#carryOut(this.#leader)
  }

  /** The controller has said what it is, or said it again. */
  ordered(brokerEpoch: BrokerEpoch): void {
    if (brokerEpoch > this.#orderedUnder) this.#orderedUnder = brokerEpoch
    this.#orderedMs = this.#ports.clock.monotonicMs()
  }

  /** Within the term: who has a replica, or is in sync, has changed. */
  updated(role: PartitionRole): void {
    this.#role = role
    const leader = this.#leader
    if (leader === undefined) return
    leader.termUpdated(role, this.#ports.clock.monotonicMs())
    this.#carryOut(leader)
    this.startsMoved()
  }

  /** It leads no more, or is not held any more: whoever waits looks for the next leader. */
  resign(): void {
    this.#leader = undefined
    this.#follower = undefined
    this.#pending.endAll('NOT_LEADER_OR_FOLLOWER')
    this.#deletions.endAll('NOT_LEADER_OR_FOLLOWER')
  }

  /** KIP-320: what a client that names the epoch it knows is told; undefined when it may go on. -1 = no check. */
  epochProblem(currentLeaderEpoch: LeaderEpoch): 'FENCED_LEADER_EPOCH' | 'UNKNOWN_LEADER_EPOCH' | undefined {
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.#role.leaderEpoch) return undefined
    return currentLeaderEpoch < this.#role.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH'
  }

  /** False while clients may have been told of later offsets than the watermark says (KIP-207). */
  get isHighWatermarkKnown(): boolean {
    return this.#leader?.isHighWatermarkKnown !== false
  }

  // ── writes ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A write with acks=all is refused. */
  get isUnderMinIsr(): boolean {
    return this.#leader?.isUnderMinIsr === true
  }

  /** The log has grown, by this leader. */
  appended(): void {
    const leader = this.#leader
    if (leader === undefined) return
    leader.appended(this.log.logEndOffset, this.#ports.clock.monotonicMs())
    this.#carryOut(leader)
    if (leader.hasFollowers) this.#ports.grown(this)
  }

  /** Of a write that ends below `endOffset`; undefined while nobody can say. */
  outcomeOf(endOffset: Offset): Outcome | 'NOT_LEADER_OR_FOLLOWER' {
    return this.#leader === undefined ? 'NOT_LEADER_OR_FOLLOWER' : this.#leader.outcomeOf(endOffset)
  }

  /**
   * Tells once whether all below `endOffset` is committed, at once when that is known: NONE, NOT_ENOUGH_REPLICAS_AFTER_APPEND,
   * or NOT_LEADER_OR_FOLLOWER. Undefined when it was told; else what may be ended before (`giveUp`).
   */
  whenCommitted(endOffset: Offset, done: (error: KafkaError) => void): PendingPosition | undefined {
    const outcome = this.outcomeOf(endOffset)
    if (outcome !== undefined) {
      done(outcome)
      return undefined
    }
    const position = { endOffset, done }
    this.#pending.add(position)
    return position
  }

  /** Tells `error` to who waits for a position, unless it was told already. */
  giveUp(position: PendingPosition, error: KafkaError): void {
    this.#pending.end(position, error)
  }

  // ── deleted records ────────────────────────────────────────────────────────────────────────────────────────────

  /** Of all live replicas, as they told; -1 while one of them has not, and where this broker does not lead. */
  get lowWatermark(): Offset {
    return this.#leader?.lowWatermark(this.log.logStartOffset, this.#isReplicaAlive) ?? -1
  }

  /**
   * Tells once when the low watermark is at `offset`, at once when it is: NONE, or NOT_LEADER_OR_FOLLOWER. Undefined when it was
   * told; else what may be ended before (`giveUpDeletion`).
   */
  whenDeleted(offset: Offset, done: (error: KafkaError) => void): PendingPosition | undefined {
    if (!this.isLed || this.lowWatermark >= offset) {
      done(this.isLed ? 'NONE' : 'NOT_LEADER_OR_FOLLOWER')
      return undefined
    }
    const position = { endOffset: offset, done }
    this.#deletions.add(position)
    // Followers that wait for records hear of it.
    this.#ports.grown(this)
    return position
  }

  get isDeleting(): boolean {
    return this.#deletions.size > 0
  }

  giveUpDeletion(position: PendingPosition, error: KafkaError): void {
    this.#deletions.end(position, error)
  }

  /** Followers told where their logs start, or are not waited for any more. */
  startsMoved(): void {
    if (this.#deletions.size > 0) this.#deletions.complete(this.lowWatermark, 'NONE')
  }

  // ── followers ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** What was asked for lies in the log, and the follower's history is ours up to there. False: it is no follower. */
  followerFetched(brokerId: BrokerId, fetch: FollowerFetch): boolean {
    const leader = this.#leader
    if (leader?.followerFetched(brokerId, fetch, this.#ports.clock.monotonicMs()) !== true) return false
    this.#carryOut(leader)
    this.startsMoved()
    return true
  }

  /** That broker does not follow us any more. */
  followerLeft(brokerId: BrokerId): void {
    this.#leader?.followerLeft(brokerId)
  }

  /** Looks whether a follower lags too long; every half of that time. */
  tick(): void {
    const leader = this.#leader
    if (leader?.hasFollowers !== true) return
    leader.tick(this.#ports.clock.monotonicMs())
    this.#carryOut(leader)
  }

  /** The controller has told who lives. */
  brokersChanged(): void {
    const leader = this.#leader
    if (leader?.hasFollowers !== true) return
    leader.brokersChanged(this.#ports.clock.monotonicMs())
    this.#carryOut(leader)
  }

  /** The controller's answer to a proposal: what is stored now. */
  isrStored(stored: StoredIsr, proposalId: number): void {
    const leader = this.#leader
    if (leader === undefined) return
    leader.isrChanged(stored, proposalId, this.#ports.clock.monotonicMs())
    this.#carryOut(leader)
  }

  /** What was proposed in an earlier term is no proposal of this one, which may count from the same number on. */
  isrRefused({ id, leaderEpoch }: IsrProposal, error: KafkaError): void {
    const leader = this.#leader
    if (leader === undefined || leaderEpoch !== this.leaderEpoch) return
    leader.isrRefused(id, error, this.#ports.clock.monotonicMs())
    this.#carryOut(leader)
  }

  #carryOut(leader: PartitionLeader): void {
    for (const effect of leader.takeEffects()) {
      switch (effect.type) {
        case 'beginEpoch':
          this.log.assignLeaderEpoch(effect.leaderEpoch)
          break
        case 'commit':
          this.#commit(leader, effect.to)
          break
        case 'proposeIsr':
          this.#ports.isrProposed(this, effect.proposal)
          break
        default:
          unreachable(effect)
      }
    }
  }

  #commit(leader: PartitionLeader, to: Offset): void {
    this.log.advanceHighWatermark(to)
    this.#ports.grown(this)
    if (this.#pending.size > 0) this.#pending.complete(to, leader.outcomeOf(to) ?? 'NONE')
  }
}
