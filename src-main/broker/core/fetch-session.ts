/**
 * One fetch session (KIP-227): which partitions its client fetches and from where, what it was told of each, and which of
 * them may have something new to say. A request names only what changed since the one before it, and an answer only what has
 * something to say.
 *
 * Deviation from Kafka, which looks at every partition of the session for each request and each append: only those are looked
 * at that were asked for anew, have grown, or had something to say when they were looked at last (ADR 33).
 */
import type { LeaderEpoch, Offset } from '../../kernel/ids'
import type { Uuid } from '../../kernel/uuid'

/** What is asked of one partition. Named by topic before version 13, by topic id from then on. */
export interface WantedPartition {
  readonly topic: string
  readonly topicId: Uuid
  readonly partition: number
  readonly currentLeaderEpoch: LeaderEpoch
  readonly fetchOffset: Offset
  readonly lastFetchedEpoch: LeaderEpoch
  /** Of the follower that asks; -1: it is none, or does not say. */
  readonly logStartOffset: Offset
  readonly partitionMaxBytes: number
}

/** What is said of one partition, as far as a session compares it. */
export interface ToldPartition {
  readonly hasRecords: boolean
  /** An error, or where histories part: told whenever it is seen. */
  readonly isNotice: boolean
  readonly highWatermark: Offset
  readonly logStartOffset: Offset
}

export interface CachedPartition {
  wanted: WantedPartition
  /** As its client was told last; -1 before. */
  highWatermark: Offset
  logStartOffset: Offset
  /** Under which name the session hears of it; undefined while there is no such topic. */
  watchedAs: string | undefined
}

type Forgotten = Pick<WantedPartition, 'topic' | 'topicId' | 'partition'>

export class FetchSession {
  readonly id: number
  readonly usesTopicIds: boolean
  /** A follower's: consumers' sessions give way to it. */
  readonly isPrivileged: boolean
  readonly createdMs: number
  usedMs: number
  /** That the next request has. */
  epoch = 1
  /** In the order in which they are looked at: what gave records goes to the end. */
  readonly #partitions = new Map<string, CachedPartition>()
  readonly #due = new Set<string>()

  constructor(fields: {
    readonly id: number
    readonly usesTopicIds: boolean
    readonly isPrivileged: boolean
    readonly nowMs: number
  }) {
    this.id = fields.id
    this.usesTopicIds = fields.usesTopicIds
    this.isPrivileged = fields.isPrivileged
    this.createdMs = fields.nowMs
    this.usedMs = fields.nowMs
  }

  get size(): number {
    return this.#partitions.size
  }

  partitions(): Iterable<CachedPartition> {
    return this.#partitions.values()
  }

  /** Of those that may have something to say, in order. What is marked meanwhile comes, too. */
  *due(): Iterable<CachedPartition> {
    for (const key of this.#due) {
      const cached = this.#partitions.get(key)
      if (cached === undefined) this.#due.delete(key)
      else yield cached
    }
  }

  /** It is new, or fetched from elsewhere. */
  want(wanted: WantedPartition): CachedPartition {
    const key = this.#keyOf(wanted)
    this.#due.add(key)
    const known = this.#partitions.get(key)
    if (known !== undefined) {
      known.wanted = wanted
      return known
    }
    const cached: CachedPartition = { wanted, highWatermark: -1, logStartOffset: -1, watchedAs: undefined }
    this.#partitions.set(key, cached)
    return cached
  }

  /** What was forgotten; undefined when it was not there. */
  forget(forgotten: Forgotten): CachedPartition | undefined {
    const key = this.#keyOf(forgotten)
    const cached = this.#partitions.get(key)
    this.#partitions.delete(key)
    this.#due.delete(key)
    return cached
  }

  /** Something happened to it. */
  mark({ wanted }: CachedPartition): void {
    this.#due.add(this.#keyOf(wanted))
  }

  markAll(): void {
    for (const key of this.#partitions.keys()) this.#due.add(key)
  }

  /** Whether its client is to be told (Kafka's CachedPartition.maybeUpdateResponseData). */
  hasNews(cached: CachedPartition, { hasRecords, isNotice, highWatermark, logStartOffset }: ToldPartition): boolean {
    return hasRecords || isNotice || highWatermark !== cached.highWatermark || logStartOffset !== cached.logStartOffset
  }

  /** Records were deleted since its client was told where the log starts. */
  hasLaterStart({ logStartOffset: told }: CachedPartition, { logStartOffset }: ToldPartition): boolean {
    return told >= 0 && logStartOffset > told
  }

  /** Its client is told. An error is told with -1 for both, so that they are told anew after it. */
  told(cached: CachedPartition, { hasRecords, highWatermark, logStartOffset }: ToldPartition): void {
    cached.highWatermark = highWatermark
    cached.logStartOffset = logStartOffset
    if (!hasRecords) return
    // Behind the others, and looked at again: its client may ask for the same once more without naming it.
    const key = this.#keyOf(cached.wanted)
    this.#partitions.delete(key)
    this.#partitions.set(key, cached)
    this.#due.delete(key)
    this.#due.add(key)
  }

  /** Nothing is to be said of it until it is wanted or marked again. */
  rest({ wanted }: CachedPartition): void {
    this.#due.delete(this.#keyOf(wanted))
  }

  #keyOf({ topic, topicId, partition }: Forgotten): string {
    return `${this.usesTopicIds ? topicId : topic}-${partition}`
  }
}

/** Epochs of a session that goes on count from 1 and skip 0 when they come round. */
export function nextSessionEpoch(epoch: number): number {
  return epoch >= 2147483647 ? 1 : epoch + 1
}
