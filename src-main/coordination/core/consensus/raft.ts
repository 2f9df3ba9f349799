/**
 * Consensus of the members of an ensemble: Raft (Ongaro, "Consensus: Bridging Theory and Practice", 2014), one member's part
 * of it. It has no clock, disk or network: it is told what happened, and asked what is to be done (`takeReady`).
 *
 * Why it is safe, in the order in which it can go wrong:
 * - A vote and an answer to an append leave only when what they promise is on disk (`held`, Durability).
 * - A vote goes to nobody whose log ends before the voter's (dissertation 3.6.1); one vote a term.
 * - Only an entry of the leader's own term is committed by counting (3.6.2); each term begins with one, and until that is
 *   committed the leader is elected, but not ready: it answers no read, and its clocks stand.
 * - A log is cut only where it contradicts the leader's, never before what is committed.
 * - A member that lost its disk neither votes nor counts until an entry that admits it is committed by a majority without it:
 *   whoever might be elected by a vote of its earlier life lacks that entry, and so is not elected any more.
 *
 * What makes it live: pre-votes (9.6), so that nobody is disturbed by who was cut off; leaders that step down when they reach no
 * majority for an election timeout (6.2); voters that do not listen to candidates while they hear the leader (4.2.3).
 *
 * Deviations: positions are zxids (messages.ts); who follows a leader has voted for it in that term; nothing is applied
 * before it is on this member's disk, too; an ensemble of one elects itself without waiting.
 */
import { invariant } from '../../../kernel/invariant'
import type { Random } from '../../../kernel/ports'
import { compareZxid, type Zxid } from '../../wire/zxid'
import type { LogCommand, LogEntry } from '../log-entry'
import type { Ballot, ConsensusFigures } from './consensus-figures'
import { Durability, type Persist } from './durability'
import { Leadership, type Wanted } from './leadership'
import { areInOrder, LogView, nextInTerm, type EntryLimits, type KnownLog } from './log-view'
import {
  termMax,
  type Envelope,
  type HardState,
  type MemberId,
  type PeerMessage,
  type SnapshotPiece,
  type Standing
} from './messages'
import type { FlowLimits } from './progress'
import { majorityOf } from './quorum'
import { barriersMax, type Passed } from './read-barriers'
import { SnapshotIntake, type RefusedSnapshot } from './snapshot-intake'

export interface RaftLimits {
  /** Of a batch for the disk, of an append, and of what is handed out to be applied at once. */
  readonly persist: EntryLimits
  readonly append: EntryLimits
  readonly apply: EntryLimits
  readonly flow: FlowLimits
  /** Proposals that are not committed; more are refused. */
  readonly uncommitted: EntryLimits
  /** Of applied entries, for followers that are a little behind. */
  readonly tailBytesKept: number
  readonly snapshotBytesMax: number
}

export interface RaftOptions {
  readonly memberId: MemberId
  /** All of them, this one included; the number is fixed for good. */
  readonly members: readonly MemberId[]
  readonly electionTimeoutMs: number
  readonly heartbeatMs: number
  readonly limits: RaftLimits
  readonly random: Pick<Random, 'uint32'>
  /** As recovery found it. */
  readonly hardState: HardState
  readonly log: KnownLog
  /** Committed and applied already. */
  readonly applied: Zxid
  /** Of a term; at the end of it the leader ends its term. */
  readonly counterMax?: number
}

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader'

/** What is to be done, in this order; `messages` and `committed` need not wait for `persist`. */
export interface Ready {
  readonly messages: readonly Envelope[]
  /** Undefined while an earlier one is under way. */
  readonly persist: Persist | undefined
  /** To be applied in order, each once. */
  readonly committed: readonly LogEntry[]
  /** Reads of this member that may be made when everything up to their position is applied. */
  readonly reads: readonly Omit<Passed, 'from'>[]
  /** Reads of this member of which nothing will be known. */
  readonly lostReads: readonly number[]
  readonly wanted: readonly Wanted[]
}

export interface Proposal {
  readonly proposalId: number
  readonly timeMs: number
  readonly command: LogCommand
}

