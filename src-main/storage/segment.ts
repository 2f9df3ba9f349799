/**
 * One segment of a log: the .log file and its two sparse indexes (Kafka's format). Files open at first use and close when
 * idle; index entries live in memory and reach their files at roll, flush and close. An index file that cannot belong
 * to the log is rebuilt from it. One of a segment without records may be missing: to make a file is most of what a new
 * partition costs, and many never get any.
 *
 * Owned by one PartitionLog. Invariant: every entry of an index points at a batch that is in the file.
 */
import type { Offset, FilePosition } from '../kernel/ids'
import { AppError, messageOf } from '../kernel/errors'
import type { DiskFile } from '../kernel/ports'
import { said } from '../kernel/said'
import {
  batchBaseOffset,
  batchHeaderBytes,
  batchLastOffset,
  batchMagic,
  batchSizeBytes,
  currentMagic,
  headerAt
} from '../protocol/record/batch-header'
import { int32At, int64At, uint32At } from '../protocol/record/big-endian'
import { deletedSuffix, offsetName, segmentSuffixes } from './core/file-names'
import type { IndexBytes } from './core/index-bytes'
import { OffsetIndex, offsetIndexEntryBytes } from './core/offset-index'
import { scanInSteps } from './core/recovery-scan'
import type { ScanResult } from './core/recovery-scan'
import { allAtOnce, type Steps } from './core/steps'
import { TimeIndex, timeIndexEntryBytes } from './core/time-index'
import { handleGraceMs } from './deferred-removals'
import { asDiskFailure, isDiskFull } from './disk-failure'
import type { LogContext } from './log-context'

export interface BatchPlace {
  readonly position: FilePosition
  readonly sizeBytes: number
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  readonly maxTimestamp: bigint
}

/** A segment of this size has an index entry, unless it is a few huge batches: then looking again costs little. */
const unindexedBytesMax = 8_388_608

/** A batch border from which recovery reads, and how many index entries are kept before it. */
export interface RecoveryStart {
  readonly position: FilePosition
  /** Base offset of the batch there. */
  readonly offset: Offset
  readonly entries: number
}

type BatchVisitor = (bytes: Uint8Array, at: number) => void

export class Segment {
  readonly baseOffset: Offset
  readonly createdMs: number
  readonly #context: LogContext
  readonly #path: string
  #file: DiskFile | undefined
  #sizeBytes: number
  #offsets: OffsetIndex | undefined
  #times: TimeIndex | undefined
  #bytesSinceEntry = 0
  /** Largest timestamp so far, as int64 halves, and the last offset of the batch that has it. -1: none. */
  #maxHigh = -1
  #maxLow = 0xffff_ffff
  #maxOffset: Offset
  #isMaxKnown: boolean
  /** Undefined: not read yet. */
  #firstTimestampMs: number | undefined
  #isDirty = false
  #areIndexesOwed = false
  /** Both are made with the first record. */
  #areIndexFilesMissing = false
  #usedMs: number

  /** A segment whose .log file is there, or (size 0) comes into being at the first append. */
  constructor(context: LogContext, baseOffset: Offset, sizeBytes: number) {
    this.baseOffset = baseOffset
    this.#context = context
    this.#path = context.ports.disk.join(context.folder, offsetName(baseOffset))
    this.#sizeBytes = sizeBytes
    this.#maxOffset = baseOffset
    this.#isMaxKnown = sizeBytes === 0
    this.createdMs = context.ports.clock.nowMs()
    this.#usedMs = context.ports.clock.monotonicMs()
  }

  /** Creates the .log file; its indexes' come with its first record. Throws DISK_FULL, nothing left behind, or DISK_FAILED. */
  static create(context: LogContext, baseOffset: Offset): Segment {
    const segment = new Segment(context, baseOffset, 0)
    try {
      segment.#createFile()
    } catch (error) {
      segment.#removeFiles()
      throw asDiskFailure(error, segment.#path)
    }
    return segment
  }

  /** An empty segment that stayed would hide what the one before it goes on to take. */
  #removeFiles(): void {
    this.#file?.close()
    this.#file = undefined
    for (const suffix of segmentSuffixes) this.#context.ports.disk.remove(this.#path + suffix)
  }

