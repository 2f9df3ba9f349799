/**
 * What a member does because it leads: brings its log to the others, knows what a majority has, and notices when it no longer
 * reaches one. It is made when its member is elected and thrown away when it is not the leader any more.
 *
 * Invariants: only members that count as voters make a majority; nothing in here takes an entry for committed, it only says
 * what a majority has.
 */
import { compareZxid, zxidZero, type Zxid } from '../../wire/zxid'
import type { LogEntry } from '../log-entry'
import type { FollowerFigures } from './consensus-figures'
import { entryBytes, type EntryLimits, type LogView } from './log-view'
import type { Envelope, MemberId, PeerMessage, SnapshotPiece, Standing } from './messages'
import { Progress, type FlowLimits } from './progress'
import { majorityOf, positionOfMajority, roundOfMajority } from './quorum'
import { ReadBarriers } from './read-barriers'

/** What is not in memory: to be read, and given to `entriesRead` or `snapshotRead`. */
export type Wanted =
  | { readonly type: 'entries'; readonly memberId: MemberId; readonly after: Zxid }
  /** Of the snapshot at `last`, or, where that is gone or undefined, of the newest from its beginning. */
  | {
      readonly type: 'snapshotPiece'
      readonly memberId: MemberId
      readonly last: Zxid | undefined
      readonly offsetBytes: number
    }

export interface LeadershipOptions {
  readonly memberId: MemberId
  readonly members: readonly MemberId[]
  readonly term: number
  readonly log: LogView
  readonly electionTimeoutMs: number
  readonly heartbeatMs: number
  readonly appendLimits: EntryLimits
  readonly flowLimits: FlowLimits
}

type Answer = Extract<PeerMessage, Standing>

/** News of what is committed, for which nobody waits, goes with the next append, or after so long. */
const newsDelayMs = 2

export class Leadership {
  readonly barriers = new ReadBarriers()
  readonly #options: LeadershipOptions
  readonly #others: ReadonlyMap<MemberId, Progress>
  #committed: Zxid = zxidZero
  #heartbeatDueMs: number
  /** Somebody has not been told yet of what is committed. */
  #newsDueMs = Infinity
  #transfer: { readonly endsAtMs: number; target: MemberId | undefined } | undefined
  /** When a member was last proposed for admission. */
  readonly #admittedAtMs = new Map<MemberId, number>()

  constructor(options: LeadershipOptions, nowMs: number) {
    this.#options = options
    const { members, memberId, log, flowLimits, heartbeatMs } = options
    const others = members.filter((id) => id !== memberId)
    this.#others = new Map(others.map((id) => [id, new Progress(id, log.last, nowMs, flowLimits)]))
    this.#heartbeatDueMs = nowMs + heartbeatMs
  }

