/**
 * One partition's log on disk, in Kafka's format: segments, their indexes, leader epochs and producer state. Decides
 * what is appended where, what a fetch reads, and what goes.
 *
 * Owned by one broker process, one thread; everything but fdatasync is synchronous. Invariants: log start <= high
 * watermark <= log end; the last segment is the only one written; offsets of batches increase.
 *
 * Deviations from Kafka: index entries reach their files at roll, flush and close (a crash rebuilds them); record bodies
 * are not decoded on append; truncation ends at a batch border, so the log end is never inside a dropped batch.
 */
import type { Offset, FilePosition, LeaderEpoch } from '../kernel/ids'
import { AppError, ignore } from '../kernel/errors'
import { invariant } from '../kernel/invariant'
import {
  attributeBits,
  batchAttributes,
  batchLastOffsetDelta,
  batchLeaderEpoch,
  batchMaxTimestampMs,
  patchBatch,
  stampLogAppendTime
} from '../protocol/record/batch-header'
import { validateBatchForAppend } from '../protocol/record/batch-validation'
import type { BatchLimits } from '../protocol/record/batch-validation'
import { visitRecords } from '../protocol/record/record'
import { offsetName, snapshotSuffix } from './core/file-names'
import { lastWhere } from './core/last-where'
import type { LeaderEpochs } from './core/leader-epochs'
import { LogOffsets } from './core/log-offsets'
import type { ProducerBatch, ProducerState } from './core/producer-state'
import { deletableSegments } from './core/retention'
import { shouldRoll } from './core/roll-policy'
import { allAtOnce, type Steps } from './core/steps'
import { asDiskFailure, isDiskFull } from './disk-failure'
import type { EpochFile } from './epoch-file'
import type { LogContext } from './log-context'
import { loadProducers, openLog, producerBatchAt } from './log-opening'
import type { OpenedLog } from './log-opening'
import type { AppendResult, EpochEndOffset, LogConfig, LogSlice, OffsetAndTimestamp, ProducerView } from './log-types'
import { Segment } from './segment'
import type { BatchPlace } from './segment'

/** So much may be written before an fdatasync starts by itself: a small dirty window keeps later ones short. */
export const unsyncedBytesMax = 268_435_456

/** A write that holds the whole process up for longer than this is reported. */
const slowWriteMs = 20
const zstdFromProduceVersion = 7

export interface PartitionLogOptions {
  readonly topic: string
  readonly partition: number
  readonly topicId: string | undefined
  /** The last stop was clean: files are trusted. */
  readonly isClean: boolean
  /** Everything below is on the platter (checkpoint). */
  readonly recoveryPoint: Offset
  /** From log-start-offset-checkpoint; 0 when it has none. */
  readonly logStartOffset: Offset
  readonly highWatermark: Offset
  /** unsyncedBytesMax when absent. */
  readonly unsyncedBytesMax?: number
}

export class PartitionLog {
  readonly topic: string
  readonly partition: number
  readonly #context: LogContext
  /** Ascending by base offset; the last is the active one. */
  readonly #segments: Segment[]
  readonly #offsets: LogOffsets
  readonly #epochs: LeaderEpochs
  readonly #producers: ProducerState
  #topicId: string | undefined
  #recoveryPoint: Offset
  /** Offsets of the .snapshot files that are there, ascending. */
  #snapshots: Offset[]
  #unsyncedBytes = 0
  readonly #unsyncedBytesMax: number
  /** Files came or went since the folder itself was last synced: a power cut could forget their names. */
  #isFolderDirty = true
  readonly #epochFile: EpochFile
  #flushing: Promise<void> | undefined
  /** Counted, so that an fdatasync that a truncation overtook does not vouch for what was written after it. */
  #truncations = 0
  #isClosed = false
  #isAbandoned = false
  #limits: BatchLimits
  #limitsWithoutZstd: BatchLimits

