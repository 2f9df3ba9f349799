/**
 * The fetch sessions that a broker keeps: so many, and of so many partitions together. A new one takes the place of one that
 * was not used for a while, or, of a follower, that of a consumer, or of one that is older and smaller (Kafka's
 * FetchSessionCacheShard).
 */
import type { FetchSession } from './fetch-session'

/** max.incremental.fetch.session.cache.slots */
export const sessionSlots = 1_000
/** min.incremental.fetch.session.eviction.ms */
export const evictionMs = 120_000
/** Of all sessions together: what they keep is some two hundred bytes each. */
export const sessionPartitionsMax = 250_000

export interface NewSession {
  readonly size: number
  readonly isPrivileged: boolean
}

export class FetchSessionCache {
  readonly #limits: { readonly slots: number; readonly partitionsMax: number }
  /** Whoever was used longest ago is first. */
  readonly #sessions = new Map<number, FetchSession>()
  /** A session has gone from here. */
  readonly #ended: (session: FetchSession) => void
  #partitions = 0

  constructor(
    ended: (session: FetchSession) => void,
    limits = { slots: sessionSlots, partitionsMax: sessionPartitionsMax }
  ) {
    this.#ended = ended
    this.#limits = limits
  }

  get size(): number {
    return this.#sessions.size
  }

  get(id: number): FetchSession | undefined {
    return this.#sessions.get(id)
  }

  has(id: number): boolean {
    return this.#sessions.has(id)
  }

  /** Makes room for it, at the cost of others; false when it has to do without a session. */
  makeRoom(asked: NewSession, nowMs: number): boolean {
    const { slots, partitionsMax } = this.#limits
    let [sessions, partitions] = [this.#sessions.size, this.#partitions + asked.size]
    const going: FetchSession[] = []
    const isRoom = (): boolean => sessions < slots && partitions <= partitionsMax
    if (isRoom()) return true
    for (const session of this.#giveWay(asked, nowMs)) {
      going.push(session)
      sessions -= 1
      partitions -= session.size
      if (isRoom()) break
    }
    // None goes for nothing.
    if (!isRoom()) return false
    for (const { id } of going) this.remove(id)
    return true
  }

  /** There is room for it. */
  add(session: FetchSession): void {
    this.#sessions.set(session.id, session)
    this.#partitions += session.size
  }

  /** A request goes on with it. False when it has grown beyond what all may have: it is gone. */
  used(session: FetchSession, grownBy: number, nowMs: number): boolean {
    session.usedMs = nowMs
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
    this.#partitions += grownBy
    while (this.#partitions > this.#limits.partitionsMax) {
      const [oldest = session] = this.#sessions.values()
      if (nowMs - oldest.usedMs <= evictionMs) break
      this.remove(oldest.id)
    }
    if (this.#partitions <= this.#limits.partitionsMax) return true
    this.remove(session.id)
    return false
  }

  remove(id: number): void {
    const session = this.#sessions.get(id)
    if (session === undefined) return
    this.#sessions.delete(id)
    this.#partitions -= session.size
    this.#ended(session)
  }

  /** Those that may go for this one: first those that nobody uses, then the least of the others. */
  #giveWay(asked: NewSession, nowMs: number): readonly FetchSession[] {
    const all = [...this.#sessions.values()]
    const isUnused = ({ usedMs }: FetchSession): boolean => nowMs - usedMs > evictionMs
    const others = all.filter((one) => !isUnused(one) && this.#mayGo(one, asked, nowMs) && isLess(one, asked))
    others.sort((a, b) => (isLess(a, b) ? -1 : isLess(b, a) ? 1 : 0))
    return [...all.filter(isUnused), ...others]
  }

  /** A session is left alone while it is young, but for a consumer's that a follower needs. */
  #mayGo(session: FetchSession, asked: NewSession, nowMs: number): boolean {
    if (nowMs - session.createdMs > evictionMs) return true
    return asked.isPrivileged && !session.isPrivileged
  }
}

/** Consumers' before followers', small before large; who is no less than another does not take its place. */
function isLess(a: NewSession, b: NewSession): boolean {
  if (a.isPrivileged !== b.isPrivileged) return !a.isPrivileged
  return a.size < b.size
}
