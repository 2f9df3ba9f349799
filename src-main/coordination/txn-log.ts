/**
 * The ensemble's log on disk: every entry is here, durable, before anything is answered.
 *
 * Segment `log.<zxid of its first entry>`: header {magic LGTL, int version, zxid first, crc32c of these}, then batches
 * {magic LGTB, crc32c of the rest, int length, body}; body = int count, count x buffer(log entry). All big-endian.
 *
 * A batch is what one fdatasync makes durable, so the last batch of the last segment is the only one that a crash can
 * have torn: it was never answered and is cut off. A bad batch with a good one after it, or in an earlier segment, was
 * durable once: that is damage, and the member refuses to start.
 *
 * Owner: EnsembleNode, one append and sync at a time. DISK_FULL of append and roll leaves the log as it was; any other error
 * of the disk is fatal.
 */
import { AppError, ignore } from '../kernel/errors'
import { invariant } from '../kernel/invariant'
import type { Checksum, Disk, DiskFile } from '../kernel/ports'
import { decodeLogEntry, encodeLogEntry, type LogEntry } from './core/log-entry'
import { corruptFile } from './corrupt-file'
import type { PassedOver } from './snapshot-file'
import { DecodeError, JuteReader } from './wire/jute-reader'
import { JuteWriter } from './wire/jute-writer'
import { compareZxid, isSuccessor, nextZxid, zxidFromName, zxidName, type Zxid } from './wire/zxid'

const segmentMagic = 0x4c47_544c
const batchMagic = 0x4c47_5442
const formatVersion = 1
const segmentHeaderBytes = 20
const batchHeaderBytes = 12

interface Segment {
  readonly path: string
  readonly first: Zxid
}

export interface Recovery {
  readonly lastZxid: Zxid
  readonly entries: number
  /** Cut off the end: a batch that was being written when the process died. */
  readonly truncatedBytes: number
}

export class TxnLog {
  readonly #disk: Disk
  readonly #checksum: Checksum
  readonly #directory: string
  readonly #whenFull: () => Promise<void>
  #file: DiskFile | undefined
  #segments: Segment[] = []
  #entriesInSegments = 0

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

