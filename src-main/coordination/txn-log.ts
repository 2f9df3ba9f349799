/**
 * The ensemble's log on disk: every entry is here, durable, before anything is answered.
 *
 * Segment `log.<zxid of the entry after which it begins, and one>`: header {magic LGTL, int version, zxid after, crc32c of
 * these} (in format 1: zxid first), then batches {magic LGTB, crc32c of the rest, int length, body}; body = int count, count x
 * buffer(log entry), or a cut: int -1, zxid. A cut says that the log goes on after that entry with something else: nothing that was
 * written is ever written over, so that a crash takes back a cut that was not synced and nothing else. All big-endian.
 *
 * A batch is what one fdatasync makes durable, so the last batch of the last segment is the only one that a crash can
 * have torn: it was never answered and is cut off. A bad batch with a good one after it, or in an earlier segment, was
 * durable once: that is damage, and the member refuses to start.
 *
 * The last segment's file runs ahead of what was appended (ports.ts): a process that was killed leaves zeros at its end, which are
 * cut off. A power cut may leave them in the one before, whose end was cut off and not yet synced: zeros up to the end of a file are no
 * damage, since entries that are missing show at the beginning of the next.
 *
 * Owner: EnsembleNode, one append and sync at a time. DISK_FULL of append and roll leaves the log as it was; any other error
 * of the disk is fatal.
 */
import { AppError, ignore } from '../kernel/errors'
import { invariant } from '../kernel/invariant'
import type { Checksum, Disk, DiskFile, SyncOptions } from '../kernel/ports'
import { said } from '../kernel/said'
import { decodeLogEntry, entryCapacityBytes, writeLogEntry, type LogEntry } from './core/log-entry'
import { Sizes } from './core/sizes'
import { corruptFile } from './corrupt-file'
import type { PassedOver } from './snapshot-file'
import { DecodeError, JuteReader } from './wire/jute-reader'
import { JuteWriter } from './wire/jute-writer'
import { compareZxid, isSuccessor, nextZxid, zxidFromName, zxidName, zxidZero, type Zxid } from './wire/zxid'

const segmentMagic = 0x4c47_544c
const batchMagic = 0x4c47_5442
const formatVersion = 2
/** Its header names the first entry, not the one before. */
const firstFormatVersion = 1
const segmentHeaderBytes = 20
const batchHeaderBytes = 12
/** So that a sync has no new length to make durable, but for one in some thousands. */
const aheadBytes = 1024 * 1024
/** In the place of a count. */
const cutMark = -1
/** A place to begin reading at is remembered every so many bytes. */
const markEveryBytes = 64 * 1024

interface Segment {
  readonly path: string
  /** No entry before it is in it. */
  readonly first: Zxid
}

/** What of a segment is read in order: an entry, or that everything after a position does not count. */
type Item = { readonly entry: LogEntry } | { readonly cutAfter: Zxid }

interface Scan {
  /** Where the log was when the segment was begun, and where it is after it; undefined of one without a header. */
  readonly begin: Zxid | undefined
  readonly end: Zxid | undefined
  readonly items: readonly Item[]
  readonly goodBytes: number
  readonly tornBytes: number
}

/** In the segment at `path`, from this byte on, there are entries after this position and none between. */
interface Mark {
  readonly path: string
  readonly after: Zxid
  readonly position: number
}

export interface Recovery {
  readonly lastZxid: Zxid
  /** After the snapshot, in order; their bytes are views into the files. */
  readonly entries: readonly LogEntry[]
  /** Cut off the end: a batch that was being written when the process died. */
  readonly truncatedBytes: number
}

export class TxnLog {
  /** Of the entries that were appended. */
  readonly entrySizes = new Sizes()
  readonly #disk: Disk
  readonly #checksum: Checksum
  readonly #directory: string
  readonly #whenFull: () => Promise<void>
  #file: DiskFile | undefined
  #segments: Segment[] = []
  #entriesInSegments = 0
  #last: Zxid = zxidZero
  #marks: Mark[] = []

  constructor(options: {
    readonly disk: Disk
    readonly checksum: Checksum
    readonly directory: string
    /** Resolves when a start that found no room for its log is to look again. */
    readonly whenFull: () => Promise<void>
  }) {
    this.#whenFull = options.whenFull
    this.#disk = options.disk
    this.#checksum = options.checksum
    this.#directory = options.directory
  }

