/**
 * One client's connection: decodes its requests and answers them in their order.
 *
 * Everything a client sent waits in one queue: a write until its entry is applied, a read behind it. So a session reads
 * its own writes, and replies come in the order of requests (ZooKeeper Programmer's Guide, "Consistency Guarantees"). Events are sent when an
 * entry is applied, hence before any reply that shows the change.
 * Whom a connection has shown to be goes with each request as it was when that came, since it may be judged elsewhere and later.
 * An event is told to whoever may read the znode it is about, as in ZooKeeper from 3.8.4 on (CVE-2024-23944).
 * Limits: outstandingMax requests and outstandingBytesMax of them, unsentBytesMax of replies; past each of them the
 * connection is not read until there is room again. A client that does not take its events is closed.
 */
import type { SessionId } from '../kernel/ids'
import { invariant } from '../kernel/invariant'
import type { Connection, Log } from '../kernel/ports'
import { looksAtTree, piecesOf, type Decision, type Waiting } from './connection-queue'
import type { ConnectionFigures } from './core/admin-words'
import { identitiesLengthMax, identitiesMax } from './core/client-command'
import { ConnectionTraffic } from './core/connection-traffic'
import type { LogCommand } from './core/log-entry'
import type { Outcome } from './core/replicated-state'
import { isSamePassword } from './core/session/session-table'
import { isAllowed } from './core/tree/access'
import type { Reader, ReadAnswer } from './core/tree/read-answer'
import type { FiredWatch } from './core/tree/watch-table'
import { errorCodes, opCodes, permissions, specialXids } from './wire/codes'
import {
  connectResponseFrame,
  foreignEnsembleFrame,
  readConnectRequest,
  sessionRefused,
  type ConnectRequest
} from './wire/connect'
import { copyOfBytes, DecodeError, JuteReader } from './wire/jute-reader'
import { readRequest, type AuthRequest, type ReadRequest, type Request } from './wire/requests'
import { replyFrame, watchEventFrame, type Response, type WatcherEvent } from './wire/responses'
import type { Identity } from './wire/stat'
import { compareZxid, zxidZero, type Zxid } from './wire/zxid'

export const outstandingMax = 1_000
export const outstandingBytesMax = 4 * 1024 * 1024
export const unsentBytesMax = 1024 * 1024
/** Replies wait for room; events cannot. */
const unsentEventBytesMax = 64 * 1024 * 1024
export const watchesPerConnectionMax = 250_000
/**
 * An answer that took longer is the last of its connection in this turn: one that counts a whole tree, or looks through all ephemerals of a
 * session, takes some 50 ms of a million znodes, fits into a few bytes, and a client may ask for a thousand of them at once.
 */
const longAnswerMs = 5
/** What a connection asks of the member. */
export interface MemberFace {
  /** Undefined of an ensemble of one. */
  readonly ensembleId: string | undefined
  readonly lastApplied: Zxid
  /** In the middle of a multi: nothing is read but pings. */
  readonly isChanging: boolean
  readonly log: Log
  nowMs(): number
  wallMs(): number
  /** Runs the callback in a later turn of the event loop. */
  soon(callback: () => void): void
  /** Wants a command in the log. The outcome comes later, by `committed` or `refused`, with the proposal id. */
  propose(command: LogCommand): number
  /**
   * Calls back, in a later turn, when everything is applied that was committed when this was asked; with false when nobody leads
   * who could tell.
   */
  barrier(passed: (isPassed: boolean) => void): void
  /**
   * Calls back when the leader has heard of all sessions that were touched here, leads still, and what it had in its log by then is
   * applied here, the end of a session among it; with false as a barrier does.
   */
  confirm(passed: (isPassed: boolean) => void): void
  /** The command that makes a new session for this connection. */
  newSession(connectionId: number, askedTimeoutMs: number): LogCommand & { readonly type: 'createSession' }
  negotiatedTimeoutMs(askedMs: number): number
  read(reader: Reader, request: ReadRequest): ReadAnswer
  /** Whom these credentials show; undefined when there is no such scheme, or they say nothing. */
  authenticate(scheme: string, credentials: Uint8Array | null, host: string): readonly Identity[] | undefined
  watchCount(connectionId: number): number
  touched(sessionId: SessionId): void
  session(sessionId: SessionId): { readonly password: Uint8Array; readonly timeoutMs: number } | undefined
  /** A request was answered that came at this time. */
  answered(cameAtMs: number): void
}

