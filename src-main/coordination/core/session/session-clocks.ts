/**
 * When sessions expire. Only the ensemble's leader runs these clocks; they are not replicated, and safety does not hang
 * on them: what they give is a proposal to close the session (the leader decides, as in ZooKeeper's SessionTrackerImpl).
 *
 * Expiry times are rounded up to buckets, so a session lives its timeout and at most one bucket longer. A touch is
 * O(1). When the member itself stood still (SIGSTOP, a suspended machine), pings wait unread in its sockets: then no
 * session is judged, every one gets a fresh full timeout.
 */
import type { SessionId } from '../../../kernel/ids'
import { invariant } from '../../../kernel/invariant'

export const expiryBucketMs = 250
/** A tick that comes later than this after its time means that this process was not running. */
export const stallMs = 1_000

interface SessionClock {
  readonly timeoutMs: number
  /** End of the bucket it is in. */
  expiresAtMs: number
}

export class SessionClocks {
  readonly #clocks = new Map<SessionId, SessionClock>()
  readonly #buckets = new Map<number, Set<SessionId>>()
  #tickDueMs: number | undefined

  get count(): number {
    return this.#clocks.size
  }

  started(sessionId: SessionId, timeoutMs: number, nowMs: number): void {
    this.stopped(sessionId)
    const clock = { timeoutMs, expiresAtMs: bucketEnd(nowMs + timeoutMs) }
    this.#clocks.set(sessionId, clock)
    this.#file(sessionId, clock)
  }

  touched(sessionId: SessionId, nowMs: number): void {
    const clock = this.#clocks.get(sessionId)
    if (clock === undefined) return
    const expiresAtMs = bucketEnd(nowMs + clock.timeoutMs)
    if (expiresAtMs <= clock.expiresAtMs) return
    this.#unfile(sessionId, clock)
    clock.expiresAtMs = expiresAtMs
    this.#file(sessionId, clock)
  }

  stopped(sessionId: SessionId): void {
    const clock = this.#clocks.get(sessionId)
    if (clock === undefined) return
    this.#unfile(sessionId, clock)
    this.#clocks.delete(sessionId)
  }

  /** Takes the sessions whose time is over; their clocks have stopped. */
  tick(nowMs: number): readonly SessionId[] {
    const wasStalled = this.#tickDueMs !== undefined && nowMs - this.#tickDueMs > stallMs
    this.#tickDueMs = bucketEnd(nowMs + 1)
    if (wasStalled) {
      for (const [sessionId, clock] of [...this.#clocks]) this.started(sessionId, clock.timeoutMs, nowMs)
      return []
    }
    const expired: SessionId[] = []
    for (const [endMs, sessionIds] of this.#buckets) {
      if (endMs > nowMs) continue
      expired.push(...sessionIds)
    }
    for (const sessionId of expired) this.stopped(sessionId)
    return expired
  }

  /** How long until the next tick is due. */
  nextTickDelayMs(nowMs: number): number {
    return bucketEnd(nowMs + 1) - nowMs
  }

  /** Sessions by the time at which they end, as the clock is monotonic. */
  ends(): readonly { readonly atMs: number; readonly sessionIds: readonly SessionId[] }[] {
    const buckets = [...this.#buckets].sort(([one], [other]) => one - other)
    return buckets.map(([atMs, sessionIds]) => ({ atMs, sessionIds: [...sessionIds] }))
  }

  inspect(): Readonly<Record<string, unknown>> {
    return { sessions: this.#clocks.size, buckets: this.#buckets.size }
  }

  #file(sessionId: SessionId, clock: SessionClock): void {
    const bucket = this.#buckets.get(clock.expiresAtMs)
    if (bucket === undefined) this.#buckets.set(clock.expiresAtMs, new Set([sessionId]))
    else bucket.add(sessionId)
  }

  #unfile(sessionId: SessionId, clock: SessionClock): void {
    const bucket = this.#buckets.get(clock.expiresAtMs)
    invariant(bucket?.delete(sessionId) === true, 'a session clock is in its bucket')
    if (bucket.size === 0) this.#buckets.delete(clock.expiresAtMs)
  }
}

function bucketEnd(atMs: number): number {
  return Math.ceil(atMs / expiryBucketMs) * expiryBucketMs
}
