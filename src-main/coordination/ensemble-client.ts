/**
 * The client that brokers and the monitor use: one session with the ensemble over ZooKeeper's protocol.
 *
 * It decides when to connect, ping, re-attach and give up; what a session event means is for its owner. Rules:
 * - A request made while there is no connection fails at once with CONNECTIONLOSS; so do those in flight when a
 *   connection goes. Their outcome is unknown and nothing is retried here (as in ZooKeeper's ConnectionLoss).
 * - 'disconnected' does not end the session: the client re-attaches by id and password and arms its watches again.
 *   Only the ensemble ends a session: 'expired'. Then every watch is forgotten, and start() begins a new session.
 * - Watches are one-shot and can miss states in between: after an event, read again.
 */
import type { PackedZxid, SessionId } from '../kernel/ids'
import { ignore, messageOf } from '../kernel/errors'
import { invariant } from '../kernel/invariant'
import type { Address, Clock, Connection, FrameHandler, Log, Network, Random, Timer } from '../kernel/ports'
import { withinTime } from '../kernel/waiting'
import { EnsembleClientWatches, type Watcher, type WatchKind } from './ensemble-client-watches'
import { EnsembleError, type EnsembleErrorCode } from './ensemble-error'
import { createFlags, errorCodes, errorName, specialXids } from './wire/codes'
import { connectRequestFrame, isOfForeignEnsemble, passwordBytes, readConnectResponse } from './wire/connect'
import { copyOfBytes, DecodeError, juteBytesMax, JuteReader } from './wire/jute-reader'
import { JuteWriter } from './wire/jute-writer'
import { requestOp, writeRequest, type MultiOperation, type Request } from './wire/requests'
import { readReplyHeader, readResponse, readWatchEvent, type Response } from './wire/responses'
import { openAcl, type Acl, type Stat } from './wire/stat'
import { compareZxid, zxidToBigint, zxidZero, type Zxid } from './wire/zxid'

export { EnsembleError, isPassing, type EnsembleErrorCode } from './ensemble-error'
export type { Watcher } from './ensemble-client-watches'
export type { WatcherEvent } from './wire/responses'

/** connected: attached, requests are possible. expired and closed: the session is gone with all its ephemerals. */
export type SessionEvent = 'connected' | 'disconnected' | 'expired' | 'closed'
export type SessionState = 'idle' | 'connecting' | 'connected' | 'expired' | 'closed'

export interface ZnodeStat {
  /** Broker epoch of a /brokers/ids znode (KIP-380). */
  readonly czxid: PackedZxid
  readonly mzxid: PackedZxid
  readonly pzxid: PackedZxid
  readonly ctimeMs: number
  readonly mtimeMs: number
  readonly version: number
  readonly cversion: number
  /** Session that owns an ephemeral; 0n for persistent znodes. */
  readonly ephemeralOwner: SessionId
  readonly dataLength: number
  readonly numChildren: number
}

export interface CreateOptions {
  readonly ephemeral?: boolean
  /** Appends ten digits that grow with each create under the parent. */
  readonly sequential?: boolean
}

export type Operation =
  | ({ readonly type: 'create'; readonly path: string; readonly data: Uint8Array | null } & CreateOptions)
  | { readonly type: 'delete' | 'check'; readonly path: string; readonly version?: number }
  | {
      readonly type: 'setData'
      readonly path: string
      readonly data: Uint8Array | null
      /** Absent or -1: any. */
      readonly version?: number
    }

/** In the order of the operations; `path` of a create, `stat` of a create and a setData. */
export interface OperationResult {
  readonly path?: string
  readonly stat?: ZnodeStat
}

export interface EnsembleClientOptions {
  readonly addresses: readonly Address[]
  /** The only ensemble that is meant; a Lagoon member of another one that is found at one of these addresses turns us away. Absent: any. */
  readonly ensembleId?: string
  /** Told once of each address where a member of another ensemble answers, until one of ours does there. The client goes on trying. */
  readonly turnedAway?: (by: Address) => void
  /** Asked for; the ensemble clamps it to 4-40 s: see negotiatedTimeoutMs. */
  readonly sessionTimeoutMs: number
  readonly clock: Clock
  readonly network: Network
  readonly random: Random
  readonly log?: Log
  /** Requests without an answer yet; more fail with OPERATIONTIMEOUT. Default 10,000. */
  readonly outstandingRequestsMax?: number
}

