/** A member as its connections see it: what they ask of it that needs no decision of its own. */
import { authenticated } from './authentication'
import type { ClientPort } from './client-port'
import type { Latency } from './core/latency'
import type { ReplicatedState } from './core/replicated-state'
import { SessionIds } from './core/session/session-ids'
import { negotiatedTimeoutMs } from './core/session/session-table'
import { answerRead } from './core/tree/read-answer'
import type { WatchTable } from './core/tree/watch-table'
import type { EnsembleNodeOptions } from './member-options'
import type { MemberFace } from './server-connection'
import type { SessionKeeper } from './session-keeper'
import { passwordBytes } from './wire/connect'
import type { Zxid } from './wire/zxid'

export interface FaceParts extends Pick<MemberFace, 'propose' | 'barrier' | 'confirm'> {
  /** Another one after a snapshot came. */
  readonly state: () => ReplicatedState
  readonly isChanging: () => boolean
  /** How far whatever a client watches has been told. */
  readonly toldTo: () => Zxid
  readonly watches: WatchTable
  readonly sessions: SessionKeeper
  readonly latency: Latency
  readonly port: () => ClientPort
}

export function memberFace(options: EnsembleNodeOptions, parts: FaceParts): MemberFace {
  const { clock, random, sessionTimeouts } = options
  const { state, isChanging, toldTo, watches, sessions, latency, port, propose, barrier, confirm } = parts
  const sessionIds = new SessionIds(options.memberId, clock.nowMs())
  return {
    ensembleId: options.peers?.ensembleId,
    get lastApplied() {
      return toldTo()
    },
    get isChanging() {
      return isChanging()
    },
    log: options.log,
    nowMs: () => clock.monotonicMs(),
    wallMs: () => clock.nowMs(),
    soon: (callback) => clock.soon(callback),
    propose,
    barrier,
    confirm,
    newSession: (connectionId, askedTimeoutMs) => ({
      type: 'createSession',
      sessionId: sessionIds.next((id) => state().sessions.find(id) !== undefined),
      connectionId,
      timeoutMs: negotiatedTimeoutMs(askedTimeoutMs, sessionTimeouts),
      password: random.bytes(passwordBytes)
    }),
    negotiatedTimeoutMs: (askedMs) => negotiatedTimeoutMs(askedMs, sessionTimeouts),
    read: (reader, request) => answerRead(state().tree, watches, reader, request),
    authenticate: (scheme, credentials, host) => authenticated(options, scheme, credentials, host),
    watchCount: (connectionId) => watches.countOf(connectionId),
    touched: (sessionId) => sessions.touched(sessionId),
    session: (sessionId) => state().sessions.find(sessionId),
    answered: (cameAtMs) => {
      port().answered()
      latency.add(clock.monotonicMs() - cameAtMs)
    }
  }
}