/** What happens to it: it waits to be committed; or it never gets into the log, since this is not the leader, or too much waits. */
export type Taken = 'taken' | 'notLeader' | 'full'

const defaultCounterMax = 0xffff_ffff
/** Who knows that nobody leads asks sooner; pre-votes disturb nobody. Twice as long with each time, up to the usual time-out. */
const eagerTimeoutMs = 40
const refusedElectionTimeouts = 3

export class Raft {
  readonly #options: RaftOptions
  readonly #log: LogView
  readonly #durability: Durability
  readonly #intake: SnapshotIntake
  #nowMs = 0
  #role: Role = 'follower'
  #leaderId: MemberId = 0
  #heardLeaderMs = -Infinity
  #electionDueMs = Infinity
  /** So often this member asked since it was told that nobody leads; undefined: as far as it knows, somebody does. */
  #eagerAttempts: number | undefined
  /** When its disk had no room the last time: who cannot write does not ask to lead. */
  #refusedAtMs = -Infinity
  readonly #votes = new Set<MemberId>()
  #ballot: Ballot | undefined
  #leadership: Leadership | undefined
  #committed: Zxid
  #handedOut: Zxid
  /** Up to here this log is the leader's of this term. */
  #verified: Zxid
  /** The leader waits for an answer, until what it sent is on disk. */
  #owesAnswer = false
  #answerRound = 0
  /** What this leader was answered last. */
  #answered: { readonly matched: Zxid; readonly round: number; readonly atMs: number } | undefined
  /** Read barriers that the leader was asked for, and when. */
  readonly #askedReads = new Map<number, number>()
  #messages: Envelope[] = []
  /** May leave when the hard state is on disk. */
  #held: Envelope[] = []
  #reads: Omit<Passed, 'from'>[] = []
  #lostReads: number[] = []
  #wanted: Wanted[] = []