interface PendingRequest {
  readonly xid: number
  readonly op: number
  readonly path: string
  resolve(response: Response): void
  reject(error: EnsembleError): void
}

const anyVersion = -1
/** Of no request: the frame that attaches has none. */
const handshakeXid = 0
const reconnectDelayMinMs = 20
const reconnectDelayMaxMs = 1_000
const connectTimeoutMaxMs = 5_000
const closeTimeoutMs = 2_000
/** Replies are not limited by the server's 1 MiB; a directory of 100,000 names must fit. */
const replyBytesMax = 64 * 1024 * 1024

export class EnsembleClient {
  readonly #options: EnsembleClientOptions
  readonly #watches = new EnsembleClientWatches()
  readonly #listeners = new Set<(event: SessionEvent) => void>()
  readonly #waiting = new Set<{ resolve: () => void; reject: (error: EnsembleError) => void }>()
  #state: SessionState = 'idle'
  #sessionId: SessionId = 0n
  #password: Uint8Array = new Uint8Array(passwordBytes)
  #timeoutMs: number
  #lastZxidSeen: Zxid = zxidZero
  #nextXid = 1
  #pending: PendingRequest[] = []
  #connection: Connection | undefined
  /** Counts attempts, so that what an older connection still says is not taken for the present one's. */
  #attempt = 0
  #nextAddress: number
  /** Of the attempt. */
  #address: Address | undefined
  /** Those that were told of: of `addresses`, so that there are no more. */
  readonly #foreign = new Set<Address>()
  #reconnectDelayMs = reconnectDelayMinMs
  #timer: Timer | undefined
  /** When something was asked whose answer confirms the session. */
  #lastAskedMs = 0
  #lastHeardMs = 0
  /** The oldest such question after the last answer, and when it was asked. */
  #probe: { readonly xid: number; readonly sentMs: number; readonly pingsBefore: number } | undefined
  /** All pings have one xid, and are answered in their order: so many answers are of earlier ones. */
  #pingsSent = 0
  #pingsAnswered = 0
  #confirmedMs = -Infinity
  #closing: Promise<void> | undefined

  constructor(options: EnsembleClientOptions) {
    invariant(options.addresses.length > 0, 'an ensemble has an address')
    this.#options = options
    this.#timeoutMs = options.sessionTimeoutMs
    this.#nextAddress = options.random.uint32() % options.addresses.length
  }

  get state(): SessionState {
    return this.#state
  }

  /** 0n before the first connection. */
  get sessionId(): SessionId {
    return this.#sessionId
  }

  /** Of the member that it is connected to, or tries to be. */
  get address(): Address | undefined {
    return this.#address
  }

