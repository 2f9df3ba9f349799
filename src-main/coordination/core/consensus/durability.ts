/**
 * What of a member is on its disk, and what is to go there: one batch at a time, in the order hard state, snapshot, cut,
 * entries. Whatever was said of a member only counts once it is there (ZOOKEEPER-4643, ClickHouse Keeper PR 102629).
 *
 * Group commit: while one batch is being persisted, everything that comes meanwhile gathers into the next.
 */
import { invariant } from '../../../kernel/invariant'
import { compareZxid, zxidZero, type Zxid } from '../../wire/zxid'
import type { LogEntry } from '../log-entry'
import type { EntryLimits, LogView } from './log-view'
import type { HardState } from './messages'

export interface InstalledSnapshot {
  readonly last: Zxid
  readonly bytes: Uint8Array
}

/** To be done in this order, all of it synced, and then to be told with `persisted`. */
export interface Persist {
  readonly hardState: HardState | undefined
  /** Takes the place of the state and of the whole log. */
  readonly snapshot: InstalledSnapshot | undefined
  readonly truncateAfter: Zxid | undefined
  readonly entries: readonly LogEntry[]
}

interface InFlight {
  readonly persist: Persist
  /** The log was cut here meanwhile: what it persisted after it does not count. */
  cutAt: Zxid | undefined
}

export class Durability {
  readonly #log: LogView
  readonly #limits: EntryLimits
  #hardState: HardState
  #isHardStateDirty = false
  #persisted: Zxid
  /** Entries after it were in no batch yet. */
  #given: Zxid
  #truncateAfter: Zxid | undefined
  #snapshot: InstalledSnapshot | undefined
  #inFlight: InFlight | undefined

  constructor(log: LogView, hardState: HardState, limits: EntryLimits) {
    this.#log = log
    this.#limits = limits
    this.#hardState = hardState
    this.#persisted = log.last
    this.#given = log.last
  }

  /** As it is or is about to be on disk. */
  get hardState(): HardState {
    return this.#hardState
  }

  get isHardStateSafe(): boolean {
    return !this.#isHardStateDirty
  }

  /** The last entry that is synced. */
  get persisted(): Zxid {
    return this.#persisted
  }

  set(change: Partial<HardState>): void {
    this.#hardState = { ...this.#hardState, ...change }
    this.#isHardStateDirty = true
  }

  /** The log goes on after this position with something else. */
  cutAfter(position: Zxid): void {
    const isOnDisk = compareZxid(this.#given, position) > 0
    if (!isOnDisk) return
    this.#given = position
    if (compareZxid(this.#persisted, position) > 0) this.#persisted = position
    this.#truncateAfter = earlier(this.#truncateAfter, position)
    if (this.#inFlight !== undefined) this.#inFlight.cutAt = earlier(this.#inFlight.cutAt, position)
  }

  /** Another log begins after this snapshot. */
  install(snapshot: InstalledSnapshot): void {
    this.#snapshot = snapshot
    this.#truncateAfter = undefined
    this.#given = snapshot.last
    // Until it is there, nothing of the log that it begins is.
    this.#persisted = zxidZero
    if (this.#inFlight !== undefined) this.#inFlight.cutAt = zxidZero
  }

  /** Nothing is to be persisted, or what there is waits for the batch that is under way. */
  get isIdle(): boolean {
    if (this.#inFlight !== undefined) return true
    const hasOther = this.#isHardStateDirty || this.#snapshot !== undefined || this.#truncateAfter !== undefined
    return !hasOther && compareZxid(this.#given, this.#log.last) === 0
  }

  /** Undefined while one is under way, and when nothing is to be persisted. */
  next(): Persist | undefined {
    if (this.#inFlight !== undefined) return undefined
    const entries = this.#log.entriesAfter(this.#given, this.#limits)
    invariant(entries !== undefined, 'what is to be persisted is in memory', { given: this.#given })
    const persist: Persist = {
      hardState: this.#isHardStateDirty ? this.#hardState : undefined,
      snapshot: this.#snapshot,
      truncateAfter: this.#truncateAfter,
      entries
    }
    if (
      persist.hardState === undefined &&
      persist.snapshot === undefined &&
      persist.truncateAfter === undefined &&
      entries.length === 0
    )
      return undefined
    this.#inFlight = { persist, cutAt: undefined }
    this.#given = entries.at(-1)?.zxid ?? this.#given
    this.#truncateAfter = undefined
    this.#snapshot = undefined
    return persist
  }

  done(persist: Persist): void {
    const cutAt = this.#take(persist)
    if (persist.hardState === this.#hardState) this.#isHardStateDirty = false
    const last = persist.entries.at(-1)?.zxid ?? persist.snapshot?.last
    if (last === undefined) return
    this.#persisted = cutAt === undefined ? last : (earlier(cutAt, last) ?? last)
  }

  /**
   * The disk had no room: none of its entries is there, and nothing of what has not succeeded by then is. All of it is to be
   * persisted again, but for the entries, about which the caller decides; gives the position after which none is persisted.
   */
  refused(persist: Persist): Zxid {
    this.#take(persist)
    this.#snapshot ??= persist.snapshot
    if (this.#snapshot === undefined) this.#truncateAfter = earlier(this.#truncateAfter, persist.truncateAfter)
    this.#given = this.#snapshot?.last ?? this.#persisted
    return this.#given
  }

  inspect(): Readonly<Record<string, unknown>> {
    const { hardState, isHardStateSafe, persisted } = this
    return { ...hardState, isHardStateSafe, persisted, inFlight: this.#inFlight?.persist.entries.length ?? 0 }
  }

  #take(persist: Persist): Zxid | undefined {
    invariant(this.#inFlight?.persist === persist, 'what was persisted was asked for')
    const { cutAt } = this.#inFlight
    this.#inFlight = undefined
    return cutAt
  }
}

function earlier(one: Zxid | undefined, other: Zxid | undefined): Zxid | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return compareZxid(one, other) <= 0 ? one : other
}
