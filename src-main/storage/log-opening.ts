/**
 * Opens what is in a partition's folder. After a clean stop the files are trusted (nonsense is still refused); after a
 * crash everything from the recovery point on is checked batch by batch, cut at the first bad one beyond it, and the indexes,
 * producer state and leader epochs are rebuilt from what is left (Kafka's LogLoader). What lies below the recovery point is
 * on the platter with its index, so that reading begins at the batch before it and not at the segment's start. All of it
 * goes in steps: a log of gigabytes must not hold up the broker's session.
 */
import type { Offset } from '../kernel/ids'
import {
  attributeBits,
  batchAttributes,
  batchBaseOffset,
  batchBaseSequence,
  batchLastOffset,
  batchLastOffsetDelta,
  batchLeaderEpoch,
  batchMaxTimestampMs,
  batchProducerEpoch,
  batchProducerId,
  batchSizeBytes
} from '../protocol/record/batch-header'
import { controlRecordOf } from '../protocol/record/control-record'
import { visitRecords } from '../protocol/record/record'
import { badBatchError, knownBadBatch, noteBadBatch, surveyBadBatch } from './bad-batch-survey'
import { LeaderEpochs } from './core/leader-epochs'
import { ProducerState, type ProducerBatch } from './core/producer-state'
import type { Steps } from './core/steps'
import { EpochFile } from './epoch-file'
import type { LogContext } from './log-context'
import type { Compression } from '../kernel/ports'
import { LogFolder, noFiles } from './log-folder'
import { ProducerSnapshots } from './producer-snapshots'
import { Segment } from './segment'
import { SegmentList } from './segment-list'

export interface OpenedLog {
  readonly folder: LogFolder
  readonly segments: SegmentList
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  readonly recoveryPoint: Offset
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly snapshots: ProducerSnapshots
  readonly epochFile: EpochFile
}

export interface OpeningOptions {
  readonly isClean: boolean
  readonly recoveryPoint: Offset
  readonly logStartOffset: Offset
  /** Its folder has just been made: nothing is looked for in it. */
  readonly isNew?: boolean
}

interface Found {
  readonly folder: LogFolder
  readonly segments: SegmentList
  readonly snapshots: ProducerSnapshots
  readonly epochs: LeaderEpochs
  readonly epochFile: EpochFile
  /** False when the epoch file is missing or unreadable: then they come from the batches. */
  readonly hasEpochs: boolean
}

/** Bytes at the end of a log that are read again to know more than one batch of each producer. */
const rememberedTailBytes = 1_048_576

/** Throws CORRUPT when a batch below the recovery point cannot be read and others are behind it: no record is touched then. */
export function* openLog(context: LogContext, options: OpeningOptions): Steps<OpenedLog> {
  const known = options.isNew === true ? undefined : knownBadBatch(context)
  if (known !== undefined) throw badBatchError(context, known)
  const found = find(context, options)
  try {
    return yield* open(context, found, options)
  } catch (error) {
    for (const segment of found.segments.all) segment.abandon()
    throw error
  }
}

function* open(context: LogContext, found: Found, options: OpeningOptions): Steps<OpenedLog> {
  const { folder, segments, snapshots, epochs, epochFile } = found
  const epochsBefore = JSON.stringify(epochs.starts)
  const recoveryPoint = found.hasEpochs ? options.recoveryPoint : 0
  const producers = new ProducerState()
  let trusted: number | undefined
  if (options.isClean && found.hasEpochs) {
    for (const segment of segments.all) yield* segment.prepareIndexes()
    trusted = yield* trustedEnd(segments.active)
  }
  const recovered =
    trusted === undefined
      ? yield* recover(context, found, { recoveryPoint, safeOffset: options.recoveryPoint }, producers)
      : { endOffset: trusted, safeOffset: trusted }
  const end = recovered.endOffset
  if (trusted !== undefined) yield* loadProducers(context, segments.all, snapshots, end, producers)
  else yield* rememberTail(segments.all, producers)
  const start = Math.max(options.logStartOffset, segments.first.baseOffset)
  if (start > end) return afresh(context, found, start)
  const areNewEpochs = epochs.truncateFromEnd(end) || JSON.stringify(epochs.starts) !== epochsBefore
  if (areNewEpochs) epochFile.store(epochs)
  for (const segment of segments.all) segment.release()
  return {
    folder,
    segments,
    snapshots,
    epochs,
    producers,
    epochFile,
    logStartOffset: start,
    logEndOffset: end,
    recoveryPoint: Math.min(recovered.safeOffset, end)
  }
}

