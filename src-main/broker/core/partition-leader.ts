/**
 * What the leader of a partition decides: how far the log is committed, who is in sync with it, and what whoever waits for a
 * position is told (Kafka's Partition, on the leader). It does nothing itself: it says what to do as effects, in the order
 * in which they must happen.
 *
 * Invariants: the high watermark never goes back and never passes the end of any member of the maximal ISR (the stored one
 * and the one that is proposed, KIP-497); one proposal is under way at a time.
 *
 * Deviation from Kafka: a follower's fetch may move the watermark that its own answer tells (ADR 29). As in 3.7 and later the
 * watermark rests while the ISR is smaller than min.insync.replicas, which counts no more replicas than there are (KAFKA-15583).
 */
import type { BrokerEpoch, BrokerId, LeaderEpoch, Offset } from '../../kernel/ids'
import { invariant } from '../../kernel/invariant'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { FollowerPolls } from './follower-polls'
import { ReplicaProgress } from './replica-progress'

/** As the controller orders it. */
export interface LeaderTerm {
  readonly leaderEpoch: LeaderEpoch
  readonly isr: readonly BrokerId[]
  readonly replicas: readonly BrokerId[]
  /** Version of the stored partition state. */
  readonly partitionEpoch: number
}

/** For the controller to store (AlterPartition). The answer names it by its id: late ones of earlier proposals do nothing. */
export interface IsrProposal {
  readonly id: number
  readonly leaderEpoch: LeaderEpoch
  readonly partitionEpoch: number
  readonly isr: readonly BrokerId[]
  /** Of each of them its registration, as it said itself; -1: it has not. The controller takes no other (KIP-903). */
  readonly brokerEpochs: readonly BrokerEpoch[]
}

/** What the controller has stored. */
export interface StoredIsr {
  readonly leaderEpoch: LeaderEpoch
  readonly partitionEpoch: number
  readonly isr: readonly BrokerId[]
}

export type LeaderEffect =
  /** Into the log's epoch cache and its file. */
  | { readonly type: 'beginEpoch'; readonly leaderEpoch: LeaderEpoch }
  /** All below `to` is committed: whoever waits for a position up to there is told, in order. */
  | { readonly type: 'commit'; readonly to: Offset }
  | { readonly type: 'proposeIsr'; readonly proposal: IsrProposal }

/** What is to be said of a position; undefined: nothing yet. */
export type Outcome = 'NONE' | 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' | undefined

export interface LeaderOptions {
  readonly brokerId: BrokerId
  /** replica.lag.time.max.ms */
  readonly lagMaxMs: number
  /** Asked each time, since it may change. */
  readonly configs: { readonly minInSyncReplicas: number }
  /**
   * When that follower asked last, for whatever partitions: in a fetch session it does not name those of which it has told
   * already how far they are. -Infinity when it never has.
   */
  readonly askedMs?: (follower: BrokerId) => number
  /** Whether the controller says that it lives. Asked each time: whoever asked once may be gone by now. */
  readonly isAlive?: (follower: BrokerId) => boolean
}

export interface FollowerFetch {
  /** The follower has everything below. */
  readonly offset: Offset
  /** Where its log starts, when it says. */
  readonly logStartOffset?: Offset | undefined
  /** Whether the follower may be in the ISR: it is alive. */
  readonly isEligible: boolean
  /** Of its registration, when it says. */
  readonly brokerEpoch?: BrokerEpoch | undefined
  /** Over which it asked (FollowerPollBook). */
  readonly connection?: object | undefined
}

/**
 * Answers to a proposal after which the controller's next order is waited for, since our knowledge is old. Kafka waits after
 * UNKNOWN_TOPIC_ID, too: but a controller that does not know our topic is one that was deposed before there was such a topic, and
 * has not heard of it, and the next one may have told us everything already.
 */
const outdated: ReadonlySet<KafkaError> = new Set([
  'FENCED_LEADER_EPOCH',
  'INVALID_UPDATE_VERSION',
  'INVALID_REQUEST',
  'NEW_LEADER_ELECTED'
])
/** The controller knows better who can be in sync: the proposal is withdrawn, a later fetch may make it anew. */
const rejected: ReadonlySet<KafkaError> = new Set(['INELIGIBLE_REPLICA', 'OPERATION_NOT_ATTEMPTED'])

