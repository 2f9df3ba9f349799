/**
 * Consensus of an ensemble of one: a majority is this member, so an entry is committed when it is durable here. The
 * order persist -> apply -> send is in the types: committed entries can be had only by saying that the batch that
 * nextBatch gave is persisted. Replication between members goes here and nowhere else.
 *
 * Group commit: while one batch is being persisted, everything proposed meanwhile gathers into the next.
 */
import { invariant } from '../../../kernel/invariant'
import { nextZxid, type Zxid } from '../../wire/zxid'
import type { LogCommand, LogEntry } from '../log-entry'

export interface BatchLimits {
  readonly entriesMax: number
  /** Of command bodies; a batch of one may exceed it. */
  readonly bytesMax: number
}

/** Proposals not yet in a batch. Each connection is stopped long before; a member that gets here has a fault. */
export const queuedEntriesMax = 1_000_000

export class SoleMember {
  readonly #limits: BatchLimits
  #lastZxid: Zxid
  #lastPersisted: Zxid
  #queued: LogEntry[] = []
  #inFlight: readonly LogEntry[] | undefined

  /** `lastZxid`: of the last entry that recovery found; the first entry ever is 1 of epoch 1. */
  constructor(lastZxid: Zxid, limits: BatchLimits) {
    this.#limits = limits
    this.#lastZxid = lastZxid
    this.#lastPersisted = lastZxid
  }

  proposed(command: LogCommand, timeMs: number): LogEntry {
    invariant(this.#queued.length < queuedEntriesMax, 'proposals stay within their limit')
    this.#lastZxid = nextZxid(this.#lastZxid)
    const entry = { zxid: this.#lastZxid, timeMs, command }
    this.#queued.push(entry)
    return entry
  }

  /** The entries to persist now, in order; undefined when there are none. */
  nextBatch(): readonly LogEntry[] | undefined {
    invariant(this.#inFlight === undefined, 'one batch is persisted at a time')
    if (this.#queued.length === 0) return undefined
    let bytes = 0
    let count = 0
    for (const { command } of this.#queued) {
      bytes += command.type === 'operation' ? command.body.byteLength : 0
      if (count > 0 && (count >= this.#limits.entriesMax || bytes > this.#limits.bytesMax)) break
      count++
    }
    this.#inFlight = this.#queued.splice(0, count)
    return this.#inFlight
  }

  /** Gives the entries that are committed now, to be applied in order. */
  batchPersisted(): readonly LogEntry[] {
    invariant(this.#inFlight !== undefined, 'a batch was being persisted')
    const committed = this.#inFlight
    this.#inFlight = undefined
    this.#lastPersisted = committed.at(-1)?.zxid ?? this.#lastPersisted
    return committed
  }

  /**
   * Nothing of the batch could be persisted, and so nothing that was proposed after it can follow: gives all of them, in
   * order. They never happen, and their zxids go to others: the log has no gaps.
   */
  batchRefused(): readonly LogEntry[] {
    invariant(this.#inFlight !== undefined, 'a batch was being persisted')
    const refused = [...this.#inFlight, ...this.#queued]
    this.#inFlight = undefined
    this.#queued = []
    this.#lastZxid = this.#lastPersisted
    return refused
  }

  inspect(): Readonly<Record<string, unknown>> {
    return { lastZxid: this.#lastZxid, queued: this.#queued.length, inFlight: this.#inFlight?.length ?? 0 }
  }
}
