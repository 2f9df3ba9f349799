/**
 * What the members of the ensemble have told of themselves, joined with the states of their processes. Who leads is who says so
 * in the highest term; a vote is kept when its voter dies, since it has happened.
 */
import { majorityOf, memberReportSchema, type ElectionView } from '../api/ensemble'
import type { EnsembleView, MemberReportView, MemberView } from '../api/ensemble'
import type { NodeView } from '../api/views'
import { said } from '../kernel/said'

import { ElectionSteps } from './election-steps'

/** They tell each second; who has not for so long is silent. */
export const REPORT_MAX_AGE_MS = 3_500

interface Telling {
  readonly report: MemberReportView
  readonly atMs: number
}

type Ballot = NonNullable<MemberReportView['ballot']>

const nameOf = (memberId: number): string => `ensemble-${memberId}`

export class MemberTellings {
  readonly #tellings = new Map<string, Telling>()
  readonly #ballots = new Map<string, Ballot>()
  readonly #steps = new ElectionSteps()
  #leaderlessSinceMs: number | null = null
  #apart: EnsembleView['apart'] = []
  readonly #watchers = new Set<(view: EnsembleView) => void>()
  #election: { readonly term: number; readonly leader: string; readonly electedBy: ReadonlySet<string> } | undefined

  /** True when somebody leads, or follows, who did not before: that is to be shown at once. */
  told(node: NodeView, fields: Readonly<Record<string, unknown>>, nowMs: number): boolean {
    const parsed = memberReportSchema.safeParse(fields)
    if (!parsed.success) return false
    const report = parsed.data
    const before = this.#tellings.get(node.name)?.report
    this.#tellings.set(node.name, { report, atMs: nowMs })
    this.#steps.told(node.name, report, nowMs)
    if (report.ballot !== null) this.#ballots.set(node.name, report.ballot)
    const isElected = report.role === 'leader' && report.term >= (this.#election?.term ?? 0)
    if (isElected) {
      const known = this.#election?.term === report.term ? [...this.#election.electedBy] : []
      const electedBy = new Set([...known, ...report.electedBy.map(nameOf)])
      this.#election = { term: report.term, leader: node.name, electedBy }
    }
    return (
      before?.role !== report.role ||
      before.term !== report.term ||
      before.leaderId !== report.leaderId ||
      before.isServing !== report.isServing
    )
  }

  /** A process of a member is in another state. */
  changed(node: NodeView): void {
    this.#steps.changed(node)
  }

  view(nodes: readonly NodeView[], nowMs: number): EnsembleView {
    const members = nodes.filter(({ role }) => role === 'ensemble')
    const running = members.filter(({ state }) => state === 'running').length
    const majority = majorityOf(members.length)
    const fresh = new Map(
      members.flatMap((node) => {
        const telling = this.#tellings.get(node.name)
        const isFresh = node.state === 'running' && telling !== undefined && nowMs - telling.atMs <= REPORT_MAX_AGE_MS
        // What a process told that has ended since says nothing of the one that runs now.
        return isFresh && telling.atMs >= node.sinceMs ? [[node.name, telling.report] as const] : []
      })
    )
    const leading = [...fresh].filter(([, { role, isServing }]) => role === 'leader' && isServing)
    const [leader] = leading.sort(([, a], [, b]) => b.term - a.term)
    const quorum = quorumOf({ running, majority, isLed: leader !== undefined, isAnyHeard: fresh.size > 0 })
    const isLeaderless = quorum === false && running >= majority
    this.#leaderlessSinceMs = isLeaderless ? (this.#leaderlessSinceMs ?? nowMs) : null
    this.#apart = quorum === true ? this.#apartOf(fresh, nowMs) : []
    return {
      quorum,
      leaderlessSinceMs: this.#leaderlessSinceMs,
      leader: running >= majority ? (leader?.[0] ?? null) : null,
      term: fresh.size === 0 ? null : Math.max(...[...fresh.values()].map(({ term }) => term)),
      majority,
      running,
      apart: this.#apart,
      members: members.map((node) => this.#memberView(node, fresh.get(node.name), leader?.[1])),
      ...countsOf(
        [...fresh.values()],
        members.every(({ name, state }) => fresh.has(name) || isEnded(state))
      ),
      election: this.#electionView(members)
    }
  }

  #apartOf(fresh: ReadonlyMap<string, MemberReportView>, nowMs: number): EnsembleView['apart'] {
    return [...fresh].flatMap(([member, { role }]) => {
      if (role !== 'candidate' && role !== 'learner') return []
      const known = this.#apart.find((one) => one.member === member && one.role === role)
      return [known ?? { member, role, sinceMs: nowMs }]
    })
  }

  watch(changed: (view: EnsembleView) => void, now: EnsembleView): () => void {
    this.#watchers.add(changed)
    changed(now)
    return () => this.#watchers.delete(changed)
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0
  }

  push(view: EnsembleView): void {
    for (const watcher of this.#watchers) watcher(view)
  }

  #memberView(
    { name, id, state, port }: NodeView,
    report: MemberReportView | undefined,
    leading: MemberReportView | undefined
  ): MemberView {
    return {
      name,
      id,
      state,
      port,
      heardAtMs: this.#tellings.get(name)?.atMs ?? null,
      role: report?.role ?? null,
      term: report?.term ?? null,
      leader: report?.leaderId == null ? null : nameOf(report.leaderId),
      zxid: report?.zxid ?? null,
      lastOnDisk: report?.lastOnDisk ?? null,
      committed: report?.committed ?? null,
      behindEntries:
        report === undefined
          ? null
          : (leading?.followers.find(({ memberId }) => memberId === id)?.behindEntries ?? null),
      sessions: report?.sessions ?? null,
      connections: report?.connections ?? null,
      outstanding: report?.outstanding ?? null,
      latency: report?.latency ?? null
    }
  }

  #electionView(members: readonly NodeView[]): ElectionView | null {
    const election = this.#election
    if (election === undefined) return null
    const { term, leader, electedBy } = election
    const voters = members.map(({ name }) => name).filter((name) => electedBy.has(name))
    return {
      term,
      leader,
      steps: members.length < 2 ? [] : [...this.#steps.steps(leader, term, voters)],
      votes: members.map(({ name }) => {
        if (electedBy.has(name)) return { member: name, candidate: leader, isKnown: true }
        const ballot = this.#ballots.get(name)
        if (ballot?.term === term) return { member: name, candidate: nameOf(ballot.candidateId), isKnown: true }
        const hasSeenIt = (this.#tellings.get(name)?.report.term ?? 0) >= term
        return { member: name, candidate: null, isKnown: hasSeenIt }
      })
    }
  }
}

/** It has no clients any more, and so no watches. */
const isEnded = (state: NodeView['state']): boolean =>
  state === 'stopped' || state === 'killed' || state === 'crashed' || state === 'failed'

/** A zxid as a number of sixteen digits, to be compared. */
const digitsOf = ({ zxid }: MemberReportView): string => zxid.slice(2).padStart(16, '0')

function countsOf(
  reports: readonly MemberReportView[],
  hasEachTold: boolean
): Pick<EnsembleView, 'znodes' | 'sessions' | 'watches'> {
  const [newest] = reports.toSorted((a, b) => (digitsOf(a) < digitsOf(b) ? 1 : -1))
  const isSummed = hasEachTold && reports.length > 0
  return {
    znodes: newest?.znodes ?? null,
    sessions: newest?.allSessions ?? null,
    watches: isSummed ? reports.reduce((sum, { watches }) => sum + watches, 0) : null
  }
}

function quorumOf(seen: { running: number; majority: number; isLed: boolean; isAnyHeard: boolean }): boolean | null {
  if (seen.running < seen.majority) return false
  if (seen.isLed) return true
  return seen.isAnyHeard ? false : null
}

/** An election takes tenths of a second: what was known before it is known after it. */
const electionMs = 3_000

/** Nobody keeps what the brokers agreed on, and nobody says what it is: who is the controller is not known. */
export function hasLostQuorum({ quorum, running, majority, leaderlessSinceMs }: EnsembleView, nowMs: number): boolean {
  return quorum === false && (running < majority || nowMs - (leaderlessSinceMs ?? nowMs) > electionMs)
}

/** Why nothing can be changed now, in a sentence; undefined while the ensemble writes, or nobody knows. */
export function noQuorumReason({ quorum, running, majority, members }: EnsembleView): string | undefined {
  if (quorum !== false) return undefined
  const { length: of } = members
  const all = of === 1 ? said`${running} of ${of} member runs` : said`${running} of ${of} members run`
  if (running >= majority) return said`The ensemble has no leader: ${all}, and elect one. Try again in a moment.`
  return said`The ensemble has no quorum: ${all}, ${majority} needed. Start members with lagoon node start, then try again.`
}