export class ServerConnection {
  readonly connectionId: number
  readonly #connection: Connection
  readonly #member: MemberFace
  readonly #openedAtMs: number
  readonly #traffic = new ConnectionTraffic()
  /** Replaced when there is one more, so that what waits keeps its own. */
  #identities: readonly Identity[]
  #sessionId: SessionId | undefined
  /** Its handshake was answered with the session: before that, whose it is has only been said. */
  #isAttached = false
  #queue: Waiting[] = []
  #queuedBytes = 0
  /** Syncs and pings in the queue that wait for the leader's word. */
  #barriers = 0
  #isPaused = false
  #isContinuing = false
  /** The last answer took long: nothing more is read for this client in this turn. */
  #isResting = false
  /** Nothing more is read or answered. */
  #isOver = false

  constructor(connection: Connection, connectionId: number, member: MemberFace) {
    this.#connection = connection
    this.connectionId = connectionId
    this.#member = member
    this.#openedAtMs = member.nowMs()
    this.#identities = [{ scheme: 'ip', id: connection.remote.host }]
  }

  get sessionId(): SessionId | undefined {
    return this.#sessionId
  }

  figures(): ConnectionFigures {
    const { host, port } = this.#connection.remote
    const sessionId = this.#sessionId
    const timeoutMs = sessionId === undefined ? undefined : this.#member.session(sessionId)?.timeoutMs
    const own = { host, port, isRead: !this.#isPaused, queued: this.#queue.length, ...this.#traffic.counts() }
    if (sessionId === undefined || timeoutMs === undefined) return { ...own, session: undefined }
    const establishedAtMs = this.#member.wallMs() - (this.#member.nowMs() - this.#openedAtMs)
    return { ...own, session: { sessionId, timeoutMs, establishedAtMs, ...this.#traffic.details() } }
  }

  resetFigures(): void {
    this.#traffic.reset()
  }

  get isShaken(): boolean {
    return this.#sessionId !== undefined
  }

  get openedAtMs(): number {
    return this.#openedAtMs
  }

  get outstanding(): number {
    return this.#queue.length
  }

  /** A frame; it lies in a shared buffer, so what is kept is copied. */
  frame(bytes: Uint8Array): void {
    if (this.#isOver) return
    const reader = new JuteReader(bytes)
    this.#traffic.received()
    try {
      if (this.#sessionId === undefined) this.#handshake(readConnectRequest(reader))
      else this.#request(this.#sessionId, reader, bytes)
    } catch (error) {
      // Too short for its header, or no handshake: there is nothing to answer to.
      if (!(error instanceof DecodeError)) throw error
      this.destroy()
    }
    this.#answerWaiting()
  }

  /** The oldest proposal that waits was applied, as the entry at this zxid. */
  committed(proposalId: number, zxid: Zxid, outcome: Outcome): void {
    this.#decided(proposalId, { zxid, outcome })
  }

  /** The oldest proposal that waits is in no log, and never will be: the member's disk is full, or it does not lead. */
  refused(proposalId: number): void {
    this.#decided(proposalId, undefined)
  }

  /** It heads the queue, unless reads before it wait for the client to take their replies: then it waits with them. */
  #decided(proposalId: number, decision: Decision | undefined): void {
    if (this.#isOver) return
    const index = this.#queue.findIndex(({ type }) => type === 'handshake' || type === 'write')
    const waiting = this.#queue[index]
    invariant(waiting?.type === 'handshake' || waiting?.type === 'write', 'a proposal that is decided waits')
    invariant(waiting.proposalId === proposalId, 'proposals of a connection are decided in order', { proposalId })
    const { cameAtMs } = waiting
    if (waiting.type === 'handshake') {
      invariant(index === 0 && decision !== undefined, 'a handshake comes first, and is not refused')
      this.#queue.shift()
      this.#shaken(waiting.request, decision.outcome)
      this.#answered(cameAtMs)
    } else {
      const { xid, bytes } = waiting
      this.#queuedBytes -= bytes
      this.#queue[index] = { type: 'written', cameAtMs, xid, decision }
      if (index === 0) this.#answerHead()
    }
    this.#answerWaiting()
  }

  /** The member is in the middle of a multi no more. */
  changed(): void {
    if (!this.#isOver && this.#queue.length > 0) this.#answerWaiting()
  }

  fired({ event }: FiredWatch): void {
    if (isAllowed(event.acl, permissions.read, this.#identities)) this.event(event)
  }

  event(event: WatcherEvent): void {
    if (this.#isOver) return
    this.#connection.send(watchEventFrame(event))
    const { unsentBytes } = this.#connection
    if (unsentBytes > unsentEventBytesMax) this.#giveUp('it does not take its events', { unsentBytes })
  }

  /**
   * Goes on in a later turn: a client that takes its replies as fast as they are made would otherwise keep every other
   * connection waiting until it has them all.
   */
  drained(): void {
    if (this.#isOver || (this.#queue.length === 0 && !this.#isPaused)) return
    this.#continueLater()
  }

  #continueLater(): void {
    if (this.#isContinuing) return
    this.#isContinuing = true
    this.#member.soon(() => {
      this.#isContinuing = false
      this.#isResting = false
      this.#answerWaiting()
    })
  }

  /** To the client it is a lost connection, and it comes again with the same: only here can be seen why. */
  #giveUp(reason: string, figures: Readonly<Record<string, number>>): void {
    if (this.#isOver) return
    const { host, port } = this.#connection.remote
    const sessionId = `0x${(this.#sessionId ?? 0n).toString(16)}`
    this.#member.log('warn', 'a connection was given up', { reason, remote: `${host}:${port}`, sessionId, ...figures })
    this.destroy()
  }

  destroy(): void {
    this.#isOver = true
    this.#queue = []
    this.#connection.destroy()
  }

  #handshake(request: ConnectRequest): void {
    const cameAtMs = this.#member.nowMs()
    // Of another ensemble, whose port this member has now: to it, its session is not over, and nothing of it is known here.
    if (request.ensembleId !== undefined && request.ensembleId !== this.#member.ensembleId) {
      this.#connection.send(foreignEnsembleFrame())
      this.#end()
      return
    }
    // A client must not go back in time: it is to try a member that has seen as much, without an answer, as in ZooKeeperServer.processConnectRequest.
    if (compareZxid(request.lastZxidSeen, this.#member.lastApplied) > 0) {
      this.destroy()
      return
    }
    const { connectionId } = this
    const command: LogCommand =
      request.sessionId === 0n
        ? this.#member.newSession(connectionId, request.timeoutMs)
        : {
            type: 'attachSession',
            sessionId: request.sessionId,
            connectionId,
            timeoutMs: this.#member.negotiatedTimeoutMs(request.timeoutMs),
            password: copyOfBytes(request.password)
          }
    this.#sessionId = command.sessionId
    // From here on its clock must not run out while the entry is on its way to the disk.
    const session = this.#member.session(command.sessionId)
    if (session !== undefined && isSamePassword(session.password, request.password)) {
      this.#member.touched(command.sessionId)
    }
    const proposalId = this.#member.propose(command)
    this.#queue.push({ type: 'handshake', cameAtMs, proposalId, request: { ...request, password: new Uint8Array(0) } })
  }

  #shaken(request: ConnectRequest, outcome: Outcome): void {
    const { readOnly } = request
    const isAccepted = outcome.type === 'sessionCreated' || outcome.type === 'sessionAttached'
    const session = isAccepted ? this.#member.session(outcome.sessionId) : undefined
    this.#isAttached = session !== undefined
    if (!isAccepted || session === undefined) {
      this.#connection.send(
        connectResponseFrame({ ...sessionRefused, readOnly: readOnly === undefined ? undefined : false })
      )
      this.#end()
      return
    }
    this.#connection.send(
      connectResponseFrame({
        timeoutMs: session.timeoutMs,
        sessionId: outcome.sessionId,
        password: session.password,
        readOnly: readOnly === undefined ? undefined : false
      })
    )
  }

  #request(sessionId: SessionId, reader: JuteReader, bytes: Uint8Array): void {
    // Whoever sends more behind a wrong password keeps no session alive.
    if (this.#isAttached) this.#member.touched(sessionId)
    const cameAtMs = this.#member.nowMs()
    const xid = reader.int()
    const op = reader.int()
    this.#traffic.asked(op, xid)
    const bodyAt = reader.position
    const request = this.#decoded(op, reader)
    // Who it is from will not be known: no request behind it is to be judged as nobody's (ZooKeeperServer.processPacket closes, too).
    if (request === 'malformed' && op === opCodes.auth) throw new DecodeError('a name that cannot be read')
    if (request === 'malformed' || request === 'unknown') {
      const error = request === 'malformed' ? errorCodes.MARSHALLINGERROR : errorCodes.UNIMPLEMENTED
      this.#queue.push({ type: 'error', cameAtMs, xid, error, closes: request === 'unknown' })
      return
    }
    const identities = this.#identities
    switch (request.type) {
      case 'create':
      case 'delete':
      case 'setData':
      case 'setACL':
      case 'reconfig':
      case 'multi': {
        const { connectionId } = this
        const body = copyOfBytes(bytes.subarray(bodyAt))
        this.#write(
          cameAtMs,
          xid,
          { type: 'operation', sessionId, connectionId, op, body, identities },
          body.byteLength
        )
        return
      }
      case 'closeSession':
        this.#write(cameAtMs, xid, { type: 'closeSession', sessionId, connectionId: this.connectionId }, 0)
        return
      case 'auth':
        this.#queue.push({ cameAtMs, xid, ...this.#authenticated(request) })
        return
      case 'sasl':
        // There are no credentials to be had by it: who wants it is to know at once.
        this.#queue.push({ type: 'error', cameAtMs, xid, error: errorCodes.AUTHFAILED, closes: true })
        return
      case 'deleteContainer':
        this.#queue.push({ type: 'error', cameAtMs, xid, error: errorCodes.BADARGUMENTS, closes: false })
        return
      case 'ping':
        // Always -2, whatever the client wrote (measured on 3.8). A client takes the answer for a timeout that begins anew.
        this.#member.confirm(this.#readBehind(cameAtMs, specialXids.ping, request))
        return
      case 'sync':
        this.#member.barrier(this.#readBehind(cameAtMs, xid, request))
        return
      case 'setWatches': {
        const pieces = piecesOf(request)
        const last = pieces.pop() ?? request
        for (const piece of pieces) this.#queue.push({ type: 'piece', cameAtMs, request: piece, identities })
        this.#queue.push({ type: 'read', cameAtMs, xid, request: last, identities })
        return
      }
      default:
        this.#queue.push({ type: 'read', cameAtMs, xid, request, identities })
    }
  }

  /** Counts for what comes after it. */
  #authenticated(request: AuthRequest): AuthAnswer {
    const refused: AuthAnswer = { type: 'error', error: errorCodes.AUTHFAILED, closes: true }
    const shown = this.#member.authenticate(request.scheme, request.credentials, this.#connection.remote.host)
    if (shown === undefined) return refused
    const isKnown = (one: Identity): boolean =>
      this.#identities.some(({ scheme, id }) => scheme === one.scheme && id === one.id)
    const added = shown.filter((one) => !isKnown(one))
    const identities = [...this.#identities, ...added]
    const length = identities.reduce((sum, { scheme, id }) => sum + scheme.length + id.length, 0)
    if (identities.length > identitiesMax || length > identitiesLengthMax) return refused
    this.#identities = identities
    return { type: 'authenticated' }
  }

  /**
   * Not proposed while a sync or a ping before it waits for the leader: what is read between the two waits, too, and must not see
   * what was asked for after it.
   */
  #write(cameAtMs: number, xid: number, command: LogCommand, bytes: number): void {
    this.#queuedBytes += bytes
    if (this.#barriers > 0) this.#queue.push({ type: 'held', cameAtMs, xid, command, bytes })
    else this.#queue.push({ type: 'write', cameAtMs, xid, proposalId: this.#member.propose(command), bytes })
  }

  /** A sync or a ping has passed: proposes what was held, up to the next one. */
  #release(): void {
    for (const [index, waiting] of this.#queue.entries()) {
      if (waiting.type === 'read' && waiting.barrier?.isPassed === false) return
      if (waiting.type !== 'held') continue
      const { cameAtMs, xid, command, bytes } = waiting
      this.#queue[index] = { type: 'write', cameAtMs, xid, proposalId: this.#member.propose(command), bytes }
    }
  }

  /** Queues it; gives what lets it pass, or ends the connection. */
  #readBehind(cameAtMs: number, xid: number, request: ReadRequest): (isPassed: boolean) => void {
    const barrier = { isPassed: false }
    this.#barriers++
    this.#queue.push({ type: 'read', cameAtMs, xid, request, identities: this.#identities, barrier })
    return (isPassed) => {
      barrier.isPassed = true
      this.#barriers--
      if (this.#isOver) return
      if (!isPassed) {
        this.destroy()
        return
      }
      this.#answerWaiting()
      this.#release()
    }
  }

  #decoded(op: number, reader: JuteReader): Request | 'malformed' | 'unknown' {
    try {
      return readRequest(op, reader) ?? 'unknown'
    } catch (error) {
      if (error instanceof DecodeError) return 'malformed'
      throw error
    }
  }

  #written(xid: number, decision: Decision | undefined): void {
    if (decision === undefined) {
      this.#reply(xid, this.#member.lastApplied, errorCodes.SYSTEMERROR)
      return
    }
    const { zxid, outcome } = decision
    switch (outcome.type) {
      case 'reply':
        this.#reply(xid, zxid, outcome.error, outcome.response)
        return
      case 'sessionClosed':
        this.#reply(xid, zxid, errorCodes.OK, { type: 'empty' })
        this.#end()
        return
      case 'moved':
        this.destroy()
        return
      default:
        invariant(false, 'a write has an outcome of its own', { outcome: outcome.type })
    }
  }

  /** Answers what has nothing left to wait for, as far as the client takes it, and reads on when there is room. */
  #answerWaiting(): void {
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (head.type === 'handshake' || head.type === 'write' || head.type === 'held') break
      if (head.type === 'read' && head.barrier?.isPassed === false) break
      if (this.#connection.unsentBytes > unsentBytesMax) break
      if ((this.#member.isChanging || this.#isResting) && looksAtTree(head)) break
      if (head.type === 'piece') {
        // What else arrives in this turn does not bring the next one on.
        if (this.#isContinuing) break
        this.#answerHead()
        this.#continueLater()
        break
      }
      const beganMs = this.#member.nowMs()
      this.#answerHead()
      if (this.#member.nowMs() - beganMs <= longAnswerMs) continue
      this.#isResting = true
      this.#continueLater()
    }
    this.#regulate()
  }

  #answerHead(): void {
    const head = this.#queue.shift()
    if (head?.type === 'piece') {
      this.#read(head.request, head.identities)
      return
    }
    if (head?.type === 'read') this.#readAnswer(head.xid, head.request, head.identities)
    else if (head?.type === 'authenticated') this.#reply(head.xid, zxidZero, errorCodes.OK)
    else if (head?.type === 'error') this.#errorAnswer(head.xid, head.error, head.closes)
    else if (head?.type === 'written') this.#written(head.xid, head.decision)
    if (head !== undefined) this.#answered(head.cameAtMs)
  }

  #answered(cameAtMs: number): void {
    this.#traffic.answered(cameAtMs, this.#member.nowMs())
    this.#member.answered(cameAtMs)
  }

  #readAnswer(xid: number, request: ReadRequest, identities: readonly Identity[]): void {
    const { error, response } = this.#read(request, identities)
    this.#reply(xid, this.#member.lastApplied, error, response)
  }

  #read(request: ReadRequest, identities: readonly Identity[]): ReadAnswer {
    const { connectionId } = this
    const answer = this.#member.read({ connectionId, sessionId: this.#sessionId ?? 0n, identities }, request)
    for (const event of answer.events) this.event(event)
    const watches = this.#member.watchCount(this.connectionId)
    if (watches > watchesPerConnectionMax)
      this.#giveUp('it watches more than a client may', { watches, watchesPerConnectionMax })
    return answer
  }

  #errorAnswer(xid: number, error: number, closes: boolean): void {
    this.#reply(xid, this.#member.lastApplied, error)
    if (closes) this.#end()
  }

  #reply(xid: number, zxid: Zxid, error: number, response?: Response): void {
    this.#traffic.replied(zxid)
    this.#connection.send(replyFrame({ xid, zxid, error }, response))
  }

  #regulate(): void {
    if (this.#isOver) return
    const isFull =
      this.#queue.length >= outstandingMax ||
      this.#queuedBytes >= outstandingBytesMax ||
      this.#connection.unsentBytes > unsentBytesMax
    if (isFull === this.#isPaused) return
    this.#isPaused = isFull
    if (isFull) this.#connection.pause()
    else this.#connection.resume()
  }

  /** Sends what is on its way, then closes. */
  #end(): void {
    this.#isOver = true
    this.#queue = []
    this.#connection.end()
  }
}

type AuthAnswer =
  { readonly type: 'authenticated' } | { readonly type: 'error'; readonly error: number; readonly closes: boolean }
