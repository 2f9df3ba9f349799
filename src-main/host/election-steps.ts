/**
 * When what happened in the last election, from what members told: that the leader was lost, who asked and stood, who voted, who led, and
 * when the first entry of its term was committed. Members tell at once when their role, term or leader changes; the times are those at
 * which this host heard of it. What nobody told, or what was before this host looked, has no time.
 */
import type { ElectionStep, MemberReportView } from '../api/ensemble'
import type { NodeView } from '../api/views'

interface Vote {
  readonly term: number
  readonly candidate: string
  readonly atMs: number
}

/** From the loss of a leader to the first entry of the next. */
interface Round {
  lost: { readonly leader: string; readonly atMs: number } | undefined
  /** By member: when it first stood as a candidate, and in each term the last one that it stood for. */
  readonly asks: Map<string, number>
  readonly stands: Map<string, { readonly term: number; readonly atMs: number }>
  readonly votes: Map<string, Vote>
  led: { readonly leader: string; readonly term: number; readonly atMs: number } | undefined
  committedAtMs: number | undefined
}

const newRound = (lost?: Round['lost']): Round => ({
  lost,
  asks: new Map(),
  stands: new Map(),
  votes: new Map(),
  led: undefined,
  committedAtMs: undefined
})

const nameOf = (memberId: number): string => `ensemble-${memberId}`
const epochOf = (zxid: string): number => Number(BigInt(zxid) >> 32n)

export class ElectionSteps {
  /** Undefined before the first leader. */
  #last: Round | undefined
  #now = newRound()
  /** The last ballot of each member that was told: the same one again is no news. */
  readonly #ballots = new Map<string, string>()

  /** A process is in another state: with the leader's ends what it leads. */
  changed({ name, state, sinceMs }: NodeView): void {
    if (state === 'running' || state === 'starting' || state === 'stopping') return
    if (this.#last?.led?.leader === name) this.#lose(name, sinceMs)
  }

  told(name: string, report: MemberReportView, atMs: number): void {
    const led = this.#last?.led
    this.#noteVote(name, report, atMs)
    if (report.role === 'leader') {
      if (led === undefined || report.term > led.term) this.#elected(name, report.term, atMs)
      else if (led.leader === name && led.term === report.term) this.#isLedStill(report)
      this.#noteCommit(name, report, atMs)
      return
    }
    if (led !== undefined && report.term < led.term) return
    if (led?.leader === name || (led !== undefined && report.leaderId === null)) this.#lose(led?.leader ?? name, atMs)
    if (report.role !== 'candidate') return
    const isStanding = report.ballot?.term === report.term && nameOf(report.ballot.candidateId) === name
    if (!this.#now.asks.has(name)) this.#now.asks.set(name, atMs)
    if (isStanding && report.term > (led?.term ?? 0) && this.#now.stands.get(name)?.term !== report.term)
      this.#now.stands.set(name, { term: report.term, atMs })
  }

  /** Of the leader that was elected last, as far as they are known; `voters` are those that elected it. */
  steps(leader: string, term: number, voters: readonly string[]): readonly ElectionStep[] {
    const round = this.#last
    if (round?.led?.leader !== leader || round.led.term !== term) return []
    const { lost, asks, stands, votes, led, committedAtMs } = round
    const step = (what: ElectionStep['what'], member: string, at: number | undefined): ElectionStep => ({
      what,
      member,
      atMs: at ?? null
    })
    const stood = stands.get(leader)
    const voted = voters
      .filter((voter) => voter !== leader)
      .map((voter) => {
        const vote = votes.get(voter)
        return step('votes', voter, vote?.term === term && vote.candidate === leader ? vote.atMs : undefined)
      })
      .sort((a, b) => (a.atMs ?? Infinity) - (b.atMs ?? Infinity))
    return [
      ...(lost === undefined ? [] : [step('lost', lost.leader, lost.atMs)]),
      step('asks', leader, asks.get(leader)),
      step('stands', leader, stood?.term === term ? stood.atMs : undefined),
      ...voted,
      step('leads', leader, led.atMs),
      step('commits', leader, committedAtMs)
    ]
  }

  #noteVote(name: string, { ballot }: MemberReportView, atMs: number): void {
    if (ballot === null) return
    const key = `${ballot.term} ${ballot.candidateId}`
    if (this.#ballots.get(name) === key) return
    this.#ballots.set(name, key)
    const vote = { term: ballot.term, candidate: nameOf(ballot.candidateId), atMs }
    // It may be heard of after the leader that it elected.
    const round = this.#last?.led?.term === ballot.term ? this.#last : this.#now
    round.votes.set(name, vote)
  }

  #elected(leader: string, term: number, atMs: number): void {
    this.#last = this.#now
    this.#last.led = { leader, term, atMs }
    this.#now = newRound()
  }

  #noteCommit(name: string, { term, committed }: MemberReportView, atMs: number): void {
    const round = this.#last
    if (round?.led?.leader !== name || round.led.term !== term) return
    if (epochOf(committed) === term) round.committedAtMs ??= atMs
  }

  #lose(leader: string, atMs: number): void {
    this.#now.lost ??= { leader, atMs }
  }

  /** A member that was cut off alone had lost it, and nobody else. */
  #isLedStill({ isServing }: MemberReportView): void {
    if (isServing && this.#now.stands.size === 0) this.#now = newRound()
  }
}
