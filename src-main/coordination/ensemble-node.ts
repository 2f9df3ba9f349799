/**
 * One member of the ensemble: owns the state and is the only one to change it. Consensus (core/consensus/raft.ts) says what is to be
 * persisted, applied and sent, and is told what happened; nothing is answered that is not committed, and nothing is visible that is
 * not applied. While one batch goes to the disk, the one before it is applied.
 *
 * It drives its parts: the disk (member-storage.ts), what is applied (entry-applier.ts), the clocks of sessions (session-keeper.ts), what
 * members say to each other (peer-talk.ts), what clients wait for (client-barriers.ts), what it tells of itself (member-reporter.ts).
 *
 * A disk that fails ends the process; what was in flight has no answer, and its clients see a lost connection. A full one is refused
 * what needs it: writes are answered with SYSTEMERROR, new and returning clients lose their connection and come again, no session
 * expires; reads and pings go on, and the next write that finds room is a write like any other.
 */
import { invariant } from '../kernel/invariant'
import type { Address, FolderLock, Timer } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import { BeatTimer } from './beat-timer'
import { ClientBarriers, type Passed } from './client-barriers'
import { ClientPort, connectionsMaxOf } from './client-port'
import type { MemberId } from './core/consensus/messages'
import { majorityOf } from './core/consensus/quorum'
import type { Raft } from './core/consensus/raft'
import type { Persist } from './core/consensus/durability'
import { Latency } from './core/latency'
import type { LogCommand, LogEntry } from './core/log-entry'
import type { MemberReport } from './core/member-report'
import { ReplicatedState } from './core/replicated-state'
import { UniqueNumbers } from './core/session/unique-numbers'
import { WatchTable } from './core/tree/watch-table'
import type { Znode } from './core/tree/znode'
import { EntryApplier } from './entry-applier'
import { folderHasHardState, openMemberFolder } from './member-folder'
import { electionTimeoutMs, type EnsembleNodeOptions } from './member-options'
import { memberFace } from './member-face'
import { configurationText, MemberReporter } from './member-reporter'
import { isShort, MemberStorage, roomRetryMs } from './member-storage'
import { PeerLinks } from './peer-links'
import { PeerTalk, type HeardFrame } from './peer-talk'
import { recoveredRaft } from './recovered-raft'
import { SessionKeeper } from './session-keeper'
import { zxidZero, type Zxid } from './wire/zxid'

/** Whoever stops looks so often whether somebody else leads. */
const handOverLookMs = 10
/** Containers and times to live: ZooKeeper looks once a minute and takes 10,000 (ContainerManager). */
const passedEveryMs = 1_000
const passedPerLookMax = 1_000

export type ConsensusView = Pick<
  Raft,
  'role' | 'term' | 'leaderId' | 'isReady' | 'isVoter' | 'lastPersisted' | 'committed' | 'last' | 'has'
>

export class EnsembleNode {
  readonly #options: EnsembleNodeOptions
  #state = new ReplicatedState()
  readonly #watches = new WatchTable()
  readonly #sessions: SessionKeeper
  readonly #storage: MemberStorage
  readonly #barriers: ClientBarriers
  readonly #applier: EntryApplier
  readonly #talk: PeerTalk
  readonly #reporter: MemberReporter
  readonly #port: ClientPort
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
  /** What this member had on its disk when it started. */
  #recoveredTo: Zxid = zxidZero
  #folderLock: FolderLock | undefined
  #tickTimer: Timer | undefined
  #roomTimer: Timer | undefined
  readonly #beats: BeatTimer
  #loop: Promise<void> = Promise.resolve()
  #isLoopRunning = false
  #lifecycle: 'new' | 'serving' | 'stopping' | 'failed' = 'new'
  #passedDueMs = 0
  readonly #latency = new Latency()

