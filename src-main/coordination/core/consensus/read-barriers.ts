/**
 * Reads that must not be older than the moment at which they were asked for (dissertation 6.4): the leader remembers what
 * was committed then, and asks a majority whether it still leads. Questions are numbered; every append carries the last.
 */
import type { Zxid } from '../../wire/zxid'
import type { MemberId } from './messages'

export const barriersMax = 100_000

export interface Barrier {
  readonly readId: number
  /** Whose it is; undefined: of this member. */
  readonly from: MemberId | undefined
}

/** When everything up to `position` is applied, the read may be made. */
export interface Passed extends Barrier {
  readonly position: Zxid
}

interface Waiting extends Barrier {
  readonly round: number
  /** Undefined while the leader has committed nothing in its term. */
  position: Zxid | undefined
}

export class ReadBarriers {
  #waiting: Waiting[] = []
  #round = 0
  #isRoundSent = true

  /** Questions without an answer yet. */
  get count(): number {
    return this.#waiting.length
  }

  /** The number that goes with what is sent now. */
  get round(): number {
    return this.#round
  }

  /** False when there are too many. `committed`: undefined while the leader has committed nothing in its term. */
  asked(barrier: Barrier, committed: Zxid | undefined): boolean {
    if (this.#waiting.length >= barriersMax) return false
    if (this.#isRoundSent) {
      this.#round++
      this.#isRoundSent = false
    }
    this.#waiting.push({ ...barrier, round: this.#round, position: committed })
    return true
  }

  roundSent(): void {
    this.#isRoundSent = true
  }

  /** The leader's term has its first committed entry. */
  ready(committed: Zxid): void {
    for (const one of this.#waiting) one.position ??= committed
  }

  /** A majority has said, after this question, that it follows. */
  passed(confirmedRound: number): readonly Passed[] {
    const passed: Passed[] = []
    for (const { readId, from, position, round } of this.#waiting) {
      if (position === undefined || round > confirmedRound) break
      passed.push({ readId, from, position })
    }
    this.#waiting.splice(0, passed.length)
    return passed
  }

  /** Leadership is gone: gives the reads of this member. */
  lost(): readonly number[] {
    const lost = this.#waiting.filter(({ from }) => from === undefined).map(({ readId }) => readId)
    this.#waiting = []
    this.#round = 0
    this.#isRoundSent = true
    return lost
  }
}
