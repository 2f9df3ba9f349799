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
import { authenticated } from './authentication'
import { ClientPort, type Word } from './client-port'
import { answerWord } from './admin-answers'
import { membersText, type Configuration, type MemberFigures } from './core/admin-words'
import { Latency } from './core/latency'
import type { InstalledSnapshot, Persist } from './core/consensus/durability'
import type { Wanted } from './core/consensus/leadership'
import { appendBytesMax, touchedSessionsMax } from './core/consensus/message-codec'
import { entryBytes } from './core/consensus/log-view'
import type { HardState, MemberId } from './core/consensus/messages'
import { majorityOf } from './core/consensus/quorum'
import { Raft, type RaftLimits, type Ready, type Role } from './core/consensus/raft'
import type { LogCommand, LogEntry } from './core/log-entry'
import { memberReport, type MemberReport } from './core/member-report'
import { ReplicatedState, type Applied, type Outcome } from './core/replicated-state'
import { SessionClocks } from './core/session/session-clocks'
import { SessionIds } from './core/session/session-ids'
import { UniqueNumbers } from './core/session/unique-numbers'
import { isSamePassword, negotiatedTimeoutMs, type Session, type TimeoutLimits } from './core/session/session-table'
import type { Steps } from './core/steps'
import { answerRead } from './core/tree/read-answer'
import { WatchTable } from './core/tree/watch-table'
import type { Znode } from './core/tree/znode'
import { HardStateFile } from './hard-state-file'
import { folderHasHardState, openMemberFolder, whenRoom } from './member-folder'
import { PeerLinks, type Peer, type PeerLinksOptions } from './peer-links'
import { SnapshotFile } from './snapshot-file'
import { TxnLog } from './txn-log'
import { passwordBytes } from './wire/connect'
import { compareZxid, zxidZero, type Zxid } from './wire/zxid'

/** The protocol we speak is 3.8's; clients compare the numbers. */
const serverVersion = '3.8.0-lagoon'
/** After a look that found no room. */
const roomRetryMs = 1_000
/** The tree is encoded whole for a snapshot: not again and again for a disk that is full. */
const snapshotRetryMs = 10_000
/** Of a multi in one turn of the event loop. */
const sliceMs = 8
const changesPerStep = 64
/** Of a snapshot in one turn. */
const znodesPerSlice = 256
const batchLimits = { entriesMax: 1_000, bytesMax: 4 * 1024 * 1024 }
const raftLimits: RaftLimits = {
  persist: batchLimits,
  append: { entriesMax: 1_000, bytesMax: appendBytesMax },
  apply: batchLimits,
  flow: { messagesMax: 16, bytesMax: 4 * 1024 * 1024 },
  // Each connection is stopped long before.
  uncommitted: { entriesMax: 1_000_000, bytesMax: 512 * 1024 * 1024 },
  tailBytesKept: 0,
  snapshotBytesMax: 1024 * 1024 * 1024
}
/** A batch whose sync the thread may wait for. */
const shortEntriesMax = 4
const shortBytesMax = 16 * 1024
/** An ensemble of one waits for nobody; these are for those of more. */
const electionTimeoutMs = 500
const heartbeatMs = 100
/** Who is further behind is sent what is read from the log. */
const followerTailBytes = 1024 * 1024
const snapshotPieceBytes = 1024 * 1024
const handOverLookMs = 10
const reportEveryMs = 1_000
/** What else is looked at meanwhile (silent links, sessions that the leader is to hear of) need not be on time. */
const beatMsMax = 50
/** Containers and times to live: ZooKeeper looks once a minute and takes 10,000 (ContainerManager). */
const passedEveryMs = 1_000
const passedPerLookMax = 1_000

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
  /** `user:base64(sha1("user:password"))` of who may do everything (DigestAuthenticationProvider.superDigest); absent: nobody. */
  readonly superDigest?: string
  /** Of the machine and the process, for `envi`: os.name and the like. */
  readonly environment?: Readonly<Record<string, string>>
  readonly log: Log
  /** The member cannot go on: an environment error of its disk, or a broken invariant. Called once. */
  readonly failed: (error: unknown) => void
  /** A session ended by its clock, with so many ephemerals; told by the member that leads. */
  readonly sessionExpired?: (sessionId: SessionId, ephemerals: number) => void
  /** While it serves: each second, and at once when it has another role, term or leader. */
  readonly told?: (report: MemberReport) => void
  /** What an entry came to, before anybody else hears of it: for whoever checks members against each other. */
  readonly applied?: (entry: LogEntry, applied: Applied) => void
  /** Absent: an ensemble of one. */
  readonly peers?: PeerOptions
}

