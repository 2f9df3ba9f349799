/**
 * One member of the ensemble: owns the state, the log and the clocks of the sessions, and is the only one to change
 * them. Consensus (core/consensus/raft.ts) says what is to be persisted, applied and sent, and is told what happened; nothing is
 * answered that is not committed, and nothing is visible that is not applied. While one batch goes to the disk, the one before it
 * is applied.
 *
 * Sessions expire where the ensemble is led, by clocks that begin anew when the leader is ready.
 *
 * Policy for the disk: a failed one (sync, rename, close, a write that could not be taken back) ends the process; what was
 * in flight has no answer, and its clients see a lost connection. A full one is refused what needs it: writes are
 * answered with SYSTEMERROR, new and returning clients lose their connection and come again, no session expires; reads
 * and pings go on, and the next write that finds room is a write like any other. Snapshots wait.
 */
import type { SessionId } from '../kernel/ids'
import { AppError } from '../kernel/errors'
import { invariant } from '../kernel/invariant'
import type { Address, Checksum, Clock, Disk, FolderLock, Log, Network, Random, Timer } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import type { MemberFace } from './server-connection'
import { ClientPort, type Word } from './client-port'
import { monitorWord, serverWord, type MemberFigures } from './core/admin-words'
import type { Persist } from './core/consensus/durability'
import type { HardState } from './core/consensus/messages'
import { Raft, type RaftLimits } from './core/consensus/raft'
import type { LogCommand, LogEntry } from './core/log-entry'
import { ReplicatedState, type Outcome } from './core/replicated-state'
import { SessionClocks } from './core/session/session-clocks'
import { SessionIds } from './core/session/session-ids'
import { UniqueNumbers } from './core/session/unique-numbers'
import { negotiatedTimeoutMs, type Session, type TimeoutLimits } from './core/session/session-table'
import type { Steps } from './core/steps'
import { answerRead } from './core/tree/read-answer'
import { WatchTable } from './core/tree/watch-table'
import type { Znode } from './core/tree/znode'
import { HardStateFile } from './hard-state-file'
import { folderHasHardState, openMemberFolder, whenRoom } from './member-folder'
import { SnapshotFile } from './snapshot-file'
import { TxnLog } from './txn-log'
import { passwordBytes } from './wire/connect'
import type { Zxid } from './wire/zxid'

/** The protocol we speak is 3.8's; clients compare the numbers. */
const serverVersion = '3.8.0-lagoon'
/** After a look that found no room. */
const roomRetryMs = 1_000
/** The tree is encoded whole for a snapshot: not again and again for a disk that is full. */
const snapshotRetryMs = 10_000
/** Of a multi in one turn of the event loop. */
const sliceMs = 8
const changesPerStep = 64
const batchLimits = { entriesMax: 1_000, bytesMax: 4 * 1024 * 1024 }
const raftLimits: RaftLimits = {
  persist: batchLimits,
  append: { entriesMax: 1_000, bytesMax: 1024 * 1024 },
  apply: batchLimits,
  flow: { messagesMax: 16, bytesMax: 4 * 1024 * 1024 },
  // Each connection is stopped long before.
  uncommitted: { entriesMax: 1_000_000, bytesMax: 512 * 1024 * 1024 },
  tailBytesKept: 0,
  snapshotBytesMax: 1024 * 1024 * 1024
}
/** An ensemble of one waits for nobody; these are for those of more. */
const electionTimeoutMs = 300
const heartbeatMs = 60

export interface EnsembleNodeOptions {
  /** 1-127. */
  readonly memberId: number
  /** Port 0 takes a free one. */
  readonly address: Address
  readonly dataDir: string
  readonly sessionTimeouts: TimeoutLimits
  /** Bound of recovery: past either a snapshot is taken. Default 50,000 entries, 32 MiB. */
  readonly snapshotEntriesMax?: number
  readonly snapshotBytesMax?: number
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly checksum: Checksum
  readonly log: Log
  /** The member cannot go on: an environment error of its disk, or a broken invariant. Called once. */
  readonly failed: (error: unknown) => void
  /** A session ended by its clock. */
  readonly sessionExpired?: (sessionId: SessionId) => void
}

