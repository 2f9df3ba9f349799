/**
 * Applies what is committed, in order: to the state, then to watches, connections and clocks. A long multi is applied in
 * slices: other sockets have their turn in the middle of it, but nobody sees half of it. What never happens is told, too.
 */
import { invariant } from '../kernel/invariant'
import type { ClientPort } from './client-port'
import type { LogCommand, LogEntry } from './core/log-entry'
import type { Outcome, ReplicatedState } from './core/replicated-state'
import type { Steps } from './core/steps'
import type { WatchTable } from './core/tree/watch-table'
import type { EnsembleNodeOptions } from './member-options'
import { ExpiryNews } from './expiry-news'
import type { SessionKeeper } from './session-keeper'
import { compareZxid, zxidZero, type Zxid } from './wire/zxid'

/** Of a multi in one turn of the event loop. */
const sliceMs = 8
const changesPerStep = 64

export interface ApplierParts {
  /** Another one after a snapshot came. */
  readonly state: () => ReplicatedState
  readonly watches: WatchTable
  readonly sessions: SessionKeeper
  readonly port: ClientPort
  /** What this member had on its disk when it started. */
  readonly recoveredTo: () => Zxid
}

type ApplierOptions = Pick<EnsembleNodeOptions, 'clock' | 'log' | 'applied' | 'sessionsExpired'>

export class EntryApplier {
  readonly #options: ApplierOptions
  readonly #parts: ApplierParts
  /** Every member sees sessions end, some of them again after each start: the one that leads tells. */
  readonly #told: ExpiryNews
  readonly #logged: ExpiryNews
  #isChanging = false
  /** Before the entry that is being applied. */
  #before: Zxid = zxidZero

  constructor(options: ApplierOptions, parts: ApplierParts) {
    const { clock, log, sessionsExpired } = options
    this.#options = options
    this.#parts = parts
    this.#logged = new ExpiryNews(clock, ({ sample, ...counts }) =>
      log('info', 'sessions expired', { ...counts, sample: `0x${sample.toString(16)}` })
    )
    this.#told = new ExpiryNews(clock, (expired) => sessionsExpired?.(expired))
  }

  /** Nothing is applied any more: what was gathered to be told is told. */
  stop(): void {
    this.#told.tellNow()
    this.#logged.tellNow()
  }

  /** In the middle of a multi: what is read waits. */
  get isChanging(): boolean {
    return this.#isChanging
  }

  /**
   * How far a client may take itself to be: who comes back to another member asks for what it missed since then, and in the middle of
   * a multi its watches have not told of that yet.
   */
  get toldTo(): Zxid {
    return this.#isChanging ? this.#before : this.#parts.state().lastApplied
  }

  async applyAll(batch: readonly LogEntry[]): Promise<void> {
    const { clock } = this.#options
    for (const entry of batch) {
      this.#before = this.#parts.state().lastApplied
      const applying = this.#apply(entry)
      if (this.#hasEnded(applying)) continue
      this.#isChanging = true
      do await new Promise<void>((resolve) => clock.soon(resolve))
      while (!this.#hasEnded(applying))
      this.#isChanging = false
      this.#parts.port.changed()
    }
  }

  /** The disk had no room for it, and it is in no log: whoever proposed it is told. */
  refuse({ command, proposalId }: LogEntry): void {
    const { port, sessions } = this.#parts
    switch (command.type) {
      case 'createSession':
      case 'attachSession':
        // Not "expired", which would be a lie: a client whose connection is lost comes again.
        port.close(command.connectionId)
        return
      case 'expireSession':
        sessions.lives(command.sessionId)
        return
      case 'closeSession':
      case 'operation':
        port.refused(command.connectionId, proposalId)
        return
      case 'beginTerm':
      case 'admitMember':
      case 'deletePassed':
    }
  }

  /** It is in no log, and others of its connection may be: who is not led loses the connection, as in ZooKeeper. */
  notTaken(command: LogCommand): void {
    if ('connectionId' in command) this.#parts.port.close(command.connectionId)
    else if (command.type === 'expireSession') this.#parts.sessions.lives(command.sessionId)
  }

  /** After a slice of it. */
  #hasEnded(steps: Steps<void>): boolean {
    const endMs = this.#options.clock.monotonicMs() + sliceMs
    for (;;) {
      if (steps.next().done === true) return true
      if (this.#options.clock.monotonicMs() >= endMs) return false
    }
  }

  *#apply(entry: LogEntry): Steps<void> {
    const { port, watches, sessions, state, recoveredTo } = this.#parts
    const applied = yield* state().applyInSteps(entry)
    this.#options.applied?.(entry, applied)
    const { outcome, changes } = applied
    for (const [i, change] of changes.entries()) {
      for (const watch of watches.fire(change)) port.fired(watch)
      if (i % changesPerStep === changesPerStep - 1) yield
    }
    this.#settle(outcome)
    const { command } = entry
    if ('connectionId' in command) {
      port.committed(command.connectionId, entry, outcome)
    } else if (command.type === 'expireSession' && outcome.type === 'sessionClosed') {
      port.close(outcome.connectionId)
      const ephemerals = changes.filter(({ type }) => type === 'deleted').length
      this.#logged.add(outcome.sessionId, ephemerals)
      if (sessions.isRunning && compareZxid(entry.zxid, recoveredTo()) > 0)
        this.#told.add(outcome.sessionId, ephemerals)
    }
  }

  /** Clocks and connections follow what was decided. */
  #settle(outcome: Outcome): void {
    const { port, sessions, state } = this.#parts
    switch (outcome.type) {
      case 'sessionCreated':
      case 'sessionAttached': {
        const session = state().sessions.find(outcome.sessionId)
        invariant(session !== undefined, 'an attached session is in the table')
        sessions.started(session)
        if (outcome.type === 'sessionAttached') port.close(outcome.previousConnectionId)
        return
      }
      case 'sessionClosed':
        sessions.clocks.stopped(outcome.sessionId)
        return
      case 'attachRefused':
      case 'nothing':
      case 'moved':
      case 'reply':
        return
    }
  }
}