export interface PeerOptions {
  /** Members of another ensemble are not listened to. */
  readonly ensembleId: string
  /** Where the others connect to. */
  readonly address: Address
  readonly others: readonly Peer[]
  /**
   * The ensemble begins, and nobody has anything. False for one that has been there: then a member without a folder may have lost
   * one, and counts when the others say so.
   */
  readonly isFounding: boolean
}

export type ConsensusView = Pick<
  Raft,
  'role' | 'term' | 'leaderId' | 'isReady' | 'isVoter' | 'committed' | 'last' | 'has'
>

export class EnsembleNode {
  readonly #options: EnsembleNodeOptions
  #state = new ReplicatedState()
  readonly #watches = new WatchTable()
  readonly #clocks = new SessionClocks()
  readonly #txnLog: TxnLog
  readonly #snapshots: SnapshotFile
  readonly #hardState: HardStateFile
  readonly #port: ClientPort
  readonly #sessionIds: SessionIds
  readonly #proposalIds: UniqueNumbers
  readonly #links: PeerLinks | undefined
  #raft: Raft | undefined
  /** Whom this member followed, or that it led itself, when it was looked at last; 0: nobody. */
  #leaderId: MemberId = 0
  #leaderTerm = 0
  /** A batch is with the disk, and consensus has not been told how it went. */
  #isPersisting = false
  /** Came while the disk was busy: to be applied next. */
  #committed: LogEntry[] = []
  /** Sessions of this member's clients that the leader is to hear of. */
  readonly #touched = new Set<SessionId>()
  /** Whoever waits to be told that the leader knows of its session, until the end of this turn. */
  #unconfirmed: ((isPassed: boolean) => void)[] = []
  /** Reads that wait until a position is applied, which the leader tells. */
  readonly #barriers = new Map<number, { readonly passed: (isPassed: boolean) => void; position: Zxid | undefined }>()
  #lastReadId = 0
  /** What this member had on its disk when it started. */
  #recoveredTo: Zxid = zxidZero
  /** It leads, and is ready. */
  #areClocksRunning = false
  #folderLock: FolderLock | undefined
  #tickTimer: Timer | undefined
  #roomTimer: Timer | undefined
  #beatTimer: Timer | undefined
  #reportTimer: Timer | undefined
  /** As it was told last. */
  #reported: {
    readonly role?: Role
    readonly term?: number
    readonly leaderId?: MemberId
    readonly isReady?: boolean
  } = {}
  #loop: Promise<void> = Promise.resolve()
  #isLoopRunning = false
  /** The disk was full at the last write. */
  #isRefusing = false
  /** In the middle of a multi: what is read waits. */
  #isChanging = false
  #snapshotting: Promise<void> | undefined
  /** The size of the last one that this process wrote. */
  #snapshotBytes = 0
  /** A snapshot that the disk had no room for: its log is kept, and it is due again at this time. */
  #snapshotOwedAtMs: number | undefined
  #lifecycle: 'new' | 'serving' | 'stopping' | 'failed' = 'new'
  #startedAtMs = 0
  #passedDueMs = 0
  readonly #latency = new Latency()

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
    const { peers, memberId, network, clock, log } = options
    if (peers === undefined) return
    this.#links = new PeerLinks({
      memberId,
      life: this.#proposalIds.next(),
      ...peers,
      network,
      clock,
      checksum: options.checksum,
      log,
      heard: (from, frame) => this.#guarded(() => this.#heard(from, frame)),
      lost: (lostId) => {
        // What its clients asked for may have been on its way.
        if (lostId === this.#leaderId) this.#port.closeAll()
        this.#guarded(() => {
          this.#raft?.linkLost(lostId, clock.monotonicMs())
          this.#drive()
        })
      }
    })
  }

  /**
   * Recovers, is elected, then listens; on a full disk it listens all the same. Throws AppError: LOCKED, FOREIGN_FOLDER, CORRUPT,
   * ADDRESS_IN_USE and the disk's own.
   */
  async start(): Promise<Address> {
    const { clock, dataDir, disk, log, memberId, peers } = this.#options
    const owner = { memberId, ...(peers === undefined ? {} : { ensembleId: peers.ensembleId }) }
    this.#startedAtMs = clock.monotonicMs()
    const folderPorts = { disk, log, whenFull: () => this.#roomMayBe() }
    const folder = await openMemberFolder(folderPorts, dataDir, owner)
    this.#folderLock = folder.lock
    try {
      const replayedEntries = await this.#recover(folder.isFirstVersion)
      if (folder.isFirstVersion) await folderHasHardState(folderPorts, dataDir, owner)
      this.#raft?.start(clock.monotonicMs())
      await this.#work()
      await this.#links?.start()
      const address = await this.#port.start(this.#options.address)
      this.#lifecycle = 'serving'
      this.#tick()
      this.#beat()
      this.#reportAgain()
      if (this.#isRefusing) this.#lookForRoom()
      log('info', 'serving', { ...address, replayedEntries, term: this.#raft?.term, ...this.#state.inspect() })
      return address
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Gives the number of entries that were read. Every one that a member of one has on its disk is committed. */
  async #recover(isFirstVersion: boolean): Promise<number> {
    const { log, memberId, random, peers } = this.#options
    const received = this.#snapshots.received()
    if (received !== undefined) {
      await this.#txnLog.beginAnew(received)
      this.#txnLog.close()
      await this.#snapshots.accept(received)
    }
    const passedOver = this.#snapshots.load(this.#state, (after) => this.#txnLog.reachesBackTo(after))
    this.#tellMembers()
    const base = this.#state.lastApplied
    const { entries, lastZxid, truncatedBytes } = await this.#txnLog.recover(base, passedOver)
    if (passedOver !== undefined)
      log('warn', 'a damaged snapshot was passed over; the log told everything', {
        reason: passedOver.damage.message
      })
    if (truncatedBytes > 0) log('warn', 'cut off a write that was never answered', { bytes: truncatedBytes })
    this.#recoveredTo = lastZxid
    const isAlone = peers === undefined
    if (isAlone)
      for (const entry of entries) {
        const applied = this.#state.apply(entry)
        this.#options.applied?.(entry, applied)
      }
    const termEnds = entries.filter((entry, index) => entries[index + 1]?.zxid.epoch !== entry.zxid.epoch)
    this.#raft = new Raft({
      memberId,
      members: [memberId, ...(peers?.others ?? []).map((peer) => peer.memberId)],
      electionTimeoutMs,
      heartbeatMs,
      limits: isAlone ? raftLimits : { ...raftLimits, tailBytesKept: followerTailBytes },
      random,
      hardState: await this.#hardStateAt(lastZxid, isFirstVersion),
      log: isAlone
        ? { base: lastZxid, termEnds: [], tail: [] }
        : { base, termEnds: termEnds.map(({ zxid }) => zxid), tail: entries },
      applied: isAlone ? lastZxid : base
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
    const isVoter = lastZxid.epoch > 0 || this.#options.peers?.isFounding !== false
    const hardState = { term: lastZxid.epoch, vote: 0, isVoter, incarnation: this.#proposalIds.next() }
    // What a learner is called must not change with its next start.
    if (isFirstVersion || this.#options.peers !== undefined)
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
    if (this.#lifecycle === 'serving') await this.#handOver()
    if (this.#lifecycle !== 'failed') this.#lifecycle = 'stopping'
    this.#tickTimer?.cancel()
    this.#roomTimer?.cancel()
    this.#reportTimer?.cancel()
    await this.#port.stop()
    this.#beatTimer?.cancel()
    await this.#links?.stop()
    await this.#loop
    await this.#snapshotting
    this.#txnLog.close()
    this.#folderLock?.release()
    this.#folderLock = undefined
  }

  /** A leader that goes gives the others one that has everything, instead of a while without any; where there are others. */
  async #handOver(): Promise<void> {
    const { clock, peers } = this.#options
    const links = this.#links
    const endMs = clock.monotonicMs() + electionTimeoutMs
    if (links === undefined || peers === undefined || this.#raft?.role !== 'leader') return
    const others = majorityOf(peers.others.length + 1) - 1
    this.#raft.transfer(clock.monotonicMs())
    while (this.#raft.role === 'leader' && links.count >= others && clock.monotonicMs() < endMs) {
      this.#drive()
      await pause(clock, handOverLookMs)
    }
  }

  /** As it is applied at the moment, without a session; undefined when it is not there. */
  znode(path: string): Znode | undefined {
    return this.#state.tree.find(path)
  }

  /** Undefined before it has recovered. */
  report(): MemberReport | undefined {
    const consensus = this.#raft?.figures()
    if (consensus === undefined) return undefined
    const { connections, outstanding } = this.#port.counts()
    return memberReport(consensus, {
      isServing: this.#mode !== undefined,
      zxid: this.#state.lastApplied,
      sessions: this.#port.sessionCount,
      connections,
      outstanding,
      allSessions: this.#state.sessions.count,
      znodes: this.#state.tree.count,
      watches: this.#watches.count,
      latency: this.#latency.figures() ?? null
    })
  }

  /** To be looked at; undefined before it has recovered. */
  get consensus(): ConsensusView | undefined {
    return this.#raft
  }

  /** To be looked at. */
  get state(): Pick<ReplicatedState, 'lastApplied' | 'tree' | 'sessions'> {
    return this.#state
  }

  inspect(): Readonly<Record<string, unknown>> {
    return {
      lifecycle: this.#lifecycle,
      state: this.#state.inspect(),
      consensus: this.#raft?.inspect(),
      ...(this.#links === undefined ? {} : { links: this.#links.inspect() }),
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
      wallMs: () => clock.nowMs(),
      soon: (callback) => clock.soon(callback),
      propose: (command) => this.#propose(command),
      barrier: (passed) => this.#barrier(passed),
      confirm: (passed) => this.#confirm(passed),
      newSession: (connectionId, askedTimeoutMs) => ({
        type: 'createSession',
        sessionId: this.#sessionIds.next((id) => this.#state.sessions.find(id) !== undefined),
        connectionId,
        timeoutMs: negotiatedTimeoutMs(askedTimeoutMs, sessionTimeouts),
        password: random.bytes(passwordBytes)
      }),
      negotiatedTimeoutMs: (askedMs) => negotiatedTimeoutMs(askedMs, sessionTimeouts),
      read: (reader, request) => answerRead(this.#state.tree, this.#watches, reader, request),
      authenticate: (scheme, credentials, host) => authenticated(this.#options, scheme, credentials, host),
      watchCount: (connectionId) => this.#watches.countOf(connectionId),
      touched: (sessionId) => {
        this.#clocks.touched(sessionId, clock.monotonicMs())
        if (this.#links !== undefined && !this.#areClocksRunning) this.#touched.add(sessionId)
      },
      session: (sessionId) => this.#state.sessions.find(sessionId),
      answered: (cameAtMs) => {
        this.#port.answered()
        this.#latency.add(clock.monotonicMs() - cameAtMs)
      }
    }
  }

  #propose(command: LogCommand): number {
    invariant(this.#raft !== undefined, 'a member that takes requests has recovered')
    const { clock } = this.#options
    const proposalId = this.#proposalIds.next()
    // Later: who proposes has yet to queue what waits for it.
    if (!this.#isTaken(proposalId, command)) clock.soon(() => this.#notTaken(command))
    else if (this.#raft.role === 'leader') this.#wake()
    return proposalId
  }

  #barrier(passed: (isPassed: boolean) => void): void {
    const readId = ++this.#lastReadId
    if (this.#raft?.read(readId) === true) this.#barriers.set(readId, { passed, position: undefined })
    else this.#options.clock.soon(() => passed(false))
    this.#drive()
  }

  /**
   * All that ask in this turn of the event loop at once. An ensemble of one is sure of itself, also while its disk is full and its
   * term has not begun.
   */
  #confirm(passed: (isPassed: boolean) => void): void {
    if (this.#links === undefined) {
      passed(true)
      return
    }
    this.#unconfirmed.push(passed)
    if (this.#unconfirmed.length > 1) return
    this.#options.clock.soon(() => {
      const all = this.#unconfirmed
      this.#unconfirmed = []
      const told = (isPassed: boolean): void => {
        for (const one of all) one(isPassed)
      }
      // On the same link, in this order: the leader that answers the barrier has heard of the sessions before.
      if (this.#tellTouched()) this.#barrier(told)
      else told(false)
    })
  }

  /** Those whose position is applied here. */
  #passBarriers(): void {
    if (this.#barriers.size === 0) return
    for (const [readId, { passed, position }] of this.#barriers) {
      if (position === undefined || compareZxid(position, this.#state.lastApplied) > 0) continue
      this.#barriers.delete(readId)
      passed(true)
    }
  }

  /** By this member, or on its way to the one that leads. */
  #isTaken(proposalId: number, command: LogCommand): boolean {
    const raft = this.#raft
    if (raft === undefined) return false
    const { leaderId } = raft
    if (leaderId !== 0 && leaderId !== this.#options.memberId)
      return this.#links?.send(leaderId, { type: 'proposal', proposalId, command }) === true
    return raft.propose({ proposalId, timeMs: this.#options.clock.nowMs(), command }) === 'taken'
  }

  #wake(): void {
    if (this.#lifecycle !== 'serving') return
    if (this.#isLoopRunning) return
    this.#isLoopRunning = true
    // What the other sockets bring in this turn shares the first fdatasync of who leads; who follows hears of entries on one.
    const isGathering = this.#raft?.role === 'leader' && !this.#raft.isPersisted
    const begun = isGathering ? new Promise<void>((resolve) => this.#options.clock.soon(resolve)) : Promise.resolve()
    this.#loop = begun.then(() => this.#workOrFail())
  }

  /** It is in no log, and others of its connection may be: who is not led loses the connection, as in ZooKeeper. */
  #notTaken(command: LogCommand): void {
    if ('connectionId' in command) this.#port.close(command.connectionId)
    else if (command.type === 'expireSession') this.#lives(command.sessionId)
  }

  // ── other members ──────────────────────────────────────────────────────────────────────────────────────────────

  #heard(from: MemberId, frame: Parameters<PeerLinksOptions['heard']>[1]): void {
    const raft = this.#raft
    if (raft === undefined || this.#lifecycle === 'failed') return
    switch (frame.type) {
      case 'consensus':
        raft.step(from, frame.message, this.#options.clock.monotonicMs())
        break
      case 'proposal': {
        const { proposalId, command } = frame
        const timeMs = this.#options.clock.nowMs()
        this.#hearOf(command)
        if (raft.propose({ proposalId, timeMs, command }) !== 'taken')
          this.#links?.send(from, { type: 'notTaken', command })
        break
      }
      case 'notTaken':
        this.#notTaken(frame.command)
        return
      case 'touched':
        for (const sessionId of frame.sessionIds) this.#clocks.touched(sessionId, this.#options.clock.monotonicMs())
        return
    }
    this.#drive()
  }

  /** Whoever asks for something through another member lives: its answer may be there before that tells of it. */
  #hearOf(command: LogCommand): void {
    if (!('connectionId' in command) || command.type === 'createSession') return
    const session = this.#state.sessions.find(command.sessionId)
    if (session === undefined) return
    if (command.type === 'attachSession' && !isSamePassword(session.password, command.password)) return
    this.#clocks.touched(command.sessionId, this.#options.clock.monotonicMs())
  }

  /** Time passes: elections, heartbeats, and what the leader is to know of sessions. */
  #beat(): void {
    if (this.#links === undefined) return
    const { clock } = this.#options
    this.#guarded(() => {
      this.#raft?.tick(clock.monotonicMs())
      this.#links?.tick(clock.monotonicMs())
      this.#tellTouched()
      this.#drive()
    })
    if (this.#lifecycle !== 'serving') return
    const dueInMs = (this.#raft?.dueMs ?? Infinity) - clock.monotonicMs()
    this.#beatTimer = clock.after(Math.min(beatMsMax, Math.max(1, Math.ceil(dueInMs))), () => this.#beat())
  }

  /** False when nobody leads, or the leader was not told of all. */
  #tellTouched(): boolean {
    const leaderId = this.#raft?.leaderId ?? 0
    if (leaderId === this.#options.memberId) this.#touched.clear()
    const sessionIds = [...this.#touched]
    for (let at = 0; at < sessionIds.length; at += touchedSessionsMax) {
      const told = sessionIds.slice(at, at + touchedSessionsMax)
      if (this.#links?.send(leaderId, { type: 'touched', sessionIds: told }) !== true) return false
      for (const sessionId of told) this.#touched.delete(sessionId)
    }
    return leaderId !== 0
  }

  #reportAgain(): void {
    this.#tellReport()
    this.#reportTimer = this.#options.clock.after(reportEveryMs, () => {
      if (this.#lifecycle === 'serving') this.#reportAgain()
    })
  }

  /** Looked at with each message: what is cheap to ask for. */
  #reportChange(): void {
    const raft = this.#raft
    if (this.#options.told === undefined || raft === undefined || this.#lifecycle !== 'serving') return
    const { role, term, leaderId, isReady } = this.#reported
    if (raft.term !== term || raft.role !== role || raft.leaderId !== leaderId || raft.isReady !== isReady)
      this.#tellReport()
  }

  #tellReport(): void {
    const raft = this.#raft
    const report = this.#options.told === undefined ? undefined : this.report()
    if (raft === undefined || report === undefined) return
    const { role, term, leaderId, isReady } = raft
    this.#reported = { role, term, leaderId, isReady }
    this.#options.told?.(report)
  }

  /** Something may be to be done: by the loop, or, while that waits for the disk, as far as it can be done meanwhile. */
  #drive(): void {
    this.#observe()
    this.#reportChange()
    if (!this.#isLoopRunning) {
      if (!this.#onlyTalks()) this.#wake()
    } else if (this.#isPersisting) {
      const ready = this.#raft?.takeReady()
      if (ready === undefined) return
      invariant(ready.persist === undefined, 'one batch is persisted at a time')
      this.#talk(ready)
      this.#committed.push(...ready.committed)
      this.#passBarriers()
    }
  }

  /** Heartbeats, their answers and questions need no turn of the loop: true when there was nothing else, and it is done. */
  #onlyTalks(): boolean {
    const raft = this.#raft
    if (raft?.isIdle !== true || this.#committed.length > 0 || this.#lifecycle !== 'serving') return false
    for (let ready = raft.takeReady(); ready !== undefined; ready = raft.takeReady()) this.#talk(ready)
    this.#passBarriers()
    return true
  }

  /** Clients of a member that has lost its leader are to look for another, as in ZooKeeper: what they asked has no verdict. */
  #observe(): void {
    const { leaderId = 0, term = 0 } = this.#raft ?? {}
    // The same one in a later term may have lost what it took before.
    if (leaderId === this.#leaderId && (leaderId === 0 || term === this.#leaderTerm)) return
    if (this.#leaderId !== 0) this.#port.closeAll()
    this.#leaderId = leaderId
    this.#leaderTerm = term
    // Its clocks begin anew.
    this.#touched.clear()
    this.#lead(this.#raft?.isReady === true)
    this.#options.log('info', 'another leader', { leaderId, term })
  }

  #talk({ messages, wanted, reads, lostReads }: Ready): void {
    for (const { readId, position } of reads) {
      const barrier = this.#barriers.get(readId)
      if (barrier !== undefined) barrier.position = position
    }
    for (const readId of lostReads) {
      this.#barriers.get(readId)?.passed(false)
      this.#barriers.delete(readId)
    }
    for (const { to, message } of messages) this.#links?.send(to, { type: 'consensus', message })
    // Others have it to do while this member writes and applies.
    if (messages.length > 0) this.#links?.flush()
    for (const one of wanted) this.#give(one)
  }

  #give(wanted: Wanted): void {
    const raft = this.#raft
    if (raft === undefined) return
    const { memberId } = wanted
    if (wanted.type === 'entries') {
      const isNext = (after: Zxid, next: Zxid): boolean => raft.follows(after, next)
      raft.entriesRead(memberId, wanted.after, this.#txnLog.read(wanted.after, raftLimits.append, isNext))
    } else {
      const piece = this.#snapshots.piece(wanted.last, wanted.offsetBytes, snapshotPieceBytes)
      raft.snapshotRead(memberId, piece, this.#options.clock.monotonicMs())
    }
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#fail(error)
    }
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
    for (;;) {
      const ready = raft.takeReady()
      if (ready === undefined && this.#committed.length === 0) return
      if (ready !== undefined) this.#talk(ready)
      this.#observe()
      this.#lead(raft.isReady)
      const committed = this.#toApply(ready?.committed ?? [])
      const persist = ready?.persist
      if (persist === undefined) {
        await this.#applyAll(committed)
        this.#passBarriers()
        if (this.#isSnapshotDue()) await this.#snapshot()
        continue
      }
      this.#isPersisting = true
      if (this.#isSnapshotDue() || persist.snapshot !== undefined) {
        await this.#applyAll(committed)
        this.#passBarriers()
        if (persist.snapshot === undefined) await this.#snapshot()
        if (!this.#settled(raft, persist, await this.#persisted(persist, false))) return
      } else {
        const applied = this.#applyAll(committed).then(() => this.#passBarriers())
        // Whoever is answered now does not wait for the disk.
        const mayHoldThread = committed.length === 0 && isShort(persist)
        const [isPersisted] = await Promise.all([this.#persisted(persist, mayHoldThread), applied])
        if (!this.#settled(raft, persist, isPersisted)) return
      }
    }
  }

  /** After what came while the disk was busy. */
  #toApply(committed: readonly LogEntry[]): readonly LogEntry[] {
    if (this.#committed.length === 0) return committed
    const earlier = this.#committed
    this.#committed = []
    return [...earlier, ...committed]
  }

  /** False when the disk is full, and then no entry of it is in the log. What can be synced is what was written at once. */
  async #persisted(persist: Persist, mayHoldThread: boolean): Promise<boolean> {
    const { hardState, snapshot, truncateAfter, entries } = persist
    try {
      if (hardState !== undefined) await this.#hardState.write(hardState)
      if (snapshot !== undefined) await this.#install(snapshot)
      if (truncateAfter !== undefined) this.#txnLog.truncateAfter(truncateAfter)
      if (entries.length > 0) this.#txnLog.append(entries)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
      if (!this.#isRefusing)
        this.#options.log('warn', 'the disk is full: writes are refused', { reason: error.message })
      this.#isRefusing = true
      return false
    }
    if (truncateAfter !== undefined || entries.length > 0) await this.#txnLog.sync({ mayHoldThread })
    this.#isRefusing = false
    return true
  }

  /** Everything is another: who is connected here begins again, at this member or elsewhere. */
  async #install({ last, bytes }: InstalledSnapshot): Promise<void> {
    this.#port.closeAll()
    await this.#snapshotting
    await this.#snapshots.receive(last, bytes)
    await this.#txnLog.beginAnew(last)
    await this.#snapshots.accept(last)
    const state = new ReplicatedState()
    this.#snapshots.load(state, () => false)
    this.#state = state
    this.#tellMembers()
    this.#options.log('info', 'the leader sent a snapshot', { bytes: bytes.byteLength, ...state.inspect() })
  }

  /** Consensus is told, after what was committed before is applied: proposals of a connection are decided in order. */
  #settled(raft: Raft, persist: Persist, isPersisted: boolean): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    this.#isPersisting = false
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
      case 'deletePassed':
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
    const applied = yield* this.#state.applyInSteps(entry)
    this.#options.applied?.(entry, applied)
    const { outcome, changes } = applied
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
      // Every member sees it end, some of them again after each start: the one that leads tells.
      if (this.#areClocksRunning && compareZxid(entry.zxid, this.#recoveredTo) > 0)
        this.#options.sessionExpired?.(outcome.sessionId, changes.filter(({ type }) => type === 'deleted').length)
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
    // One of a large tree is not written for every few changes of it: a start reads the log a good deal faster.
    const isLong = this.#txnLog.entryCount >= Math.max(snapshotEntriesMax, this.#state.tree.count / 2)
    return isLong || this.#txnLog.sizeBytes >= Math.max(snapshotBytesMax, this.#snapshotBytes / 2)
  }

  async #snapshot(): Promise<void> {
    this.#snapshotOwedAtMs = undefined
    try {
      // The next segment is there before the snapshot: a snapshot without a log after it would hide a lost log.
      await this.#txnLog.roll()
    } catch (error) {
      this.#snapshotFailed(error)
      return
    }
    this.#snapshotting = this.#written()
      .catch((error: unknown) => this.#snapshotFailed(error))
      .finally(() => {
        this.#snapshotting = undefined
      })
  }

  /** Of the state as it is now, while it goes on; a member that stops leaves it. */
  async #written(): Promise<void> {
    const { clock, log } = this.#options
    const zxid = this.#state.lastApplied
    const znodes = this.#state.tree.count
    const bytes = await this.#snapshots.write(this.#state, znodesPerSlice, async () => {
      await new Promise<void>((resolve) => clock.soon(resolve))
      return this.#lifecycle === 'serving'
    })
    if (bytes === undefined) return
    this.#snapshotBytes = bytes
    this.#txnLog.deleteUpTo(zxid)
    this.#snapshots.deleteBefore(zxid)
    this.#raft?.compactedTo(zxid)
    log('info', 'snapshot written', { bytes, znodes })
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
    if (this.#raft?.isReady === true) this.#expire(now)
    this.#port.tick(now)
    this.#tickTimer = clock.after(this.#clocks.nextTickDelayMs(now), () => {
      if (this.#lifecycle === 'serving') this.#tick()
    })
  }

  /** By the leader: what is proposed is judged once more when it is applied. */
  #expire(now: number): void {
    for (const sessionId of this.#clocks.tick(now)) this.#propose({ type: 'expireSession', sessionId })
    if (now < this.#passedDueMs) return
    this.#passedDueMs = now + passedEveryMs
    for (const path of this.#state.tree.passed(this.#options.clock.nowMs(), passedPerLookMax))
      this.#propose({ type: 'deletePassed', path })
  }

  #fail(error: unknown): void {
    if (this.#lifecycle === 'failed') return
    this.#lifecycle = 'failed'
    this.#tickTimer?.cancel()
    this.#options.failed(error)
  }

  // ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────

  #tellWord(word: Word): string {
    const { clock, disk, environment = {}, address, dataDir, sessionTimeouts, memberId, peers } = this.#options
    return answerWord(word, {
      clock,
      disk,
      port: this.#port,
      watches: this.#watches,
      clocks: this.#clocks,
      environment,
      version: serverVersion,
      state: () => this.#state,
      figures: () => (this.#mode === undefined ? undefined : this.#figures(this.#mode)),
      configuration: () => ({
        clientPort: this.#port.address?.port ?? address.port,
        dataDir,
        sessionTimeoutMinMs: sessionTimeouts.minMs,
        sessionTimeoutMaxMs: sessionTimeouts.maxMs,
        memberId,
        peerPort: peers?.address.port,
        members: this.#members()
      }),
      resetFigures: () => {
        this.#latency.reset()
        this.#port.resetCounts()
      }
    })
  }

  /** Of an ensemble of several, in the order of their ids. */
  #members(): Configuration['members'] {
    const { memberId, peers } = this.#options
    if (peers === undefined) return []
    const members = [{ memberId, address: peers.address }, ...peers.others].sort((a, b) => a.memberId - b.memberId)
    return members.map((member) => ({ memberId: member.memberId, ...member.address }))
  }

  #tellMembers(): void {
    if (this.#links !== undefined) this.#state.tree.configure(membersText(this.#members()))
  }

  /** Undefined while there is no leader; one of one is there, also while its disk is full. */
  get #mode(): MemberFigures['mode'] | undefined {
    if (this.#links === undefined) return 'standalone'
    if (this.#raft?.isReady === true) return 'leader'
    return this.#raft?.role === 'follower' && this.#leaderId !== 0 ? 'follower' : undefined
  }

  #figures(mode: MemberFigures['mode']): MemberFigures {
    const { peers } = this.#options
    return {
      version: serverVersion,
      mode,
      latency: this.#latency.figures(),
      quorumSize: peers === undefined ? undefined : peers.others.length + 1,
      followersBehind: (this.#raft?.figures().followers ?? []).map(({ behindEntries }) => behindEntries ?? null),
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
}

/** So little that its sync is over before anything else could be done. */
function isShort({ hardState, snapshot, truncateAfter, entries }: Persist): boolean {
  if (hardState !== undefined || snapshot !== undefined || truncateAfter !== undefined) return false
  if (entries.length === 0 || entries.length > shortEntriesMax) return false
  return entries.reduce((bytes, entry) => bytes + entryBytes(entry), 0) <= shortBytesMax
}
