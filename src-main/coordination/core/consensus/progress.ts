/**
 * What a leader knows of one other member: how far its log is as the leader's, what is under way to it, and whether it
 * answers. Probing asks for the place where both logs agree, one message at a time; replicating sends ahead of the
 * answers, within limits; a member that is behind everything on disk is sent a snapshot, a piece at a time.
 */
import { compareZxid, zxidZero, type Zxid } from '../../wire/zxid'
import type { MemberId, Standing } from './messages'

export interface FlowLimits {
  /** Appends under way to one member. */
  readonly messagesMax: number
  readonly bytesMax: number
}

interface Sent {
  readonly last: Zxid
  readonly bytes: number
}

/** `last`: of which snapshot; undefined until the first piece was read. */
export interface SnapshotProgress {
  readonly last: Zxid | undefined
  readonly offsetBytes: number
}

export class Progress {
  readonly memberId: MemberId
  readonly #limits: FlowLimits
  /** As it said itself; undefined before its first answer in this term. */
  standing: Standing | undefined
  /** The last position that is surely the same there, and synced. */
  matched: Zxid = zxidZero
  /** The next append goes on from here. */
  sentUpTo: Zxid
  state: 'probing' | 'replicating' | 'snapshot' = 'probing'
  snapshot: SnapshotProgress = { last: undefined, offsetBytes: 0 }
  /** Something is under way, and nothing more is sent (probing, snapshot) until it is answered or the next heartbeat. */
  isAwaited = false
  /** Entries or a piece of a snapshot are being read for it. */
  isReading = false
  /** It is to be sent something, be it without entries: a heartbeat, a commit, a question. */
  isDue = true
  /** Somebody there waits to hear that this is committed. */
  awaited: Zxid = zxidZero
  /** The last that it was told to be committed. */
  told: Zxid = zxidZero
  heardAtMs: number
  /** Of the questions whether we lead, the last that it answered. */
  answeredRound = 0
  #pieceSentAtMs = -Infinity
  #sent: Sent[] = []
  #sentBytes = 0

  constructor(memberId: MemberId, last: Zxid, nowMs: number, limits: FlowLimits) {
    this.memberId = memberId
    this.sentUpTo = last
    this.heardAtMs = nowMs
    this.#limits = limits
  }

  get isVoter(): boolean {
    return this.standing?.isVoter === true
  }

  /** True when this is not who answered before: what was known of it is over. */
  isAnother(standing: Standing): boolean {
    return this.standing !== undefined && this.standing.incarnation !== standing.incarnation
  }

  forget(last: Zxid): void {
    this.matched = zxidZero
    this.told = zxidZero
    this.probeFrom(last)
  }

  get hasRoom(): boolean {
    return this.#sent.length < this.#limits.messagesMax && this.#sentBytes < this.#limits.bytesMax
  }

  sent(last: Zxid, bytes: number): void {
    this.sentUpTo = last
    this.#sent.push({ last, bytes })
    this.#sentBytes += bytes
  }

  probeFrom(position: Zxid): void {
    this.state = 'probing'
    this.sentUpTo = position
    this.isAwaited = false
    this.isReading = false
    this.isDue = true
    this.#nothingSent()
  }

  needsSnapshot(): void {
    this.state = 'snapshot'
    this.snapshot = { last: undefined, offsetBytes: 0 }
    this.isAwaited = false
    this.isReading = false
    this.#nothingSent()
  }

  /** A probe that was not answered is sent again; a piece of a snapshot after `patienceMs`. */
  heartbeat(nowMs: number, patienceMs: number): void {
    this.isDue = true
    if (this.state !== 'snapshot' || nowMs - this.#pieceSentAtMs >= patienceMs) this.isAwaited = false
  }

  pieceSent(last: Zxid | undefined, offsetBytes: number, nowMs: number): void {
    this.snapshot = { last, offsetBytes }
    this.isReading = false
    this.isAwaited = true
    this.#pieceSentAtMs = nowMs
  }

  /** So much of a snapshot is there. */
  received(last: Zxid, receivedBytes: number): void {
    const { snapshot } = this
    if (this.state !== 'snapshot' || snapshot.last === undefined || compareZxid(last, snapshot.last) !== 0) return
    if (receivedBytes === snapshot.offsetBytes) return
    this.snapshot = { last, offsetBytes: receivedBytes }
    this.isAwaited = false
  }

  /** Its log agrees up to here. */
  answered(matched: Zxid): void {
    if (compareZxid(matched, this.matched) > 0) this.matched = matched
    const unanswered = this.#sent.findIndex(({ last }) => compareZxid(last, this.matched) > 0)
    for (const { bytes } of this.#sent.splice(0, unanswered < 0 ? this.#sent.length : unanswered))
      this.#sentBytes -= bytes
    if (this.state === 'replicating') return
    if (this.state === 'snapshot' && !this.#hasSnapshot()) return
    this.probeFrom(this.matched)
    this.state = 'replicating'
  }

  #hasSnapshot(): boolean {
    const { last } = this.snapshot
    return last !== undefined && compareZxid(this.matched, last) >= 0
  }

  #nothingSent(): void {
    this.#sent = []
    this.#sentBytes = 0
  }
}