const none: readonly LeaderEffect[] = []

export class PartitionLeader {
  readonly #options: LeaderOptions
  #term: LeaderTerm
  #isr: ReadonlySet<BrokerId>
  #partitionEpoch: number
  readonly #followers = new Map<BrokerId, ReplicaProgress>()
  #proposal: IsrProposal | undefined
  #proposals = 0
  #logEndOffset: Offset
  #highWatermark: Offset
  /** The log's end when this term began: who has not got so far may lack records that were committed before. */
  #termStartOffset: Offset
  #effects: LeaderEffect[] = []

  /** The first term of a broker that did not lead before. */
  constructor(
    options: LeaderOptions,
    term: LeaderTerm,
    log: { readonly highWatermark: Offset; readonly logEndOffset: Offset },
    nowMs: number
  ) {
    this.#options = options
    this.#highWatermark = log.highWatermark
    this.#logEndOffset = log.logEndOffset
    this.#termStartOffset = log.logEndOffset
    this.#term = term
    this.#partitionEpoch = term.partitionEpoch
    this.#isr = new Set(term.isr)
    this.#begin(term, true, nowMs)
  }

  get highWatermark(): Offset {
    return this.#highWatermark
  }

  /** The one that is stored, as far as is known. */
  get isr(): readonly BrokerId[] {
    return [...this.#isr]
  }

  isInSync(brokerId: BrokerId): boolean {
    return this.#isr.has(brokerId)
  }

  get hasFollowers(): boolean {
    return this.#followers.size > 0
  }

  /** The ISR that is stored may have it at this moment. */
  #isInMaximalIsr(brokerId: BrokerId): boolean {
    return this.#isr.has(brokerId) || this.#proposal?.isr.includes(brokerId) === true
  }

  /**
   * Whether the watermark is where it was before this leader: until it is, what clients were told before may lie above it
   * (KIP-207).
   */
  get isHighWatermarkKnown(): boolean {
    return this.#highWatermark >= this.#termStartOffset
  }

  /** acks=all is refused: NOT_ENOUGH_REPLICAS. */
  get isUnderMinIsr(): boolean {
    return this.#isr.size < Math.min(this.#options.configs.minInSyncReplicas, this.#followers.size + 1)
  }