  private constructor(context: LogContext, options: PartitionLogOptions, opened: OpenedLog) {
    this.topic = options.topic
    this.partition = options.partition
    this.#topicId = options.topicId
    this.#context = context
    this.#unsyncedBytesMax = options.unsyncedBytesMax ?? unsyncedBytesMax
    this.#segments = opened.segments
    this.#offsets = new LogOffsets(opened.logStartOffset, options.highWatermark, opened.logEndOffset)
    this.#epochs = opened.epochs
    this.#producers = opened.producers
    this.#snapshots = opened.snapshots
    this.#recoveryPoint = Math.min(opened.recoveryPoint, opened.logEndOffset)
    this.#epochFile = opened.epochFile
    this.#limits = limitsOf(context.config, true)
    this.#limitsWithoutZstd = limitsOf(context.config, false)
  }

  /** Opens what is in the folder, recovering it after a crash; an empty folder becomes an empty log. */
  static *open(context: LogContext, options: PartitionLogOptions): Steps<PartitionLog> {
    return new PartitionLog(context, options, yield* openLog(context, options))
  }

  /** 22 characters of URL-safe base64, as partition.metadata holds it; undefined when the file is absent or unreadable. */
  get topicId(): string | undefined {
    return this.#topicId
  }

  /** The file was written anew. */
  identified(topicId: string): void {
    this.#topicId = topicId
  }

  get config(): LogConfig {
    return this.#context.config
  }

  get logStartOffset(): Offset {
    return this.#offsets.start
  }

  get logEndOffset(): Offset {
    return this.#offsets.end
  }

  /** Equals the log end offset while this is the sole replica (the default). */
  get highWatermark(): Offset {
    return this.#offsets.highWatermark
  }

  /** Newest leader epoch in the log's cache, -1 when none. */
  get latestEpoch(): LeaderEpoch {
    return this.#epochs.latestEpoch
  }

  /** All below is safe from a power cut. */
  get recoveryPoint(): Offset {
    return this.#recoveryPoint
  }

  /** Bytes of all .log files. */
  get sizeBytes(): number {
    let sum = 0
    for (const segment of this.#segments) sum += segment.sizeBytes
    return sum
  }

  get segmentCount(): number {
    return this.#segments.length
  }

  get #active(): Segment {
    const active = this.#segments.at(-1)
    invariant(active !== undefined, 'a log has an active segment')
    return active
  }

  /** Takes effect from the next append, roll or retention on. */
  updateConfig(config: LogConfig): void {
    this.#context.config = config
    this.#limits = limitsOf(config, true)
    this.#limitsWithoutZstd = limitsOf(config, false)
  }

  /** With false the high watermark moves only through advanceHighWatermark (Replication). */
  setSoleReplica(sole: boolean): void {
    this.#offsets.isSoleReplica = sole
  }

  /** Never past the log end offset; never back. */
  advanceHighWatermark(offset: Offset): void {
    this.#offsets.advanceHighWatermark(offset)
  }

  /** Leader epoch `epoch` begins at the current log end offset; older or equal epochs change nothing. */
  assignLeaderEpoch(epoch: LeaderEpoch): void {
    if (epoch <= this.#epochs.latestEpoch) return
    if (this.#epochs.assign(epoch, this.#offsets.end)) this.#epochFile.store(this.#epochs)
  }

  /** Files that recovery can rebuild: a full disk costs a warning, anything else the log directory. */
  #tolerateFullDisk(path: string, write: () => void): void {
    try {
      write()
    } catch (error) {
      this.#reportFullDisk(error, path)
    }
  }

  #reportFullDisk(error: unknown, path: string): void {
    if (!isDiskFull(error)) throw asDiskFailure(error, path)
    this.#context.ports.log('warn', 'the disk is full: a file of the log was not written', { path })
  }