function find(context: LogContext, { logStartOffset, isNew = false }: OpeningOptions): Found {
  const folder = new LogFolder(context)
  const files = isNew ? noFiles : folder.files()
  const segments = files.segments.map(({ baseOffset, sizeBytes }) => new Segment(context, baseOffset, sizeBytes))
  const epochFile = new EpochFile(context)
  const starts = isNew ? undefined : epochFile.read()
  const isEmpty = segments.every(({ sizeBytes }) => sizeBytes === 0)
  return {
    folder,
    segments: new SegmentList(context, segments, logStartOffset),
    snapshots: new ProducerSnapshots(context, files.snapshots),
    epochs: new LeaderEpochs(starts),
    epochFile,
    hasEpochs: starts !== undefined || isEmpty
  }
}

// ── after a clean stop ───────────────────────────────────────────────────────────────────────────────────────────

/** Offset after the last batch; undefined when the file ends in something that a clean stop does not leave. */
function* trustedEnd(active: Segment): Steps<number | undefined> {
  if (active.sizeBytes === 0) return active.baseOffset
  const tail = yield* active.readTail()
  return tail.fault === undefined ? tail.nextOffset : undefined
}

/** A snapshot keeps one batch of each producer; the log's tail knows the other four, so what is sent again stays known. */
function* rememberTail(segments: readonly Segment[], producers: ProducerState): Steps<void> {
  if (producers.count === 0) return
  let tailBytes = rememberedTailBytes
  for (let i = segments.length - 1; i >= 0 && tailBytes > 0; i--) {
    const segment = segments[i]
    if (segment === undefined) break
    yield* segment.visitTail(tailBytes, (bytes, at) => {
      const batch = producerBatchAt(bytes, at)
      if (batch === undefined || (batchAttributes(bytes, at) & attributeBits.control) !== 0) return
      producers.rememberOlder(batch, batchLastOffset(bytes, at), batchMaxTimestampMs(bytes, at))
    })
    tailBytes -= segment.sizeBytes
  }
}

// ── after a crash ────────────────────────────────────────────────────────────────────────────────────────────────

interface Recovered {
  readonly endOffset: Offset
  /** The recovery point; where recovery began to read, when it has written index entries below that point anew: they wait for the next flush. */
  readonly safeOffset: Offset
}

/** What was safe below `safeOffset` is not cut while there is something behind it: that throws CORRUPT. */
function* recover(
  context: LogContext,
  found: Found,
  { recoveryPoint, safeOffset }: { readonly recoveryPoint: Offset; readonly safeOffset: Offset },
  producers: ProducerState
): Steps<Recovered> {
  const { segments, epochs, snapshots } = found
  const { compression } = context.ports
  const from = Math.max(
    0,
    segments.all.findLastIndex(({ baseOffset }) => baseOffset <= recoveryPoint)
  )
  for (const segment of segments.all.slice(0, from)) yield* segment.prepareIndexes()
  const start = segments.all[from]?.recoveryStart(recoveryPoint) ?? { position: 0, offset: 0, entries: 0 }
  // What the batches say of themselves holds from there on: the file may be older than the last truncation, and name epochs that it cut.
  epochs.truncateFromEnd(start.offset)
  // A snapshot at the recovery point knows what is read again after the start: it is not to be told twice.
  const known = snapshots.load(Math.max(recoveryPoint, start.offset), producers)
  if (known < start.offset)
    yield* visitProducers(segments.all.slice(0, from + 1), known, start.offset, producers, compression)
  let nextOffset = start.offset
  let endBefore = start.offset
  for (let i = from; i < segments.all.length; i++) {
    const segment = segments.all[i]
    if (segment === undefined) break
    if (i > from && isBehindHole(context, segment, nextOffset, safeOffset)) {
      segments.keepOldest(i)
      break
    }
    const at0 = i === from ? start : { position: 0, offset: segment.baseOffset, entries: 0 }
    const result = yield* segment.recover(at0, Math.max(nextOffset, at0.offset), (bytes, at) => {
      if (batchLastOffset(bytes, at) >= known) noteBatch(bytes, at, producers, compression)
      noteEpoch(bytes, at, epochs)
    })
    if (result.fault !== undefined && result.nextOffset < safeOffset) {
      const bad = yield* surveyBadBatch(context, segments.all, i, result)
      if (bad !== undefined) {
        noteBadBatch(context, bad)
        throw badBatchError(context, bad)
      }
    }
    segment.cutAfter(result)
    endBefore = nextOffset
    nextOffset = result.nextOffset
    if (result.fault !== undefined) {
      reportCut(context, segment, result.validBytes, nextOffset, result.fault)
      segments.keepOldest(i + 1)
    }
    if (i < segments.all.length - 1) segment.seal()
  }
  const count = segments.all.length
  const { active } = segments
  if (count - 1 > from && active.sizeBytes === 0 && endBefore < active.baseOffset) {
    // A power cut took the end of the segment before and all of this one: nothing is left beyond the hole.
    segments.keepOldest(count - 1)
    nextOffset = endBefore
  }
  snapshots.removeAbove(nextOffset)
  snapshots.removeUnreadable(known)
  // The snapshot spoke of more than what is left of the log.
  if (known > nextOffset) yield* loadProducers(context, segments.all, snapshots, nextOffset, producers)
  const isIndexNew = start.entries === 0 && segments.all[from]?.isIndexedBelow(recoveryPoint) === true
  return { endOffset: nextOffset, safeOffset: isIndexNew ? start.offset : recoveryPoint }
}

