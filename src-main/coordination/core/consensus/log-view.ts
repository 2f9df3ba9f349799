/**
 * A member's log as consensus knows it: where each term of it ends, and its last entries. Counters are dense in a term, so the
 * ends of terms tell of every position whether it is in the log; older entries are on disk, and read from there.
 *
 * Memory: what is not applied yet, and some of what is, for followers that are a little behind.
 */
import { invariant } from '../../../kernel/invariant'
import { compareZxid, isSuccessor, type Zxid } from '../../wire/zxid'
import type { LogEntry } from '../log-entry'

export interface EntryLimits {
  readonly entriesMax: number
  /** Of entries as `entryBytes` counts them; one entry alone may exceed it. */
  readonly bytesMax: number
}

const entryOverheadBytes = 64

export function entryBytes({ command }: LogEntry): number {
  return entryOverheadBytes + (command.type === 'operation' ? command.body.byteLength : 0)
}

export interface KnownLog {
  /** The position before the first entry that can be read: of a snapshot, or zero. */
  readonly base: Zxid
  /** The last position of each term after `base`, ascending. */
  readonly termEnds: readonly Zxid[]
  /** The last entries of the log, all that are not applied among them. */
  readonly tail: readonly LogEntry[]
}

export class LogView {
  #base: Zxid
  #termEnds: Zxid[]
  /** The position before the tail's first entry. */
  #tailAfter: Zxid
  #tail: LogEntry[]
  #tailBytes = 0

  constructor({ base, termEnds, tail }: KnownLog) {
    this.#base = base
    this.#termEnds = [...termEnds]
    this.#tail = [...tail]
    const first = tail[0]?.zxid
    this.#tailAfter = first === undefined ? this.last : this.#before(first)
    for (const entry of tail) this.#tailBytes += entryBytes(entry)
  }

  get base(): Zxid {
    return this.#base
  }

  get last(): Zxid {
    return this.#termEnds.at(-1) ?? this.#base
  }

  /** Of the entries in memory. */
  get tailBytes(): number {
    return this.#tailBytes
  }

  /** Of entries that are in memory. */
  countAfter(position: Zxid): number {
    return this.#tail.length - this.#indexAfter(position)
  }