  constructor(options: EnsembleNodeOptions) {
    this.#options = options
    this.#proposalIds = new UniqueNumbers(options.random)
    this.#beats = new BeatTimer(options.clock, () => this.#beat())
    this.#storage = new MemberStorage(options, () => this.#proposalIds.next(), {
      isServing: () => this.#lifecycle === 'serving',
      // Who is connected here begins again, at this member or elsewhere.
      installing: () => this.#port.closeAll(),
      installed: (state, bytes) => this.#installed(state, bytes),
      compactedTo: (zxid) => this.#raft?.compactedTo(zxid),
      failed: (error) => this.#fail(error)
    })
    const hasOthers = options.peers !== undefined
    this.#sessions = new SessionKeeper({ clock: options.clock, sessions: () => this.#state.sessions, hasOthers })
    this.#barriers = new ClientBarriers({
      clock: options.clock,
      ask: (readId) => this.#raft?.read(readId) === true
    })
    this.#talk = new PeerTalk({
      memberId: options.memberId,
      clock: options.clock,
      sessions: this.#sessions,
      storage: this.#storage,
      barriers: this.#barriers,
      links: () => this.#links,
      notTaken: (command) => this.#applier.notTaken(command),
      log: options.log,
      snapshotRefused: (refused) => options.snapshotRefused?.(refused)
    })
    const connectionIds = new UniqueNumbers(options.random)
    this.#port = new ClientPort({
      network: options.network,
      log: options.log,
      member: memberFace(options, {
        state: () => this.#state,
        isChanging: () => this.#applier.isChanging,
        toldTo: () => this.#applier.toldTo,
        watches: this.#watches,
        sessions: this.#sessions,
        latency: this.#latency,
        port: () => this.#port,
        propose: (command) => this.#propose(command),
        barrier: (passed) => this.#barrier(passed),
        confirm: (passed) => this.#confirm(passed)
      }),
      nextConnectionId: () => connectionIds.next(),
      tellWord: (word) => this.#reporter.word(word),
      connectionClosed: (connectionId) => this.#watches.connectionClosed(connectionId),
      connectionsMax: connectionsMaxOf(options.descriptors?.()?.max)
    })
    this.#applier = new EntryApplier(options, {
      state: () => this.#state,
      watches: this.#watches,
      sessions: this.#sessions,
      port: this.#port,
      recoveredTo: () => this.#recoveredTo
    })
    this.#reporter = new MemberReporter(options, {
      port: this.#port,
      watches: this.#watches,
      clocks: this.#sessions.clocks,
      latency: this.#latency,
      storage: this.#storage,
      state: () => this.#state,
      raft: () => this.#raft,
      leaderId: () => this.#leaderId,
      isServing: () => this.#lifecycle === 'serving'
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
      problemOf: (from, frame) => PeerTalk.problemOf(this.#raft, from, frame),
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
    this.#reporter.begin()
    const folderPorts = { disk, log, whenFull: () => this.#storage.roomMayBe() }
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
      this.#reporter.tellEachSecond()
      if (this.#storage.isRefusing) this.#lookForRoom()
      log('info', 'serving', { ...address, replayedEntries, term: this.#raft?.term, ...this.#state.inspect() })
      return address
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Gives the number of entries that were read. Every one that a member of one has on its disk is committed. */
  async #recover(isFirstVersion: boolean): Promise<number> {
    const found = await this.#storage.recover(this.#state, isFirstVersion, () => this.#tellMembers())
    const { entries } = found
    this.#recoveredTo = found.lastZxid
    if (this.#options.peers === undefined)
      for (const entry of entries) {
        const applied = this.#state.apply(entry)
        this.#options.applied?.(entry, applied)
      }
    this.#raft = recoveredRaft(this.#options, found)
    return entries.length
  }

  /** Closes the port, lets what is being written end, closes the files. Idempotent. */
  async stop(): Promise<void> {
    if (this.#lifecycle === 'serving') await this.#handOver()
    if (this.#lifecycle !== 'failed') this.#lifecycle = 'stopping'
    this.#tickTimer?.cancel()
    this.#roomTimer?.cancel()
    this.#reporter.stop()
    await this.#port.stop()
    this.#beats.cancel()
    await this.#links?.stop()
    await this.#loop
    this.#applier.stop()
    await this.#storage.close()
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
    return this.#reporter.report()
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
      clocks: this.#sessions.clocks.inspect(),
      watches: this.#watches.count,
      port: this.#port.counts(),
      logEntries: this.#storage.entryCount
    }
  }

  // ── what connections ask for ──────────────────────────────────────────────────────────────────────────────────

  #propose(command: LogCommand): number {
    invariant(this.#raft !== undefined, 'a member that takes requests has recovered')
    const { clock } = this.#options
    const proposalId = this.#proposalIds.next()
    // Later: who proposes has yet to queue what waits for it.
    if (!this.#talk.propose(this.#raft, proposalId, command)) clock.soon(() => this.#applier.notTaken(command))
    else if (this.#raft.role === 'leader') this.#wake()
    return proposalId
  }

  #barrier(passed: Passed): void {
    this.#barriers.add(passed)
    this.#drive()
  }

  /** An ensemble of one is sure of itself, also while its disk is full and its term has not begun. */
  #confirm(passed: Passed): void {
    if (this.#links === undefined) {
      passed(true)
      return
    }
    this.#barriers.gather(passed, (all) => {
      // On the same link, in this order: the leader that answers the barrier has heard of the sessions before.
      if (this.#talk.tellTouched(this.#raft?.leaderId ?? 0)) this.#barrier(all)
      else all(false)
    })
  }

  #wake(): void {
    if (this.#lifecycle !== 'serving' || this.#isLoopRunning) return
    this.#isLoopRunning = true
    // What the other sockets bring in this turn shares the first fdatasync of who leads; who follows hears of entries on one.
    const isGathering = this.#raft?.role === 'leader' && !this.#raft.isPersisted
    const begun = isGathering ? new Promise<void>((resolve) => this.#options.clock.soon(resolve)) : Promise.resolve()
    this.#loop = begun.then(() => this.#workOrFail())
  }

  // ── other members ──────────────────────────────────────────────────────────────────────────────────────────────

  #heard(from: MemberId, frame: HeardFrame): void {
    if (this.#raft === undefined || this.#lifecycle === 'failed') return
    if (this.#talk.heard(this.#raft, from, frame)) this.#drive()
  }

  /** Time passes: elections, heartbeats, and what the leader is to know of sessions. */
  #beat(): void {
    if (this.#links === undefined) return
    const { clock } = this.#options
    this.#guarded(() => {
      this.#raft?.tick(clock.monotonicMs())
      this.#links?.tick(clock.monotonicMs())
      this.#talk.tellTouched(this.#raft?.leaderId ?? 0)
      this.#drive()
    })
    if (this.#lifecycle === 'serving') this.#beats.begin(this.#raft?.dueMs ?? Infinity)
  }

  /** Something may be to be done: by the loop, or, while that waits for the disk, as far as it can be done meanwhile. */
  #drive(): void {
    this.#observe()
    this.#reporter.changed()
    this.#beats.hurry(this.#raft?.dueMs ?? Infinity)
    if (!this.#isLoopRunning) {
      if (!this.#onlyTalks()) this.#wake()
    } else if (this.#isPersisting) {
      const raft = this.#raft
      const ready = raft?.takeReady()
      if (raft === undefined || ready === undefined) return
      invariant(ready.persist === undefined, 'one batch is persisted at a time')
      this.#talk.say(raft, ready)
      this.#committed.push(...ready.committed)
      this.#barriers.pass(this.#state.lastApplied)
    }
  }

  /** Heartbeats, their answers and questions need no turn of the loop: true when there was nothing else, and it is done. */
  #onlyTalks(): boolean {
    const raft = this.#raft
    if (raft?.isIdle !== true || this.#committed.length > 0 || this.#lifecycle !== 'serving') return false
    for (let ready = raft.takeReady(); ready !== undefined; ready = raft.takeReady()) this.#talk.say(raft, ready)
    this.#barriers.pass(this.#state.lastApplied)
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
    this.#sessions.otherLeader()
    this.#sessions.lead(this.#raft?.isReady === true)
    this.#options.log('info', 'another leader', { leaderId, term })
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
      if (ready !== undefined) this.#talk.say(raft, ready)
      this.#observe()
      this.#sessions.lead(raft.isReady)
      const isPutOff = this.#committed.length > 0
      const committed = this.#toApply(ready?.committed ?? [])
      const persist = ready?.persist
      if (persist === undefined) {
        await this.#applier.applyAll(committed)
        this.#barriers.pass(this.#state.lastApplied)
        if (this.#storage.isSnapshotDue(this.#state)) await this.#storage.snapshot(this.#state)
        continue
      }
      this.#isPersisting = true
      if (raft.role === 'follower' && !isPutOff && isShort(persist) && !this.#storage.isSnapshotDue(this.#state)) {
        // The leader waits for the answer, and is given it before anything is applied here. What was put off once is not again.
        this.#committed = [...committed]
        if (this.#settled(raft, persist, await this.#storage.persist(persist, true))) continue
        await this.#applier.applyAll(this.#toApply([]))
        this.#barriers.pass(this.#state.lastApplied)
        return
      }
      if (this.#storage.isSnapshotDue(this.#state) || persist.snapshot !== undefined) {
        await this.#applier.applyAll(committed)
        this.#barriers.pass(this.#state.lastApplied)
        if (persist.snapshot === undefined) await this.#storage.snapshot(this.#state)
        if (!this.#settled(raft, persist, await this.#storage.persist(persist, false))) return
      } else {
        const applied = this.#applier.applyAll(committed).then(() => this.#barriers.pass(this.#state.lastApplied))
        // Whoever is answered now does not wait for the disk.
        const mayHoldThread = committed.length === 0
        const [isPersisted] = await Promise.all([this.#storage.persist(persist, mayHoldThread), applied])
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

  /** Everything is another. */
  #installed(state: ReplicatedState, bytes: number): void {
    this.#state = state
    this.#tellMembers()
    this.#options.log('info', 'the leader sent a snapshot', { bytes, ...state.inspect() })
  }

  /** Consensus is told, by a leader after what was committed before is applied: proposals of a connection are decided in order. */
  #settled(raft: Raft, persist: Persist, isPersisted: boolean): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    this.#isPersisting = false
    if (isPersisted) {
      raft.persisted(persist, nowMs)
      this.#beats.hurry(raft.dueMs)
      return true
    }
    for (const entry of raft.refused(persist, nowMs)) this.#applier.refuse(entry)
    this.#lookForRoom()
    return false
  }

  /** With the next proposal, or after a while. */
  #lookForRoom(): void {
    this.#roomTimer?.cancel()
    if (this.#lifecycle === 'serving')
      this.#roomTimer = this.#options.clock.after(roomRetryMs, () => {
        if (this.#storage.isRefusing) this.#wake()
      })
  }

  #tick(): void {
    const { clock } = this.#options
    const now = clock.monotonicMs()
    if (this.#raft?.isReady === true) this.#expire(now)
    this.#port.tick(now)
    this.#tickTimer = clock.after(this.#sessions.clocks.nextTickDelayMs(now), () => {
      if (this.#lifecycle === 'serving') this.#tick()
    })
  }

  /** By the leader: what is proposed is judged once more when it is applied. */
  #expire(now: number): void {
    for (const sessionId of this.#sessions.clocks.tick(now)) this.#propose({ type: 'expireSession', sessionId })
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

  #tellMembers(): void {
    if (this.#links !== undefined) this.#state.tree.configure(configurationText(this.#options))
  }
}
