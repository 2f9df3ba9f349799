/**
 * What must hold, whatever happens: election safety, one vote a term, log matching, leader completeness, state machine safety
 * (Raft dissertation, figure 3.2), commits on disks of a majority, and reads that are not older than their question.
 */
import type { HardState, MemberId } from '../../../src-main/coordination/core/consensus/messages'
import type { LogEntry } from '../../../src-main/coordination/core/log-entry'
import { compareZxid, zxidName, zxidZero, type Zxid } from '../../../src-main/coordination/wire/zxid'

/** What a state machine has made of the log up to here: another one for each sequence of entries. */
export interface SimState {
  readonly applied: Zxid
  readonly count: number
  readonly hash: number
}

export const emptyState: SimState = { applied: zxidZero, count: 0, hash: 1 }

export function afterEntry({ count, hash }: SimState, { zxid, proposalId, command }: LogEntry): SimState {
  let next = hash
  const kind = command.type.length
  for (const part of [zxid.epoch, zxid.counter, proposalId, kind]) next = Math.imul(next ^ part, 0x01000193) >>> 0
  return { applied: zxid, count: count + 1, hash: next }
}

interface Committed {
  readonly position: Zxid
  /** Of the leader that committed it. */
  readonly term: number
}

export class ConsensusChecks {
  readonly violations: string[] = []
  readonly #leaders = new Map<number, MemberId>()
  readonly #votes = new Map<string, MemberId>()
  /** The position before each entry that was ever written to a disk, and whose it is. */
  readonly #written = new Map<string, string>()
  readonly #states = new Map<string, SimState>()
  #sequence: string[] = []
  /** The last that each term committed. */
  readonly #committed: Committed[] = []
  #lastCommitted: Zxid = zxidZero

  fails(what: string): void {
    this.violations.push(what)
  }

  get lastCommitted(): Zxid {
    return this.#lastCommitted
  }

  elected(memberId: MemberId, term: number, has: (position: Zxid) => boolean): void {
    const other = this.#leaders.get(term)
    if (other !== undefined && other !== memberId) this.fails(`term ${term} has the leaders ${other} and ${memberId}`)
    this.#leaders.set(term, memberId)
    for (const committed of this.#committed)
      if (committed.term < term && !has(committed.position))
        this.fails(`${memberId} leads term ${term} without ${zxidName(committed.position)}, which was committed`)
  }

  /** A vote leaves. `life`: a member that was wiped may have forgotten. */
  voted(memberId: MemberId, { incarnation }: HardState, term: number, candidate: MemberId): void {
    const key = `${memberId} ${incarnation} ${term}`
    const other = this.#votes.get(key) ?? candidate
    if (other !== candidate) this.fails(`${memberId} voted for ${other} and ${candidate} in term ${term}`)
    this.#votes.set(key, candidate)
  }

  written(entry: LogEntry, before: Zxid): void {
    const name = zxidName(entry.zxid)
    const facts = `${zxidName(before)} ${entry.proposalId} ${entry.command.type}`
    const known = this.#written.get(name) ?? facts
    if (known !== facts) this.fails(`two logs have ${name}, after ${known} and ${facts}`)
    this.#written.set(name, facts)
  }

  /** A leader has moved what is committed. `copies`: disks that have it; undefined when disks were lost. */
  committed(position: Zxid, term: number, copies: number | undefined, majority: number): void {
    if (copies !== undefined && copies < majority)
      this.fails(`${zxidName(position)} is committed with ${copies} copies on disks that count`)
    const last = this.#committed.at(-1)
    if (last?.term === term) this.#committed.pop()
    this.#committed.push({ position, term })
    if (compareZxid(position, this.#lastCommitted) > 0) this.#lastCommitted = position
  }

  applied(memberId: MemberId, state: SimState): void {
    const name = zxidName(state.applied)
    const known = this.#states.get(name)
    if (known === undefined) {
      this.#states.set(name, state)
      if (state.count <= this.#sequence.length)
        this.fails(`${memberId} applied ${name} as a second number ${state.count}`)
      this.#sequence.push(name)
    } else if (known.hash !== state.hash || known.count !== state.count) {
      this.fails(`${memberId} has another state at ${name}`)
    }
  }

  /** Its client was told. */
  acknowledged(position: Zxid): void {
    if (!this.#states.has(zxidName(position))) this.fails(`${zxidName(position)} was acknowledged and never applied`)
  }
}
