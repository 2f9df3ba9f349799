/**
 * What a follower makes of its leader's answers (Kafka's AbstractFetcherThread, from 2.7 on): what it asks for, where its history
 * parts from the leader's, when it must begin anew, how far it knows the log to be committed. It does nothing itself: it says what
 * to do as effects, in the order in which they must happen.
 *
 * Invariants: an answer counts for the request under way only, in the term that asked it; nothing is cut but where the leader of this
 * term says that histories part; what both have of the largest epoch that both know stays.
 */
import type { BrokerId, LeaderEpoch, Offset } from '../../kernel/ids'
import { invariant } from '../../kernel/invariant'
import type { KafkaError } from '../../protocol/wire/error-codes'

export interface FollowerTerm {
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
}

/** The follower's own log, as it is when it is asked about. */
export interface FollowerLog {
  readonly logEndOffset: Offset
  readonly highWatermark: Offset
  /** -1: none. */
  readonly latestEpoch: LeaderEpoch
  /** Both -1 for an epoch above all that it knows (KIP-279). */
  endOffsetForEpoch(epoch: LeaderEpoch): { readonly leaderEpoch: LeaderEpoch; readonly endOffset: Offset }
}

/** Of one Fetch: what it says of this partition. */
export interface FollowerRequest {
  readonly leaderEpoch: LeaderEpoch
  readonly fetchOffset: Offset
  /** Of the follower's last record, -1 when it has none (KIP-595). */
  readonly lastFetchedEpoch: LeaderEpoch
}

export type FollowerAnswer =
  | {
      readonly type: 'records'
      /** Whole batches; the last may be cut short. */
      readonly records: Uint8Array
      readonly highWatermark: Offset
      readonly logStartOffset: Offset
    }
  /** The leader's history parts from the follower's at or before the end of this epoch. */
  | { readonly type: 'diverging'; readonly leaderEpoch: LeaderEpoch; readonly endOffset: Offset }
  | { readonly type: 'error'; readonly error: KafkaError }

export type FollowerEffect =
  | { readonly type: 'append'; readonly records: Uint8Array }
  /** As far as the log goes. */
  | { readonly type: 'advanceHighWatermark'; readonly to: Offset }
  | { readonly type: 'advanceStart'; readonly to: Offset }
  /** `isBelowHighWatermark`: what was committed is cut, since the leader was elected although it lacked it. */
  | { readonly type: 'truncateTo'; readonly offset: Offset; readonly isBelowHighWatermark: boolean }
  | { readonly type: 'startAt'; readonly offset: Offset }
  /** The leader's earliest and latest offsets are to be asked for (offsetsAnswered). */
  | { readonly type: 'askOffsets' }

/**
 * fetching: a request may go out, or is under way. asking: the leader's offsets are asked for. resting: for replica.fetch.backoff.ms
 * (rested). fenced: until the controller's next order.
 */
type State = 'fetching' | 'asking' | 'resting' | 'fenced'

export class PartitionFollower {
  readonly #term: FollowerTerm
  #state: State = 'fetching'
  #request: FollowerRequest | undefined
  #effects: FollowerEffect[] = []

  constructor(term: FollowerTerm) {
    this.#term = term
  }

  get state(): State {
    return this.#state
  }

  takeEffects(): readonly FollowerEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /** What is asked next; undefined while nothing may be. One request is under way at a time. */
  nextRequest(log: FollowerLog): FollowerRequest | undefined {
    if (this.#state !== 'fetching') return undefined
    const { leaderEpoch } = this.#term
    this.#request = { leaderEpoch, fetchOffset: log.logEndOffset, lastFetchedEpoch: log.latestEpoch }
    return this.#request
  }

  answered(request: FollowerRequest, answer: FollowerAnswer, log: FollowerLog): void {
    if (request !== this.#request) return
    this.#request = undefined
    invariant(log.logEndOffset === request.fetchOffset, 'a follower’s log grows by its leader’s answers only', {
      logEndOffset: log.logEndOffset,
      fetchOffset: request.fetchOffset
    })
    if (answer.type === 'error') this.#failed(answer.error)
    else if (answer.type === 'diverging') this.#diverged(answer.leaderEpoch, answer.endOffset, log)
    else {
      if (answer.records.length > 0) this.#effects.push({ type: 'append', records: answer.records })
      this.#effects.push({ type: 'advanceHighWatermark', to: answer.highWatermark })
      this.#effects.push({ type: 'advanceStart', to: answer.logStartOffset })
    }
  }

  #failed(error: KafkaError): void {
    if (error === 'OFFSET_OUT_OF_RANGE') {
      this.#state = 'asking'
      this.#effects.push({ type: 'askOffsets' })
    } else this.#state = error === 'FENCED_LEADER_EPOCH' ? 'fenced' : 'resting'
  }

  /** The broker could not be reached, or a full disk took nothing. */
  interrupted(): void {
    this.#request = undefined
    if (this.#state !== 'fenced') this.#state = 'resting'
  }

  rested(): void {
    if (this.#state === 'resting') this.#state = 'fetching'
  }

  /**
   * Cuts to the smaller end of the largest epoch that both know. Where this log does not have the leader's epoch, the next question
   * finds an older one (KIP-279).
   */
  #diverged(leaderEpoch: LeaderEpoch, leaderEndOffset: Offset, log: FollowerLog): void {
    const own = log.endOffsetForEpoch(leaderEpoch)
    const end = Math.min(log.logEndOffset, leaderEndOffset)
    // Of an epoch above all that it knows, all that it has may be the leader's.
    const offset = own.endOffset < 0 ? end : Math.min(end, own.endOffset)
    // Also where no record goes: an epoch that began at the end of the log, and that the leader does not know, does.
    this.#effects.push({ type: 'truncateTo', offset, isBelowHighWatermark: offset < log.highWatermark })
  }

  /**
   * What was asked lies outside of the leader's log: below its start all begins anew there, since nothing of it can be had any more;
   * beyond its end it was elected although it lacks what is here.
   */
  offsetsAnswered(leader: { readonly startOffset: Offset; readonly endOffset: Offset }, log: FollowerLog): void {
    if (this.#state !== 'asking') return
    this.#state = 'fetching'
    const { startOffset, endOffset } = leader
    if (endOffset < log.logEndOffset) {
      const isBelowHighWatermark = endOffset < log.highWatermark
      this.#effects.push({ type: 'truncateTo', offset: endOffset, isBelowHighWatermark })
    } else if (startOffset > log.logEndOffset) this.#effects.push({ type: 'startAt', offset: startOffset })
  }
}