  // ── append ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Validates, numbers, stamps and writes one batch, synchronously. The bytes are changed in place (base offset, leader
   * epoch; time and CRC on LogAppendTime topics) and are not needed after the call returns. A full disk answers
   * KAFKA_STORAGE_ERROR and leaves the log as it was; a failed disk throws AppError DISK_FAILED.
   */
  appendAsLeader(
    batch: Uint8Array,
    options: { readonly leaderEpoch: LeaderEpoch; /** Newest when absent. */ readonly produceVersion?: number }
  ): AppendResult {
    invariant(!this.#isClosed, 'a closed log is not appended to', { topic: this.topic, partition: this.partition })
    const { clock, checksum } = this.#context.ports
    const isZstdAllowed = (options.produceVersion ?? zstdFromProduceVersion) >= zstdFromProduceVersion
    const limits = isZstdAllowed ? this.#limits : this.#limitsWithoutZstd
    const refused = validateBatchForAppend(batch, 0, batch.length, limits, this.#context.ports)
    if (refused !== undefined) return refused
    const producer = producerBatchAt(batch, 0)
    if (producer !== undefined) {
      const check = this.#producers.check(producer)
      if (check.type === 'error') return check
      if (check.type === 'duplicate') return this.#duplicate(check)
    }
    const isStamped = this.config.messageTimestampType === 'LogAppendTime'
    const nowMs = clock.nowMs()
    if (isStamped) stampLogAppendTime(batch, 0, nowMs, checksum)
    return this.#write(batch, options.leaderEpoch, producer, nowMs, isStamped)
  }

  #duplicate(known: {
    readonly baseOffset: Offset
    readonly lastOffset: Offset
    readonly timestampMs: number
  }): AppendResult {
    return {
      type: 'duplicate',
      baseOffset: known.baseOffset,
      lastOffset: known.lastOffset,
      // Kafka tells the batch's time here, whoever stamped it (UnifiedLog.append).
      logAppendTimeMs: known.timestampMs,
      logStartOffset: this.#offsets.start
    }
  }

  #write(
    batch: Uint8Array,
    leaderEpoch: LeaderEpoch,
    producer: ProducerBatch | undefined,
    nowMs: number,
    isStamped: boolean
  ): AppendResult {
    const baseOffset = this.#offsets.end
    const lastOffset = baseOffset + batchLastOffsetDelta(batch, 0)
    try {
      this.#rollIfNeeded(batch, lastOffset, nowMs)
      this.assignLeaderEpoch(leaderEpoch)
      patchBatch(batch, 0, baseOffset, leaderEpoch)
      this.#active.append(batch, lastOffset)
    } catch (error) {
      if (!isDiskFull(error)) throw asDiskFailure(error, this.#context.folder)
      return { type: 'error', error: 'KAFKA_STORAGE_ERROR', message: error.message }
    }
    const tookMs = this.#context.ports.clock.nowMs() - nowMs
    if (tookMs > slowWriteMs) this.#reportSlowWrite(tookMs, batch.length)
    this.#offsets.appended(lastOffset + 1)
    if (producer !== undefined)
      this.#producers.appended(
        producer,
        lastOffset,
        batchMaxTimestampMs(batch, 0),
        (batchAttributes(batch, 0) & attributeBits.transactional) !== 0
      )
    this.#unsyncedBytes += batch.length
    if (this.#unsyncedBytes >= this.#unsyncedBytesMax) this.#flushInBackground()
    const logAppendTimeMs = isStamped ? nowMs : -1
    return { type: 'appended', baseOffset, lastOffset, logAppendTimeMs, logStartOffset: this.#offsets.start }
  }

  #reportSlowWrite(tookMs: number, batchBytes: number): void {
    const { topic, partition } = this
    this.#context.ports.log('warn', 'the disk was slow to take a batch', { topic, partition, tookMs, batchBytes })
  }

  #rollIfNeeded(batch: Uint8Array, lastOffset: Offset, nowMs: number): void {
    const active = this.#active
    const { segmentBytes, segmentMs } = this.config
    const isDue = shouldRoll({
      segmentSizeBytes: active.sizeBytes,
      batchSizeBytes: batch.length,
      segmentBytes,
      segmentMs,
      firstTimestampMs: active.firstTimestampMs,
      batchTimestampMs: batchMaxTimestampMs(batch, 0),
      createdMs: active.createdMs,
      nowMs,
      areIndexesFull: active.areIndexesFull,
      relativeOffset: lastOffset - active.baseOffset
    })
    if (isDue) this.roll()
  }

  /** Ends the active segment; the next append goes to a new one. An empty active segment stays. */
  roll(): void {
    const active = this.#active
    const end = this.#offsets.end
    if (active.baseOffset === end && active.sizeBytes === 0) return
    const next = Segment.create(this.#context, end)
    active.seal()
    this.#segments.push(next)
    this.#isFolderDirty = true
    this.#takeSnapshot()
    this.#flushInBackground()
  }

  // ── read ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Where the bytes for a fetch lie: from the batch that holds `offset`, at most maxBytes, only batches below
   * upToOffset (a batch border: the high watermark). With minOneBatch the first batch comes whole even when it is
   * larger; without, nothing comes unless a whole batch fits. 'OFFSET_OUT_OF_RANGE' below the start or above the end.
   */
  locate(
    offset: Offset,
    maxBytes: number,
    upToOffset: Offset,
    minOneBatch: boolean
  ): LogSlice[] | 'OFFSET_OUT_OF_RANGE' {
    if (!Number.isSafeInteger(offset) || offset < this.#offsets.start || offset > this.#offsets.end)
      return 'OFFSET_OUT_OF_RANGE'
    const slices: LogSlice[] = []
    let remaining = maxBytes
    for (let i = this.#segmentIndexOf(offset); offset < upToOffset && i < this.#segments.length; i++) {
      const segment = this.#segments[i]
      if (segment === undefined || segment.baseOffset >= upToOffset) break
      const first = segment.find(offset)
      if (first === undefined) continue
      const end = this.#endPosition(segment, upToOffset)
      if (slices.length === 0 && first.sizeBytes > remaining) {
        if (minOneBatch && first.position + first.sizeBytes <= end)
          slices.push(slice(segment, first.position, first.sizeBytes))
        break
      }
      const lengthBytes = Math.min(remaining, end - first.position)
      if (lengthBytes <= 0) break
      slices.push(slice(segment, first.position, lengthBytes))
      remaining -= lengthBytes
      if (remaining <= 0 || first.position + lengthBytes < segment.sizeBytes) break
    }
    return slices
  }

  /** Number of the segment that holds `offset`, or would. */
  #segmentIndexOf(offset: Offset): number {
    const isBefore = (index: number): boolean => (this.#segments[index]?.baseOffset ?? Infinity) <= offset
    return Math.max(0, lastWhere(this.#segments.length, isBefore))
  }

  #endPosition(segment: Segment, upToOffset: Offset): FilePosition {
    if (upToOffset >= this.#offsets.end) return segment.sizeBytes
    return segment.find(upToOffset)?.position ?? segment.sizeBytes
  }

  /** First committed record with timestamp >= the given one (ListOffsets); undefined when none. Reads one batch. */
  offsetForTime(timestamp: bigint): OffsetAndTimestamp | undefined {
    const from = this.#offsets.start
    for (let i = this.#segmentIndexOf(from); i < this.#segments.length; i++) {
      const segment = this.#segments[i]
      if (segment === undefined || segment.sizeBytes === 0 || segment.largestTimestamp < timestamp) continue
      let place = segment.findByTime(timestamp, from)
      while (place !== undefined) {
        const found = this.#recordIn(segment, place, (at) => at >= timestamp)
        if (found !== undefined) return found.offset < this.highWatermark ? found : undefined
        place = segment.findByTime(timestamp, place.lastOffset + 1)
      }
    }
    return undefined
  }

  /** The first record with the largest timestamp (ListOffsets -3, KIP-734); undefined in an empty log. */
  offsetOfMaxTimestamp(): OffsetAndTimestamp | undefined {
    let newest: Segment | undefined
    for (const segment of this.#segments.slice(this.#segmentIndexOf(this.#offsets.start)))
      if (segment.sizeBytes > 0 && (newest === undefined || segment.largestTimestamp > newest.largestTimestamp))
        newest = segment
    if (newest === undefined || newest.largestTimestamp < 0n) return undefined
    const largest = newest.largestTimestamp
    const place = newest.find(newest.offsetOfLargestTimestamp)
    return place === undefined ? undefined : this.#recordIn(newest, place, (timestamp) => timestamp === largest)
  }

  #recordIn(
    segment: Segment,
    place: BatchPlace,
    isWanted: (timestamp: bigint) => boolean
  ): OffsetAndTimestamp | undefined {
    const batch = segment.readBatch(place)
    let found: OffsetAndTimestamp | undefined
    const result = visitRecords(batch, 0, this.#context.ports.compression, ({ offset, timestamp }) => {
      if (offset >= this.#offsets.start && isWanted(timestamp))
        found = { offset, timestamp, leaderEpoch: this.#epochs.epochAt(offset) }
      return found === undefined
    })
    if (result.type === 'done' || found !== undefined) return found
    // The batch's header is right (its CRC was), its records cannot be read: its first offset is the safe answer.
    const { topic, partition } = this
    this.#context.ports.log('warn', 'a batch cannot be decoded', {
      topic,
      partition,
      offset: place.baseOffset,
      why: result.message
    })
    const offset = Math.max(place.baseOffset, this.#offsets.start)
    return { offset, timestamp: place.maxTimestamp, leaderEpoch: batchLeaderEpoch(batch, 0) }
  }

  /** The leader epoch in which `offset` was written, -1 when unknown. */
  epochAt(offset: Offset): LeaderEpoch {
    return this.#epochs.epochAt(offset)
  }

  endOffsetForEpoch(epoch: LeaderEpoch): EpochEndOffset {
    return this.#epochs.endOffsetOf(epoch, this.#offsets.end)
  }

  producers(): readonly ProducerView[] {
    return this.#producers.view()
  }

  // ── what goes ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Removes everything at and above `offset`, and the batch that holds it. */
  truncateTo(offset: Offset): void {
    if (offset >= this.#offsets.end) return
    const first = this.#segments[0]
    if (first === undefined || offset < first.baseOffset) {
      this.#startAfresh(offset)
      return
    }
    while (this.#segments.length > 1 && this.#active.baseOffset > offset) this.#segments.pop()?.discard()
    const end = this.#active.truncateTo(offset) ?? Math.min(offset, this.#offsets.end)
    this.#afterTruncation(end)
  }

  #startAfresh(offset: Offset): void {
    for (const segment of this.#segments.splice(0)) segment.discard()
    this.#segments.push(Segment.create(this.#context, offset))
    this.#isFolderDirty = true
    this.#afterTruncation(offset)
  }

  #afterTruncation(end: Offset): void {
    this.#truncations += 1
    this.#offsets.truncated(end)
    this.#recoveryPoint = Math.min(this.#recoveryPoint, end)
    if (this.#epochs.truncateFromEnd(end)) this.#epochFile.store(this.#epochs)
    this.#removeSnapshots((offset) => offset > end)
    allAtOnce(loadProducers(this.#context, this.#segments, this.#snapshots, end, this.#producers))
  }

  /**
   * DeleteRecords: moves the log start offset (-1: to the high watermark) and returns it; 'OFFSET_OUT_OF_RANGE' above
   * the high watermark. Segments wholly below go at once, the active one too when nothing in it is left: who purges a
   * topic wants its room.
   */
  deleteRecordsBefore(offset: Offset): Offset | 'OFFSET_OUT_OF_RANGE' {
    const to = offset === -1 ? this.highWatermark : offset
    if (!Number.isSafeInteger(to) || to < 0 || to > this.highWatermark) return 'OFFSET_OUT_OF_RANGE'
    if (to <= this.#offsets.start) return this.#offsets.start
    this.#advanceStart(to)
    if (to === this.#offsets.end) this.#tolerateFullDisk(this.#context.folder, () => this.roll())
    this.#release(this.#deletable(this.#context.ports.clock.nowMs(), false))
    return this.#offsets.start
  }

  #advanceStart(to: Offset): void {
    if (this.#offsets.advanceStart(to) && this.#epochs.truncateFromStart(to)) this.#epochFile.store(this.#epochs)
  }

  /** Deletes what retention (time, size, log start) has released; returns the number of segments. */
  applyRetention(): number {
    if (this.#isClosed) return 0
    const nowMs = this.#context.ports.clock.nowMs()
    this.#producers.expire(nowMs)
    const count = this.#deletable(nowMs, this.config.cleanupPolicy === 'delete')
    try {
      if (count === this.#segments.length) this.roll()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      // The others go and make room; the active one follows at the next turn.
      this.#context.ports.log('warn', 'the disk is full: no new segment yet', { folder: this.#context.folder })
    }
    const released = this.#release(count)
    for (const segment of this.#segments) segment.releaseIdle()
    return released
  }

  /** Of the oldest segments so many, but never the active one; how many went. */
  #release(count: number): number {
    const gone = this.#segments.splice(0, Math.min(count, this.#segments.length - 1))
    if (gone.length > 0) this.#advanceStart(this.#segments[0]?.baseOffset ?? 0)
    for (const segment of gone) segment.discard()
    if (gone.length > 0) this.#pruneSnapshots()
    return gone.length
  }

  #deletable(nowMs: number, deletesByAgeAndSize: boolean): number {
    const { retentionMs, retentionBytes } = this.config
    const ages = this.#segments.map((segment, i) => ({
      baseOffset: segment.baseOffset,
      endOffset: this.#segments[i + 1]?.baseOffset ?? this.#offsets.end,
      sizeBytes: segment.sizeBytes,
      get largestTimestampMs(): number {
        return segment.largestTimestampMs
      }
    }))
    const limits = { retentionMs, retentionBytes, deletesByAgeAndSize }
    return deletableSegments(ages, limits, this.#offsets.start, this.highWatermark, nowMs)
  }

  // ── producer snapshots ─────────────────────────────────────────────────────────────────────────────────────────

  #snapshotPath(offset: Offset): string {
    return this.#context.ports.disk.join(this.#context.folder, offsetName(offset) + snapshotSuffix)
  }

  /** Writes the producer state as of the log end, unless such a file is there. */
  #takeSnapshot(): void {
    const end = this.#offsets.end
    if (this.#snapshots.at(-1) === end || end === 0) return
    const path = this.#snapshotPath(end)
    const { disk, checksum } = this.#context.ports
    this.#tolerateFullDisk(path, () => {
      disk.replaceUnsynced(path, this.#producers.encodeSnapshot(checksum))
      this.#snapshots.push(end)
    })
    this.#pruneSnapshots()
  }

  /** Keeps the newest and those at the base of a segment, from which recovery can start. */
  #pruneSnapshots(): void {
    const newest = this.#snapshots.at(-1)
    const bases = new Set(this.#segments.map(({ baseOffset }) => baseOffset))
    this.#removeSnapshots((offset) => offset !== newest && !bases.has(offset))
  }

  #removeSnapshots(isGone: (offset: Offset) => boolean): void {
    for (const offset of this.#snapshots.filter(isGone)) this.#context.ports.disk.remove(this.#snapshotPath(offset))
    this.#snapshots = this.#snapshots.filter((offset) => !isGone(offset))
  }

  // ── flush and close ────────────────────────────────────────────────────────────────────────────────────────────

  /** fdatasync of all that is not yet safe, off the thread; then the recovery point is there. Rejects with DISK_FAILED. */
  async flush(): Promise<void> {
    const target = this.#offsets.end
    while (this.#flushing !== undefined) await this.#flushing
    if (this.#recoveryPoint >= target || this.#isClosed) return
    this.#flushing = this.#syncSegments()
    try {
      await this.#flushing
    } finally {
      this.#flushing = undefined
    }
  }

  async #syncSegments(): Promise<void> {
    const target = this.#offsets.end
    const truncations = this.#truncations
    this.#unsyncedBytes = 0
    // Recovery then begins here, and reads nothing before it to know the producers.
    this.#takeSnapshot()
    try {
      const syncs = this.#segments.filter(({ isDirty }) => isDirty).map((segment) => segment.sync())
      if (this.#isFolderDirty) syncs.push(this.#syncFolder())
      await Promise.all(syncs)
      if (!this.#isAbandoned) await this.#epochFile.makeSafe(this.#epochs)
    } catch (error) {
      if (!this.#isAbandoned) throw error
      ignore(error, 'the partition was deleted meanwhile, and its folder is called otherwise')
    }
    if (this.#isAbandoned) return
    if (!this.#epochFile.isSafe || this.#truncations !== truncations) return
    // Index files below the recovery point are trusted: it waits for those that the disk had no room for.
    const incomplete = this.#segments.find(({ areIndexesOwed }) => areIndexesOwed)
    const safe = Math.min(target, incomplete?.baseOffset ?? target)
    this.#recoveryPoint = Math.max(this.#recoveryPoint, safe)
    this.#context.flushed?.()
  }

  async #syncFolder(): Promise<void> {
    this.#isFolderDirty = false
    const { identityPath, folder, ports } = this.#context
    if (identityPath !== undefined && ports.disk.exists(identityPath)) {
      const identity = ports.disk.open(identityPath, 'append')
      try {
        await identity.sync()
      } finally {
        identity.close()
      }
    }
    await ports.disk.syncDirectory(folder)
  }

  #flushInBackground(): void {
    if (this.#flushing !== undefined) return
    this.flush().catch((error: unknown) => this.#context.failed(asDiskFailure(error, this.#context.folder)))
  }

  /**
   * Indexes complete, producer snapshot written, everything on the platter, files closed. Idempotent. Rejects with
   * DISK_FULL when there was no room for all of that: the log is closed, and the next start must recover it.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#active.seal()
    this.#takeSnapshot()
    await this.flush()
    if (this.#epochFile.isOwed) await this.#epochFile.makeSafe(this.#epochs)
    this.#isClosed = true
    const isComplete = !this.#epochFile.isOwed && !this.#segments.some(({ areIndexesOwed }) => areIndexesOwed)
    for (const segment of this.#segments) segment.release()
    if (isComplete) return
    const { folder } = this.#context
    throw new AppError('DISK_FULL', `The disk is full: the files beside the log in ${folder} could not be completed.`)
  }

  /** The folder is being deleted: nothing more is written, handles close after their grace. */
  abandon(): void {
    this.#isClosed = true
    this.#isAbandoned = true
    for (const segment of this.#segments) segment.abandon()
  }

  /** For the log of a process that dies of a broken invariant, and for tests. */
  inspect(): Readonly<Record<string, unknown>> {
    return {
      topic: this.topic,
      partition: this.partition,
      logStartOffset: this.#offsets.start,
      highWatermark: this.highWatermark,
      logEndOffset: this.#offsets.end,
      recoveryPoint: this.#recoveryPoint,
      leaderEpochs: this.#epochs.starts,
      segments: this.#segments.map(({ baseOffset, sizeBytes }) => ({ baseOffset, sizeBytes })),
      producers: this.#producers.count
    }
  }
}

function limitsOf(config: LogConfig, isZstdAllowed: boolean): BatchLimits {
  const { maxMessageBytes, segmentBytes, cleanupPolicy } = config
  return { maxMessageBytes, segmentBytes, isZstdAllowed, needsKeys: cleanupPolicy === 'compact' }
}

function slice(segment: Segment, position: FilePosition, lengthBytes: number): LogSlice {
  return { file: segment.file, position, lengthBytes }
}
