/**
 * This broker's copy of a partition that another leads: carries out, on its log, what PartitionFollower decides. Its fetcher
 * asks it what to ask, and gives it what was answered.
 */
import { expectAppError } from '../kernel/errors'
import type { LeaderEpoch, Offset } from '../kernel/ids'
import { unreachable } from '../kernel/invariant'
import type { Log } from '../kernel/ports'
import type { PartitionLog } from '../storage/partition-log'
import {
  PartitionFollower,
  type FollowerAnswer,
  type FollowerEffect,
  type FollowerRequest,
  type FollowerTerm
} from './core/partition-follower'

/** What was cut, since the leader's history has something else there, or nothing. */
export interface Truncation {
  readonly topic: string
  readonly partition: number
  readonly leader: number
  readonly leaderEpoch: LeaderEpoch
  /** The log's end before and after. */
  readonly from: Offset
  readonly to: Offset
  /** Records were cut that were committed: their leader was elected although it lacked them. */
  readonly isBelowHighWatermark: boolean
}

export interface FollowerPorts {
  readonly log: Log
  readonly truncated: (truncation: Truncation) => void
}

export class FollowerReplica {
  readonly topic: string
  readonly index: number
  readonly topicId: string
  readonly name: string
  readonly term: FollowerTerm
  readonly #log: PartitionLog
  readonly #core: PartitionFollower
  readonly #ports: FollowerPorts

  constructor(log: PartitionLog, topicId: string, term: FollowerTerm, ports: FollowerPorts) {
    this.topic = log.topic
    this.index = log.partition
    this.topicId = topicId
    this.name = `${log.topic}-${log.partition}`
    this.term = term
    this.#log = log
    this.#core = new PartitionFollower(term)
    this.#ports = ports
  }

  /** fetching: may be asked for; asking: its leader's offsets are needed; resting: waits for `rested`; fenced: for an order. */
  get state(): PartitionFollower['state'] {
    return this.#core.state
  }

  get logStartOffset(): Offset {
    return this.#log.logStartOffset
  }

  get logEndOffset(): Offset {
    return this.#log.logEndOffset
  }

  nextRequest(): FollowerRequest | undefined {
    return this.#core.nextRequest(this.#log)
  }

  /** Bytes in the answer are not needed after this returns. Throws DISK_FAILED. */
  answered(request: FollowerRequest, answer: FollowerAnswer): void {
    this.#core.answered(request, answer, this.#log)
    this.#carryOut()
  }

  offsetsAnswered(leader: { readonly startOffset: Offset; readonly endOffset: Offset }): void {
    this.#core.offsetsAnswered(leader, this.#log)
    this.#carryOut()
  }

  /** Its leader could not be reached, or said nothing of it. */
  interrupted(): void {
    this.#core.interrupted()
  }

  rested(): void {
    this.#core.rested()
  }

  #carryOut(): void {
    for (const effect of this.#core.takeEffects()) if (!this.#do(effect)) return
  }

  /** False when what follows is not to be done. */
  #do(effect: FollowerEffect): boolean {
    const log = this.#log
    switch (effect.type) {
      case 'append':
        return this.#append(effect.records)
      case 'advanceHighWatermark':
        log.advanceHighWatermark(effect.to)
        return true
      case 'advanceStart':
        if (effect.to > log.logStartOffset) log.deleteRecordsBefore(Math.min(effect.to, log.highWatermark))
        return true
      case 'truncateTo':
        return this.#goBack(effect.isBelowHighWatermark, () => log.truncateTo(effect.offset))
      case 'startAt':
        return this.#goBack(false, () => log.startAt(effect.offset))
      case 'askOffsets':
        return true
      default:
        return unreachable(effect)
    }
  }

  #append(records: Uint8Array): boolean {
    const result = this.#log.appendAsFollower(records)
    if (result.type === 'appended') return true
    const { error, message } = result
    this.#ports.log('error', 'what the leader sent could not be appended', { partition: this.name, error, message })
    this.#core.interrupted()
    return false
  }

  /** A full disk changes nothing, and all is asked anew later. */
  #goBack(isBelowHighWatermark: boolean, act: () => void): boolean {
    const from = this.#log.logEndOffset
    try {
      act()
    } catch (error) {
      expectAppError(error)
      if (error.code !== 'DISK_FULL') throw error
      this.#ports.log('warn', 'the disk is full: a log could not be cut', { partition: this.name })
      this.#core.interrupted()
      return false
    }
    if (this.#log.logEndOffset === from) return true
    const { topic, index, term } = this
    const truncation = { topic, partition: index, ...term, from, to: this.#log.logEndOffset, isBelowHighWatermark }
    this.#ports.truncated(truncation)
    return true
  }
}