  /** Entries that a start has to replay, unless a snapshot lets deleteBefore take them. */
  get entryCount(): number {
    return this.#entriesInSegments
  }

  get sizeBytes(): number {
    return this.#file?.sizeBytes ?? 0
  }

  /** Of the last entry that was appended. */
  get lastZxid(): Zxid {
    return this.#last
  }

  /**
   * Gives every entry after `after`, in order, and opens the log for appending behind the last. Throws CORRUPT, and then
   * nothing was touched. `after` is the snapshot's last entry; the log must reach back to it. `found.passedOver`: a newer snapshot,
   * which must have told nothing that the log does not. `found.hasHardState`: the member has voted or answered, so it had a log.
   */
  async recover(
    after: Zxid,
    found: { readonly passedOver?: PassedOver | undefined; readonly hasHardState?: boolean } = {}
  ): Promise<Recovery> {
    invariant(this.#file === undefined, 'a log is recovered once')
    const { passedOver, hasHardState = false } = found
    this.#segments = this.#listSegments().filter((_segment, index, all) => {
      const next = all[index + 1]
      return next === undefined || compareZxid(next.first, nextZxid(after)) > 0
    })
    if (this.#segments.length === 0 && (after.epoch > 0 || hasHardState)) {
      const { path } = this.#segmentAfter(after)
      throw corruptFile(
        path,
        after.epoch > 0
          ? said`it is missing, and a snapshot is never without the log after it`
          : said`it is missing, and a hard state is never without a log`
      )
    }
    const entries: LogEntry[] = []
    let truncatedBytes = 0
    let end: Zxid | undefined
    for (const segment of this.#segments) {
      const isLast = segment === this.#segments.at(-1)
      // One that was being begun when the process died has another before it, unless the member had begun nothing.
      const isBegun = isLast && (end !== undefined || !(after.epoch > 0 || hasHardState))
      const scan = this.#scan(segment, isLast, isBegun)
      if (scan.begin !== undefined) goesOn(segment.path, scan.begin, end, after)
      end = scan.end
      for (const item of scan.items) takeItem(segment.path, item, entries, after)
      truncatedBytes += scan.tornBytes
      this.#last = entries.at(-1)?.zxid ?? after
      if (isLast && passedOver !== undefined && compareZxid(this.#last, passedOver.zxid) < 0) throw passedOver.damage
      if (isLast) this.#file = await this.#reopenWhenRoom(segment, scan.goodBytes)
    }
    if (this.#file === undefined) {
      this.#last = after
      const segment = this.#segmentAfter(after)
      this.#file = await this.#reopenWhenRoom(segment, 0)
      await this.#disk.syncDirectory(this.#directory)
      this.#segments.push(segment)
    }
    this.#entriesInSegments = entries.length
    return { lastZxid: this.#last, entries, truncatedBytes }
  }

  /** One batch into the page cache; durable, and only then to be answered, after sync. */
  append(entries: readonly LogEntry[]): void {
    invariant(this.#file !== undefined && entries.length > 0, 'an open log takes at least one entry')
    const capacityBytes = entries.reduce((bytes, entry) => bytes + entryCapacityBytes(entry), batchHeaderBytes + 4)
    const writer = new JuteWriter(capacityBytes).int(batchMagic).int(0).int(0).int(entries.length)
    for (const entry of entries) {
      const before = writer.position
      writer.sized(() => writeLogEntry(writer, entry))
      this.entrySizes.add(writer.position - before - 4)
    }
    const at = this.#file.sizeBytes
    this.#file.append(this.#batch(writer))
    this.#mark(this.#file.path, this.#last, at)
    this.#last = entries.at(-1)?.zxid ?? this.#last
    this.#entriesInSegments += entries.length
  }

  /** The log goes on after this entry of it; like append, durable after sync. */
  truncateAfter(position: Zxid): void {
    invariant(this.#file !== undefined, 'an open log is cut')
    if (compareZxid(this.#last, position) === 0) return
    this.#file.append(this.#batch(new JuteWriter(64).int(batchMagic).int(0).int(0).int(cutMark).zxid(position)))
    this.#last = position
    this.#forgetMarksAfter(position)
  }

  /**
   * So many entries after a position, one at least if there is one, from disk; undefined when the log does not reach back to it.
   * `isNext` tells which of two copies counts, where a cut is between them. Throws CORRUPT and the disk's own.
   */
  read(
    after: Zxid,
    limits: { readonly entriesMax: number; readonly bytesMax: number },
    isNext: (after: Zxid, next: Zxid) => boolean
  ): readonly LogEntry[] | undefined {
    const begin = this.#marks.findLastIndex((mark) => compareZxid(mark.after, after) <= 0)
    const mark = this.#marks[begin]
    if (mark === undefined) return compareZxid(after, this.#last) === 0 ? [] : undefined
    const found: LogEntry[] = []
    let last = after
    let bytesLeft = limits.bytesMax
    const from = this.#segments.findIndex(({ path }) => path === mark.path)
    for (const { path } of this.#segments.slice(from)) {
      for (const body of this.#bodies(path, path === mark.path ? mark.position : segmentHeaderBytes)) {
        for (const item of readBatch(path, 0, body)) {
          if (!('entry' in item) || !isNext(last, item.entry.zxid)) continue
          found.push(item.entry)
          last = item.entry.zxid
          if (found.length >= limits.entriesMax) return found
        }
        bytesLeft -= body.byteLength
        if (found.length > 0 && bytesLeft <= 0) return found
      }
    }
    return found
  }

  async sync(options?: SyncOptions): Promise<void> {
    invariant(this.#file !== undefined, 'an open log is synced')
    await this.#file.sync(options)
  }

  /**
   * Begins the next segment, so that those before it can go when a snapshot covers them. Rejects with DISK_FULL, and then
   * the old one goes on.
   */
  async roll(): Promise<void> {
    const segment = this.#segmentAfter(this.#last)
    const newest = this.#segments.at(-1)
    // A crash between roll and snapshot left the segment that is wanted, still empty. After a cut the log may be before where the last
    // one began: segments are read in the order of their names, so that one goes on.
    if (newest === undefined || compareZxid(segment.first, newest.first) > 0) {
      let file: DiskFile
      try {
        // A cut for whose entries there was no room is not synced yet, and the next segment begins after it.
        await this.#file?.sync()
        // The zeros at its end go before another one follows it.
        this.#file?.truncate(this.#file.sizeBytes)
        file = await this.#reopen(segment, 0)
      } catch (error) {
        // Left there it would stand before entries that the old segment goes on to take.
        this.#disk.remove(segment.path)
        throw error
      }
      await this.#disk.syncDirectory(this.#directory)
      this.close()
      this.#file = file
      this.#segments.push(segment)
    }
    this.#entriesInSegments = 0
  }

  /** Another log, after a snapshot that came from elsewhere: nothing of this one is left. */
  async beginAnew(after: Zxid): Promise<void> {
    this.close()
    for (const { path } of this.#listSegments()) this.#disk.remove(path)
    this.#last = after
    this.#marks = []
    this.#entriesInSegments = 0
    const segment = this.#segmentAfter(after)
    this.#file = await this.#reopenWhenRoom(segment, 0)
    await this.#disk.syncDirectory(this.#directory)
    this.#segments = [segment]
  }

  /** True when no entry after this one is missing before the first segment. */
  reachesBackTo(after: Zxid): boolean {
    const first = this.#listSegments()[0]?.first
    return first !== undefined && compareZxid(first, nextZxid(after)) <= 0
  }

  /** Deletes the segments in which there is no entry after this one, but for the last. */
  deleteUpTo(position: Zxid): void {
    const next = nextZxid(position)
    const segments = this.#listSegments()
    for (const [index, { path }] of segments.entries()) {
      const following = segments[index + 1]
      if (following === undefined || compareZxid(following.first, next) > 0) continue
      this.#disk.remove(path)
      this.#segments = this.#segments.filter((one) => one.path !== path)
      this.#marks = this.#marks.filter((mark) => mark.path !== path)
    }
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #listSegments(): Segment[] {
    const segments: Segment[] = []
    for (const { name, isDirectory } of this.#disk.list(this.#directory)) {
      const first = name.startsWith('log.') && !isDirectory ? zxidFromName(name.slice(4)) : undefined
      if (first !== undefined) segments.push({ path: this.#disk.join(this.#directory, name), first })
    }
    return segments.sort((a, b) => compareZxid(a.first, b.first))
  }

  #segmentAfter(position: Zxid): Segment {
    const first = nextZxid(position)
    return { path: this.#disk.join(this.#directory, `log.${zxidName(first)}`), first }
  }

  #mark(path: string, after: Zxid, position: number): void {
    const last = this.#marks.at(-1)
    if (last?.path !== path || position - last.position >= markEveryBytes) this.#marks.push({ path, after, position })
  }

  #forgetMarksAfter(position: Zxid): void {
    this.#marks = this.#marks.filter(({ after }) => compareZxid(after, position) <= 0)
  }

  #batch(writer: JuteWriter): Uint8Array {
    writer.setInt(8, writer.position - batchHeaderBytes)
    const bytes = writer.finish()
    writer.setInt(4, this.#checksum.crc32c(bytes.subarray(8)))
    return bytes
  }

  /** The batches of a segment that was written by this process or checked by its start, one at a time. */
  *#bodies(path: string, from: number): Generator<Uint8Array, void, unknown> {
    const file = this.#disk.open(path, 'read')
    const endBytes = path === this.#file?.path ? this.#file.sizeBytes : file.sizeBytes
    try {
      const header = new Uint8Array(batchHeaderBytes)
      for (let position = from; position < endBytes && file.readAt(position, header) === batchHeaderBytes;) {
        const body = new Uint8Array(new JuteReader(header, 8).int())
        const isWhole = file.readAt(position + batchHeaderBytes, body) === body.byteLength
        if (!isWhole) throw corruptFile(path, said`the entries at byte ${position} are cut off`)
        yield body
        position += batchHeaderBytes + body.byteLength
      }
    } finally {
      file.close()
    }
  }

  /** Without a log a member can do nothing: it waits for room. */
  async #reopenWhenRoom(segment: Segment, goodBytes: number): Promise<DiskFile> {
    for (;;) {
      try {
        return await this.#reopen(segment, goodBytes)
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
        ignore(error, 'tried again when there may be room')
        await this.#whenFull()
      }
    }
  }

  /** Opens for appending after `goodBytes`; 0 writes the header anew. */
  async #reopen(segment: Segment, goodBytes: number): Promise<DiskFile> {
    const file = this.#disk.open(segment.path, 'append')
    try {
      if (file.sizeBytes > goodBytes) file.truncate(goodBytes)
      if (goodBytes === 0) file.append(this.#segmentHeader(segment))
      // What was cut off must not come back under entries that are written over it, and what a killed process had not synced is
      // told of from now on.
      await file.sync()
    } catch (error) {
      file.close()
      throw error
    }
    file.runAhead(aheadBytes)
    return file
  }

  #segmentHeader({ path, first }: Segment): Uint8Array {
    invariant(path.endsWith(zxidName(first)), 'a segment is named after its first entry')
    const writer = new JuteWriter(segmentHeaderBytes).int(segmentMagic).int(formatVersion).zxid(this.#last).int(0)
    const bytes = writer.finish()
    writer.setInt(16, this.#checksum.crc32c(bytes.subarray(0, 16)))
    return bytes
  }

  /** `mayBeBegun`: a crash can have come between its creation and its first sync; then nothing is in it. */
  #scan(segment: Segment, isLast: boolean, mayBeBegun: boolean): Scan {
    const { path } = segment
    const bytes = this.#disk.read(path)
    if (!this.#isHeader(segment, bytes)) {
      if (!mayBeBegun || this.#hasGoodBatch(bytes, 0))
        throw corruptFile(path, said`its header is not that of an ensemble log`)
      return { begin: undefined, end: undefined, items: [], goodBytes: 0, tornBytes: writtenBytes(bytes) }
    }
    const items: Item[] = []
    const begin = beginningOf(bytes)
    let last = begin
    let position = segmentHeaderBytes
    while (position < bytes.byteLength) {
      const body = this.#batchAt(bytes, position)
      if (body === undefined) {
        const tornBytes = writtenBytes(bytes.subarray(position))
        if (tornBytes > 0 && (!isLast || this.#hasGoodBatch(bytes, position + 1))) {
          throw corruptFile(path, said`the checksum of the entries at byte ${position} is wrong`)
        }
        return { begin, end: last, items, goodBytes: position, tornBytes }
      }
      const batch = readBatch(path, position, body)
      const end = lastOf(batch, last)
      if (batch.some((item) => 'cutAfter' in item)) this.#forgetMarksAfter(end)
      else this.#mark(path, last, position)
      last = end
      for (const item of batch) items.push(item)
      position += batchHeaderBytes + body.byteLength
    }
    return { begin, end: last, items, goodBytes: position, tornBytes: 0 }
  }

  #isHeader(segment: Segment, bytes: Uint8Array): boolean {
    if (bytes.byteLength < segmentHeaderBytes) return false
    const reader = new JuteReader(bytes)
    const [magic, version, zxid, crc] = [reader.int(), reader.int(), reader.zxid(), reader.int()]
    if (magic !== segmentMagic || crc >>> 0 !== this.#checksum.crc32c(bytes.subarray(0, 16))) return false
    if (version !== formatVersion && version !== firstFormatVersion)
      throw corruptFile(segment.path, said`its format ${version} is not one this version reads`)
    return compareZxid(version === firstFormatVersion ? zxid : nextZxid(zxid), segment.first) === 0
  }

  /** The body of a whole and right batch at this place, or undefined. */
  #batchAt(bytes: Uint8Array, position: number): Uint8Array | undefined {
    if (bytes.byteLength - position < batchHeaderBytes) return undefined
    const reader = new JuteReader(bytes, position)
    if (reader.int() !== batchMagic) return undefined
    const crc = reader.int() >>> 0
    const length = reader.int()
    const from = position + batchHeaderBytes
    if (length < 4 || length > bytes.byteLength - from) return undefined
    if (this.#checksum.crc32c(bytes.subarray(position + 8, from + length)) !== crc) return undefined
    return bytes.subarray(from, from + length)
  }

  #hasGoodBatch(bytes: Uint8Array, from: number): boolean {
    const firstByte = batchMagic >>> 24
    for (let at = bytes.indexOf(firstByte, from); at !== -1; at = bytes.indexOf(firstByte, at + 1)) {
      if (this.#batchAt(bytes, at) !== undefined) return true
    }
    return false
  }
}

/** Without the zeros by which the file ran ahead. */
function writtenBytes(bytes: Uint8Array): number {
  return bytes.findLastIndex((byte) => byte !== 0) + 1
}

/** The position after which a segment with a right header begins. */
function beginningOf(bytes: Uint8Array): Zxid {
  const reader = new JuteReader(bytes, 4)
  const isFirstFormat = reader.int() === firstFormatVersion
  const { epoch, counter } = reader.zxid()
  if (!isFirstFormat) return { epoch, counter }
  return epoch === 1 && counter === 1 ? zxidZero : { epoch, counter: counter - 1 }
}

/** Where the log ends after these. */
function lastOf(items: readonly Item[], before: Zxid): Zxid {
  const last = items.at(-1)
  if (last === undefined) return before
  return 'cutAfter' in last ? last.cutAfter : last.entry.zxid
}

function readBatch(path: string, position: number, body: Uint8Array): Item[] {
  try {
    const reader = new JuteReader(body)
    if (reader.int() === cutMark) return [{ cutAfter: reader.zxid() }]
    return new JuteReader(body)
      .vector(4, () => reader.buffer())
      .map((bytes) => {
        if (bytes === null) throw new DecodeError('null where an entry must be')
        return { entry: decodeLogEntry(bytes) }
      })
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw corruptFile(path, said`the entries at byte ${position} cannot be read (${error.message})`)
  }
}

/**
 * A segment begins where the one before it ended, the first at the snapshot or before it: the first entry of a term fits behind
 * anything, and an empty segment too, so their numbers do not tell that one is missing.
 */
function goesOn(path: string, begin: Zxid, end: Zxid | undefined, after: Zxid): void {
  // In the first format a term's first entry does not tell what was before it.
  if (begin.counter === 0 && begin.epoch > 0) return
  if (end === undefined ? compareZxid(begin, after) <= 0 : compareZxid(begin, end) === 0) return
  throw corruptFile(path, said`entries between ${zxidName(end ?? after)} and ${zxidName(nextZxid(begin))} are missing`)
}

/** What is at and before `after` is in the snapshot; nothing before it is cut, and nothing of it is given. */
function takeItem(path: string, item: Item, entries: LogEntry[], after: Zxid): void {
  if ('cutAfter' in item) {
    const from = entries.findIndex(({ zxid }) => compareZxid(zxid, item.cutAfter) > 0)
    if (from >= 0) entries.splice(from)
    return
  }
  const { zxid } = item.entry
  if (compareZxid(zxid, after) <= 0) return
  const last = entries.at(-1)?.zxid ?? after
  if (!isSuccessor(zxid, last))
    throw corruptFile(path, said`entries between ${zxidName(last)} and ${zxidName(zxid)} are missing`)
  entries.push(item.entry)
}
