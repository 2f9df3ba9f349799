/**
 * What the log's entries make: the tree and the sessions. apply is a pure function of state and entry, so every member
 * and every restart that applies the same entries has the same state, gives the same replies and the same events.
 *
 * Invariants: entries are applied in the order of their zxids, each once; a write counts only from the connection its
 * session is attached to; every ephemeral's owner is a session of the table. What no member proposes (client-command.ts) is passed
 * over by all of them alike: a log that has it must not keep any from starting.
 * Deviation: create2 inside a multi is answered with path and Stat; 3.8 answers it as a create, without (measured).
 */
import type { SessionId } from '../../kernel/ids'
import { invariant } from '../../kernel/invariant'
import { errorCodes } from '../wire/codes'
import { copyOfBytes } from '../wire/jute-reader'
import type { MultiResult, Response } from '../wire/responses'
import { compareZxid, zxidZero, type Zxid } from '../wire/zxid'
import { writtenRequest } from './client-command'
import type { Identity } from '../wire/stat'
import type { LogCommand, LogEntry } from './log-entry'
import { isSamePassword, SessionTable } from './session/session-table'
import { allAtOnce, type Steps } from './steps'
import { ZnodeTree, type TreeChange, type TreeContext } from './tree/znode-tree'

export type Outcome =
  | { readonly type: 'sessionCreated'; readonly sessionId: SessionId }
  /** The connection that was attached before, which is closed before the new one is answered. */
  | { readonly type: 'sessionAttached'; readonly sessionId: SessionId; readonly previousConnectionId: number }
  /** Unknown, expired, or a wrong password, or a new one's id is taken: the client learns no difference. */
  | { readonly type: 'attachRefused' }
  | { readonly type: 'sessionClosed'; readonly sessionId: SessionId; readonly connectionId: number }
  /** Closing what is closed already, and what members tell each other. */
  | { readonly type: 'nothing' }
  /** The session is attached elsewhere or gone: its connection is closed without an answer. */
  | { readonly type: 'moved' }
  | { readonly type: 'reply'; readonly error: number; readonly response: Response | undefined }

export interface Applied {
  readonly outcome: Outcome
  readonly changes: readonly TreeChange[]
}

const noChanges: readonly TreeChange[] = []

export class ReplicatedState {
  readonly tree = new ZnodeTree()
  readonly sessions = new SessionTable()
  #lastApplied: Zxid = zxidZero

  get lastApplied(): Zxid {
    return this.#lastApplied
  }

  /** After a snapshot was loaded into tree and sessions. */
  restoredAt(zxid: Zxid): void {
    invariant(compareZxid(this.#lastApplied, zxidZero) === 0, 'a snapshot is loaded before any entry')
    this.#lastApplied = zxid
  }

  apply(entry: LogEntry): Applied {
    return allAtOnce(this.applyInSteps(entry))
  }

  /** The same; a long multi yields, and until it has ended nobody is to look at the tree. */
  *applyInSteps(entry: LogEntry): Steps<Applied> {
    invariant(compareZxid(entry.zxid, this.#lastApplied) > 0, 'entries are applied in order', {
      zxid: entry.zxid,
      lastApplied: this.#lastApplied
    })
    this.#lastApplied = entry.zxid
    const { command } = entry
    switch (command.type) {
      case 'createSession': {
        const { sessionId, timeoutMs, connectionId } = command
        if (this.sessions.find(sessionId) !== undefined)
          return { outcome: { type: 'attachRefused' }, changes: noChanges }
        this.sessions.created({ sessionId, timeoutMs, connectionId, password: copyOfBytes(command.password) })
        return { outcome: { type: 'sessionCreated', sessionId }, changes: noChanges }
      }
      case 'attachSession':
        return { outcome: this.#attach(command), changes: noChanges }
      case 'closeSession':
        if (!this.#isAttached(command)) return { outcome: { type: 'moved' }, changes: noChanges }
        return this.#closeSession(entry, command)
      case 'expireSession':
        return this.#closeSession(entry, command)
      case 'operation':
        if (!this.#isAttached(command)) return { outcome: { type: 'moved' }, changes: noChanges }
        return yield* this.#operate(contextOf(entry, command, command.identities), command)
      case 'deletePassed': {
        const context = { zxid: entry.zxid, timeMs: entry.timeMs, sessionId: 0n }
        return { outcome: { type: 'nothing' }, changes: this.tree.deletePassed(context, command.path) }
      }
      case 'beginTerm':
      case 'admitMember':
        return { outcome: { type: 'nothing' }, changes: noChanges }
    }
  }

  inspect(): Readonly<Record<string, unknown>> {
    return { lastApplied: this.#lastApplied, sessions: this.sessions.count, ...this.tree.inspect() }
  }

  #attach(command: Extract<LogCommand, { type: 'attachSession' }>): Outcome {
    const session = this.sessions.find(command.sessionId)
    if (session === undefined || !isSamePassword(session.password, command.password)) return { type: 'attachRefused' }
    this.sessions.attached(session, command.connectionId, command.timeoutMs)
    return { type: 'sessionAttached', sessionId: session.sessionId, previousConnectionId: session.connectionId }
  }

  #closeSession(entry: LogEntry, command: { readonly sessionId: SessionId }): Applied {
    const { sessionId } = command
    const session = this.sessions.find(sessionId)
    if (session === undefined) return { outcome: { type: 'nothing' }, changes: noChanges }
    const changes = this.tree.deleteEphemerals(contextOf(entry, command))
    this.sessions.closed(sessionId)
    return { outcome: { type: 'sessionClosed', sessionId, connectionId: session.connectionId }, changes }
  }

  #isAttached(command: { readonly sessionId: SessionId; readonly connectionId: number }): boolean {
    return this.sessions.find(command.sessionId)?.connectionId === command.connectionId
  }

  *#operate(context: TreeContext, command: Extract<LogCommand, { type: 'operation' }>): Steps<Applied> {
    const request = writtenRequest(command)
    if (request === undefined) return failed(errorCodes.MARSHALLINGERROR)
    if (request.type === 'multi') {
      yield
      const { results, changes } = yield* this.tree.applyAll(context, request.operations)
      // A multi that failed is still answered without an error; its results say it (measured on ZooKeeper 3.8).
      return { outcome: { type: 'reply', error: errorCodes.OK, response: { type: 'multi', results } }, changes }
    }
    if (request.type === 'reconfig') return failed(errorCodes.RECONFIGDISABLED)
    if (request.type === 'setACL') {
      const stat = this.tree.setAcl(context, request)
      if (typeof stat === 'number') return failed(stat)
      return {
        outcome: { type: 'reply', error: errorCodes.OK, response: { type: 'setACL', stat } },
        changes: noChanges
      }
    }
    const { result, changes } = this.tree.apply(context, request)
    return { outcome: replyOf(result), changes }
  }
}

function contextOf(
  { zxid, timeMs }: LogEntry,
  { sessionId }: { readonly sessionId: SessionId },
  identities?: readonly Identity[]
): TreeContext {
  return { zxid, timeMs, sessionId, identities }
}

function failed(error: number): Applied {
  return { outcome: { type: 'reply', error, response: undefined }, changes: noChanges }
}

function replyOf(result: MultiResult): Outcome {
  switch (result.type) {
    case 'error':
      return { type: 'reply', error: result.error, response: undefined }
    case 'create':
    case 'setData':
      return { type: 'reply', error: errorCodes.OK, response: result }
    case 'delete':
    case 'check':
      return { type: 'reply', error: errorCodes.OK, response: { type: 'empty' } }
  }
}