/**
 * A power cut may take the end of one segment and leave what was written to the next: none of what lies behind was safe, and a log with a
 * hole would pass for whole with whoever it follows. A segment begins where the one before ends; but in compacted logs of Kafka's, where
 * it is not known what is a hole.
 */
function isBehindHole(
  { config, folder, ports }: LogContext,
  { baseOffset }: Segment,
  nextOffset: Offset,
  safeOffset: Offset
): boolean {
  if (baseOffset <= nextOffset || nextOffset < safeOffset || config.cleanupPolicy === 'compact') return false
  ports.log('warn', 'recovery cut the log at a hole', { folder, endOffset: nextOffset, segment: baseOffset })
  return true
}

function reportCut(context: LogContext, segment: Segment, validBytes: number, endOffset: Offset, why: string): void {
  const { folder, ports } = context
  ports.log('warn', `recovery cut the log at a batch: ${why}`, {
    folder,
    segment: segment.baseOffset,
    validBytes,
    endOffset
  })
}

function noteEpoch(bytes: Uint8Array, at: number, epochs: LeaderEpochs): void {
  const epoch = batchLeaderEpoch(bytes, at)
  if (epoch > epochs.latestEpoch) epochs.assign(epoch, batchBaseOffset(bytes, at))
}

/** The checkpointed log start lies above all that survived: nothing of it may be served or numbered again. */
function afresh(context: LogContext, found: Found, start: Offset): OpenedLog {
  context.ports.log('warn', 'the log ends below its start offset and begins anew there', {
    folder: context.folder,
    start
  })
  const { folder, segments, snapshots, epochFile } = found
  segments.startAt(start)
  snapshots.removeAll()
  const epochs = new LeaderEpochs()
  epochFile.store(epochs)
  const producers = new ProducerState()
  const positions = { logStartOffset: start, logEndOffset: start, recoveryPoint: start }
  return { folder, segments, snapshots, epochs, epochFile, producers, ...positions }
}

// ── producer state ───────────────────────────────────────────────────────────────────────────────────────────────

/** State as of `end`: the newest whole snapshot at or below it, then the batches after that. */
export function* loadProducers(
  context: LogContext,
  segments: readonly Segment[],
  snapshots: ProducerSnapshots,
  end: number,
  producers: ProducerState
): Steps<void> {
  const from = snapshots.load(end, producers)
  yield* visitProducers(segments, from, end, producers, context.ports.compression)
  yield* rememberTail(segments, producers)
}

function* visitProducers(
  segments: readonly Segment[],
  from: number,
  end: number,
  producers: ProducerState,
  compression: Compression
): Steps<void> {
  for (const [i, segment] of segments.entries()) {
    const segmentEnd = segments[i + 1]?.baseOffset ?? end
    if (segmentEnd <= from || segment.baseOffset >= end || segment.sizeBytes === 0) continue
    yield* segment.visit(from, end, (bytes, at) => noteBatch(bytes, at, producers, compression))
  }
}

/** Of an idempotent producer; undefined for the others' batches. */
export function producerBatchAt(bytes: Uint8Array, at: number): ProducerBatch | undefined {
  const id = batchProducerId(bytes, at)
  if (id < 0) return undefined
  return {
    id,
    epoch: batchProducerEpoch(bytes, at),
    baseSequence: batchBaseSequence(bytes, at),
    lastOffsetDelta: batchLastOffsetDelta(bytes, at)
  }
}

/** Keeps the producer state in step with a batch of the log that no leader here has checked. */
export function noteBatch(bytes: Uint8Array, at: number, producers: ProducerState, compression: Compression): void {
  const batch = producerBatchAt(bytes, at)
  if (batch === undefined) return
  const attributes = batchAttributes(bytes, at)
  const timestampMs = batchMaxTimestampMs(bytes, at)
  if ((attributes & attributeBits.control) === 0) {
    const isTransactional = (attributes & attributeBits.transactional) !== 0
    producers.appended(batch, batchLastOffset(bytes, at), timestampMs, isTransactional)
    return
  }
  const marker = bytes.subarray(at, at + batchSizeBytes(bytes, at))
  visitRecords(marker, 0, compression, (record) => {
    const control = controlRecordOf(record)
    if (control !== undefined && control.type !== 'other')
      producers.transactionEnded(batch.id, batch.epoch, control.coordinatorEpoch, timestampMs)
    return false
  })
}
