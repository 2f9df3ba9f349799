/**
 * Which leader epoch wrote which part of a log (KIP-101): a list of (epoch, first offset), both increasing. Followers
 * and consumers ask where an epoch ended to find the point where their histories part.
 */
import type { Offset, LeaderEpoch } from '../../kernel/ids'
import { invariant } from '../../kernel/invariant'
import type { EpochEndOffset } from '../log-types'

export interface EpochStart {
  readonly epoch: LeaderEpoch
  readonly startOffset: Offset
}

const unknown: EpochEndOffset = { leaderEpoch: -1, endOffset: -1 }

export class LeaderEpochs {
  #starts: EpochStart[] = []

  constructor(starts: readonly EpochStart[] = []) {
    for (const { epoch, startOffset } of starts) this.assign(epoch, startOffset)
  }

  /** -1 when none is known. */
  get latestEpoch(): LeaderEpoch {
    return this.#starts.at(-1)?.epoch ?? -1
  }

  get starts(): readonly EpochStart[] {
    return this.#starts
  }

  /**
   * Epoch `epoch` begins at `startOffset`. Entries that contradict it (as new or newer, or starting later) go: they
   * describe a history this log no longer has. True when something changed.
   */
  assign(epoch: LeaderEpoch, startOffset: Offset): boolean {
    invariant(epoch >= 0 && startOffset >= 0, 'epoch and start offset are not negative', { epoch, startOffset })
    const known = this.#starts.find((start) => start.epoch === epoch)
    if (known !== undefined && known.startOffset <= startOffset) return false
    this.#starts = this.#starts.filter((start) => start.epoch < epoch && start.startOffset < startOffset)
    this.#starts.push({ epoch, startOffset })
    return true
  }

  /** The epoch in force at `offset`, -1 when it lies before all entries. */
  epochAt(offset: Offset): LeaderEpoch {
    return this.#starts.findLast((start) => start.startOffset <= offset)?.epoch ?? -1
  }

  /**
   * The largest epoch not above the asked one and the offset where it ended (KIP-279). An epoch older than the log
   * answers itself with the first known start; one newer than the log is unknown.
   */
  endOffsetOf(epoch: LeaderEpoch, logEndOffset: Offset): EpochEndOffset {
    if (epoch < 0 || epoch > this.latestEpoch) return unknown
    if (epoch === this.latestEpoch) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const higher = this.#starts.find((start) => start.epoch > epoch)
    const floor = this.#starts.findLast((start) => start.epoch <= epoch)
    invariant(higher !== undefined, 'an epoch below the latest has a higher one', { epoch })
    return { leaderEpoch: floor?.epoch ?? epoch, endOffset: higher.startOffset }
  }

  clear(): void {
    this.#starts = []
  }

  /** The log now ends at `endOffset`. True when something changed. */
  truncateFromEnd(endOffset: Offset): boolean {
    const before = this.#starts.length
    this.#starts = this.#starts.filter((start) => start.startOffset < endOffset)
    return this.#starts.length !== before
  }

  /** The log now starts at `startOffset`; the epoch in force there stays, starting there. True when something changed. */
  truncateFromStart(startOffset: Offset): boolean {
    const inForce = this.#starts.findLastIndex((start) => start.startOffset <= startOffset)
    const first = this.#starts[inForce]
    if (first === undefined || (inForce === 0 && first.startOffset === startOffset)) return false
    this.#starts = [{ epoch: first.epoch, startOffset }, ...this.#starts.slice(inForce + 1)]
    return true
  }
}