export class EnsembleNode {
  readonly #options: EnsembleNodeOptions
  readonly #state = new ReplicatedState()
  readonly #watches = new WatchTable()
  readonly #clocks = new SessionClocks()
  readonly #txnLog: TxnLog
  readonly #snapshots: SnapshotFile
  readonly #hardState: HardStateFile
  readonly #port: ClientPort
  readonly #sessionIds: SessionIds
  readonly #proposalIds: UniqueNumbers
  #raft: Raft | undefined
  /** It leads, and is ready. */
  #areClocksRunning = false
  #folderLock: FolderLock | undefined
  #tickTimer: Timer | undefined
  #roomTimer: Timer | undefined
  #loop: Promise<void> = Promise.resolve()
  #isLoopRunning = false
  /** The disk was full at the last write. */
  #isRefusing = false
  /** In the middle of a multi: what is read waits. */
  #isChanging = false
  #snapshotting: Promise<void> | undefined
  /** A snapshot that the disk had no room for: its log is kept, and it is due again at this time. */
  #snapshotOwedAtMs: number | undefined
  #lifecycle: 'new' | 'serving' | 'stopping' | 'failed' = 'new'
  #startedAtMs = 0
  #latency = { count: 0, sumMs: 0, minMs: 0, maxMs: 0 }

