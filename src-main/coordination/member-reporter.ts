/** What a member tells of itself: to its parent each second and when it has another role, and to whoever asks by a word. */
import type { Timer } from '../kernel/ports'
import { answerWord } from './admin-answers'
import type { ClientPort, Word } from './client-port'
import {
  membersText,
  serverVersion,
  type Configuration,
  type LeaderFigures,
  type MemberFigures
} from './core/admin-words'
import type { MemberId } from './core/consensus/messages'
import type { Raft, Role } from './core/consensus/raft'
import { Latency } from './core/latency'
import { memberReport, type MemberReport } from './core/member-report'
import type { ReplicatedState } from './core/replicated-state'
import { expiryBucketMs, type SessionClocks } from './core/session/session-clocks'
import type { WatchTable } from './core/tree/watch-table'
import { electionTimeoutMs, type EnsembleNodeOptions } from './member-options'
import type { MemberStorage } from './member-storage'

const reportEveryMs = 1_000

export interface ReportSources {
  readonly port: ClientPort
  readonly watches: WatchTable
  readonly clocks: SessionClocks
  readonly latency: Latency
  readonly storage: Pick<MemberStorage, 'syncs' | 'entrySizes'>
  readonly state: () => ReplicatedState
  /** Undefined before it has recovered. */
  readonly raft: () => Raft | undefined
  readonly leaderId: () => MemberId
  readonly isServing: () => boolean
}