  /** The newest change that an answer of this session has told of; 0n before the first. */
  get lastZxid(): PackedZxid {
    return zxidToBigint(this.#lastZxidSeen)
  }

  get negotiatedTimeoutMs(): number {
    return this.#timeoutMs
  }

  /**
   * By our own monotonic clock: before this nobody can have taken the session for expired, since the leader has heard of what was
   * asked a timeout earlier, and led. -Infinity without a session.
   */
  get aliveUntilMs(): number {
    return this.#confirmedMs + this.#timeoutMs
  }

  /** Begins to connect; after 'expired' it begins a new session. Returns at once: see whenConnected. */
  start(): void {
    if (this.#state === 'connecting' || this.#state === 'connected') return
    invariant(this.#state !== 'closed', 'a closed client is not started again')
    this.#sessionId = 0n
    this.#password = new Uint8Array(passwordBytes)
    // A new session has seen nothing: a member whose history is shorter may be another ensemble's.
    this.#lastZxidSeen = zxidZero
    this.#state = 'connecting'
    this.#connect()
  }

  /** Calls the listener with every session event, from now on; returns what takes it off again. */
  onSession(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when attached; rejects with SESSIONEXPIRED, or CONNECTIONLOSS when closed or aborted. */
  whenConnected(signal?: AbortSignal): Promise<void> {
    if (this.#state === 'connected') return Promise.resolve()
    if (this.#state === 'expired') return Promise.reject(new EnsembleError('SESSIONEXPIRED', '/'))
    if (this.#state === 'closed' || signal?.aborted) return Promise.reject(new EnsembleError('CONNECTIONLOSS', '/'))
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.delete(waiter)
        reject(new EnsembleError('CONNECTIONLOSS', '/'))
      }
      const waiter = {
        resolve: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
        reject: (error: EnsembleError) => {
          signal?.removeEventListener('abort', abort)
          reject(error)
        }
      }
      this.#waiting.add(waiter)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** Resolves with the path as created (a sequential one is longer than asked). NODEEXISTS, NONODE of the parent. */
  async create(
    path: string,
    data: Uint8Array | null,
    options: CreateOptions = {}
  ): Promise<{ path: string; stat: ZnodeStat }> {
    const flags = flagsOf(options)
    const response = await this.#request({ type: 'create', path, data, acl: openAcl, flags, withStat: true }, path)
    invariant(response.type === 'create' && response.stat !== undefined, 'create2 is answered with path and stat')
    return { path: response.path, stat: znodeStat(response.stat) }
  }

  /** NONODE, BADVERSION, NOTEMPTY. */
  async delete(path: string, version = anyVersion): Promise<void> {
    await this.#request({ type: 'delete', path, version }, path)
  }

  /** Undefined when there is none; the watcher then waits for its creation. */
  async exists(path: string, watcher?: Watcher): Promise<ZnodeStat | undefined> {
    try {
      const response = await this.#request({ type: 'exists', path, watch: watcher !== undefined }, path, (error) => {
        if (watcher !== undefined && error === 'OK') this.#watches.add('data', path, watcher)
        if (watcher !== undefined && error === 'NONODE') this.#watches.add('exist', path, watcher)
      })
      invariant(response.type === 'exists', 'exists is answered with a stat')
      return znodeStat(response.stat)
    } catch (error) {
      return undefinedWhenNoNode(error)
    }
  }

  /** Undefined when there is none, and then no watch is left: use exists for that. */
  async getData(
    path: string,
    watcher?: Watcher
  ): Promise<{ readonly data: Uint8Array | null; readonly stat: ZnodeStat } | undefined> {
    try {
      const request = { type: 'getData', path, watch: watcher !== undefined } as const
      const response = await this.#request(request, path, this.#arm('data', path, watcher))
      invariant(response.type === 'getData', 'getData is answered with data')
      return { data: response.data, stat: znodeStat(response.stat) }
    } catch (error) {
      return undefinedWhenNoNode(error)
    }
  }

  /** Who may do what. NONODE; NOAUTH for who may neither read nor administer it. */
  async getAcl(path: string): Promise<readonly Acl[]> {
    const response = await this.#request({ type: 'getACL', path }, path)
    invariant(response.type === 'getACL', 'getACL is answered with a list')
    return response.acl
  }

  /** NONODE, BADVERSION. */
  async setData(path: string, data: Uint8Array | null, version = anyVersion): Promise<ZnodeStat> {
    const response = await this.#request({ type: 'setData', path, data, version }, path)
    invariant(response.type === 'setData', 'setData is answered with a stat')
    return znodeStat(response.stat)
  }

  /** Names without the parent's path, sorted. Undefined when there is no such znode, and then no watch is left. */
  async getChildren(
    path: string,
    watcher?: Watcher
  ): Promise<{ readonly children: readonly string[]; readonly stat: ZnodeStat } | undefined> {
    try {
      const request = { type: 'getChildren', path, watch: watcher !== undefined, withStat: true } as const
      const response = await this.#request(request, path, this.#arm('child', path, watcher))
      invariant(response.type === 'getChildren' && response.stat !== undefined, 'getChildren2 is answered with a stat')
      return { children: [...response.children].sort(), stat: znodeStat(response.stat) }
    } catch (error) {
      return undefinedWhenNoNode(error)
    }
  }

  /** All or nothing. Rejects with the code, path and failedIndex of the first operation that failed. */
  async multi(operations: readonly Operation[]): Promise<readonly OperationResult[]> {
    const first = operations[0]
    const response = await this.#request(
      { type: 'multi', operations: operations.map(wireOperation) },
      first?.path ?? '/'
    )
    invariant(response.type === 'multi', 'multi is answered with results')
    const { results } = response
    const failedIndex = results.findIndex((result) => result.type === 'error' && result.error !== errorCodes.OK)
    const failed = results[failedIndex]
    if (failed?.type === 'error') {
      throw new EnsembleError(errorName(failed.error), operations[failedIndex]?.path ?? '/', failedIndex)
    }
    return results.map((result) => {
      if (result.type === 'create' && result.stat !== undefined) {
        return { path: result.path, stat: znodeStat(result.stat) }
      }
      return result.type === 'setData' ? { stat: znodeStat(result.stat) } : {}
    })
  }

  /** A read after this sees every write that was answered before it, whoever made it. */
  async sync(path: string): Promise<void> {
    await this.#request({ type: 'sync', path }, path)
  }

  /** Ends the session, with its ephemerals, when there is a connection; without one it is left to expire. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Gives the session up without a word to the ensemble, which is not ours: as if it had expired. */
  abandon(): void {
    if (this.#state === 'connecting' || this.#state === 'connected') this.#ended('expired')
  }

  /** Drops the connection without ending the session: for tests and drills. */
  dropConnection(): void {
    this.#connection?.destroy()
  }

  inspect(): Readonly<Record<string, unknown>> {
    return {
      state: this.#state,
      sessionId: `0x${BigInt.asUintN(64, this.#sessionId).toString(16)}`,
      timeoutMs: this.#timeoutMs,
      lastZxidSeen: this.#lastZxidSeen,
      pendingRequests: this.#pending.length,
      watches: this.#watches.count
    }
  }

  // ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** `onAnswer` runs when the reply is read, before anything that came after it: there watches are armed. */
  #request(request: Request, path: string, onAnswer?: (error: EnsembleErrorCode) => void): Promise<Response> {
    if (this.#state === 'expired') return Promise.reject(new EnsembleError('SESSIONEXPIRED', path))
    if (this.#state !== 'connected') return Promise.reject(new EnsembleError('CONNECTIONLOSS', path))
    if (this.#pending.length >= (this.#options.outstandingRequestsMax ?? 10_000)) {
      return Promise.reject(new EnsembleError('OPERATIONTIMEOUT', path))
    }
    const xid = this.#nextXid
    const frame = requestFrame(xid, request)
    // The member would close the connection without a word, and all that is in flight would be in doubt.
    if (frame.byteLength - 4 > juteBytesMax) return Promise.reject(new EnsembleError('BADARGUMENTS', path))
    return new Promise((resolve, reject) => {
      this.#nextXid = xid === 0x7fff_ffff ? 1 : xid + 1
      this.#pending.push({
        xid,
        op: requestOp(request),
        path,
        resolve: (response) => {
          onAnswer?.('OK')
          resolve(response)
        },
        reject: (error) => {
          onAnswer?.(error.code)
          reject(error)
        }
      })
      this.#send(frame, xid, asksLeader(request))
    })
  }

  #arm(kind: WatchKind, path: string, watcher: Watcher | undefined): (error: EnsembleErrorCode) => void {
    return (error) => {
      if (watcher !== undefined && error === 'OK') this.#watches.add(kind, path, watcher)
    }
  }

  #send(frame: Uint8Array, xid: number, confirms: boolean): void {
    this.#connection?.send(frame)
    if (!confirms) return
    this.#lastAskedMs = this.#options.clock.monotonicMs()
    this.#probe ??= { xid, sentMs: this.#lastAskedMs, pingsBefore: this.#pingsSent }
    if (xid === specialXids.ping) this.#pingsSent += 1
  }

  #answered(xid: number): void {
    const isPing = xid === specialXids.ping
    if (isPing) this.#pingsAnswered += 1
    if (this.#probe?.xid !== xid || (isPing && this.#pingsAnswered <= this.#probe.pingsBefore)) return
    this.#confirmedMs = this.#probe.sentMs
    this.#probe = undefined
  }

  // ── connection ────────────────────────────────────────────────────────────────────────────────────────────────

  #connect(): void {
    const { addresses, clock, network } = this.#options
    const address = addresses[this.#nextAddress++ % addresses.length]
    invariant(address !== undefined, 'an ensemble has an address')
    this.#address = address
    const attempt = ++this.#attempt
    const timeoutMs = Math.min(connectTimeoutMaxMs, Math.max(1, Math.floor(this.#timeoutMs / addresses.length)))
    this.#lastHeardMs = clock.monotonicMs()
    network
      .connect({ ...address, frameBytesMax: replyBytesMax, timeoutMs }, (connection) =>
        this.#opened(connection, attempt)
      )
      .catch((error: unknown) => {
        this.#options.log?.('debug', 'ensemble member not reached', { ...address, reason: messageOf(error) })
        if (attempt === this.#attempt) this.#lost()
      })
  }

  #opened(connection: Connection, attempt: number): FrameHandler {
    if (attempt !== this.#attempt || this.#state !== 'connecting') {
      connection.destroy()
      return { frame: () => undefined, closed: () => undefined }
    }
    this.#connection = connection
    this.#send(
      connectRequestFrame({
        lastZxidSeen: this.#lastZxidSeen,
        timeoutMs: this.#options.sessionTimeoutMs,
        sessionId: this.#sessionId,
        password: this.#password,
        readOnly: false,
        ...(this.#options.ensembleId === undefined ? {} : { ensembleId: this.#options.ensembleId })
      }),
      handshakeXid,
      true
    )
    this.#watchSilence(attempt)
    return {
      frame: (bytes) => {
        if (attempt === this.#attempt) this.#received(bytes)
      },
      closed: () => {
        if (attempt === this.#attempt) this.#lost()
      }
    }
  }

  #received(bytes: Uint8Array): void {
    this.#lastHeardMs = this.#options.clock.monotonicMs()
    try {
      // The bytes lie in a shared buffer: what outlives this call is copied below.
      if (this.#state !== 'connecting') this.#replied(new JuteReader(bytes))
      else if (!isOfForeignEnsemble(new JuteReader(bytes))) this.#handshaken(new JuteReader(bytes))
      else this.#turnedAway()
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#options.log?.('warn', 'unreadable answer from the ensemble', { reason: messageOf(error) })
      this.#connection?.destroy()
      this.#lost()
    }
  }

  /** What was meant is not there: nothing is said of the session, which is another's to end. */
  #turnedAway(): void {
    const address = this.#address
    this.#connection?.destroy()
    this.#lost()
    if (address === undefined || this.#foreign.has(address)) return
    this.#foreign.add(address)
    this.#options.log?.('warn', 'a member of another ensemble answers', { ...address })
    this.#options.turnedAway?.(address)
  }

  #handshaken(reader: JuteReader): void {
    const response = readConnectResponse(reader)
    if (this.#address !== undefined) this.#foreign.delete(this.#address)
    if (response.timeoutMs <= 0) {
      this.#ended('expired')
      return
    }
    this.#answered(handshakeXid)
    this.#sessionId = response.sessionId
    this.#password = copyOfBytes(response.password)
    this.#timeoutMs = response.timeoutMs
    this.#reconnectDelayMs = reconnectDelayMinMs
    this.#state = 'connected'
    for (const request of this.#watches.setWatchesRequests(this.#lastZxidSeen)) {
      this.#send(requestFrame(specialXids.setWatches, request), specialXids.setWatches, false)
    }
    for (const waiter of this.#waiting) waiter.resolve()
    this.#waiting.clear()
    this.#tell('connected')
  }

  #replied(reader: JuteReader): void {
    const header = readReplyHeader(reader)
    if (header.xid === specialXids.watchEvent) {
      const event = readWatchEvent(reader)
      if (event !== undefined) for (const watcher of this.#watches.take(event)) watcher(event)
      return
    }
    if (compareZxid(header.zxid, this.#lastZxidSeen) > 0) this.#lastZxidSeen = header.zxid
    this.#answered(header.xid)
    if (header.xid === specialXids.ping || header.xid === specialXids.setWatches) return
    const pending = this.#pending[0]
    if (pending?.xid !== header.xid) throw new DecodeError(`reply to request ${header.xid} out of turn`)
    // Decoded before it is taken off: what cannot be decoded fails with the connection.
    const response = header.error === errorCodes.OK ? ownedResponse(readResponse(pending.op, reader)) : undefined
    this.#pending.shift()
    if (response !== undefined) pending.resolve(response)
    else pending.reject(new EnsembleError(errorName(header.error), pending.path))
  }

  /**
   * Pings when it has asked nothing that confirms the session for a third of it, gives the connection up after two thirds of
   * silence (as ZooKeeper's ClientCnxn, but for that reads do not count).
   */
  #watchSilence(attempt: number): void {
    this.#timer?.cancel()
    const { clock } = this.#options
    const third = this.#timeoutMs / 3
    const check = (): void => {
      if (attempt !== this.#attempt) return
      const now = clock.monotonicMs()
      if (now - this.#lastHeardMs >= 2 * third) {
        this.#connection?.destroy()
        this.#lost()
        return
      }
      if (this.#state === 'connected' && now - this.#lastAskedMs >= third * 0.9) {
        this.#send(requestFrame(specialXids.ping, { type: 'ping' }), specialXids.ping, true)
      }
      this.#watchSilence(attempt)
    }
    const idleMs = clock.monotonicMs() - this.#lastAskedMs
    this.#timer = clock.after(Math.max(10, Math.min(third, third - idleMs)), check)
  }

  /** The connection is gone or was never made; the session may live on. */
  #lost(): void {
    const wasConnected = this.#state === 'connected'
    this.#dropTransport()
    if (this.#state !== 'connected' && this.#state !== 'connecting') return
    this.#state = 'connecting'
    this.#failPending('CONNECTIONLOSS')
    const { clock, random } = this.#options
    const delayMs = this.#reconnectDelayMs * (0.5 + random.uint32() / 0x2_0000_0000)
    this.#reconnectDelayMs = Math.min(reconnectDelayMaxMs, this.#reconnectDelayMs * 2)
    const attempt = this.#attempt
    this.#timer = clock.after(delayMs, () => {
      if (attempt === this.#attempt && this.#state === 'connecting') this.#connect()
    })
    if (wasConnected) this.#tell('disconnected')
  }

  #ended(event: 'expired' | 'closed'): void {
    this.#connection?.destroy()
    this.#dropTransport()
    this.#state = event
    this.#confirmedMs = -Infinity
    this.#watches.clear()
    const code = event === 'expired' ? 'SESSIONEXPIRED' : 'CONNECTIONLOSS'
    this.#failPending(code)
    for (const waiter of this.#waiting) waiter.reject(new EnsembleError(code, '/'))
    this.#waiting.clear()
    this.#tell(event)
  }

  async #close(): Promise<void> {
    if (this.#state === 'connected') {
      const answered = this.#request({ type: 'closeSession' }, '/').then(
        () => undefined,
        (error: unknown) => ignore(error, 'without an answer the session expires by itself')
      )
      await withinTime(this.#options.clock, closeTimeoutMs, answered)
    }
    if (this.#state !== 'expired' && this.#state !== 'closed') this.#ended('closed')
    this.#state = 'closed'
  }

  #dropTransport(): void {
    this.#attempt++
    this.#connection = undefined
    this.#probe = undefined
    this.#pingsSent = 0
    this.#pingsAnswered = 0
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #failPending(code: EnsembleErrorCode): void {
    const failed = this.#pending
    this.#pending = []
    for (const request of failed) request.reject(new EnsembleError(code, request.path))
  }

  #tell(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }
}

function requestFrame(xid: number, request: Request): Uint8Array {
  const writer = JuteWriter.frame(
    'data' in request && request.data instanceof Uint8Array ? 256 + request.data.length : 256
  )
  writer.int(xid).int(requestOp(request))
  writeRequest(writer, request)
  return writer.finishFrame()
}

/** A member answers it when its leader has heard of it: what any member reads by itself says nothing of the session. */
function asksLeader({ type }: Request): boolean {
  switch (type) {
    case 'create':
    case 'delete':
    case 'setData':
    case 'multi':
    case 'sync':
    case 'ping':
    case 'closeSession':
      return true
    default:
      return false
  }
}

function flagsOf(options: CreateOptions): number {
  return (
    (options.ephemeral === true ? createFlags.ephemeral : 0) |
    (options.sequential === true ? createFlags.sequential : 0)
  )
}

function wireOperation(operation: Operation): MultiOperation {
  const { path } = operation
  switch (operation.type) {
    case 'create':
      return { type: 'create', path, data: operation.data, acl: openAcl, flags: flagsOf(operation), withStat: true }
    case 'setData':
      return { type: 'setData', path, data: operation.data, version: operation.version ?? anyVersion }
    case 'delete':
    case 'check':
      return { type: operation.type, path, version: operation.version ?? anyVersion }
  }
}

function ownedResponse(response: Response): Response {
  return response.type === 'getData' && response.data !== null
    ? { ...response, data: copyOfBytes(response.data) }
    : response
}

function undefinedWhenNoNode(error: unknown): undefined {
  if (error instanceof EnsembleError && error.code === 'NONODE') return undefined
  throw error
}

function znodeStat(stat: Stat): ZnodeStat {
  return {
    czxid: zxidToBigint(stat.czxid),
    mzxid: zxidToBigint(stat.mzxid),
    pzxid: zxidToBigint(stat.pzxid),
    ctimeMs: stat.ctimeMs,
    mtimeMs: stat.mtimeMs,
    version: stat.version,
    cversion: stat.cversion,
    ephemeralOwner: stat.ephemeralOwner,
    dataLength: stat.dataLength,
    numChildren: stat.numChildren
  }
}