  get dueMs(): number {
    return Math.min(this.#heartbeatDueMs, this.#newsDueMs)
  }

  get isTransferring(): boolean {
    return this.#transfer !== undefined
  }

  tick(nowMs: number): void {
    if (this.#transfer !== undefined && nowMs >= this.#transfer.endsAtMs) this.#transfer = undefined
    if (nowMs >= this.#newsDueMs) {
      this.#newsDueMs = Infinity
      for (const other of this.#others.values()) if (compareZxid(other.told, this.#committed) < 0) other.isDue = true
    }
    if (nowMs < this.#heartbeatDueMs) return
    this.#heartbeatDueMs = nowMs + this.#options.heartbeatMs
    for (const other of this.#others.values()) other.heartbeat(nowMs, this.#options.electionTimeoutMs)
  }

  /** A majority was heard of within an election timeout: who was not leads no more (dissertation 6.2). */
  reachesMajority(nowMs: number): boolean {
    const { electionTimeoutMs, members } = this.#options
    const heard = [...this.#others.values()].filter(
      ({ heardAtMs, standing }) => standing?.isVoter !== false && nowMs - heardAtMs < electionTimeoutMs
    )
    return heard.length + 1 >= majorityOf(members.length)
  }

  /** What is on the disks of a majority; `persisted` is what is on this one's. */
  onMajority(persisted: Zxid): Zxid | undefined {
    const matched = [persisted]
    for (const other of this.#others.values()) if (other.isVoter) matched.push(other.matched)
    return positionOfMajority(matched, this.#options.members.length)
  }

  /** The last question that a majority has answered. */
  get confirmedRound(): number {
    const rounds = [this.barriers.round]
    for (const other of this.#others.values()) if (other.isVoter) rounds.push(other.answeredRound)
    return roundOfMajority(rounds, this.#options.members.length) ?? -1
  }

  /** Everybody is to hear of it now: the term has begun, or a question is to be answered. */
  tellAll(committed: Zxid): void {
    this.#committed = committed
    for (const other of this.#others.values()) other.isDue = true
  }

  /** More is committed: who waits for it hears of it now, the others soon. */
  tell(committed: Zxid, nowMs: number): void {
    this.#committed = committed
    for (const other of this.#others.values()) {
      if (compareZxid(other.awaited, other.told) > 0) other.isDue = true
      else this.#newsDueMs = Math.min(this.#newsDueMs, nowMs + newsDelayMs)
    }
  }

  /** A client of this member waits until this is committed. */
  awaitedBy(memberId: MemberId, position: Zxid): void {
    const other = this.#others.get(memberId)
    if (other === undefined || compareZxid(position, other.awaited) <= 0) return
    other.awaited = position
    const isNews = compareZxid(other.told, this.#committed) < 0
    if (isNews && compareZxid(position, other.told) > 0) other.isDue = true
  }

  // ── answers ────────────────────────────────────────────────────────────────────────────────────────────────────

  answered(from: MemberId, answer: Answer, nowMs: number): void {
    const other = this.#others.get(from)
    if (other === undefined) return
    const { isVoter, incarnation, round } = answer
    if (other.isAnother(answer)) other.forget(this.#options.log.last)
    other.standing = { isVoter, incarnation }
    other.heardAtMs = nowMs
    other.answeredRound = Math.max(other.answeredRound, round)
    switch (answer.type) {
      case 'appendAnswer':
        other.answered(answer.matched)
        return
      case 'appendRefused':
        this.#refused(other, answer.refused, answer.hint)
        return
      case 'snapshotAnswer':
        other.received(answer.last, answer.receivedBytes)
    }
  }

  /** Goes back by terms: what the hint names is in the other's log; if it is in this one, too, they agree there. */
  #refused(other: Progress, refused: Zxid, hint: Zxid): void {
    // An old answer, overtaken by what has been found out since.
    if (other.state === 'snapshot' || compareZxid(refused, other.matched) <= 0) return
    if (other.state === 'probing' && compareZxid(refused, other.sentUpTo) !== 0) return
    const floor = this.#options.log.floor(hint)
    if (floor === undefined && compareZxid(other.matched, this.#options.log.base) < 0) other.needsSnapshot()
    else other.probeFrom(floor === undefined || compareZxid(floor, other.matched) < 0 ? other.matched : floor)
  }

  /** Members that have everything and do not count yet: those of which an entry should tell that they do from now on. */
  toAdmit(nowMs: number): readonly { readonly memberId: MemberId; readonly incarnation: number }[] {
    const candidates = [...this.#others.values()].filter(
      ({ standing, state, matched, memberId }) =>
        standing?.isVoter === false &&
        state === 'replicating' &&
        compareZxid(matched, this.#committed) >= 0 &&
        nowMs - (this.#admittedAtMs.get(memberId) ?? -Infinity) > this.#options.electionTimeoutMs
    )
    return candidates.map(({ memberId, standing }) => {
      this.#admittedAtMs.set(memberId, nowMs)
      return { memberId, incarnation: standing?.incarnation ?? 0 }
    })
  }

  // ── transfer ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Nothing is proposed until another has become the leader, or none has in this time. */
  transfer(nowMs: number): void {
    this.#transfer = { endsAtMs: nowMs + this.#options.electionTimeoutMs, target: undefined }
  }

  /** Who has everything and is to stand for election now; once. */
  successor(nowMs: number): MemberId | undefined {
    if (this.#transfer === undefined || this.#transfer.target !== undefined) return undefined
    const { log, electionTimeoutMs } = this.#options
    const heir = [...this.#others.values()].find(
      (other) =>
        other.isVoter && nowMs - other.heardAtMs < electionTimeoutMs && compareZxid(other.matched, log.last) === 0
    )
    this.#transfer.target = heir?.memberId
    return heir?.memberId
  }

  // ── what is sent ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Everything that may be sent now. */
  fill(messages: Envelope[], wanted: Wanted[]): void {
    for (const other of this.#others.values()) {
      if (other.state !== 'snapshot' && this.#options.log.floor(other.sentUpTo) === undefined) other.needsSnapshot()
      if (other.state === 'snapshot') this.#fillSnapshot(other, messages, wanted)
      else if (other.state === 'probing') this.#probe(other, messages)
      else this.#replicate(other, messages, wanted)
    }
    if (this.#others.size > 0) this.barriers.roundSent()
  }

  #fillSnapshot(other: Progress, messages: Envelope[], wanted: Wanted[]): void {
    const { memberId, snapshot } = other
    if (!other.isAwaited && !other.isReading) {
      other.isReading = true
      wanted.push({ type: 'snapshotPiece', memberId, ...snapshot })
    }
    // Everybody has what is before everything: nobody refuses this.
    if (other.isDue) messages.push(this.#append(other, zxidZero, [], zxidZero))
    other.isDue = false
  }

  #probe(other: Progress, messages: Envelope[]): void {
    if (!other.isDue || other.isAwaited) return
    messages.push(this.#append(other, other.sentUpTo, [], this.#committed))
    other.isAwaited = true
    other.isDue = false
  }

  #replicate(other: Progress, messages: Envelope[], wanted: Wanted[]): void {
    const { log, appendLimits } = this.#options
    while (!other.isReading && other.hasRoom && compareZxid(other.sentUpTo, log.last) < 0) {
      const entries = log.entriesAfter(other.sentUpTo, appendLimits)
      if (entries === undefined) {
        other.isReading = true
        wanted.push({ type: 'entries', memberId: other.memberId, after: other.sentUpTo })
        break
      }
      messages.push(this.#appendOf(other, entries))
    }
    if (other.isDue) messages.push(this.#append(other, other.sentUpTo, [], this.#committed))
    other.isDue = false
  }

  #appendOf(other: Progress, entries: readonly LogEntry[]): Envelope {
    const envelope = this.#append(other, other.sentUpTo, entries, this.#committed)
    let bytes = 0
    for (const entry of entries) bytes += entryBytes(entry)
    other.sent(entries.at(-1)?.zxid ?? other.sentUpTo, bytes)
    other.isDue = false
    return envelope
  }

  #append(other: Progress, previous: Zxid, entries: readonly LogEntry[], committed: Zxid): Envelope {
    const { term } = this.#options
    const { round } = this.barriers
    if (compareZxid(committed, other.told) > 0) other.told = committed
    return { to: other.memberId, message: { type: 'append', term, previous, entries, committed, round } }
  }

  /** Undefined: the disk has them no more. */
  entriesRead(memberId: MemberId, after: Zxid, entries: readonly LogEntry[] | undefined, messages: Envelope[]): void {
    const other = this.#others.get(memberId)
    const isWanted = other?.isReading === true && other.state === 'replicating'
    if (other === undefined || !isWanted || compareZxid(other.sentUpTo, after) !== 0) return
    other.isReading = false
    if (entries === undefined) other.needsSnapshot()
    else if (entries.length > 0) messages.push(this.#appendOf(other, entries))
  }

  /** Undefined: there is no snapshot; it is looked for again with the next heartbeat. */
  snapshotRead(memberId: MemberId, piece: SnapshotPiece | undefined, messages: Envelope[], nowMs: number): void {
    const other = this.#others.get(memberId)
    if (other === undefined || !other.isReading || other.state !== 'snapshot') return
    other.pieceSent(piece?.last, piece?.offsetBytes ?? 0, nowMs)
    if (piece === undefined) return
    const { term } = this.#options
    messages.push({ to: memberId, message: { type: 'snapshot', term, round: this.barriers.round, ...piece } })
  }

  followers(): readonly FollowerFigures[] {
    return [...this.#others.values()].map(({ memberId, standing, matched, state }) => {
      const isKnown = standing !== undefined && (state !== 'probing' || compareZxid(matched, zxidZero) > 0)
      return { memberId, behindEntries: isKnown ? this.#options.log.distanceFrom(matched) : undefined }
    })
  }

  inspect(): readonly Readonly<Record<string, unknown>>[] {
    return [...this.#others.values()].map(({ memberId, state, matched, standing, heardAtMs }) => ({
      memberId,
      state,
      matched,
      isVoter: standing?.isVoter,
      heardAtMs
    }))
  }
}