export class MemberReporter {
  readonly #options: EnsembleNodeOptions
  readonly #sources: ReportSources
  #startedAtMs = 0
  readonly #elections = new Latency()
  /** Since when it knows no leader; undefined: it knows one. */
  #leaderlessSinceMs: number | undefined
  /** In which term it leads, and since when. */
  #leading: { readonly term: number; readonly sinceMs: number } | undefined
  #timer: Timer | undefined
  /** As it was told last. */
  #told: {
    readonly role?: Role
    readonly term?: number
    readonly leaderId?: MemberId
    readonly isReady?: boolean
  } = {}

  constructor(options: EnsembleNodeOptions, sources: ReportSources) {
    this.#options = options
    this.#sources = sources
  }

  /** The member starts: it is up from now on. */
  begin(): void {
    this.#startedAtMs = this.#options.clock.monotonicMs()
    this.#leaderlessSinceMs = this.#startedAtMs
  }

  /** From now on, each second. */
  tellEachSecond(): void {
    this.#tell()
    this.#timer = this.#options.clock.after(reportEveryMs, () => {
      if (this.#sources.isServing()) this.tellEachSecond()
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** Looked at with each message: what is cheap to ask for. */
  changed(): void {
    const raft = this.#sources.raft()
    if (raft !== undefined) this.#observe(raft)
    if (this.#options.told === undefined || raft === undefined || !this.#sources.isServing()) return
    const { role, term, leaderId, isReady } = this.#told
    if (raft.term !== term || raft.role !== role || raft.leaderId !== leaderId || raft.isReady !== isReady) this.#tell()
  }

  /** Looked at with each message, too. */
  #observe({ leaderId, role, term }: Pick<Raft, 'leaderId' | 'role' | 'term'>): void {
    const isLed = leaderId !== 0
    const leads = role === 'leader'
    if (isLed !== (this.#leaderlessSinceMs === undefined)) {
      const nowMs = this.#options.clock.monotonicMs()
      if (this.#leaderlessSinceMs !== undefined) this.#elections.add(nowMs - this.#leaderlessSinceMs)
      this.#leaderlessSinceMs = isLed ? undefined : nowMs
    }
    if (leads === (this.#leading?.term === term)) return
    this.#leading = leads ? { term, sinceMs: this.#options.clock.monotonicMs() } : undefined
    if (leads) this.#sources.storage.entrySizes.reset()
  }

  #tell(): void {
    const raft = this.#sources.raft()
    const report = this.#options.told === undefined ? undefined : this.report()
    if (raft === undefined || report === undefined) return
    const { role, term, leaderId, isReady } = raft
    this.#told = { role, term, leaderId, isReady }
    this.#options.told?.(report)
  }

  /** Undefined before it has recovered. */
  report(): MemberReport | undefined {
    const { port, latency, state, raft, watches } = this.#sources
    const consensus = raft()?.figures()
    if (consensus === undefined) return undefined
    const { connections, outstanding } = port.counts()
    return memberReport(consensus, {
      isServing: this.#mode !== undefined,
      zxid: state().lastApplied,
      sessions: port.sessionCount,
      connections,
      outstanding,
      allSessions: state().sessions.count,
      znodes: state().tree.count,
      watches: watches.count,
      latency: latency.figures() ?? null
    })
  }

  word(word: Word): string {
    const { clock, disk, environment = {}, address, dataDir, sessionTimeouts, memberId, peers } = this.#options
    const { port, watches, clocks, state, latency, storage } = this.#sources
    return answerWord(word, {
      clock,
      disk,
      port,
      watches,
      clocks,
      environment,
      version: serverVersion,
      state,
      figures: () => (this.#mode === undefined ? undefined : this.#figures(this.#mode)),
      configuration: () => ({
        clientPort: port.address?.port ?? address.port,
        dataDir,
        tickMs: expiryBucketMs,
        connectionsMax: port.connectionsMax,
        electionTimeoutMs,
        sessionTimeoutMinMs: sessionTimeouts.minMs,
        sessionTimeoutMaxMs: sessionTimeouts.maxMs,
        memberId,
        peerPort: peers?.address.port,
        members: membersOf(this.#options)
      }),
      resetFigures: () => {
        latency.reset()
        port.resetCounts()
        storage.syncs.reset()
        this.#elections.reset()
      }
    })
  }

  /** Undefined while there is no leader; one of one is there, also while its disk is full. */
  get #mode(): MemberFigures['mode'] | undefined {
    const raft = this.#sources.raft()
    if (this.#options.peers === undefined) return 'standalone'
    if (raft?.isReady === true) return 'leader'
    return raft?.role === 'follower' && this.#sources.leaderId() !== 0 ? 'follower' : undefined
  }

  #figures(mode: MemberFigures['mode']): MemberFigures {
    const { peers, clock, descriptors } = this.#options
    const { port, watches, latency, storage } = this.#sources
    const { tree, sessions, lastApplied } = this.#sources.state()
    return {
      version: serverVersion,
      mode,
      latency: latency.figures(),
      quorumSize: peers === undefined ? undefined : peers.others.length + 1,
      descriptors: descriptors?.(),
      syncs: storage.syncs.summary(),
      elections: peers === undefined ? undefined : this.#elections.summary(),
      leader: mode === 'leader' ? this.#leaderFigures() : undefined,
      ...port.counts(),
      zxid: lastApplied,
      znodes: tree.count,
      watches: watches.count,
      ephemerals: tree.ephemeralCount,
      dataBytes: tree.approximateDataBytes,
      sessions: sessions.count,
      uptimeMs: Math.round(clock.monotonicMs() - this.#startedAtMs)
    }
  }

  #leaderFigures(): LeaderFigures | undefined {
    const { raft, storage } = this.#sources
    const consensus = raft()?.figures()
    if (consensus === undefined) return undefined
    const { followers, pendingBarriers } = consensus
    const nowMs = this.#options.clock.monotonicMs()
    return {
      followersBehind: followers.map(({ behindEntries }) => behindEntries ?? null),
      pendingSyncs: pendingBarriers,
      uptimeMs: Math.round(nowMs - (this.#leading?.sinceMs ?? nowMs)),
      proposals: storage.entrySizes.figures()
    }
  }
}

/** Of an ensemble of several, in the order of their ids. */
function membersOf({ memberId, peers }: EnsembleNodeOptions): Configuration['members'] {
  if (peers === undefined) return []
  const members = [{ memberId, address: peers.address }, ...peers.others].sort((a, b) => a.memberId - b.memberId)
  return members.map((member) => ({ memberId: member.memberId, ...member.address }))
}

/** What /zookeeper/config says. */
export const configurationText = (options: EnsembleNodeOptions): string => membersText(membersOf(options))
