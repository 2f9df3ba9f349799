/**
 * One partition's log on disk, in Kafka's format: what is appended, what a fetch reads, and what goes. Its parts are the list
 * of segments, the files beside them (producer snapshots, leader epochs) and the folder that holds all.
 *
 * Owned by one broker process, one thread; everything but fdatasync is synchronous. Invariants: log start <= high
 * watermark <= log end; the last segment is the only one written; offsets of batches increase.
 *
 * Deviations from Kafka: index entries reach their files at roll, flush and close (a crash rebuilds them); record bodies
 * are not decoded on append; truncation ends at a batch border, so the log end is never inside a dropped batch.
 */
import type { Offset, LeaderEpoch } from '../kernel/ids'
import { AppError } from '../kernel/errors'
import { invariant } from '../kernel/invariant'
import { said } from '../kernel/said'
import {
  attributeBits,
  batchAttributes,
  batchBaseOffset,
  batchHeaderBytes,
  batchLastOffset,
  batchLastOffsetDelta,
  batchLeaderEpoch,
  batchMaxTimestampMs,
  batchSizeBytes,
  hasBatchCrc,
  patchBatch,
  stampLogAppendTime
} from '../protocol/record/batch-header'
import type { ProducerId } from '../protocol/record/batch-header'
import { validateBatchForAppend } from '../protocol/record/batch-validation'
import type { BatchLimits } from '../protocol/record/batch-validation'
import { badBatchError, noteBadBatch } from './bad-batch-survey'
import type { BadBatch } from './core/bad-batch'
import { offsetName } from './core/file-names'
import type { LeaderEpochs } from './core/leader-epochs'
import { LogOffsets } from './core/log-offsets'
import type { PassingRefusal, ProducerBatch, ProducerState } from './core/producer-state'
import { batchHeaderFault } from './core/recovery-scan'
import { deletableSegments } from './core/retention'
import { shouldRoll } from './core/roll-policy'
import { allAtOnce, type Steps } from './core/steps'
import { asDiskFailure, isDiskFull } from './disk-failure'
import type { EpochFile } from './epoch-file'
import type { LogContext } from './log-context'
import { LogFlush } from './log-flush'
import type { LogFolder } from './log-folder'
import { loadProducers, noteBatch, openLog, producerBatchAt } from './log-opening'
import type { OpenedLog } from './log-opening'
import type {
  AppendResult,
  EpochEndOffset,
  FollowerAppendResult,
  LogConfig,
  LogSlice,
  OffsetAndTimestamp,
  ProducerView
} from './log-types'
import type { ProducerSnapshots } from './producer-snapshots'
import { RecordLookup } from './record-lookup'
import type { Segment } from './segment'
import type { SegmentList } from './segment-list'
import { verifySegment } from './log-verification'

/** A write that holds the whole process up for longer than this is reported. */
const slowWriteMs = 20
const zstdFromProduceVersion = 7

export interface PartitionLogOptions {
  readonly topic: string
  readonly partition: number
  readonly topicId: string | undefined
  /** The last stop was clean: files are trusted. */
  readonly isClean: boolean
  /** Its folder has just been made. */
  readonly isNew?: boolean
  /** Everything below is on the platter (checkpoint). */
  readonly recoveryPoint: Offset
  /** From log-start-offset-checkpoint; 0 when it has none. */
  readonly logStartOffset: Offset
  /** From replication-offset-checkpoint; 0 when it has none. */
  readonly highWatermark: Offset
  /** That of LogFlush when absent. */
  readonly unsyncedBytesMax?: number
}

interface Placed {
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  readonly leaderEpoch: LeaderEpoch
  readonly nowMs: number
}

export class PartitionLog {
  readonly topic: string
  readonly partition: number
  readonly #context: LogContext
  readonly #folder: LogFolder
  readonly #segments: SegmentList
  readonly #offsets: LogOffsets
  readonly #epochs: LeaderEpochs
  readonly #epochFile: EpochFile
  readonly #producers: ProducerState
  readonly #snapshots: ProducerSnapshots
  readonly #lookup: RecordLookup
  readonly #flush: LogFlush
  #topicId: string | undefined
  #isClosed = false
  /** Counted: what is read while the log goes back is of no history. */
  #goneBack = 0
  #limits: BatchLimits
  #limitsWithoutZstd: BatchLimits