  constructor(options: EnsembleNodeOptions) {
    this.#options = options
    const files = { disk: options.disk, checksum: options.checksum, directory: options.dataDir }
    this.#txnLog = new TxnLog({ ...files, whenFull: () => this.#roomMayBe() })
    this.#snapshots = new SnapshotFile(files)
    this.#hardState = new HardStateFile(files)
    this.#sessionIds = new SessionIds(options.memberId, options.clock.nowMs())
    this.#proposalIds = new UniqueNumbers(options.random)
    const connectionIds = new UniqueNumbers(options.random)
    this.#port = new ClientPort({
      network: options.network,
      log: options.log,
      member: this.#face(),
      nextConnectionId: () => connectionIds.next(),
      tellWord: (word) => this.#tellWord(word),
      connectionClosed: (connectionId) => this.#watches.connectionClosed(connectionId)
    })
  }

  /**
   * Recovers, is elected, then listens; on a full disk it listens all the same. Throws AppError: LOCKED, FOREIGN_FOLDER, CORRUPT,
   * ADDRESS_IN_USE and the disk's own.
   */
  async start(): Promise<Address> {
    const { clock, dataDir, disk, log, memberId } = this.#options
    this.#startedAtMs = clock.monotonicMs()
    const folderPorts = { disk, log, whenFull: () => this.#roomMayBe() }
    const folder = await openMemberFolder(folderPorts, dataDir, memberId)
    this.#folderLock = folder.lock
    try {
      const replayedEntries = await this.#recover(folder.isFirstVersion)
      if (folder.isFirstVersion) await folderHasHardState(folderPorts, dataDir, memberId)
      this.#raft?.start(clock.monotonicMs())
      await this.#work()
      const address = await this.#port.start(this.#options.address)
      this.#lifecycle = 'serving'
      this.#tick()
      if (this.#isRefusing) this.#lookForRoom()
      log('info', 'serving', { ...address, replayedEntries, term: this.#raft?.term, ...this.#state.inspect() })
      return address
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Gives the number of entries that were replayed. Every entry that one member of one has on its disk is committed. */
  async #recover(isFirstVersion: boolean): Promise<number> {
    const { log, memberId, random } = this.#options
    const passedOver = this.#snapshots.load(this.#state, (after) => this.#txnLog.reachesBackTo(after))
    const { entries, lastZxid, truncatedBytes } = await this.#txnLog.recover(this.#state.lastApplied, passedOver)
    for (const entry of entries) this.#state.apply(entry)
    if (passedOver !== undefined)
      log('warn', 'a damaged snapshot was passed over; the log told everything', {
        reason: passedOver.damage.message
      })
    if (truncatedBytes > 0) log('warn', 'cut off a write that was never answered', { bytes: truncatedBytes })
    this.#raft = new Raft({
      memberId,
      members: [memberId],
      electionTimeoutMs,
      heartbeatMs,
      limits: raftLimits,
      random,
      hardState: await this.#hardStateAt(lastZxid, isFirstVersion),
      log: { base: lastZxid, termEnds: [], tail: [] },
      applied: lastZxid
    })
    return entries.length
  }

  /** As it is on disk; of a folder that has none yet, one that goes on from its log. */
  async #hardStateAt(lastZxid: Zxid, isFirstVersion: boolean): Promise<HardState> {
    const found = this.#hardState.read()
    if (found !== undefined) {
      if (found.term < lastZxid.epoch) throw this.#hardState.damaged('the log has entries of a later term')
      return found
    }
    if (lastZxid.epoch > 0 && !isFirstVersion)
      throw this.#hardState.damaged('it is missing, and entries of the log are never without it')
    const hardState = { term: lastZxid.epoch, vote: 0, isVoter: true, incarnation: this.#proposalIds.next() } as const
    if (isFirstVersion)
      await whenRoom(
        () => this.#hardState.write(hardState),
        () => this.#roomMayBe()
      )
    return hardState
  }

  #roomMayBe(): Promise<void> {
    return pause(this.#options.clock, roomRetryMs)
  }

  /** Closes the port, lets what is being written end, closes the files. Idempotent. */
  async stop(): Promise<void> {
    if (this.#lifecycle !== 'failed') this.#lifecycle = 'stopping'
    this.#tickTimer?.cancel()
    this.#roomTimer?.cancel()
    await this.#port.stop()
    await this.#loop
    await this.#snapshotting
    this.#txnLog.close()
    this.#folderLock?.release()
    this.#folderLock = undefined
  }

  /** As it is applied at the moment, without a session; undefined when it is not there. */
  znode(path: string): Znode | undefined {
    return this.#state.tree.find(path)
  }

  inspect(): Readonly<Record<string, unknown>> {
    return {
      lifecycle: this.#lifecycle,
      state: this.#state.inspect(),
      consensus: this.#raft?.inspect(),
      clocks: this.#clocks.inspect(),
      watches: this.#watches.count,
      port: this.#port.counts(),
      logEntries: this.#txnLog.entryCount
    }
  }

  // ── what connections ask for ──────────────────────────────────────────────────────────────────────────────────

  #face(): MemberFace {
    // An object of its own, so that its getter is not frozen into a copy.
    const lastApplied = (): Zxid => this.#state.lastApplied
    const isChanging = (): boolean => this.#isChanging
    const { clock, random, sessionTimeouts } = this.#options
    return {
      get lastApplied() {
        return lastApplied()
      },
      get isChanging() {
        return isChanging()
      },
      nowMs: () => clock.monotonicMs(),
      soon: (callback) => clock.soon(callback),
      propose: (command) => this.#propose(command),
      newSession: (connectionId, askedTimeoutMs) => ({
        type: 'createSession',
        sessionId: this.#sessionIds.next((id) => this.#state.sessions.find(id) !== undefined),
        connectionId,
        timeoutMs: negotiatedTimeoutMs(askedTimeoutMs, sessionTimeouts),
        password: random.bytes(passwordBytes)
      }),
      negotiatedTimeoutMs: (askedMs) => negotiatedTimeoutMs(askedMs, sessionTimeouts),
      read: (connectionId, request) => answerRead(this.#state.tree, this.#watches, connectionId, request),
      watchCount: (connectionId) => this.#watches.countOf(connectionId),
      touched: (sessionId) => this.#clocks.touched(sessionId, clock.monotonicMs()),
      session: (sessionId) => this.#state.sessions.find(sessionId),
      answered: (cameAtMs) => {
        this.#port.answered()
        this.#measure(clock.monotonicMs() - cameAtMs)
      }
    }
  }

  #propose(command: LogCommand): number {
    invariant(this.#raft !== undefined, 'a member that takes requests has recovered')
    const { clock } = this.#options
    const proposalId = this.#proposalIds.next()
    const taken = this.#raft.propose({ proposalId, timeMs: clock.nowMs(), command })
    // Later: who proposes has yet to queue what waits for it.
    if (taken !== 'taken') clock.soon(() => this.#notTaken(command))
    this.#wake()
    return proposalId
  }

  #wake(): void {
    if (this.#isLoopRunning || this.#lifecycle !== 'serving') return
    this.#isLoopRunning = true
    // Not at once: what the other sockets bring in this turn shares the first fdatasync.
    this.#loop = new Promise((resolve) => {
      this.#options.clock.soon(() => void this.#workOrFail().then(resolve))
    })
  }

  /** It is in no log, and others of its connection may be: who is not led loses the connection, as in ZooKeeper. */
  #notTaken(command: LogCommand): void {
    if ('connectionId' in command) this.#port.close(command.connectionId)
    else if (command.type === 'expireSession') this.#lives(command.sessionId)
  }

  // ── the owner loop ────────────────────────────────────────────────────────────────────────────────────────────

  async #workOrFail(): Promise<void> {
    try {
      await this.#work()
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isLoopRunning = false
    }
  }

  /** Until there is nothing left to do, or the disk has no room for it. */
  async #work(): Promise<void> {
    const raft = this.#raft
    invariant(raft !== undefined, 'the loop runs after recovery')
    for (let ready = raft.takeReady(); ready !== undefined; ready = raft.takeReady()) {
      const { persist, committed } = ready
      this.#lead(raft.isReady)
      if (this.#isSnapshotDue()) {
        await this.#applyAll(committed)
        await this.#snapshot()
        if (persist !== undefined && !this.#settled(raft, persist, await this.#persisted(persist))) return
      } else if (persist === undefined) {
        await this.#applyAll(committed)
      } else {
        const [isPersisted] = await Promise.all([this.#persisted(persist), this.#applyAll(committed)])
        if (!this.#settled(raft, persist, isPersisted)) return
      }
    }
  }

  /** False when the disk is full, and then no entry of it is in the log. What can be synced is what was written at once. */
  async #persisted({ hardState, truncateAfter, entries }: Persist): Promise<boolean> {
    try {
      if (hardState !== undefined) await this.#hardState.write(hardState)
      if (truncateAfter !== undefined) this.#txnLog.truncateAfter(truncateAfter)
      if (entries.length > 0) this.#txnLog.append(entries)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
      if (!this.#isRefusing)
        this.#options.log('warn', 'the disk is full: writes are refused', { reason: error.message })
      this.#isRefusing = true
      return false
    }
    if (truncateAfter !== undefined || entries.length > 0) await this.#txnLog.sync()
    this.#isRefusing = false
    return true
  }

  /** Consensus is told, after what was committed before is applied: proposals of a connection are decided in order. */
  #settled(raft: Raft, persist: Persist, isPersisted: boolean): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    if (isPersisted) {
      raft.persisted(persist, nowMs)
      return true
    }
    for (const entry of raft.refused(persist, nowMs)) this.#refuse(entry)
    this.#lookForRoom()
    return false
  }

  /** With the next proposal, or after a while. */
  #lookForRoom(): void {
    this.#roomTimer?.cancel()
    if (this.#lifecycle === 'serving')
      this.#roomTimer = this.#options.clock.after(roomRetryMs, () => {
        if (this.#isRefusing) this.#wake()
      })
  }

  #refuse({ command, proposalId }: LogEntry): void {
    switch (command.type) {
      case 'createSession':
      case 'attachSession':
        // Not "expired", which would be a lie: a client whose connection is lost comes again.
        this.#port.close(command.connectionId)
        return
      case 'expireSession':
        this.#lives(command.sessionId)
        return
      case 'closeSession':
      case 'operation':
        this.#port.refused(command.connectionId, proposalId)
        return
      case 'beginTerm':
      case 'admitMember':
    }
  }

  /** Its end could not be written: it has its whole time again. */
  #lives(sessionId: SessionId): void {
    const session = this.#state.sessions.find(sessionId)
    if (session !== undefined) this.#startClock(session)
  }

  /** Who leads runs the clocks; nobody knows what clients did before, so every session has its whole time. */
  #lead(isReady: boolean): void {
    if (isReady === this.#areClocksRunning) return
    this.#areClocksRunning = isReady
    for (const session of this.#state.sessions.all()) {
      if (isReady) this.#startClock(session)
      else this.#clocks.stopped(session.sessionId)
    }
  }

  #startClock({ sessionId, timeoutMs }: Session): void {
    if (this.#areClocksRunning) this.#clocks.started(sessionId, timeoutMs, this.#options.clock.monotonicMs())
  }

  /** Other sockets have their turn in the middle of a long multi, but nobody sees half of it. */
  async #applyAll(batch: readonly LogEntry[]): Promise<void> {
    const { clock } = this.#options
    for (const entry of batch) {
      const applying = this.#apply(entry)
      if (this.#hasEnded(applying)) continue
      this.#isChanging = true
      do await new Promise<void>((resolve) => clock.soon(resolve))
      while (!this.#hasEnded(applying))
      this.#isChanging = false
      this.#port.changed()
    }
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
    const { outcome, changes } = yield* this.#state.applyInSteps(entry)
    for (const [i, change] of changes.entries()) {
      for (const watch of this.#watches.fire(change)) this.#port.fired(watch)
      if (i % changesPerStep === changesPerStep - 1) yield
    }
    this.#settle(outcome)
    const { command } = entry
    if ('connectionId' in command) {
      this.#port.committed(command.connectionId, entry, outcome)
    } else if (command.type === 'expireSession' && outcome.type === 'sessionClosed') {
      this.#port.close(outcome.connectionId)
      this.#options.log('info', 'session expired', { sessionId: `0x${outcome.sessionId.toString(16)}` })
      this.#options.sessionExpired?.(outcome.sessionId)
    }
  }

  /** Clocks and connections follow what was decided. */
  #settle(outcome: Outcome): void {
    switch (outcome.type) {
      case 'sessionCreated':
      case 'sessionAttached': {
        const session = this.#state.sessions.find(outcome.sessionId)
        invariant(session !== undefined, 'an attached session is in the table')
        this.#startClock(session)
        if (outcome.type === 'sessionAttached') this.#port.close(outcome.previousConnectionId)
        return
      }
      case 'sessionClosed':
        this.#clocks.stopped(outcome.sessionId)
        return
      case 'attachRefused':
      case 'nothing':
      case 'moved':
      case 'reply':
        return
    }
  }

  #isSnapshotDue(): boolean {
    if (this.#snapshotting !== undefined) return false
    const { snapshotEntriesMax = 50_000, snapshotBytesMax = 32 * 1024 * 1024, clock } = this.#options
    if (this.#snapshotOwedAtMs !== undefined) return clock.monotonicMs() >= this.#snapshotOwedAtMs
    return this.#txnLog.entryCount >= snapshotEntriesMax || this.#txnLog.sizeBytes >= snapshotBytesMax
  }

  async #snapshot(): Promise<void> {
    this.#snapshotOwedAtMs = undefined
    const zxid = this.#state.lastApplied
    const bytes = this.#snapshots.encode(this.#state)
    try {
      // The next segment is there before the snapshot: a snapshot without a log after it would hide a lost log.
      await this.#txnLog.roll()
    } catch (error) {
      this.#snapshotFailed(error)
      return
    }
    this.#snapshotting = this.#snapshots
      .write(zxid, bytes)
      .then(() => {
        this.#txnLog.deleteUpTo(zxid)
        this.#snapshots.deleteBefore(zxid)
        this.#raft?.compactedTo(zxid)
        this.#options.log('info', 'snapshot written', { bytes: bytes.byteLength, znodes: this.#state.tree.count })
      })
      .catch((error: unknown) => this.#snapshotFailed(error))
      .finally(() => {
        this.#snapshotting = undefined
      })
  }

  /** Without a snapshot the log only grows: a start has more to read. */
  #snapshotFailed(error: unknown): void {
    if (!(error instanceof AppError) || error.code !== 'DISK_FULL') {
      this.#fail(error)
      return
    }
    this.#snapshotOwedAtMs = this.#options.clock.monotonicMs() + snapshotRetryMs
    this.#options.log('warn', 'the disk is full: a snapshot waits for room', { reason: error.message })
  }

  #tick(): void {
    const { clock } = this.#options
    const now = clock.monotonicMs()
    if (this.#raft?.isReady === true)
      for (const sessionId of this.#clocks.tick(now)) this.#propose({ type: 'expireSession', sessionId })
    this.#port.tick(now)
    this.#tickTimer = clock.after(this.#clocks.nextTickDelayMs(now), () => {
      if (this.#lifecycle === 'serving') this.#tick()
    })
  }

  #fail(error: unknown): void {
    if (this.#lifecycle === 'failed') return
    this.#lifecycle = 'failed'
    this.#tickTimer?.cancel()
    this.#options.failed(error)
  }

  // ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────

  #tellWord(word: Word): string {
    switch (word) {
      case 'ruok':
        return 'imok'
      case 'srvr':
        return serverWord(this.#figures())
      case 'mntr':
        return monitorWord(this.#figures())
    }
  }

  #figures(): MemberFigures {
    const { count, sumMs, minMs, maxMs } = this.#latency
    const thousandths = (value: number): number => Math.round(value * 1000) / 1000
    return {
      version: serverVersion,
      latency: {
        minMs: Math.round(minMs),
        averageMs: count === 0 ? 0 : thousandths(sumMs / count),
        maxMs: Math.round(maxMs)
      },
      ...this.#port.counts(),
      zxid: this.#state.lastApplied,
      znodes: this.#state.tree.count,
      watches: this.#watches.count,
      ephemerals: this.#state.tree.ephemeralCount,
      dataBytes: this.#state.tree.approximateDataBytes,
      sessions: this.#state.sessions.count,
      uptimeMs: Math.round(this.#options.clock.monotonicMs() - this.#startedAtMs)
    }
  }

  #measure(durationMs: number): void {
    const latency = this.#latency
    latency.minMs = latency.count === 0 ? durationMs : Math.min(latency.minMs, durationMs)
    latency.maxMs = Math.max(latency.maxMs, durationMs)
    latency.sumMs += durationMs
    latency.count++
  }
}
