/**
 * How far one follower is, as its leader knows by the follower's fetches (Kafka's Replica). A follower is caught up at the
 * time of a fetch that asks for the leader's end, or for what was the leader's end at the fetch before: a leader that takes
 * records all the time never has a follower at its very end. Times are of the leader's monotonic clock, in ms.
 */
import type { BrokerEpoch, Offset } from '../../kernel/ids'
import { invariant } from '../../kernel/invariant'

const unknown = -1
const never = -Infinity

export class ReplicaProgress {
  #logEndOffset: Offset = unknown
  #logStartOffset: Offset = unknown
  #leaderEndAtFetch: Offset = unknown
  #fetchedMs = never
  #caughtUpMs = never
  #isEligible = false
  #brokerEpoch: BrokerEpoch = -1n
  #hasLeft = false
  #connection: object | undefined

  /** Of the follower; -1 until its first fetch in this leadership. */
  get logEndOffset(): Offset {
    return this.#logEndOffset
  }

  /** Of the follower, as its last fetch said; -1 until then. */
  get logStartOffset(): Offset {
    return this.#logStartOffset
  }

  /** Of its registration, as its last fetch said; -1 when none has. */
  get brokerEpoch(): BrokerEpoch {
    return this.#brokerEpoch
  }

  /** Whether it may join the ISR, as its last fetch said. */
  get isEligible(): boolean {
    return this.#isEligible
  }

  /**
   * A leader's term begins: whoever is in sync is given the whole of the time that it may lag. Of a leader that was none
   * before, what it knows of the follower is of another term.
   */
  termBegan(term: {
    readonly isNewLeader: boolean
    readonly isInSync: boolean
    readonly leaderEndOffset: Offset
    readonly nowMs: number
  }): void {
    this.#caughtUpMs = term.isInSync ? term.nowMs : never
    this.#fetchedMs = term.isInSync && !term.isNewLeader ? term.nowMs : never
    this.#leaderEndAtFetch = term.isNewLeader ? unknown : term.leaderEndOffset
    if (!term.isNewLeader) return
    this.#logEndOffset = unknown
    this.#logStartOffset = unknown
  }

  /** Over which it asked for this partition last, when that is known. */
  get connection(): object | undefined {
    return this.#connection
  }

  /** It does not ask for this partition any more, whatever else it asks for: its log may have failed. */
  get hasLeft(): boolean {
    return this.#hasLeft
  }

  left(): void {
    this.#hasLeft = true
  }

  /** Whether it has asked for this partition since `sinceMs`, and has not left it. */
  isFollowing(sinceMs: number): boolean {
    return !this.#hasLeft && this.#fetchedMs >= sinceMs
  }

  /** It has everything below `offset`, and asks for more. */
  fetched(fetch: {
    readonly offset: Offset
    readonly leaderEndOffset: Offset
    readonly isEligible: boolean
    readonly logStartOffset?: Offset | undefined
    readonly brokerEpoch?: BrokerEpoch | undefined
    readonly connection?: object | undefined
    readonly nowMs: number
  }): void {
    const { offset, leaderEndOffset, nowMs } = fetch
    invariant(offset >= 0 && offset <= leaderEndOffset, 'a follower fetches within its leader’s log', {
      offset,
      leaderEndOffset
    })
    if (offset >= leaderEndOffset) this.#caughtUpMs = Math.max(this.#caughtUpMs, nowMs)
    else if (this.#leaderEndAtFetch !== unknown && offset >= this.#leaderEndAtFetch)
      this.#caughtUpMs = Math.max(this.#caughtUpMs, this.#fetchedMs)
    this.#logEndOffset = offset
    this.#logStartOffset = fetch.logStartOffset ?? unknown
    this.#leaderEndAtFetch = leaderEndOffset
    this.#fetchedMs = nowMs
    this.#hasLeft = false
    this.#isEligible = fetch.isEligible
    this.#brokerEpoch = fetch.brokerEpoch ?? -1n
    this.#connection = fetch.connection
  }

  /** The leader's log grows: until then the follower was at its end, and asked for more at `askedMs`. */
  leaderGrew(leaderEndBefore: Offset, askedMs: number): void {
    if (this.#logEndOffset === leaderEndBefore) this.#caughtUpMs = Math.max(this.#caughtUpMs, askedMs)
  }

  /** Whether it is at the leader's end, or was within the last `lagMaxMs`. */
  isCaughtUp(leaderEndOffset: Offset, nowMs: number, lagMaxMs: number): boolean {
    return this.#logEndOffset === leaderEndOffset || nowMs - this.#caughtUpMs <= lagMaxMs
  }
}