  /** Of a write that ends below `endOffset`, with acks=all. */
  outcomeOf(endOffset: Offset): Outcome {
    if (endOffset > this.#highWatermark) return undefined
    return this.isUnderMinIsr ? 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' : 'NONE'
  }

  takeEffects(): readonly LeaderEffect[] {
    if (this.#effects.length === 0) return none
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  // ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

  /** The controller has us lead on in a later term. */
  becameLeader(term: LeaderTerm, nowMs: number): void {
    invariant(term.leaderEpoch > this.#term.leaderEpoch, 'a term follows an earlier one', { term: term.leaderEpoch })
    this.#begin(term, false, nowMs)
  }

  #begin(term: LeaderTerm, isNewLeader: boolean, nowMs: number): void {
    this.#store(term)
    this.#termStartOffset = this.#logEndOffset
    for (const [id, progress] of this.#followers)
      progress.termBegan({ isNewLeader, isInSync: this.#isr.has(id), leaderEndOffset: this.#logEndOffset, nowMs })
    this.#effects.push({ type: 'beginEpoch', leaderEpoch: term.leaderEpoch })
    this.#advance(nowMs)
  }

  #store(term: LeaderTerm): void {
    this.#term = term
    this.#partitionEpoch = term.partitionEpoch
    this.#isr = new Set(term.isr)
    this.#proposal = undefined
    for (const id of this.#followers.keys()) if (!term.replicas.includes(id)) this.#followers.delete(id)
    for (const id of term.replicas)
      if (id !== this.#options.brokerId && !this.#followers.has(id)) this.#followers.set(id, new ReplicaProgress())
  }

  followerLeft(brokerId: BrokerId): void {
    this.#followers.get(brokerId)?.left()
  }

  /**
   * Whether nobody can have taken its place before what `isRecent` asks for: each replica that may be elected, in a clean election,
   * has followed this leader until then. One that asks knows of no other leader. `polls` tells of a connection.
   */
  isFollowedByRivals(
    polls: (connection: object) => FollowerPolls | undefined,
    isRecent: (polls: FollowerPolls) => boolean
  ): boolean {
    return this.#rivals().every(([, follower]) => isFollowed(follower, polls, isRecent))
  }

  /**
   * Whether one of them that lives has asked since `sinceMs`, if there are any: no proof, since what it asked may have been on its
   * way.
   */
  isFollowedByARival(polls: (connection: object) => FollowerPolls | undefined, sinceMs: number): boolean {
    const rivals = this.#rivals().filter(([id]) => this.#options.isAlive?.(id) !== false)
    if (rivals.length === 0) return true
    return rivals.some(([, follower]) => isFollowed(follower, polls, ({ lastMs }) => lastMs >= sinceMs))
  }

  /** Over which the other replicas that may be elected have asked for it last, as far as they have. */
  get rivalConnections(): readonly object[] {
    return this.#rivals().flatMap(([, { connection }]) => connection ?? [])
  }

  #rivals(): readonly (readonly [BrokerId, ReplicaProgress])[] {
    return [...this.#followers].filter(([id]) => this.#isInMaximalIsr(id))
  }

  /** Within the term the controller has stored something else: another ISR, or replicas that come or go (reassignment). */
  termUpdated(term: LeaderTerm, nowMs: number): void {
    if (term.leaderEpoch !== this.#term.leaderEpoch || term.partitionEpoch <= this.#partitionEpoch) return
    this.#store(term)
    this.#advance(nowMs)
  }

  appended(logEndOffset: Offset, nowMs: number): void {
    invariant(logEndOffset >= this.#logEndOffset, 'a leader’s log only grows', { logEndOffset })
    if (this.#options.askedMs !== undefined)
      for (const [id, follower] of this.#followers) follower.leaderGrew(this.#logEndOffset, this.#options.askedMs(id))
    this.#logEndOffset = logEndOffset
    this.#advance(nowMs)
  }

  /** False when that broker is no follower of this partition. */
  followerFetched(brokerId: BrokerId, fetch: FollowerFetch, nowMs: number): boolean {
    const follower = this.#followers.get(brokerId)
    if (follower === undefined) return false
    const before = follower.logEndOffset
    const { offset, logStartOffset, isEligible, brokerEpoch, connection } = fetch
    const leaderEndOffset = this.#logEndOffset
    follower.fetched({ offset, leaderEndOffset, isEligible, logStartOffset, brokerEpoch, connection, nowMs })
    if (this.#mayJoin(brokerId, follower)) this.#propose([...this.#isr, brokerId])
    if (before !== offset) this.#advance(nowMs)
    return true
  }

  #mayJoin(brokerId: BrokerId, { logEndOffset, isEligible }: ReplicaProgress): boolean {
    if (this.#proposal !== undefined || this.#isr.has(brokerId) || !isEligible) return false
    return logEndOffset >= this.#highWatermark && logEndOffset >= this.#termStartOffset
  }

  /** Every half of the time that a follower may lag: who has lagged longer leaves the ISR. */
  tick(nowMs: number): void {
    // Who was about to join the ISR and has not for so long is waited for no more, also where nothing is written.
    this.#advance(nowMs)
    if (this.#proposal !== undefined) return
    const inSync = [...this.#isr].filter((id) => {
      const follower = this.#followers.get(id)
      return follower === undefined || follower.isCaughtUp(this.#logEndOffset, nowMs, this.#options.lagMaxMs)
    })
    if (inSync.length < this.#isr.size) this.#propose(inSync)
  }

  /** Others live than before: who is gone is not waited for. */
  brokersChanged(nowMs: number): void {
    this.#advance(nowMs)
  }

  /** A leader that is not in the ISR that was stored, whoever did that, takes its place in the next. */
  #propose(brokerIds: readonly BrokerId[]): void {
    const { brokerId } = this.#options
    const isr = brokerIds.includes(brokerId) ? brokerIds : [brokerId, ...brokerIds]
    const brokerEpochs = isr.map((id) => this.#followers.get(id)?.brokerEpoch ?? -1n)
    const { leaderEpoch } = this.#term
    this.#proposal = { id: ++this.#proposals, leaderEpoch, partitionEpoch: this.#partitionEpoch, isr, brokerEpochs }
    this.#effects.push({ type: 'proposeIsr', proposal: this.#proposal })
  }

  /**
   * What is stored now, as the controller answered to that proposal; what is older than what we know does nothing. Another one that
   * is under way by now is still to be answered, unless what it is about is no more.
   */
  isrChanged(stored: StoredIsr, proposalId: number, nowMs: number): void {
    if (stored.leaderEpoch !== this.#term.leaderEpoch || stored.partitionEpoch < this.#partitionEpoch) return
    this.#partitionEpoch = stored.partitionEpoch
    this.#isr = new Set(stored.isr)
    const proposal = this.#proposal
    if (proposal?.id === proposalId || (proposal?.partitionEpoch ?? 0) < stored.partitionEpoch)
      this.#proposal = undefined
    this.#advance(nowMs)
  }

  /** The controller did not store a proposal; others than the one under way are answered for nobody. */
  isrRefused(proposalId: number, error: KafkaError, nowMs: number): void {
    const proposal = this.#proposal
    if (proposal?.id !== proposalId || outdated.has(error)) return
    this.#proposal = undefined
    if (rejected.has(error)) this.#advance(nowMs)
    else this.#propose(proposal.isr)
  }

  /**
   * Nobody who is alive has anything below (Kafka's Partition.lowWatermarkIfLeader): what is deleted up to here does not come back
   * by an election. -1 while one of them has not told.
   */
  lowWatermark(logStartOffset: Offset, isAlive: (brokerId: BrokerId) => boolean): Offset {
    let lowest = logStartOffset
    for (const [id, follower] of this.#followers)
      if (follower.logStartOffset < lowest && isAlive(id)) lowest = follower.logStartOffset
    return lowest
  }

  // ── the high watermark ─────────────────────────────────────────────────────────────────────────────────────────

  /** To the lowest end among the maximal ISR and whoever is about to join it. */
  #advance(nowMs: number): void {
    if (this.isUnderMinIsr) return
    let to = this.#logEndOffset
    for (const [id, follower] of this.#followers)
      if (follower.logEndOffset < to && this.#isWaitedFor(id, follower, nowMs)) to = follower.logEndOffset
    if (to <= this.#highWatermark) return
    this.#highWatermark = to
    this.#effects.push({ type: 'commit', to })
  }

  #isWaitedFor(id: BrokerId, follower: ReplicaProgress, nowMs: number): boolean {
    if (this.#isInMaximalIsr(id)) return true
    if (!follower.isEligible || follower.hasLeft || this.#options.isAlive?.(id) === false) return false
    return follower.isCaughtUp(this.#logEndOffset, nowMs, this.#options.lagMaxMs)
  }

  inspect(): Readonly<Record<string, unknown>> {
    return {
      leaderEpoch: this.#term.leaderEpoch,
      partitionEpoch: this.#partitionEpoch,
      isr: this.isr,
      proposal: this.#proposal?.isr,
      highWatermark: this.#highWatermark,
      logEndOffset: this.#logEndOffset,
      followers: [...this.#followers].map(([id, { logEndOffset }]) => ({ id, logEndOffset }))
    }
  }
}

function isFollowed(
  follower: ReplicaProgress,
  polls: (connection: object) => FollowerPolls | undefined,
  isRecent: (polls: FollowerPolls) => boolean
): boolean {
  const known = follower.connection === undefined ? undefined : polls(follower.connection)
  return known !== undefined && isRecent(known) && follower.isFollowing(known.sinceMs)
}