  private constructor(context: LogContext, options: PartitionLogOptions, opened: OpenedLog) {
    this.topic = options.topic
    this.partition = options.partition
    this.#topicId = options.topicId
    this.#context = context
    this.#folder = opened.folder
    this.#segments = opened.segments
    this.#offsets = new LogOffsets(opened.logStartOffset, options.highWatermark, opened.logEndOffset)
    this.#epochs = opened.epochs
    this.#epochFile = opened.epochFile
    this.#producers = opened.producers
    this.#snapshots = opened.snapshots
    this.#lookup = new RecordLookup(context, opened.epochs)
    const recoveryPoint = Math.min(opened.recoveryPoint, opened.logEndOffset)
    const parts = { ...opened, offsets: this.#offsets }
    this.#flush = new LogFlush(context, parts, recoveryPoint, options.unsyncedBytesMax)
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

  /** All below is committed. After a start as the last checkpoint said, until the partition's owner knows more. */
  get highWatermark(): Offset {
    return this.#offsets.highWatermark
  }

  /** Newest leader epoch in the log's cache, -1 when none. */
  get latestEpoch(): LeaderEpoch {
    return this.#epochs.latestEpoch
  }

  /** All below is safe from a power cut. */
  get recoveryPoint(): Offset {
    return this.#flush.recoveryPoint
  }

  /** Bytes of all .log files. */
  get sizeBytes(): number {
    return this.#segments.sizeBytes
  }

  get segmentCount(): number {
    return this.#segments.all.length
  }

  /** Takes effect from the next append, roll or retention on. */
  updateConfig(config: LogConfig): void {
    this.#context.config = config
    this.#limits = limitsOf(config, true)
    this.#limitsWithoutZstd = limitsOf(config, false)
  }

  /** For the partition, which knows what is committed. Never past the log end offset; never back. */
  advanceHighWatermark(offset: Offset): void {
    this.#offsets.advanceHighWatermark(offset)
  }

  /** Leader epoch `epoch` begins at the current log end offset; older or equal epochs change nothing. */
  assignLeaderEpoch(epoch: LeaderEpoch): void {
    this.#beginEpoch(epoch, this.#offsets.end)
  }

  #beginEpoch(epoch: LeaderEpoch, startOffset: Offset): void {
    if (epoch <= this.#epochs.latestEpoch) return
    if (this.#epochs.assign(epoch, startOffset)) this.#epochFile.store(this.#epochs)
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
      if (check.type === 'error') return { ...check, newestEpoch: this.#newestEpochOf(producer.id) }
      if (check.type === 'duplicate') return this.#duplicate(check)
    }
    const isStamped = this.config.messageTimestampType === 'LogAppendTime'
    const nowMs = clock.nowMs()
    if (isStamped) stampLogAppendTime(batch, 0, nowMs, checksum)
    return this.#write(batch, options.leaderEpoch, producer, nowMs, isStamped)
  }

  #newestEpochOf(id: ProducerId): LeaderEpoch {
    const offset = this.#producers.newestOffset(id)
    return offset === undefined ? -1 : this.#epochs.epochAt(offset)
  }

  /** Who leads refuses a batch for now, before it comes to this log: what its producer sent behind it waits for it. */
  refused(batch: Uint8Array, error: PassingRefusal): void {
    const { ports } = this.#context
    if (validateBatchForAppend(batch, 0, batch.length, this.#limits, ports) !== undefined) return
    const producer = producerBatchAt(batch, 0)
    if (producer !== undefined) this.#producers.refused(producer, error)
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
    patchBatch(batch, 0, baseOffset, leaderEpoch)
    const refused = this.#put(batch, { baseOffset, lastOffset, leaderEpoch, nowMs })
    if (refused !== undefined) {
      if (producer !== undefined) this.#producers.refused(producer, 'KAFKA_STORAGE_ERROR')
      return { type: 'error', error: 'KAFKA_STORAGE_ERROR', message: refused.message }
    }
    if (producer !== undefined)
      this.#producers.appended(
        producer,
        lastOffset,
        batchMaxTimestampMs(batch, 0),
        (batchAttributes(batch, 0) & attributeBits.transactional) !== 0
      )
    const logAppendTimeMs = isStamped ? nowMs : -1
    return { type: 'appended', baseOffset, lastOffset, logAppendTimeMs, logStartOffset: this.#offsets.start }
  }

  /**
   * Appends what a leader sent, as it is: whole batches with their offsets and epochs, in order, after what is here. A gap is
   * one that compaction has left. The bytes are not needed after the call returns; of a batch that is cut short at the end
   * nothing is taken, as fetch answers may end so. Throws DISK_FAILED.
   */
  appendAsFollower(records: Uint8Array): FollowerAppendResult {
    invariant(!this.#isClosed, 'a closed log is not appended to', { topic: this.topic, partition: this.partition })
    const { clock, compression } = this.#context.ports
    const nowMs = clock.nowMs()
    for (let at = 0; at + batchHeaderBytes <= records.length;) {
      const sizeBytes = batchSizeBytes(records, at)
      const fault = this.#faultOf(records, at, sizeBytes)
      if (fault === 'cut short') break
      const baseOffset = batchBaseOffset(records, at)
      if (fault !== undefined) return this.#notFollowed('CORRUPT_MESSAGE', `the batch at ${baseOffset}: ${fault}`)
      const batch = records.subarray(at, at + sizeBytes)
      const [lastOffset, leaderEpoch] = [batchLastOffset(batch, 0), batchLeaderEpoch(batch, 0)]
      const refused = this.#put(batch, { baseOffset, lastOffset, leaderEpoch, nowMs })
      if (refused !== undefined) return this.#notFollowed('KAFKA_STORAGE_ERROR', refused.message)
      noteBatch(batch, 0, this.#producers, compression)
      at += sizeBytes
    }
    return { type: 'appended', logEndOffset: this.#offsets.end }
  }

  #faultOf(records: Uint8Array, at: number, sizeBytes: number): string | undefined {
    const nextOffset = this.#offsets.end
    // Whether it ends here is looked at below: a batch may be cut short.
    const bounds = { remainingBytes: Infinity, segmentBaseOffset: nextOffset, nextOffset }
    const fault = batchHeaderFault(records, at, bounds)
    if (fault !== undefined) return fault
    if (at + sizeBytes > records.length) return 'cut short'
    if (!hasBatchCrc(records, at, sizeBytes, this.#context.ports.checksum)) return 'its CRC is wrong'
    const epoch = batchLeaderEpoch(records, at)
    return epoch < this.#epochs.latestEpoch ? `its leader epoch ${epoch} is older than one before it` : undefined
  }

  #notFollowed(error: 'CORRUPT_MESSAGE' | 'KAFKA_STORAGE_ERROR', message: string): FollowerAppendResult {
    return { type: 'error', error, message, logEndOffset: this.#offsets.end }
  }

  /** Writes one batch, whose offsets and epoch are in it. What a full disk says, the log as it was; throws DISK_FAILED. */
  #put(batch: Uint8Array, { baseOffset, lastOffset, leaderEpoch, nowMs }: Placed): AppError | undefined {
    try {
      this.#rollIfNeeded(batch, lastOffset, nowMs)
      this.#beginEpoch(leaderEpoch, baseOffset)
      this.#segments.active.append(batch, lastOffset)
    } catch (error) {
      if (!isDiskFull(error)) throw asDiskFailure(error, this.#context.folder)
      return error
    }
    const tookMs = this.#context.ports.clock.nowMs() - nowMs
    if (tookMs > slowWriteMs) this.#reportSlowWrite(tookMs, batch.length)
    this.#offsets.appended(lastOffset + 1)
    this.#flush.appended(batch.length)
    return undefined
  }

  #reportSlowWrite(tookMs: number, batchBytes: number): void {
    const { topic, partition } = this
    this.#context.ports.log('warn', 'the disk was slow to take a batch', { topic, partition, tookMs, batchBytes })
  }

  #rollIfNeeded(batch: Uint8Array, lastOffset: Offset, nowMs: number): void {
    const { active } = this.#segments
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
    const { active } = this.#segments
    const end = this.#offsets.end
    if (active.baseOffset === end && active.sizeBytes === 0) return
    this.#segments.roll(end)
    this.#folder.changed()
    this.#flush.takeSnapshot()
    this.#flush.flushInBackground()
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
    const { start, end: endOffset } = this.#offsets
    if (!Number.isSafeInteger(offset) || offset < start || offset > endOffset) return 'OFFSET_OUT_OF_RANGE'
    return this.#segments.locate(offset, { maxBytes, upToOffset, endOffset, minOneBatch })
  }

  /** First committed record with timestamp >= the given one (ListOffsets); undefined when none. Reads one batch. */
  offsetForTime(timestamp: bigint): OffsetAndTimestamp | undefined {
    const { start, highWatermark } = this.#offsets
    const found = this.#lookup.firstAtOrAfter(timestamp, start, this.#segments.from(start))
    return found !== undefined && found.offset < highWatermark ? found : undefined
  }

  /** The first record with the largest timestamp (ListOffsets -3, KIP-734); undefined when there is none or it is not committed. */
  offsetOfMaxTimestamp(): OffsetAndTimestamp | undefined {
    const { start, highWatermark } = this.#offsets
    const found = this.#lookup.newest(start, this.#segments.from(start))
    return found !== undefined && found.offset < highWatermark ? found : undefined
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

  /**
   * Removes everything at and above `offset`, and the batch that holds it; below the log's first offset the log begins anew
   * there. The high watermark and the recovery point go back with it. Throws DISK_FULL, nothing changed, or DISK_FAILED.
   */
  truncateTo(offset: Offset): void {
    if (offset >= this.#offsets.end) {
      // An epoch that began at the end and wrote nothing goes, too: it is one that no other replica may know.
      if (this.#epochs.truncateFromEnd(this.#offsets.end)) this.#epochFile.store(this.#epochs)
      return
    }
    if (offset < this.#segments.first.baseOffset) {
      this.startAt(offset)
      return
    }
    const end = this.#segments.truncateTo(offset) ?? Math.min(offset, this.#offsets.end)
    this.#offsets.truncated(end)
    this.#wentBackTo(end)
    if (this.#epochs.truncateFromEnd(end)) this.#epochFile.store(this.#epochs)
    this.#snapshots.removeAbove(end)
    allAtOnce(loadProducers(this.#context, this.#segments.all, this.#snapshots, end, this.#producers))
  }

  /**
   * Forgets everything and goes on at `offset`, the first that the leader still has (Kafka's truncateFullyAndStartAt): what
   * is known of epochs and producers was of records that no replica has any more. Throws as truncateTo.
   */
  startAt(offset: Offset): void {
    this.#segments.startAt(offset)
    this.#offsets.startedAt(offset)
    this.#wentBackTo(offset)
    this.#epochs.clear()
    this.#epochFile.store(this.#epochs)
    this.#snapshots.removeAll()
    this.#producers.clear()
  }

  #wentBackTo(end: Offset): void {
    this.#goneBack += 1
    this.#folder.changed()
    this.#flush.wentBackTo(end)
    this.#context.truncated?.()
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
    if (to === this.#offsets.end) this.#rollIfThereIsRoom()
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
    if (count === this.#segments.all.length) this.#rollIfThereIsRoom()
    const released = this.#release(count)
    for (const segment of this.#segments.all) segment.releaseIdle()
    return released
  }

  /** Without it the others go and make room; the active one follows at the next turn. */
  #rollIfThereIsRoom(): void {
    try {
      this.roll()
    } catch (error) {
      if (!isDiskFull(error)) throw asDiskFailure(error, this.#context.folder)
      this.#context.ports.log('warn', 'the disk is full: no new segment yet', { folder: this.#context.folder })
    }
  }

  /** Of the oldest segments so many, but never the active one; how many went. */
  #release(count: number): number {
    const keptFrom = this.#segments.all[Math.min(count, this.#segments.all.length - 1)]?.baseOffset ?? 0
    // First the start: what is told to be there is there.
    if (count > 0) this.#advanceStart(keptFrom)
    const gone = this.#segments.dropOldest(count)
    if (gone > 0) this.#snapshots.prune(this.#segments.all.map(({ baseOffset }) => baseOffset))
    return gone
  }

  #deletable(nowMs: number, deletesByAgeAndSize: boolean): number {
    const { retentionMs, retentionBytes } = this.config
    const segments = this.#segments.all
    const ages = segments.map((segment, i) => ({
      baseOffset: segment.baseOffset,
      endOffset: segments[i + 1]?.baseOffset ?? this.#offsets.end,
      sizeBytes: segment.sizeBytes,
      get largestTimestampMs(): number {
        return segment.largestTimestampMs
      }
    }))
    const limits = { retentionMs, retentionBytes, deletesByAgeAndSize }
    return deletableSegments(ages, limits, this.#offsets.start, this.highWatermark, nowMs)
  }

  // ── what is spoilt ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Reads all that is there now: the first batch that cannot be read. What goes meanwhile is not looked at. Throws DISK_FAILED. */
  *findBadBatch(): Steps<BadBatch | undefined> {
    for (const segment of [...this.#segments.all]) {
      const bad = yield* this.#badBatchIn(segment)
      if (bad !== undefined) return bad
    }
    return undefined
  }

  *#badBatchIn(segment: Segment): Steps<BadBatch | undefined> {
    for (;;) {
      const goneBack = this.#goneBack
      const result = yield* verifySegment(this.#context, segment)
      if (this.#isClosed || !this.#segments.all.includes(segment)) return undefined
      // What was cut and written anew meanwhile lies at other places.
      if (goneBack !== this.#goneBack) continue
      if (result?.fault === undefined) return undefined
      const { validBytes: position, nextOffset: offset, fault } = result
      const endOffset = this.#offsets.end
      return { file: `${offsetName(segment.baseOffset)}.log`, position, offset, endOffset, isEndKnown: true, fault }
    }
  }

  badBatchError(bad: BadBatch): AppError {
    return badBatchError(this.#context, bad)
  }

  /** So that the next opening knows of it without reading the log. */
  noteBadBatch(bad: BadBatch): void {
    noteBadBatch(this.#context, bad)
  }

  // ── flush and close ────────────────────────────────────────────────────────────────────────────────────────────

  /** fdatasync of all that is not yet safe, off the thread; then the recovery point is there. Rejects with DISK_FAILED. */
  async flush(): Promise<void> {
    if (!this.#isClosed) await this.#flush.flush()
  }

  /**
   * Indexes complete, producer snapshot written, everything on the platter, files closed. Idempotent. Rejects with
   * DISK_FULL when there was no room for all of that: the log is closed, and the next start must recover it.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#segments.active.seal()
    this.#flush.takeSnapshot()
    await this.#flush.flush()
    if (this.#epochFile.isOwed) await this.#epochFile.makeSafe(this.#epochs)
    this.#isClosed = true
    this.#flush.end()
    const isComplete = !this.#epochFile.isOwed && !this.#segments.all.some(({ areIndexesOwed }) => areIndexesOwed)
    for (const segment of this.#segments.all) segment.release()
    if (isComplete) return
    const { folder } = this.#context
    throw new AppError(
      'DISK_FULL',
      said`The disk is full: the files beside the log in ${folder} could not be completed.`
    )
  }

  /** The folder is being deleted: nothing more is written, handles close after their grace. */
  abandon(): void {
    this.#isClosed = true
    this.#flush.end()
    for (const segment of this.#segments.all) segment.abandon()
  }

  /** For the log of a process that dies of a broken invariant, and for tests. */
  inspect(): Readonly<Record<string, unknown>> {
    return {
      topic: this.topic,
      partition: this.partition,
      logStartOffset: this.#offsets.start,
      highWatermark: this.highWatermark,
      logEndOffset: this.#offsets.end,
      recoveryPoint: this.#flush.recoveryPoint,
      leaderEpochs: this.#epochs.starts,
      segments: this.#segments.all.map(({ baseOffset, sizeBytes }) => ({ baseOffset, sizeBytes })),
      producers: this.#producers.count,
      snapshots: this.#snapshots.offsets
    }
  }
}

function limitsOf(config: LogConfig, isZstdAllowed: boolean): BatchLimits {
  const { maxMessageBytes, segmentBytes, cleanupPolicy } = config
  return { maxMessageBytes, segmentBytes, isZstdAllowed, needsKeys: cleanupPolicy === 'compact' }
}
