/** What a member tells of itself: to its parent each second and when it has another role, and to whoever asks by a word. */
import type { Timer } from '../kernel/ports'
import { answerWord } from './admin-answers'
import type { ClientPort, Word } from './client-port'
import { membersText, type Configuration, type MemberFigures } from './core/admin-words'
import type { MemberId } from './core/consensus/messages'
import type { Raft, Role } from './core/consensus/raft'
import type { Latency } from './core/latency'
import { memberReport, type MemberReport } from './core/member-report'
import type { ReplicatedState } from './core/replicated-state'
import type { SessionClocks } from './core/session/session-clocks'
import type { WatchTable } from './core/tree/watch-table'
import type { EnsembleNodeOptions } from './member-options'

/** The protocol we speak is 3.8's; clients compare the numbers. */
const serverVersion = '3.8.0-lagoon'
const reportEveryMs = 1_000

export interface ReportSources {
  readonly port: ClientPort
  readonly watches: WatchTable
  readonly clocks: SessionClocks
  readonly latency: Latency
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
    if (this.#options.told === undefined || raft === undefined || !this.#sources.isServing()) return
    const { role, term, leaderId, isReady } = this.#told
    if (raft.term !== term || raft.role !== role || raft.leaderId !== leaderId || raft.isReady !== isReady) this.#tell()
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
    const { port, watches, clocks, state, latency } = this.#sources
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
        sessionTimeoutMinMs: sessionTimeouts.minMs,
        sessionTimeoutMaxMs: sessionTimeouts.maxMs,
        memberId,
        peerPort: peers?.address.port,
        members: membersOf(this.#options)
      }),
      resetFigures: () => {
        latency.reset()
        port.resetCounts()
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
    const { peers, clock } = this.#options
    const { port, watches, latency } = this.#sources
    const { tree, sessions, lastApplied } = this.#sources.state()
    return {
      version: serverVersion,
      mode,
      latency: latency.figures(),
      quorumSize: peers === undefined ? undefined : peers.others.length + 1,
      followersBehind: (this.#sources.raft()?.figures().followers ?? []).map(
        ({ behindEntries }) => behindEntries ?? null
      ),
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
}

/** Of an ensemble of several, in the order of their ids. */
function membersOf({ memberId, peers }: EnsembleNodeOptions): Configuration['members'] {
  if (peers === undefined) return []
  const members = [{ memberId, address: peers.address }, ...peers.others].sort((a, b) => a.memberId - b.memberId)
  return members.map((member) => ({ memberId: member.memberId, ...member.address }))
}

/** What /zookeeper/config says. */
export const configurationText = (options: EnsembleNodeOptions): string => membersText(membersOf(options))
