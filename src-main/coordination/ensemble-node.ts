/**
 * One member of the ensemble: owns the state, the log and the clocks of the sessions, and is the only one to change
 * them. The loop is: propose -> persist -> apply -> send; nothing is answered that is not durable, and nothing is
 * visible that is not applied.
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
import { SoleMember } from './core/consensus/sole-member'
import type { LogCommand, LogEntry } from './core/log-entry'
import { ReplicatedState, type Outcome } from './core/replicated-state'
import { ConnectionIds } from './core/session/connection-ids'
import { SessionClocks } from './core/session/session-clocks'
import { SessionIds } from './core/session/session-ids'
import { negotiatedTimeoutMs, type TimeoutLimits } from './core/session/session-table'
import type { Steps } from './core/steps'
import { answerRead } from './core/tree/read-answer'
import { WatchTable } from './core/tree/watch-table'
import type { Znode } from './core/tree/znode'
import { openMemberFolder } from './member-folder'
import { SnapshotFile } from './snapshot-file'
import { TxnLog } from './txn-log'
import { passwordBytes } from './wire/connect'
import { nextZxid, type Zxid } from './wire/zxid'

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
  readonly #port: ClientPort
  readonly #sessionIds: SessionIds
  #consensus: SoleMember | undefined
  #folderLock: FolderLock | undefined
  #tickTimer: Timer | undefined
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
    this.#txnLog = new TxnLog({ ...files, whenFull: () => pause(this.#options.clock, roomRetryMs) })
    this.#snapshots = new SnapshotFile(files)
    this.#sessionIds = new SessionIds(options.memberId, options.clock.nowMs())
    const connectionIds = new ConnectionIds(options.random)
    this.#port = new ClientPort({
      network: options.network,
      log: options.log,
      member: this.#face(),
      nextConnectionId: () => connectionIds.next(),
      tellWord: (word) => this.#tellWord(word),
      connectionClosed: (connectionId) => this.#watches.connectionClosed(connectionId)
    })
  }

  /** Recovers, then listens. Throws AppError: LOCKED, FOREIGN_FOLDER, CORRUPT, ADDRESS_IN_USE and the disk's own. */
  async start(): Promise<Address> {
    const { clock, dataDir, disk, log, memberId } = this.#options
    this.#startedAtMs = clock.monotonicMs()
    this.#folderLock = await openMemberFolder(
      { disk, log, whenFull: () => pause(this.#options.clock, roomRetryMs) },
      dataDir,
      memberId
    )
    try {
      const passedOver = this.#snapshots.load(this.#state, (after) => this.#txnLog.reachesBackTo(after))
      const recovery = await this.#txnLog.recover(
        this.#state.lastApplied,
        (entry) => this.#state.apply(entry),
        passedOver
      )
      if (passedOver !== undefined)
        log('warn', 'a damaged snapshot was passed over; the log told everything', {
          reason: passedOver.damage.message
        })
      if (recovery.truncatedBytes > 0) {
        log('warn', 'cut off a write that was never answered', { bytes: recovery.truncatedBytes })
      }
      this.#consensus = new SoleMember(recovery.lastZxid, batchLimits)
      const now = clock.monotonicMs()
      // Clients could not reach us: every session gets its whole timeout again (as a new leader of ZooKeeper gives it).
      for (const { sessionId, timeoutMs } of this.#state.sessions.all()) this.#clocks.started(sessionId, timeoutMs, now)
      const address = await this.#port.start(this.#options.address)
      this.#lifecycle = 'serving'
      this.#tick()
      log('info', 'serving', { ...address, replayedEntries: recovery.entries, ...this.#state.inspect() })
      return address
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Closes the port, lets what is being written end, closes the files. Idempotent. */
  async stop(): Promise<void> {
    if (this.#lifecycle !== 'failed') this.#lifecycle = 'stopping'
    this.#tickTimer?.cancel()
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
      consensus: this.#consensus?.inspect(),
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

  #propose(command: LogCommand): Zxid {
    invariant(this.#consensus !== undefined, 'a member that takes requests has recovered')
    const { zxid } = this.#consensus.proposed(command, this.#options.clock.nowMs())
    if (!this.#isLoopRunning && this.#lifecycle === 'serving') {
      this.#isLoopRunning = true
      // Not at once: what the other sockets bring in this turn shares the first fdatasync.
      this.#loop = new Promise((resolve) => {
        this.#options.clock.soon(() => void this.#commitQueued().then(resolve))
      })
    }
    return zxid
  }

  // ── the owner loop ────────────────────────────────────────────────────────────────────────────────────────────

  async #commitQueued(): Promise<void> {
    const consensus = this.#consensus
    invariant(consensus !== undefined, 'the loop runs after recovery')
    try {
      for (let batch = consensus.nextBatch(); batch !== undefined; batch = consensus.nextBatch()) {
        if (!this.#appended(batch)) {
          for (const entry of consensus.batchRefused()) this.#refuse(entry)
          continue
        }
        await this.#txnLog.sync()
        this.#isRefusing = false
        await this.#applyAll(consensus.batchPersisted())
        await this.#snapshotWhenDue()
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isLoopRunning = false
    }
  }

  /** False when the disk is full, and then nothing of the batch is in the log. */
  #appended(batch: readonly LogEntry[]): boolean {
    try {
      this.#txnLog.append(batch)
      return true
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
      if (!this.#isRefusing)
        this.#options.log('warn', 'the disk is full: writes are refused', { reason: error.message })
      this.#isRefusing = true
      return false
    }
  }

  #refuse({ command, zxid }: LogEntry): void {
    switch (command.type) {
      case 'createSession':
      case 'attachSession':
        // Not "expired", which would be a lie: a client whose connection is lost comes again.
        this.#port.close(command.connectionId)
        return
      case 'expireSession': {
        const session = this.#state.sessions.find(command.sessionId)
        if (session !== undefined)
          this.#clocks.started(session.sessionId, session.timeoutMs, this.#options.clock.monotonicMs())
        return
      }
      case 'closeSession':
      case 'operation':
        this.#port.refused(command.connectionId, zxid)
    }
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
    if (entry.command.type !== 'expireSession') {
      this.#port.committed(entry.command.connectionId, entry.zxid, outcome)
    } else if (outcome.type === 'sessionClosed') {
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
        this.#clocks.started(session.sessionId, session.timeoutMs, this.#options.clock.monotonicMs())
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

  async #snapshotWhenDue(): Promise<void> {
    const { snapshotEntriesMax = 50_000, snapshotBytesMax = 32 * 1024 * 1024, log } = this.#options
    const isLong = this.#txnLog.entryCount >= snapshotEntriesMax || this.#txnLog.sizeBytes >= snapshotBytesMax
    const owedAtMs = this.#snapshotOwedAtMs
    const isDue = owedAtMs === undefined ? isLong : this.#options.clock.monotonicMs() >= owedAtMs
    if (!isDue || this.#snapshotting !== undefined) return
    this.#snapshotOwedAtMs = undefined
    const zxid = this.#state.lastApplied
    const bytes = this.#snapshots.encode(this.#state)
    try {
      // The next segment is there before the snapshot: a snapshot without a log after it would hide a lost log.
      await this.#txnLog.roll(nextZxid(zxid))
    } catch (error) {
      this.#snapshotFailed(error)
      return
    }
    this.#snapshotting = this.#snapshots
      .write(zxid, bytes)
      .then(() => {
        this.#txnLog.deleteBefore(nextZxid(zxid))
        this.#snapshots.deleteBefore(zxid)
        log('info', 'snapshot written', { bytes: bytes.byteLength, znodes: this.#state.tree.count })
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