  constructor(options: RaftOptions) {
    const { members, memberId, hardState, log, applied, limits } = options
    invariant(members.includes(memberId) && new Set(members).size === members.length, 'a member is one of all', {
      memberId,
      members
    })
    this.#options = options
    this.#log = new LogView(log)
    this.#durability = new Durability(this.#log, hardState, limits.persist)
    this.#intake = new SnapshotIntake(limits.snapshotBytesMax)
    invariant(hardState.term >= this.#log.last.epoch, 'a term is on disk before its entries', { last: this.#log.last })
    invariant(this.#log.contains(applied), 'what is applied is in the log', { applied })
    this.#committed = applied
    this.#handedOut = applied
    this.#verified = applied
  }

  // ── what is so ─────────────────────────────────────────────────────────────────────────────────────────────────

  get role(): Role {
    return this.#role
  }

  get term(): number {
    return this.#durability.hardState.term
  }

  /** 0: none is known. */
  get leaderId(): MemberId {
    return this.#leaderId
  }

  /** It leads, and an entry of its term is committed. */
  get isReady(): boolean {
    return this.#role === 'leader' && this.#committed.epoch === this.term
  }

  get isVoter(): boolean {
    return this.#durability.hardState.isVoter
  }

  /** Of its log, on this member's disk. */
  get lastPersisted(): Zxid {
    return this.#durability.persisted
  }

  get committed(): Zxid {
    return this.#committed
  }

  /** The last entry of the log, on disk or about to be. */
  get last(): Zxid {
    return this.#log.last
  }

  /** Is it in the log, or in the snapshot that the log goes on from? */
  has(position: Zxid): boolean {
    return compareZxid(position, this.#committed) <= 0 || this.#log.contains(position)
  }

  /** Is `next` the entry of the log after `position`? */
  follows(position: Zxid, next: Zxid): boolean {
    return this.#log.follows(position, next)
  }

  /** The leader sends one that is too large for this member: it cannot catch up. */
  get refusedSnapshot(): RefusedSnapshot | undefined {
    return this.#intake.refused
  }

  figures(): ConsensusFigures {
    return {
      role: this.#role,
      isVoter: this.isVoter,
      term: this.term,
      leaderId: this.#leaderId,
      persisted: this.#durability.persisted,
      committed: this.#committed,
      followers: this.#leadership?.followers() ?? [],
      pendingBarriers: this.#leadership?.barriers.count ?? 0,
      ballot: this.#ballot,
      electedBy: this.#role === 'leader' ? [...this.#votes] : []
    }
  }

  /** When it is to be told that time has passed, at the latest; of the clock of `tick`. */
  get dueMs(): number {
    return this.#leadership?.dueMs ?? this.#electionDueMs
  }

  inspect(): Readonly<Record<string, unknown>> {
    return {
      role: this.#role,
      leaderId: this.#leaderId,
      isReady: this.isReady,
      committed: this.#committed,
      ...this.#durability.inspect(),
      log: this.#log.inspect(),
      ...(this.#leadership === undefined ? {} : { others: this.#leadership.inspect() })
    }
  }

  // ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

  start(nowMs: number): void {
    this.#nowMs = nowMs
    this.#eagerAttempts = 0
    this.#resetElectionTimer()
    if (this.#options.members.length === 1) this.#campaign(false)
  }

  /**
   * The link to a member broke: where it was the leader it has probably ended, and nobody waits for a time-out. Where it has not, the
   * others still hear it, and this member will.
   */
  linkLost(memberId: MemberId, nowMs: number): void {
    this.#nowMs = nowMs
    if (memberId !== this.#leaderId || this.#role !== 'follower') return
    this.#follow(this.term, 0)
    this.#heardLeaderMs = -Infinity
    this.#eagerAttempts = 0
    this.#resetElectionTimer()
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs
    const leadership = this.#leadership
    if (leadership === undefined) {
      if (nowMs >= this.#electionDueMs) this.#askBeforehand()
      this.#askAgain()
      return
    }
    if (!leadership.reachesMajority(nowMs)) {
      this.#follow(this.term, 0)
      return
    }
    leadership.tick(nowMs)
    this.#afterAnswer(leadership)
  }

  /** Anything may come, at any time, twice, or out of order. */
  step(from: MemberId, message: PeerMessage, nowMs: number): void {
    this.#nowMs = nowMs
    const { memberId, members } = this.#options
    if (from === memberId || !members.includes(from)) return
    if (message.type === 'preVote') {
      this.#answerPreVote(from, message.term, message.last)
      return
    }
    if (message.type === 'preVoteAnswer' && message.isGranted) {
      if (this.#role === 'preCandidate' && message.term === this.term + 1) this.#votedBy(from)
      return
    }
    if (message.term > this.term) {
      // Who was cut off, or is to be disturbed by nobody, has no say while the leader is heard (dissertation 4.2.3).
      if (message.type === 'vote' && !message.isTransfer && this.#hearsLeader()) return
      this.#follow(message.term, 0)
    }
    if (message.term < this.term) this.#answerOld(from, message)
    else this.#stepInTerm(from, message)
  }

  /** `origin`: whose client waits for it, where that is another member. */
  propose(proposal: Proposal, origin?: MemberId): Taken {
    const leadership = this.#leadership
    if (leadership === undefined || leadership.isTransferring) return 'notLeader'
    const { uncommitted } = this.#options.limits
    if (
      this.#log.tailBytes >= uncommitted.bytesMax + this.#options.limits.tailBytesKept ||
      this.#log.countAfter(this.#committed) >= uncommitted.entriesMax
    )
      return 'full'
    if (!this.#append(proposal)) return 'notLeader'
    if (origin !== undefined) leadership.awaitedBy(origin, this.#log.last)
    return 'taken'
  }

  /** False when there is nobody to ask, or too much is asked already: its outcome is not known. */
  read(readId: number): boolean {
    const leadership = this.#leadership
    if (leadership !== undefined) return this.#barrier(leadership, readId, undefined)
    if (this.#leaderId === 0 || this.#askedReads.size >= barriersMax) return false
    this.#askedReads.set(readId, this.#nowMs)
    this.#send(this.#leaderId, { type: 'readRequest', term: this.term, readId })
    return true
  }

  /** Gives the leadership to whoever has everything; nothing is taken meanwhile. Before a clean stop. */
  transfer(nowMs: number): void {
    this.#nowMs = nowMs
    if (this.#leadership === undefined) return
    this.#leadership.transfer(nowMs)
    this.#afterAnswer(this.#leadership)
  }

  // ── what is to be done ─────────────────────────────────────────────────────────────────────────────────────────

  /** Nothing is to be persisted or applied: what is to be done, if anything, is to talk. */
  get isIdle(): boolean {
    return this.#durability.isIdle && compareZxid(this.#handedOut, this.#applicable) >= 0
  }

  /** Nothing waits for the disk, but for what is on its way there. */
  get isPersisted(): boolean {
    return this.#durability.isIdle
  }

  /** Undefined when there is nothing to do. */
  takeReady(): Ready | undefined {
    const committed = this.#toApply()
    const persist = this.#durability.next()
    this.#leadership?.fill(this.#messages, this.#wanted)
    const ready = {
      messages: this.#messages,
      persist,
      committed,
      reads: this.#reads,
      lostReads: this.#lostReads,
      wanted: this.#wanted
    }
    const isEmpty =
      ready.messages.length + committed.length + ready.reads.length + ready.lostReads.length + ready.wanted.length === 0
    if (isEmpty && persist === undefined) return undefined
    this.#messages = []
    this.#reads = []
    this.#lostReads = []
    this.#wanted = []
    return ready
  }

  /** All of it is on disk. */
  persisted(persist: Persist, nowMs: number): void {
    this.#nowMs = nowMs
    this.#durability.done(persist)
    if (this.#durability.isHardStateSafe) {
      for (const envelope of this.#held) if (isInTime(envelope.message, this.term)) this.#messages.push(envelope)
      this.#held = []
      if (this.#role === 'candidate') this.#votedBy(this.#options.memberId)
    }
    if (this.#leadership !== undefined) this.#commitWhatMajorityHas(this.#leadership)
    if (this.#owesAnswer) this.#answerAppend()
  }

  /**
   * The disk had no room for it: it is to be persisted again when there may be. Gives the entries that never happen, in order: those
   * of an ensemble of one, which alone had them; a leader of others leads no more, since they may have what it has not.
   */
  refused(persist: Persist, nowMs: number): readonly LogEntry[] {
    this.#nowMs = nowMs
    this.#refusedAtMs = nowMs
    const after = this.#durability.refused(persist)
    if (this.#leadership === undefined) return []
    if (this.#options.members.length > 1) {
      this.#follow(this.term, 0)
      return []
    }
    const dropped = this.#log.truncateAfter(after)
    const beginning = dropped.find(({ zxid, command }) => zxid.epoch === this.term && command.type === 'beginTerm')
    if (beginning === undefined) return dropped
    this.#log.append(beginning)
    return dropped.filter((entry) => entry !== beginning)
  }

  entriesRead(memberId: MemberId, after: Zxid, entries: readonly LogEntry[] | undefined): void {
    this.#leadership?.entriesRead(memberId, after, entries, this.#messages)
  }

  snapshotRead(memberId: MemberId, piece: SnapshotPiece | undefined, nowMs: number): void {
    this.#leadership?.snapshotRead(memberId, piece, this.#messages, nowMs)
  }

  /** A snapshot at this position is on disk, and the entries before it may be there no more. */
  compactedTo(position: Zxid): void {
    if (compareZxid(position, this.#log.base) > 0) this.#log.compactedTo(position)
  }

  // ── elections ──────────────────────────────────────────────────────────────────────────────────────────────────

  #resetElectionTimer(): void {
    const { electionTimeoutMs, random } = this.#options
    const attempts = this.#eagerAttempts
    const leastMs = attempts === undefined ? Infinity : eagerTimeoutMs * 2 ** Math.min(attempts, 10)
    const timeoutMs = Math.min(electionTimeoutMs, leastMs)
    this.#electionDueMs = this.#nowMs + timeoutMs + (random.uint32() % Math.max(1, timeoutMs))
  }

  #hearsLeader(): boolean {
    if (this.#role === 'leader') return true
    return this.#leaderId !== 0 && this.#nowMs - this.#heardLeaderMs < this.#options.electionTimeoutMs
  }

  /** There is no term after the last. */
  get #mayStand(): boolean {
    return this.isVoter && this.term < termMax
  }

  #askBeforehand(): void {
    this.#eagerAttempts = (this.#eagerAttempts ?? 0) + 1
    this.#follow(this.term, 0)
    const isFull = this.#nowMs - this.#refusedAtMs < refusedElectionTimeouts * this.#options.electionTimeoutMs
    if (!this.#mayStand || isFull) return
    this.#role = 'preCandidate'
    this.#toOthers({ type: 'preVote', term: this.term + 1, last: this.#log.last })
    this.#votedBy(this.#options.memberId)
  }

  #campaign(isTransfer: boolean): void {
    if (!this.#mayStand) return
    const term = this.term + 1
    this.#follow(term, this.#options.memberId)
    this.#leaderId = 0
    this.#role = 'candidate'
    this.#ballot = { term, candidateId: this.#options.memberId }
    // Its own vote counts when it is on disk; those of others are asked for then, too.
    this.#toOthers({ type: 'vote', term, last: this.#log.last, isTransfer })
  }

  #votedBy(memberId: MemberId): void {
    this.#votes.add(memberId)
    if (this.#votes.size < majorityOf(this.#options.members.length)) return
    if (this.#role === 'preCandidate') this.#campaign(false)
    else if (this.#role === 'candidate' && this.#votes.has(this.#options.memberId)) this.#lead()
  }

  #answerPreVote(from: MemberId, term: number, last: Zxid): void {
    const isGranted = this.isVoter && term > this.term && !this.#hearsLeader() && this.#isUpToDate(last)
    this.#send(from, { type: 'preVoteAnswer', term: isGranted ? term : this.term, isGranted })
  }

  #answerVote(from: MemberId, last: Zxid): void {
    const { vote } = this.#durability.hardState
    const isFree = vote === 0 || (vote === from && this.#role === 'follower')
    const isGranted = this.isVoter && isFree && this.#leaderId === 0 && this.#isUpToDate(last)
    if (isGranted) {
      if (vote === 0) this.#durability.set({ vote: from })
      this.#ballot = { term: this.term, candidateId: from }
      // It has the usual time to say that it leads.
      this.#eagerAttempts = undefined
      this.#resetElectionTimer()
    }
    this.#send(from, { type: 'voteAnswer', term: this.term, isGranted })
  }

  /** Is a log that ends there at least as long as this one (dissertation 3.6.1)? */
  #isUpToDate(last: Zxid): boolean {
    return compareZxid(last, this.#log.last) >= 0
  }

  /** Whatever this member was, it follows: `leaderId`, or whoever will be known. */
  #follow(term: number, leaderId: MemberId): void {
    const isOther = term > this.term || leaderId !== this.#leaderId || this.#role === 'leader'
    if (term > this.term) this.#durability.set({ term, vote: leaderId })
    else if (leaderId !== 0 && this.#durability.hardState.vote === 0) this.#durability.set({ vote: leaderId })
    this.#role = 'follower'
    this.#votes.clear()
    this.#resetElectionTimer()
    if (!isOther) return
    this.#leaderId = leaderId
    this.#verified = this.#committed
    this.#owesAnswer = false
    this.#answered = undefined
    this.#intake.forget()
    this.#lostReads.push(...(this.#leadership?.barriers.lost() ?? []), ...this.#askedReads.keys())
    this.#askedReads.clear()
    this.#leadership = undefined
  }

  #lead(): void {
    const { memberId, members, electionTimeoutMs, heartbeatMs, limits } = this.#options
    const { term } = this
    invariant(this.#durability.isHardStateSafe, 'who leads has its vote on disk')
    this.#role = 'leader'
    this.#leaderId = memberId
    this.#eagerAttempts = undefined
    this.#leadership = new Leadership(
      {
        memberId,
        members,
        term,
        log: this.#log,
        electionTimeoutMs,
        heartbeatMs,
        appendLimits: limits.append,
        flowLimits: limits.flow
      },
      this.#nowMs
    )
    this.#append({ proposalId: 0, timeMs: 0, command: { type: 'beginTerm', memberId } })
    this.#leadership.tellAll(this.#committed)
  }

  // ── messages of this term ──────────────────────────────────────────────────────────────────────────────────────

  #stepInTerm(from: MemberId, message: PeerMessage): void {
    switch (message.type) {
      case 'vote':
        this.#answerVote(from, message.last)
        return
      case 'voteAnswer':
        if (message.isGranted && this.#role === 'candidate') this.#votedBy(from)
        else if (message.isGranted && this.#role === 'leader') this.#votes.add(from)
        return
      case 'append':
        if (this.#hears(from)) this.#take(from, message)
        return
      case 'snapshot':
        if (this.#hears(from)) this.#takePiece(from, message)
        return
      case 'appendAnswer':
      case 'appendRefused':
      case 'snapshotAnswer':
        if (this.#leadership === undefined || !this.#wasAsked(this.#leadership, message)) return
        this.#leadership.answered(from, message, this.#nowMs)
        this.#commitWhatMajorityHas(this.#leadership)
        this.#afterAnswer(this.#leadership)
        return
      case 'campaignNow':
        if (this.#leaderId === from) this.#campaign(true)
        return
      case 'readRequest':
        if (this.#leadership !== undefined) this.#barrier(this.#leadership, message.readId, from)
        return
      case 'readAnswer':
        if (this.#askedReads.delete(message.readId)) {
          this.#reads.push({ readId: message.readId, position: message.position })
        }
        return
      case 'preVote':
      case 'preVoteAnswer':
    }
  }

  /** A position of this leader's log, and a question that it has put: of others nobody who follows it can know. */
  #wasAsked({ barriers }: Leadership, message: Extract<PeerMessage, { readonly round: number } & Standing>): boolean {
    const position =
      message.type === 'appendAnswer'
        ? message.matched
        : message.type === 'appendRefused'
          ? message.refused
          : message.last
    return compareZxid(position, this.#log.last) <= 0 && message.round <= barriers.round
  }

  /** Its sender is of an earlier term: the answer tells it of this one. */
  #answerOld(from: MemberId, { type }: PeerMessage): void {
    if (type === 'vote' || type === 'append' || type === 'snapshot')
      this.#send(from, { type: 'voteAnswer', term: this.term, isGranted: false })
  }

  /** From the leader of this term: there is one at most. */
  #hears(leaderId: MemberId): boolean {
    if (this.#role === 'leader') {
      invariant(leaderId !== this.#options.memberId, 'a term has one leader')
      return false
    }
    this.#eagerAttempts = undefined
    this.#follow(this.term, leaderId)
    this.#heardLeaderMs = this.#nowMs
    return true
  }

  // ── following ──────────────────────────────────────────────────────────────────────────────────────────────────

  #take(from: MemberId, append: Extract<PeerMessage, { type: 'append' }>): void {
    const { previous, entries, committed, round } = append
    if (!areInOrder(previous, entries)) return
    // Everything that is committed is in the leader's log, and in this one.
    const isKnown = compareZxid(previous, this.#committed) <= 0 || this.#log.contains(previous)
    if (!isKnown) {
      const hint = this.#log.floor(previous) ?? this.#log.base
      this.#send(from, { type: 'appendRefused', term: this.term, refused: previous, hint, round, ...this.#standing() })
      return
    }
    const end = entries.at(-1)?.zxid ?? previous
    this.#takeEntries(
      previous,
      entries.filter(({ zxid }) => compareZxid(zxid, this.#committed) > 0)
    )
    if (compareZxid(end, this.#verified) > 0) this.#verified = end
    this.#commit(compareZxid(committed, end) < 0 ? committed : end)
    this.#answerRound = round
    const isSynced = compareZxid(end, this.#durability.persisted) <= 0
    if (entries.length === 0 ? !this.#hasJustAnswered(round) : isSynced) this.#answerAppend()
    this.#owesAnswer = compareZxid(this.#verified, this.#durability.persisted) > 0
  }

  #takeEntries(previous: Zxid, entries: readonly LogEntry[]): void {
    const from = entries.findIndex(({ zxid }) => !this.#log.contains(zxid))
    if (from < 0) return
    const before =
      from > 0 ? entries[from - 1]?.zxid : compareZxid(previous, this.#committed) > 0 ? previous : this.#committed
    invariant(before !== undefined, 'an entry has one before it')
    if (compareZxid(this.#log.last, before) !== 0) {
      invariant(compareZxid(before, this.#committed) >= 0, 'what is committed is never cut', { before })
      this.#durability.cutAfter(before)
      this.#log.truncateAfter(before)
    }
    for (const entry of entries.slice(from)) this.#log.append(entry)
  }

  /** The leader only tells how far is committed, and heard a moment ago all that there is to say. */
  #hasJustAnswered(round: number): boolean {
    const answered = this.#answered
    if (answered === undefined || answered.round !== round) return false
    const isSoon = this.#nowMs - answered.atMs < this.#options.heartbeatMs / 2
    return isSoon && compareZxid(answered.matched, this.#matched) === 0
  }

  /** The log agrees with the leader's up to here, on disk. */
  get #matched(): Zxid {
    const { persisted } = this.#durability
    return compareZxid(this.#verified, persisted) < 0 ? this.#verified : persisted
  }

  #answerAppend(): void {
    this.#owesAnswer = false
    if (this.#leaderId === 0 || this.#role !== 'follower') return
    const matched = this.#matched
    this.#answered = { matched, round: this.#answerRound, atMs: this.#nowMs }
    this.#send(this.#leaderId, {
      type: 'appendAnswer',
      term: this.term,
      matched,
      round: this.#answerRound,
      ...this.#standing()
    })
    this.#owesAnswer = compareZxid(this.#verified, matched) > 0
  }

  #takePiece(from: MemberId, piece: Extract<PeerMessage, { type: 'snapshot' }>): void {
    const { last, round } = piece
    this.#answerRound = round
    if (compareZxid(last, this.#committed) <= 0 || this.#log.contains(last)) {
      if (compareZxid(last, this.#verified) > 0) this.#verified = last
      this.#commit(last)
      this.#answerAppend()
      return
    }
    const taken = this.#intake.taken(piece)
    if (typeof taken === 'number') {
      const answer = { type: 'snapshotAnswer', term: this.term, last, receivedBytes: taken, round } as const
      this.#send(from, { ...answer, ...this.#standing() })
      return
    }
    this.#durability.install(taken)
    this.#log.beginAt(last)
    this.#committed = last
    this.#handedOut = last
    this.#verified = last
    this.#owesAnswer = true
  }

  #standing(): { readonly isVoter: boolean; readonly incarnation: number } {
    const { isVoter, incarnation } = this.#durability.hardState
    return { isVoter, incarnation }
  }

  #askAgain(): void {
    const { electionTimeoutMs } = this.#options
    for (const [readId, askedAtMs] of this.#askedReads) {
      if (this.#leaderId === 0 || this.#nowMs - askedAtMs < electionTimeoutMs) continue
      this.#askedReads.set(readId, this.#nowMs)
      this.#send(this.#leaderId, { type: 'readRequest', term: this.term, readId })
    }
  }

  // ── leading ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** False when the term's counter is at its end: then the term ends. */
  #append(proposal: Proposal): boolean {
    const { last } = this.#log
    const { counterMax = defaultCounterMax } = this.#options
    const zxid = last.epoch < this.term ? { epoch: this.term, counter: 1 } : nextInTerm(last, counterMax)
    if (zxid === undefined) {
      this.#campaign(true)
      return false
    }
    this.#log.append({ zxid, ...proposal })
    return true
  }

  #afterAnswer(leadership: Leadership): void {
    if (this.#leadership !== leadership) return
    if (this.isReady && !leadership.isTransferring)
      for (const admission of leadership.toAdmit(this.#nowMs))
        // Where its term has ended with that, this member leads no more, and the next term is not its own to write in.
        if (!this.#append({ proposalId: 0, timeMs: 0, command: { type: 'admitMember', ...admission } })) return
    const successor = leadership.successor(this.#nowMs)
    if (successor !== undefined) this.#send(successor, { type: 'campaignNow', term: this.term })
    this.#passBarriers(leadership)
  }

  #commitWhatMajorityHas(leadership: Leadership): void {
    const position = leadership.onMajority(this.#durability.persisted)
    // Entries of earlier terms are committed by those of this one (dissertation 3.6.2).
    if (position === undefined || position.epoch !== this.term || compareZxid(position, this.#committed) <= 0) return
    const wasReady = this.isReady
    this.#commit(position)
    if (wasReady) leadership.tell(position, this.#nowMs)
    else {
      leadership.tellAll(position)
      leadership.barriers.ready(position)
    }
    this.#passBarriers(leadership)
  }

  #commit(position: Zxid): void {
    if (compareZxid(position, this.#committed) > 0) this.#committed = position
  }

  /** Not before it is on this disk, too: a snapshot is never ahead of the log. */
  get #applicable(): Zxid {
    const { persisted } = this.#durability
    return compareZxid(this.#committed, persisted) < 0 ? this.#committed : persisted
  }

  #toApply(): readonly LogEntry[] {
    const { limits, memberId } = this.#options
    const upTo = this.#applicable
    if (compareZxid(this.#handedOut, upTo) >= 0) return []
    const entries = this.#log.entriesAfter(this.#handedOut, limits.apply, upTo)
    invariant(entries !== undefined && entries.length > 0, 'what is not applied is in memory', { upTo })
    for (const { command } of entries) if (command.type === 'admitMember') this.#admitted(command, memberId)
    this.#handedOut = entries.at(-1)?.zxid ?? this.#handedOut
    this.#log.trim(this.#handedOut, limits.tailBytesKept)
    return entries
  }

  /** Of another life of this member it says nothing. */
  #admitted(command: Extract<LogCommand, { type: 'admitMember' }>, memberId: MemberId): void {
    const { isVoter, incarnation } = this.#durability.hardState
    if (command.memberId === memberId && command.incarnation === incarnation && !isVoter)
      this.#durability.set({ isVoter: true })
  }

  /**
   * Up to the end of the log, as ZooKeeper's sync: what is under way by then, be it the end of a session, is over for whoever
   * has passed.
   */
  #barrier(leadership: Leadership, readId: number, from: MemberId | undefined): boolean {
    const isTaken = leadership.barriers.asked({ readId, from }, this.isReady ? this.#log.last : undefined)
    if (isTaken) {
      leadership.tellAll(this.#committed)
      this.#passBarriers(leadership)
    }
    return isTaken
  }

  #passBarriers(leadership: Leadership): void {
    for (const { readId, from, position } of leadership.barriers.passed(leadership.confirmedRound)) {
      if (from === undefined) this.#reads.push({ readId, position })
      else {
        leadership.awaitedBy(from, position)
        this.#send(from, { type: 'readAnswer', term: this.term, readId, position })
      }
    }
  }

  // ── sending ────────────────────────────────────────────────────────────────────────────────────────────────────

  #toOthers(message: PeerMessage): void {
    for (const id of this.#options.members) if (id !== this.#options.memberId) this.#send(id, message)
  }

  #send(to: MemberId, message: PeerMessage): void {
    if (this.#durability.isHardStateSafe) this.#messages.push({ to, message })
    else this.#held.push({ to, message })
  }
}

/** A promise of an earlier term has nobody who waits for it. */
function isInTime(message: PeerMessage, term: number): boolean {
  return message.type === 'preVote' || message.type === 'preVoteAnswer' || message.term === term
}