  #createFile(): void {
    const file = this.#fileHandle()
    if (file.sizeBytes > 0) file.truncate(0)
    this.#beginIndexes()
  }

  #beginIndexes(): void {
    this.#offsets = new OffsetIndex(this.baseOffset)
    this.#times = new TimeIndex(this.baseOffset)
    this.#areIndexFilesMissing = true
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** True when the file has bytes that no fdatasync has covered, or an index lacks entries that the disk had no room for. */
  get isDirty(): boolean {
    return this.#isDirty
  }

  /**
   * True while index entries wait in memory for room: recovery must not trust the index files yet. Those of batches that came
   * since the files were written last wait for the next time only.
   */
  get areIndexesOwed(): boolean {
    return this.#areIndexesOwed
  }

  get areIndexesFull(): boolean {
    return this.#offsetIndex().isFull || this.#timeIndex().isFull
  }

  /** The open .log file. */
  get file(): DiskFile {
    return this.#fileHandle()
  }

  #fileHandle(): DiskFile {
    this.#usedMs = this.#context.ports.clock.monotonicMs()
    this.#file ??= this.#context.ports.disk.open(`${this.#path}.log`, 'append')
    return this.#file
  }

  // ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Writes one batch that ends at `lastOffset`. Throws DISK_FULL, the segment unchanged, or DISK_FAILED. */
  append(batch: Uint8Array, lastOffset: Offset): void {
    const position = this.#sizeBytes
    const areIndexFilesDue = this.#areIndexFilesMissing && position === 0
    if (areIndexFilesDue && this.#offsets === undefined) this.#beginIndexes()
    try {
      // Not through #fileHandle(): an appended segment is dirty, and a dirty one is never released.
      const file = this.#file ?? this.#fileHandle()
      file.append(batch)
    } catch (error) {
      throw asDiskFailure(error, this.#path)
    }
    this.#sizeBytes += batch.length
    this.#isDirty = true
    this.#note(batch, 0, position, lastOffset)
    if (areIndexFilesDue) this.writeIndexes()
  }

  /** Keeps indexes and times in step with a batch in the file (Kafka's LogSegment.append). */
  #note(bytes: Uint8Array, at: number, position: FilePosition, lastOffset: Offset): void {
    if (position === 0) this.#firstTimestampMs = int64At(bytes, at + headerAt.maxTimestamp)
    this.#noteTime(bytes, at, lastOffset)
    if (this.#bytesSinceEntry > this.#context.config.indexIntervalBytes) {
      this.#offsetIndex().append(lastOffset, position)
      this.#timeIndex().appendIfLater(this.#maxHigh, this.#maxLow, this.#maxOffset)
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += batchSizeBytes(bytes, at)
  }

  #noteTime(bytes: Uint8Array, at: number, lastOffset: Offset): void {
    const high = int32At(bytes, at + headerAt.maxTimestamp)
    const low = uint32At(bytes, at + headerAt.maxTimestamp + 4)
    if (high < this.#maxHigh || (high === this.#maxHigh && low <= this.#maxLow)) return
    this.#maxHigh = high
    this.#maxLow = low
    this.#maxOffset = lastOffset
  }

  /** The last entry of the time index, which Kafka writes at roll and close; then the index files are complete. */
  seal(): void {
    if (this.#sizeBytes > 0) {
      this.#knowMax()
      this.#timeIndex().appendIfLater(this.#maxHigh, this.#maxLow, this.#maxOffset)
    }
    this.writeIndexes()
  }

  /** Hands the files what they lack. On a full disk the entries stay in memory until the next time. */
  writeIndexes(): void {
    try {
      if (this.#areIndexFilesMissing && this.#sizeBytes > 0) this.#truncateIndexFiles()
      if (this.#offsets !== undefined) this.#writeIndex('.index', this.#offsets.entries)
      if (this.#times !== undefined) this.#writeIndex('.timeindex', this.#times.entries)
      this.#areIndexesOwed = false
    } catch (error) {
      if (!isDiskFull(error)) throw asDiskFailure(error, this.#path)
      this.#areIndexesOwed = true
      this.#context.ports.log('warn', 'the disk is full: index entries wait in memory', { segment: this.#path })
    }
  }

  #writeIndex(suffix: string, entries: IndexBytes): void {
    const { unwritten } = entries
    if (unwritten.length === 0) return
    const file = this.#context.ports.disk.open(this.#path + suffix, 'append')
    try {
      if (file.sizeBytes !== entries.writtenBytes) file.truncate(entries.writtenBytes)
      file.append(unwritten)
      entries.markWritten()
    } finally {
      file.close()
    }
  }

  /** fdatasync of the log and, as far as they are written, of its indexes. Rejects with DISK_FAILED. */
  async sync(): Promise<void> {
    if (!this.#isDirty) return
    try {
      this.writeIndexes()
      this.#isDirty = this.#areIndexesOwed
      const syncs = [this.#fileHandle().sync()]
      if (this.#offsetIndex().entries.writtenBytes > 0) syncs.push(this.#syncIndex('.index'))
      if (this.#timeIndex().entries.writtenBytes > 0) syncs.push(this.#syncIndex('.timeindex'))
      await Promise.all(syncs)
    } catch (error) {
      // Never tried again: after a failed fsync nobody knows what the disk has.
      const details = { isOfSync: true }
      throw new AppError('DISK_FAILED', said`The disk failed to keep ${this.#path}: ${messageOf(error)}`, {
        cause: error,
        details
      })
    }
  }

  async #syncIndex(suffix: string): Promise<void> {
    const file = this.#context.ports.disk.open(this.#path + suffix, 'append')
    try {
      await file.sync()
    } finally {
      file.close()
    }
  }

  // ── finding ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The batch that holds `offset`, or the first one after it; undefined when the segment ends before. */
  find(offset: Offset): BatchPlace | undefined {
    return this.#firstBatch(
      this.#offsetIndex().positionBefore(offset),
      (bytes, at) => batchLastOffset(bytes, at) >= offset
    )
  }

  /** The first batch, at or after `fromOffset`, that has a record at or after `timestamp`. */
  findByTime(timestamp: bigint, fromOffset: Offset): BatchPlace | undefined {
    const times = this.#timeIndex()
    const entry = times.lastEntryBefore(timestamp)
    const start = this.#offsetIndex().positionBefore(Math.max(entry < 0 ? 0 : times.offsetAt(entry), fromOffset))
    const high = Number(timestamp >> 32n)
    const low = Number(timestamp & 0xffff_ffffn)
    return this.#firstBatch(start, (bytes, at) => {
      const batchHigh = int32At(bytes, at + headerAt.maxTimestamp)
      const isLateEnough =
        batchHigh > high || (batchHigh === high && uint32At(bytes, at + headerAt.maxTimestamp + 4) >= low)
      return isLateEnough && batchLastOffset(bytes, at) >= fromOffset
    })
  }

  #firstBatch(start: FilePosition, isWanted: (bytes: Uint8Array, at: number) => boolean): BatchPlace | undefined {
    const { scratch } = this.#context
    let position = start
    while (position + batchHeaderBytes <= this.#sizeBytes) {
      const filled = this.#fileHandle().readAt(position, scratch)
      let at = 0
      while (at + batchHeaderBytes <= filled) {
        const sizeBytes = batchSizeBytes(scratch, at)
        if (sizeBytes < batchHeaderBytes || position + sizeBytes > this.#sizeBytes) return undefined
        if (isWanted(scratch, at)) return placeOf(scratch, at, position, sizeBytes)
        at += sizeBytes
        position += sizeBytes
      }
      if (filled < batchHeaderBytes) return undefined
    }
    return undefined
  }

  readBatch(place: BatchPlace): Uint8Array {
    const bytes = new Uint8Array(place.sizeBytes)
    const read = this.#fileHandle().readAt(place.position, bytes)
    return read === bytes.length ? bytes : bytes.subarray(0, read)
  }

  // ── times ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Negative when no record carries a time. */
  get largestTimestamp(): bigint {
    this.#knowMax()
    return (BigInt(this.#maxHigh) << 32n) | BigInt(this.#maxLow)
  }

  /** For retention: the newest record's time, or the file's own when records carry none. */
  get largestTimestampMs(): number {
    this.#knowMax()
    if (this.#maxHigh >= 0) return this.#maxHigh * 0x1_0000_0000 + this.#maxLow
    return this.#context.ports.disk.modifiedAtMs(`${this.#path}.log`) ?? this.createdMs
  }

  /** Last offset of the batch that has the largest timestamp. */
  get offsetOfLargestTimestamp(): Offset {
    this.#knowMax()
    return this.#maxOffset
  }

  /** Largest timestamp of the first batch, negative when it has none or there is no batch. */
  get firstTimestampMs(): number {
    if (this.#sizeBytes === 0) return -1
    this.#firstTimestampMs ??= Number(this.#firstBatch(0, () => true)?.maxTimestamp ?? -1n)
    return this.#firstTimestampMs
  }

  /** A segment that is not the active one ends its time index with its largest timestamp. */
  #knowMax(): void {
    if (this.#isMaxKnown) return
    const times = this.#timeIndex()
    if (this.#hasLearnedMax()) return
    this.#isMaxKnown = true
    if (times.count > 0) this.#maxFromIndex(times)
    else allAtOnce(this.#scan(0, undefined, (bytes, at) => this.#noteTime(bytes, at, batchLastOffset(bytes, at))))
  }

  /** Loading the index may have rebuilt it, and then the whole log was read. */
  #hasLearnedMax(): boolean {
    return this.#isMaxKnown
  }

  #maxFromIndex(times: TimeIndex): void {
    const last = times.count - 1
    this.#maxHigh = int32At(times.entries.bytes, last * timeIndexEntryBytes)
    this.#maxLow = uint32At(times.entries.bytes, last * timeIndexEntryBytes + 4)
    this.#maxOffset = times.offsetAt(last)
  }

  // ── opening, recovery, truncation ──────────────────────────────────────────────────────────────────────────────

  #scan(
    position: FilePosition,
    nextOffset: Offset | undefined,
    visit: (bytes: Uint8Array, at: number, position: FilePosition) => void
  ): Steps<ScanResult> {
    const checksum = nextOffset === undefined ? undefined : this.#context.ports.checksum
    const options = { baseOffset: this.baseOffset, position, nextOffset: nextOffset ?? this.baseOffset, checksum }
    return scanInSteps(this.#fileHandle(), options, visit)
  }

  /** After a clean stop: trusts index and file, reads the tail that follows the last index entry. */
  *readTail(): Steps<ScanResult> {
    const offsets = this.#offsetIndex()
    const times = this.#timeIndex()
    this.#isMaxKnown = true
    if (times.count > 0) this.#maxFromIndex(times)
    const last = offsets.count - 1
    const position = last < 0 ? 0 : offsets.positionAt(last)
    this.#bytesSinceEntry = 0
    return yield* this.#scan(position, undefined, (bytes, at, _position) => {
      this.#noteTime(bytes, at, batchLastOffset(bytes, at))
      this.#bytesSinceEntry += batchSizeBytes(bytes, at)
    })
  }

  /**
   * Where recovery may begin: at a batch below `recoveryPoint`, all before it being on the platter with its index
   * entries. The start of the file when the index does not say, or says what the file does not bear out.
   */
  recoveryStart(recoveryPoint: Offset): RecoveryStart {
    const atBegin = { position: 0, offset: this.baseOffset, entries: 0 }
    if (recoveryPoint <= this.baseOffset || !this.#readIndexes()) return atBegin
    const offsets = this.#offsetIndex()
    const entry = offsets.lastEntryAtOrBefore(recoveryPoint - 1)
    if (entry < 0) return atBegin
    const position = offsets.positionAt(entry)
    const header = new Uint8Array(batchHeaderBytes)
    const isWhole = this.#fileHandle().readAt(position, header) === batchHeaderBytes
    if (!isWhole || batchMagic(header, 0) !== currentMagic || batchLastOffset(header, 0) !== offsets.offsetAt(entry))
      return atBegin
    return { position, offset: batchBaseOffset(header, 0), entries: entry + 1 }
  }

  /**
   * After a crash: checks every batch from there on and writes the indexes anew from there. Batches are to begin at or above
   * `nextOffset`. Nothing is cut: what follows the first bad one is the caller's to look at (cutAfter).
   */
  *recover(start: RecoveryStart, nextOffset: Offset, visit: BatchVisitor): Steps<ScanResult> {
    return yield* this.#rebuild(start, nextOffset, visit)
  }

  /** It has an index entry for a batch that ends below `offset`. */
  isIndexedBelow(offset: Offset): boolean {
    return this.#offsetIndex().lastEntryAtOrBefore(offset - 1) >= 0
  }

  /** What was found by `recover` is all of the segment. Throws DISK_FULL or DISK_FAILED. */
  cutAfter({ validBytes }: ScanResult): void {
    if (validBytes < this.#sizeBytes) this.#cut(validBytes)
    this.#isDirty = this.#sizeBytes > 0
    this.writeIndexes()
  }

  *#rebuild(start: RecoveryStart, nextOffset: Offset | undefined, visit: BatchVisitor): Steps<ScanResult> {
    this.#keepEntries(start)
    return yield* this.#scan(start.position, nextOffset, (bytes, at, position) => {
      this.#note(bytes, at, position, batchLastOffset(bytes, at))
      visit(bytes, at)
    })
  }

  /** The entries before `start`, and the times that they tell; without any, both indexes begin anew. */
  #keepEntries({ entries }: RecoveryStart): void {
    this.#forgetTimes()
    if (entries === 0) {
      this.#beginIndexes()
      if (this.#sizeBytes === 0 && !this.#hasAnyIndexFile) return
    } else {
      const [offsets, times] = [this.#offsetIndex(), this.#timeIndex()]
      offsets.entries.truncate(entries)
      times.truncateTo(offsets.offsetAt(entries - 1) + 1)
      if (times.count > 0) this.#maxFromIndex(times)
    }
    this.#truncateIndexFiles()
  }

  #forgetTimes(): void {
    this.#maxHigh = -1
    this.#maxLow = 0xffff_ffff
    this.#maxOffset = this.baseOffset
    this.#isMaxKnown = true
    this.#firstTimestampMs = undefined
    this.#bytesSinceEntry = 0
  }

  #cut(sizeBytes: number): void {
    try {
      this.#fileHandle().truncate(sizeBytes)
    } catch (error) {
      throw asDiskFailure(error, this.#path)
    }
    this.#sizeBytes = sizeBytes
  }

  /** Drops the batch that holds `offset` and everything after it; returns the offset at which the segment now ends. */
  truncateTo(offset: Offset): Offset | undefined {
    const place = this.find(offset)
    if (place === undefined) return undefined
    this.#offsetIndex().truncateTo(place.baseOffset)
    this.#timeIndex().truncateTo(place.baseOffset)
    this.#cut(place.position)
    this.#truncateIndexFiles()
    this.#forgetTimes()
    allAtOnce(this.readTail())
    this.#isDirty = true
    return Math.min(offset, place.baseOffset)
  }

  /** Creates those that are missing. */
  #truncateIndexFiles(): void {
    this.#truncateIndexFile('.index')
    this.#truncateIndexFile('.timeindex')
    this.#areIndexFilesMissing = false
  }

  #truncateIndexFile(suffix: '.index' | '.timeindex'): void {
    const entries = suffix === '.index' ? this.#offsetIndex().entries : this.#timeIndex().entries
    const file = this.#context.ports.disk.open(this.#path + suffix, 'append')
    if (file.sizeBytes > entries.writtenBytes) file.truncate(entries.writtenBytes)
    file.close()
  }

  /** Visits the headers of all batches that end at or after `fromOffset` and begin before `toOffset`; trusts the file. */
  *visit(fromOffset: Offset, toOffset: Offset, visit: BatchVisitor): Steps<void> {
    const start = this.#offsetIndex().positionBefore(fromOffset)
    const end = this.find(toOffset)?.position ?? this.#sizeBytes
    const file = this.#fileHandle()
    const source = { sizeBytes: end, readAt: (position: FilePosition, into: Uint8Array) => file.readAt(position, into) }
    const options = { baseOffset: this.baseOffset, position: start, nextOffset: this.baseOffset, checksum: undefined }
    yield* scanInSteps(source, options, (bytes, at) => {
      if (batchLastOffset(bytes, at) >= fromOffset) visit(bytes, at)
    })
  }

  /** Visits the last batches, about `tailBytes` of them. */
  *visitTail(tailBytes: number, visit: BatchVisitor): Steps<void> {
    const offsets = this.#offsetIndex()
    const entry = offsets.lastEntryBelow(Math.max(0, this.#sizeBytes - tailBytes))
    yield* this.#scan(entry < 0 ? 0 : offsets.positionAt(entry), undefined, visit)
  }

  /** Rebuilds indexes that are missing, cut or empty now, so that no later look-up has to, in one turn. */
  *prepareIndexes(): Steps<void> {
    if (this.#sizeBytes === 0 || this.#offsets !== undefined || this.#hasIndexFiles()) return
    yield* this.#rebuildIndexes()
  }

  get #hasAnyIndexFile(): boolean {
    const { disk } = this.#context.ports
    return disk.exists(`${this.#path}.index`) || disk.exists(`${this.#path}.timeindex`)
  }

  /** By their sizes only: what is in them is looked at when they are needed. */
  #hasIndexFiles(): boolean {
    const { disk } = this.#context.ports
    const [offsets, times] = [disk.sizeOf(`${this.#path}.index`), disk.sizeOf(`${this.#path}.timeindex`)]
    if (offsets === undefined || times === undefined || offsets % offsetIndexEntryBytes !== 0) return false
    return times % timeIndexEntryBytes === 0 && (offsets > 0 || this.#sizeBytes < unindexedBytesMax)
  }

  *#rebuildIndexes(): Steps<void> {
    this.#context.ports.log('warn', 'an index does not belong to its log and is rebuilt', { segment: this.#path })
    yield* this.#rebuild({ position: 0, offset: this.baseOffset, entries: 0 }, undefined, () => undefined)
    this.seal()
  }

  #offsetIndex(): OffsetIndex {
    if (this.#offsets === undefined) this.#loadIndexes()
    return this.#offsets ?? new OffsetIndex(this.baseOffset)
  }

  #timeIndex(): TimeIndex {
    if (this.#times === undefined) this.#loadIndexes()
    return this.#times ?? new TimeIndex(this.baseOffset)
  }

  #loadIndexes(): void {
    if (!this.#readIndexes()) allAtOnce(this.#rebuildIndexes())
  }

  /** False when the files are missing or cannot belong to the log. */
  #readIndexes(): boolean {
    if (this.#offsets !== undefined && this.#times !== undefined) return true
    const offsets = this.#indexFileBytes('.index', offsetIndexEntryBytes)
    const times = this.#indexFileBytes('.timeindex', timeIndexEntryBytes)
    if (offsets === undefined && times === undefined && this.#sizeBytes === 0) {
      this.#beginIndexes()
      return true
    }
    if (offsets === undefined || times === undefined) return false
    if (!OffsetIndex.isSane(this.baseOffset, offsets, this.#sizeBytes)) return false
    if (!TimeIndex.isSane(this.baseOffset, times)) return false
    this.#offsets = new OffsetIndex(this.baseOffset, offsets)
    this.#times = new TimeIndex(this.baseOffset, times)
    return true
  }

  #indexFileBytes(suffix: string, entryBytes: number): Uint8Array | undefined {
    const { disk } = this.#context.ports
    const sizeBytes = disk.sizeOf(this.#path + suffix)
    if (sizeBytes === undefined) return undefined
    return sizeBytes === 0 ? new Uint8Array(0) : withoutPreallocation(disk.read(this.#path + suffix), entryBytes)
  }

  // ── leaving ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Closes what nobody has used for a minute; the next use opens it again. */
  releaseIdle(): void {
    if (this.#isDirty || this.#context.ports.clock.monotonicMs() - this.#usedMs < handleGraceMs) return
    this.release()
  }

  /** Closes the file and forgets the indexes. */
  release(): void {
    this.writeIndexes()
    this.#file?.close()
    this.#file = undefined
    if (!this.#areIndexesOwed) {
      this.#offsets = undefined
      this.#times = undefined
    }
  }

  /** Renamed now, removed after file.delete.delay.ms; fetches in flight may go on reading. */
  discard(): void {
    const { ports, removals, config } = this.#context
    for (const suffix of segmentSuffixes) {
      const path = this.#path + suffix
      if (ports.disk.exists(path)) removals.renameAndRemoveLater(path, path + deletedSuffix, config.fileDeleteDelayMs)
    }
    if (this.#file !== undefined) removals.closeLater(this.#file)
    this.#file = undefined
  }

  /** Lets a handle go that may still be read for a moment (the whole partition is deleted). */
  abandon(): void {
    if (this.#file !== undefined) this.#context.removals.closeLater(this.#file)
    this.#file = undefined
  }
}

function placeOf(bytes: Uint8Array, at: number, position: FilePosition, sizeBytes: number): BatchPlace {
  return {
    position,
    sizeBytes,
    baseOffset: batchBaseOffset(bytes, at),
    lastOffset: batchLastOffset(bytes, at),
    maxTimestamp:
      (BigInt(int32At(bytes, at + headerAt.maxTimestamp)) << 32n) |
      BigInt(uint32At(bytes, at + headerAt.maxTimestamp + 4))
  }
}

/** Kafka preallocates the index files of the active segment with zeros and trims them at a clean close only. */
function withoutPreallocation(bytes: Uint8Array, entryBytes: number): Uint8Array {
  if (bytes.length % entryBytes !== 0) return bytes
  let end = bytes.length
  while (end > 0 && bytes.subarray(end - entryBytes, end).every((byte) => byte === 0)) end -= entryBytes
  return end === bytes.length ? bytes : bytes.slice(0, end)
}
