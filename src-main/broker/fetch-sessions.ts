/**
 * The fetch sessions of this broker, which hear through the purgatory of what happens to their partitions. The rules are
 * FetchSession's and FetchSessionCache's; what a request of a session is told is made by the Fetch handler.
 *
 * Deviation from Kafka: a follower's session ends with the connection of its last request. Followers, Kafka's too, ask for all anew when
 * they have lost one, and ours give polls up: an answer may have been lost that began a session whose id then nobody knows.
 */
import { topicPartitionName, type BrokerEpoch } from '../kernel/ids'
import type { Clock, Random } from '../kernel/ports'
import {
  FetchSession,
  nextSessionEpoch,
  type CachedPartition,
  type ToldPartition,
  type WantedPartition
} from './core/fetch-session'
import { FetchSessionCache } from './core/fetch-session-cache'
import type { Purgatory, Waiter } from './core/purgatory'
import type { ConnectionLife } from './server/connection-life'

/** Where logs start changes without telling anybody: all partitions of a session are looked at so often. */
const sweepMs = 5_000

/** A request that names more goes without a session: taking them over is done in one turn. */
export const sessionNamedMax = 20_000

/** A session and the request of it that waits. */
export class KeptSession implements Waiter {
  readonly session: FetchSession
  readonly #purgatory: Purgatory
  readonly #watched = new Map<string, CachedPartition>()
  #sweptMs: number
  #brokerEpoch: BrokerEpoch | undefined
  /** Tries to answer the request that waits; told true when it must. */
  #waiting: ((isOver: boolean) => void) | undefined
  /** A follower's: the connection of its last request, with which it ends. */
  #life: ConnectionLife | undefined
  #leave: () => void = () => undefined

  constructor(session: FetchSession, purgatory: Purgatory) {
    this.session = session
    this.#purgatory = purgatory
    this.#sweptMs = session.createdMs
  }

  /** From now on it is used there. */
  usedBy(life: ConnectionLife, ended: () => void): void {
    if (life === this.#life) return
    this.#leave()
    this.#life = life
    this.#leave = life.onOver(ended)
  }

  touched(key: string): void {
    const cached = this.#watched.get(key)
    if (cached !== undefined) this.session.mark(cached)
  }

  /** By the purgatory, in which it stays. */
  attempt(): boolean {
    this.#waiting?.(false)
    return false
  }

  /** From now on it hears of this partition. */
  watch(cached: CachedPartition, topic: string): void {
    const name = topicPartitionName({ topic, partition: cached.wanted.partition })
    if (cached.watchedAs === name) return
    this.unwatch(cached)
    cached.watchedAs = name
    this.#watched.set(name, cached)
    this.#purgatory.watch(this, name)
  }

  unwatch(cached: CachedPartition): void {
    const { watchedAs } = cached
    if (watchedAs === undefined) return
    cached.watchedAs = undefined
    // A topic that was made anew may be here under its new id.
    if (this.#watched.get(watchedAs) !== cached) return
    this.#watched.delete(watchedAs)
    this.#purgatory.unwatch(this, watchedAs)
  }

  /** A request begins: one that still waits is answered that it is too late. */
  begin(nowMs: number): void {
    this.#waiting?.(true)
    if (nowMs - this.#sweptMs < sweepMs) return
    this.#sweptMs = nowMs
    this.session.markAll()
  }

  /** A follower that registered anew says so with its next request, which counts for all its partitions (KIP-903). */
  registeredAs(brokerEpoch: BrokerEpoch | undefined): void {
    if (this.#brokerEpoch !== brokerEpoch) this.session.markAll()
    this.#brokerEpoch = brokerEpoch
  }

  wait(attempt: (isOver: boolean) => void): void {
    this.#waiting = attempt
  }

  answered(): void {
    this.#waiting = undefined
  }

  end(): void {
    this.#leave()
    this.#waiting?.(true)
    for (const name of this.#watched.keys()) this.#purgatory.unwatch(this, name)
    this.#watched.clear()
  }
}

export interface Opened {
  /** With what the answer that begins the session says of each. */
  readonly looked: readonly { readonly wanted: WantedPartition; readonly told: ToldPartition }[]
  readonly isFollower: boolean
  readonly usesTopicIds: boolean
  readonly life: ConnectionLife
}

export type Going =
  KeptSession | 'FETCH_SESSION_ID_NOT_FOUND' | 'FETCH_SESSION_TOPIC_ID_ERROR' | 'INVALID_FETCH_SESSION_EPOCH'

export class FetchSessions {
  readonly #ports: { readonly clock: Clock; readonly random: Random; readonly purgatory: Purgatory }
  readonly #kept = new Map<number, KeptSession>()
  readonly #cache = new FetchSessionCache((session) => {
    this.#kept.get(session.id)?.end()
    this.#kept.delete(session.id)
  })

  constructor(ports: { readonly clock: Clock; readonly random: Random; readonly purgatory: Purgatory }) {
    this.#ports = ports
  }

  get size(): number {
    return this.#cache.size
  }

  /** Undefined when there is no room for it: its client goes on without one. */
  open({ looked, isFollower, usesTopicIds, life }: Opened): FetchSession | undefined {
    const nowMs = this.#ports.clock.monotonicMs()
    if (looked.length > sessionNamedMax) return undefined
    if (!this.#cache.makeRoom({ size: looked.length, isPrivileged: isFollower }, nowMs)) return undefined
    const session = new FetchSession({ id: this.#newId(), usesTopicIds, isPrivileged: isFollower, nowMs })
    for (const { wanted, told } of looked) session.told(session.want(wanted), told)
    this.#cache.add(session)
    const kept = new KeptSession(session, this.#ports.purgatory)
    this.#kept.set(session.id, kept)
    if (isFollower) kept.usedBy(life, () => this.end(session.id))
    return session
  }

  #newId(): number {
    for (;;) {
      const id = (this.#ports.random.uint32() >>> 1) + 1
      if (id <= 2147483647 && !this.#cache.has(id)) return id
    }
  }

  /** The session that a request of this epoch goes on with, with what it changes. */
  goOn(
    id: number,
    epoch: number,
    change: {
      readonly usesTopicIds: boolean
      readonly wanted: readonly WantedPartition[]
      readonly forgotten: readonly Pick<WantedPartition, 'topic' | 'topicId' | 'partition'>[]
      readonly life: ConnectionLife
    }
  ): Going {
    const kept = this.#kept.get(id)
    if (kept === undefined) return 'FETCH_SESSION_ID_NOT_FOUND'
    const { session } = kept
    if (session.usesTopicIds !== change.usesTopicIds) return 'FETCH_SESSION_TOPIC_ID_ERROR'
    if (session.epoch !== epoch) return 'INVALID_FETCH_SESSION_EPOCH'
    session.epoch = nextSessionEpoch(epoch)
    const nowMs = this.#ports.clock.monotonicMs()
    kept.begin(nowMs)
    if (session.isPrivileged) kept.usedBy(change.life, () => this.end(id))
    const before = session.size
    for (const one of change.wanted) session.want(one)
    for (const one of change.forgotten) {
      const cached = session.forget(one)
      if (cached !== undefined) kept.unwatch(cached)
    }
    return this.#cache.used(session, session.size - before, nowMs) ? kept : 'FETCH_SESSION_ID_NOT_FOUND'
  }

  end(id: number): void {
    this.#cache.remove(id)
  }
}
