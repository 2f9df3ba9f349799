/**
 * The sessions: part of the replicated state, changed only by applying entries. The password stands in the entry that
 * made the session, so that every member and every later start knows it.
 * Invariant: a session has exactly one attachment, the connection that attached last; no other may write.
 */
import type { SessionId } from '../../../kernel/ids'
import { invariant } from '../../../kernel/invariant'

export interface Session {
  readonly sessionId: SessionId
  readonly password: Uint8Array
  readonly timeoutMs: number
  /** The connection whose requests count; ids are never used twice, also over restarts. */
  readonly connectionId: number
}

export class SessionTable {
  readonly #sessions = new Map<SessionId, Session>()

  get count(): number {
    return this.#sessions.size
  }

  find(sessionId: SessionId): Session | undefined {
    return this.#sessions.get(sessionId)
  }

  all(): readonly Session[] {
    return [...this.#sessions.values()]
  }

  created(session: Session): void {
    invariant(!this.#sessions.has(session.sessionId), 'a session id is new', { sessionId: session.sessionId })
    this.#sessions.set(session.sessionId, session)
  }

  attached(session: Session, connectionId: number, timeoutMs: number): void {
    invariant(this.#sessions.get(session.sessionId) === session, 'a session that attaches is in the table')
    this.#sessions.set(session.sessionId, { ...session, connectionId, timeoutMs })
  }

  closed(sessionId: SessionId): void {
    invariant(this.#sessions.delete(sessionId), 'a session that closes is in the table', { sessionId })
  }
}

/** Constant in time over equal lengths, so that a password is not guessed byte by byte. */
export function isSamePassword(one: Uint8Array, other: Uint8Array): boolean {
  if (one.byteLength !== other.byteLength) return false
  let difference = 0
  for (let index = 0; index < one.byteLength; index++) difference |= (one[index] ?? 0) ^ (other[index] ?? 0)
  return difference === 0
}

export interface TimeoutLimits {
  readonly minMs: number
  readonly maxMs: number
}

export function negotiatedTimeoutMs(askedMs: number, limits: TimeoutLimits): number {
  return Math.min(limits.maxMs, Math.max(limits.minMs, askedMs))
}
