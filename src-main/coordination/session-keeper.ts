/**
 * The clocks of the sessions, for the member that leads, and what the others tell it of their clients.
 *
 * Sessions expire where the ensemble is led, by clocks that begin anew when the leader is ready: nobody knows what clients did
 * before. A member that follows gathers whom it heard of, until it tells the leader.
 */
import type { SessionId } from '../kernel/ids'
import type { Clock } from '../kernel/ports'
import { touchedSessionsMax } from './core/consensus/message-codec'
import type { LogCommand } from './core/log-entry'
import { SessionClocks } from './core/session/session-clocks'
import { isSamePassword, type Session, type SessionTable } from './core/session/session-table'

export class SessionKeeper {
  readonly clocks = new SessionClocks()
  readonly #clock: Clock
  readonly #sessions: () => SessionTable
  readonly #hasOthers: boolean
  /** Sessions of this member's clients that the leader is to hear of. */
  readonly #touched = new Set<SessionId>()
  #isRunning = false

  constructor(options: {
    readonly clock: Clock
    /** Of the state as it is; another one after a snapshot came. */
    readonly sessions: () => SessionTable
    readonly hasOthers: boolean
  }) {
    this.#clock = options.clock
    this.#sessions = options.sessions
    this.#hasOthers = options.hasOthers
  }

  /** This member leads, and is ready. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Who leads runs the clocks; every session has its whole time. */
  lead(isReady: boolean): void {
    if (isReady === this.#isRunning) return
    this.#isRunning = isReady
    for (const session of this.#sessions().all()) {
      if (isReady) this.started(session)
      else this.clocks.stopped(session.sessionId)
    }
  }

  started({ sessionId, timeoutMs }: Session): void {
    if (this.#isRunning) this.clocks.started(sessionId, timeoutMs, this.#clock.monotonicMs())
  }

  /** Its end could not be written: it has its whole time again. */
  lives(sessionId: SessionId): void {
    const session = this.#sessions().find(sessionId)
    if (session !== undefined) this.started(session)
  }

  /** By a client of this member. */
  touched(sessionId: SessionId): void {
    this.clocks.touched(sessionId, this.#clock.monotonicMs())
    if (this.#hasOthers && !this.#isRunning) this.#touched.add(sessionId)
  }

  /** By clients of another member, which told so. */
  heardOf(sessionIds: readonly SessionId[]): void {
    for (const sessionId of sessionIds) this.clocks.touched(sessionId, this.#clock.monotonicMs())
  }

  /** Whoever asks for something through another member lives: its answer may be there before that tells of it. */
  askedFor(command: LogCommand): void {
    if (!('connectionId' in command) || command.type === 'createSession') return
    const session = this.#sessions().find(command.sessionId)
    if (session === undefined) return
    const isItsClient =
      command.type === 'attachSession'
        ? isSamePassword(session.password, command.password)
        : session.connectionId === command.connectionId
    if (!isItsClient) return
    this.heardOf([command.sessionId])
  }

  /** Its clocks begin anew. */
  otherLeader(): void {
    this.#touched.clear()
  }

  /** Tells the leader (undefined: this member is it) of all; false when it could not be told. */
  tell(send: ((sessionIds: readonly SessionId[]) => boolean) | undefined): boolean {
    if (send === undefined) this.#touched.clear()
    const sessionIds = [...this.#touched]
    for (let at = 0; at < sessionIds.length; at += touchedSessionsMax) {
      const told = sessionIds.slice(at, at + touchedSessionsMax)
      if (send?.(told) === false) return false
      for (const sessionId of told) this.#touched.delete(sessionId)
    }
    return true
  }
}