  /** Of the whole log, in memory or not; undefined when the position lies before its base. */
  distanceFrom(position: Zxid): number | undefined {
    if (compareZxid(position, this.#base) < 0) return undefined
    let count = 0
    for (const { epoch, counter } of this.#termEnds) {
      if (epoch < position.epoch) continue
      count += epoch > position.epoch ? counter : Math.max(0, counter - position.counter)
    }
    return count
  }

  contains(position: Zxid): boolean {
    const floor = this.floor(position)
    return floor !== undefined && compareZxid(floor, position) === 0
  }

  /** The last position that is in the log and not after this one; undefined when that lies before the base. */
  floor(position: Zxid): Zxid | undefined {
    if (compareZxid(position, this.#base) < 0) return undefined
    for (let i = this.#termEnds.length - 1; i >= 0; i--) {
      const end = this.#termEnds[i]
      if (end === undefined || end.epoch > position.epoch) continue
      if (end.epoch < position.epoch) return end
      if (position.counter > 0) return compareZxid(end, position) < 0 ? end : position
    }
    return this.#base
  }

  /** Is `next` the entry after `position`? */
  follows(position: Zxid, next: Zxid): boolean {
    return this.contains(next) && compareZxid(next, this.#base) > 0 && compareZxid(this.#before(next), position) === 0
  }

  append(entry: LogEntry): void {
    const { last } = this
    invariant(isSuccessor(entry.zxid, last), 'an entry follows the last one', { last, zxid: entry.zxid })
    if (last.epoch === entry.zxid.epoch && this.#termEnds.length > 0) this.#termEnds.pop()
    this.#termEnds.push(entry.zxid)
    this.#tail.push(entry)
    this.#tailBytes += entryBytes(entry)
  }

  /** Forgets what comes after; gives what was forgotten and is still in memory. */
  truncateAfter(position: Zxid): readonly LogEntry[] {
    invariant(this.contains(position), 'a log is cut after an entry of it', { position, base: this.#base })
    this.#termEnds = this.#termEnds.filter(({ epoch }) => epoch < position.epoch)
    if (compareZxid(position, this.#base) > 0) this.#termEnds.push(position)
    const cut = this.#tail.splice(this.#indexAfter(position))
    for (const entry of cut) this.#tailBytes -= entryBytes(entry)
    if (compareZxid(this.#tailAfter, position) > 0) this.#tailAfter = position
    return cut
  }

  /** The entries after a position of the log, one at least if there is one; undefined when some are only on disk. */
  entriesAfter(position: Zxid, limits: EntryLimits, upTo: Zxid = this.last): readonly LogEntry[] | undefined {
    if (compareZxid(position, this.#tailAfter) < 0) return undefined
    const from = this.#indexAfter(position)
    const end = this.#indexAfter(upTo)
    let to = from
    for (let bytes = 0; to < end && to - from < limits.entriesMax; to++) {
      const entry = this.#tail[to]
      if (entry === undefined) break
      bytes += entryBytes(entry)
      if (to > from && bytes > limits.bytesMax) break
    }
    return this.#tail.slice(from, to)
  }

  /** Lets entries up to this one go from memory, but for the last `bytesKept` of them. */
  trim(upTo: Zxid, bytesKept: number): void {
    if (this.#tailBytes <= bytesKept) return
    const end = this.#indexAfter(upTo)
    let count = 0
    for (; count < end && this.#tailBytes > bytesKept; count++) {
      const entry = this.#tail[count]
      if (entry === undefined) break
      this.#tailBytes -= entryBytes(entry)
      this.#tailAfter = entry.zxid
    }
    if (count > 0) this.#tail.splice(0, count)
  }

  /** What is before and at this position is in a snapshot, and on disk as entries no more. */
  compactedTo(position: Zxid): void {
    invariant(this.contains(position), 'a snapshot ends with an entry of the log', { position })
    this.#termEnds = this.#termEnds.filter((end) => compareZxid(end, position) > 0)
    this.#base = position
    if (compareZxid(this.#tailAfter, position) >= 0) return
    for (const entry of this.#tail.splice(0, this.#indexAfter(position))) this.#tailBytes -= entryBytes(entry)
    this.#tailAfter = position
  }

  /** Another log, that begins after a snapshot. */
  beginAt(position: Zxid): void {
    this.#base = position
    this.#termEnds = []
    this.#tailAfter = position
    this.#tail = []
    this.#tailBytes = 0
  }

  inspect(): Readonly<Record<string, unknown>> {
    return { base: this.#base, last: this.last, tailEntries: this.#tail.length, tailBytes: this.#tailBytes }
  }

  /** Of an entry that is in the log. */
  #before(position: Zxid): Zxid {
    if (position.counter > 1) return { epoch: position.epoch, counter: position.counter - 1 }
    return this.#termEnds.findLast(({ epoch }) => epoch < position.epoch) ?? this.#base
  }

  /** How many entries of the tail are not after this position. */
  #indexAfter(position: Zxid): number {
    // Nearly always all or none.
    const lastOfTail = this.#tail.at(-1)
    if (lastOfTail === undefined || compareZxid(position, lastOfTail.zxid) >= 0) return this.#tail.length
    if (compareZxid(position, this.#tailAfter) <= 0) return 0
    let low = 0
    let high = this.#tail.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.#tail[middle]
      if (entry !== undefined && compareZxid(entry.zxid, position) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Do these follow each other and `previous`, as entries of one log do? Anything may come from a peer. */
export function areInOrder(previous: Zxid, entries: readonly LogEntry[]): boolean {
  let last = previous
  for (const { zxid } of entries) {
    if (!isSuccessor(zxid, last)) return false
    last = zxid
  }
  return true
}

/** The next position in the same term; undefined when its counter is at its end. */
export function nextInTerm(last: Zxid, counterMax: number): Zxid | undefined {
  return last.counter >= counterMax ? undefined : { epoch: last.epoch, counter: last.counter + 1 }
}