  /**
   * Gives every entry after `after` to `visit`, in order, and opens the log for appending behind the last. Throws
   * CORRUPT, and then nothing was touched. `after` is the snapshot's last entry; the log must reach back to it. A newer
   * snapshot that was passed over must have told nothing that the log does not.
   */
  async recover(after: Zxid, visit: (entry: LogEntry) => void, passedOver?: PassedOver): Promise<Recovery> {
    invariant(this.#file === undefined, 'a log is recovered once')
    this.#segments = this.#listSegments().filter((_segment, index, all) => {
      const next = all[index + 1]
      return next === undefined || compareZxid(next.first, nextZxid(after)) > 0
    })
    if (this.#segments.length === 0 && after.epoch > 0) {
      const path = this.#disk.join(this.#directory, `log.${zxidName(nextZxid(after))}`)
      throw corruptFile(path, 'it is missing, and a snapshot is never without the log after it')
    }
    let lastZxid = after
    let truncatedBytes = 0
    for (const segment of this.#segments) {
      const scan = this.#scan(segment, segment === this.#segments.at(-1))
      for (const entry of scan.entries) {
        if (compareZxid(entry.zxid, after) <= 0) continue
        if (!isSuccessor(entry.zxid, lastZxid)) {
          throw corruptFile(
            segment.path,
            `entries between ${zxidName(lastZxid)} and ${zxidName(entry.zxid)} are missing`
          )
        }
        visit(entry)
        lastZxid = entry.zxid
        this.#entriesInSegments++
      }
      truncatedBytes += scan.tornBytes
      const isLast = segment === this.#segments.at(-1)
      if (isLast && passedOver !== undefined && compareZxid(lastZxid, passedOver.zxid) < 0) throw passedOver.damage
      if (segment === this.#segments.at(-1))
        this.#file = await this.#reopenWhenRoom(segment, scan.goodBytes, scan.tornBytes > 0)
    }
    if (this.#file === undefined) {
      const segment = this.#segmentFrom(nextZxid(lastZxid))
      this.#file = await this.#reopenWhenRoom(segment, 0, true)
      await this.#disk.syncDirectory(this.#directory)
      this.#segments.push(segment)
    }
    return { lastZxid, entries: this.#entriesInSegments, truncatedBytes }
  }

  /** One batch into the page cache; durable, and only then to be answered, after sync. */
  append(entries: readonly LogEntry[]): void {
    invariant(this.#file !== undefined && entries.length > 0, 'an open log takes at least one entry')
    const writer = new JuteWriter(4096).int(batchMagic).int(0).int(0).int(entries.length)
    for (const entry of entries) writer.buffer(encodeLogEntry(entry))
    writer.setInt(8, writer.position - batchHeaderBytes)
    const bytes = writer.finish()
    writer.setInt(4, this.#checksum.crc32c(bytes.subarray(8)))
    this.#file.append(bytes)
    this.#entriesInSegments += entries.length
  }

  async sync(): Promise<void> {
    invariant(this.#file !== undefined, 'an open log is synced')
    await this.#file.sync()
  }

  /**
   * Begins the next segment, so that those before it can go when a snapshot covers them. Rejects with DISK_FULL, and then
   * the old one goes on.
   */
  async roll(first: Zxid): Promise<void> {
    // A crash between roll and snapshot left the segment that is wanted, still empty.
    if (!this.#segments.some((segment) => compareZxid(segment.first, first) === 0)) {
      const segment = this.#segmentFrom(first)
      let file: DiskFile
      try {
        file = await this.#reopen(segment, 0, true)
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

  /** True when no entry after this one is missing before the first segment. */
  reachesBackTo(after: Zxid): boolean {
    const first = this.#listSegments()[0]?.first
    return first !== undefined && compareZxid(first, nextZxid(after)) <= 0
  }

  /** Deletes the segments before the one that begins at `first`. */
  deleteBefore(first: Zxid): void {
    for (const segment of this.#listSegments()) {
      if (compareZxid(segment.first, first) < 0) this.#disk.remove(segment.path)
    }
    this.#segments = this.#segments.filter((segment) => compareZxid(segment.first, first) >= 0)
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

  #segmentFrom(first: Zxid): Segment {
    return { path: this.#disk.join(this.#directory, `log.${zxidName(first)}`), first }
  }

  /** Without a log a member can do nothing: it waits for room. */
  async #reopenWhenRoom(segment: Segment, goodBytes: number, isChanged: boolean): Promise<DiskFile> {
    for (;;) {
      try {
        return await this.#reopen(segment, goodBytes, isChanged)
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
        ignore(error, 'tried again when there may be room')
        await this.#whenFull()
      }
    }
  }

  /** Opens for appending after `goodBytes`; 0 writes the header anew. */
  async #reopen(segment: Segment, goodBytes: number, isChanged: boolean): Promise<DiskFile> {
    const file = this.#disk.open(segment.path, 'append')
    try {
      if (file.sizeBytes > goodBytes) file.truncate(goodBytes)
      if (goodBytes === 0) file.append(this.#segmentHeader(segment.first))
      // What was cut off must not come back under entries that are written over it.
      if (isChanged || goodBytes === 0) await file.sync()
    } catch (error) {
      file.close()
      throw error
    }
    return file
  }

  #segmentHeader(first: Zxid): Uint8Array {
    const writer = new JuteWriter(segmentHeaderBytes).int(segmentMagic).int(formatVersion).zxid(first).int(0)
    const bytes = writer.finish()
    writer.setInt(16, this.#checksum.crc32c(bytes.subarray(0, 16)))
    return bytes
  }

  #scan(segment: Segment, isLast: boolean): { entries: LogEntry[]; goodBytes: number; tornBytes: number } {
    const { path } = segment
    const bytes = this.#disk.read(path)
    if (!this.#isHeader(segment, bytes)) {
      // A crash can have come between the segment's creation and its first sync; then nothing is in it.
      if (!isLast || this.#hasGoodBatch(bytes, 0)) throw corruptFile(path, 'its header is not that of an ensemble log')
      return { entries: [], goodBytes: 0, tornBytes: bytes.byteLength }
    }
    const entries: LogEntry[] = []
    let position = segmentHeaderBytes
    while (position < bytes.byteLength) {
      const body = this.#batchAt(bytes, position)
      if (body === undefined) {
        if (!isLast || this.#hasGoodBatch(bytes, position + 1)) {
          throw corruptFile(path, `the checksum of the entries at byte ${position} is wrong`)
        }
        return { entries, goodBytes: position, tornBytes: bytes.byteLength - position }
      }
      readBatch(path, position, body, entries)
      position += batchHeaderBytes + body.byteLength
    }
    return { entries, goodBytes: position, tornBytes: 0 }
  }

  #isHeader(segment: Segment, bytes: Uint8Array): boolean {
    if (bytes.byteLength < segmentHeaderBytes) return false
    const reader = new JuteReader(bytes)
    const [magic, version, first, crc] = [reader.int(), reader.int(), reader.zxid(), reader.int()]
    if (magic !== segmentMagic || crc >>> 0 !== this.#checksum.crc32c(bytes.subarray(0, 16))) return false
    if (version !== formatVersion)
      throw corruptFile(segment.path, `its format ${version} is not one this version reads`)
    return compareZxid(first, segment.first) === 0
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

function readBatch(path: string, position: number, body: Uint8Array, into: LogEntry[]): void {
  try {
    const reader = new JuteReader(body)
    for (const bytes of reader.vector(4, () => reader.buffer())) {
      if (bytes === null) throw new DecodeError('null where an entry must be')
      into.push(decodeLogEntry(bytes))
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw corruptFile(path, `the entries at byte ${position} cannot be read (${error.message})`)
  }
}
