/**
 * Opens what is in a partition's folder. After a clean stop the files are trusted (nonsense is still refused); after a
 * crash everything from the recovery point on is checked batch by batch, cut at the first bad one, and the indexes,
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
import { deletedSuffix, offsetName, offsetOfName, segmentSuffixes, snapshotSuffix } from './core/file-names'
import { LeaderEpochs } from './core/leader-epochs'
import { ProducerState, type ProducerBatch } from './core/producer-state'
import type { Steps } from './core/steps'
import { EpochFile } from './epoch-file'
import type { LogContext } from './log-context'
import type { Compression } from '../kernel/ports'
import { Segment } from './segment'

export interface OpenedLog {
  readonly segments: Segment[]
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  readonly recoveryPoint: Offset
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly snapshots: number[]
  readonly epochFile: EpochFile
}

export interface OpeningOptions {
  readonly isClean: boolean
  readonly recoveryPoint: Offset
  readonly logStartOffset: Offset
}

interface Folder {
  readonly segments: Segment[]
  readonly snapshots: number[]
  readonly epochs: LeaderEpochs
  readonly epochFile: EpochFile
  /** False when the epoch file is missing or unreadable: then they come from the batches. */
  readonly hasEpochs: boolean
}

/** Bytes at the end of a log that are read again after a clean stop to know more than one batch of each producer. */
const rememberedTailBytes = 1_048_576

export function* openLog(context: LogContext, options: OpeningOptions): Steps<OpenedLog> {
  const folder = readFolder(context)
  const { segments, snapshots, epochs, epochFile } = folder
  if (segments.length === 0) segments.push(Segment.create(context, options.logStartOffset))
  const epochsBefore = JSON.stringify(epochs.starts)
  const recoveryPoint = folder.hasEpochs ? options.recoveryPoint : 0
  const producers = new ProducerState()
  let trusted: number | undefined
  if (options.isClean && folder.hasEpochs) {
    for (const segment of segments) yield* segment.prepareIndexes()
    trusted = yield* trustedEnd(segments)
  }
  const end = trusted ?? (yield* recover(context, folder, recoveryPoint, producers))
  if (trusted !== undefined) {
    yield* loadProducers(context, segments, snapshots, end, producers)
    if (producers.count > 0) yield* rememberTail(segments, producers)
  }
  const start = Math.max(options.logStartOffset, segments[0]?.baseOffset ?? 0)
  if (start > end) return afresh(context, folder, start)
  const areNewEpochs = epochs.truncateFromEnd(end) || JSON.stringify(epochs.starts) !== epochsBefore
  if (areNewEpochs) epochFile.store(epochs)
  for (const segment of segments) segment.release()
  return {
    segments,
    snapshots,
    epochs,
    producers,
    epochFile,
    logStartOffset: start,
    logEndOffset: end,
    recoveryPoint: trusted === undefined ? Math.min(recoveryPoint, end) : end
  }
}

// ── what is there ────────────────────────────────────────────────────────────────────────────────────────────────

function readFolder(context: LogContext): Folder {
  const { disk } = context.ports
  const names = disk.list(context.folder).map(({ name }) => name)
  for (const name of names.filter(isLeftOver)) disk.remove(disk.join(context.folder, name))
  const offsetsOf = (suffix: string): number[] =>
    names
      .map((name) => offsetOfName(name, suffix))
      .filter((offset) => offset !== undefined)
      .sort((a, b) => a - b)
  const bases = offsetsOf('.log')
  removeOrphans(context, names, new Set(bases))
  const segments = bases.map((base) => new Segment(context, base, disk.sizeOf(pathOf(context, base, '.log')) ?? 0))
  const epochFile = new EpochFile(context)
  const starts = epochFile.read()
  const isEmpty = segments.every(({ sizeBytes }) => sizeBytes === 0)
  return {
    segments,
    snapshots: offsetsOf(snapshotSuffix),
    epochs: new LeaderEpochs(starts),
    epochFile,
    hasEpochs: starts !== undefined || isEmpty
  }
}

const pathOf = (context: LogContext, offset: Offset, suffix: string): string =>
  context.ports.disk.join(context.folder, offsetName(offset) + suffix)

/** Deletions and replacements that a stop has interrupted. */
function isLeftOver(name: string): boolean {
  return name.endsWith(deletedSuffix) || name.endsWith('.cleaned') || name.endsWith('.tmp')
}

/** An index whose log is gone. */
function removeOrphans(context: LogContext, names: readonly string[], bases: ReadonlySet<number>): void {
  for (const suffix of segmentSuffixes)
    for (const name of names) {
      const base = offsetOfName(name, suffix)
      if (base !== undefined && !bases.has(base)) context.ports.disk.remove(pathOf(context, base, suffix))
    }
}

// ── after a clean stop ───────────────────────────────────────────────────────────────────────────────────────────

/** Offset after the last batch; undefined when the file ends in something that a clean stop does not leave. */
function* trustedEnd(segments: readonly Segment[]): Steps<number | undefined> {
  const active = segments.at(-1)
  if (active === undefined || active.sizeBytes === 0) return active?.baseOffset
  const tail = yield* active.readTail()
  return tail.fault === undefined ? tail.nextOffset : undefined
}

/** A snapshot keeps one batch of each producer; the log's tail knows the other four, so a restart stays idempotent. */
function* rememberTail(segments: readonly Segment[], producers: ProducerState): Steps<void> {
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

function* recover(context: LogContext, folder: Folder, recoveryPoint: Offset, producers: ProducerState): Steps<Offset> {
  const { segments, epochs, snapshots } = folder
  const { compression } = context.ports
  const from = Math.max(
    0,
    segments.findLastIndex(({ baseOffset }) => baseOffset <= recoveryPoint)
  )
  for (const segment of segments.slice(0, from)) yield* segment.prepareIndexes()
  const start = segments[from]?.recoveryStart(recoveryPoint) ?? { position: 0, offset: 0, entries: 0 }
  // A snapshot at the recovery point knows what is read again after the start: it is not to be told twice.
  const known = loadSnapshot(context, snapshots, Math.max(recoveryPoint, start.offset), producers)
  if (known < start.offset)
    yield* visitProducers(segments.slice(0, from + 1), known, start.offset, producers, compression)
  let nextOffset = start.offset
  let endBefore = start.offset
  for (let i = from; i < segments.length; i++) {
    const segment = segments[i]
    if (segment === undefined) break
    const at0 = i === from ? start : { position: 0, offset: segment.baseOffset, entries: 0 }
    const result = yield* segment.recover(at0, Math.max(nextOffset, at0.offset), (bytes, at) => {
      if (batchLastOffset(bytes, at) >= known) noteBatch(bytes, at, producers, compression)
      noteEpoch(bytes, at, epochs)
    })
    endBefore = nextOffset
    nextOffset = result.nextOffset
    if (result.fault !== undefined) {
      reportCut(context, segment, result.validBytes, nextOffset, result.fault)
      for (const later of segments.splice(i + 1)) later.discard()
    }
    if (i < segments.length - 1) segment.seal()
  }
  const last = segments.at(-1)
  if (segments.length - 1 > from && last !== undefined && last.sizeBytes === 0 && endBefore < last.baseOffset) {
    // A power cut took the end of the segment before and all of this one: nothing is left beyond the hole.
    segments.pop()
    last.discard()
    nextOffset = endBefore
  }
  for (const offset of snapshots.filter((one) => one > nextOffset))
    context.ports.disk.remove(pathOf(context, offset, snapshotSuffix))
  snapshots.splice(0, snapshots.length, ...snapshots.filter((one) => one <= nextOffset))
  // The snapshot spoke of more than what is left of the log.
  if (known > nextOffset) yield* loadProducers(context, segments, snapshots, nextOffset, producers)
  return nextOffset
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
function afresh(context: LogContext, folder: Folder, start: Offset): OpenedLog {
  context.ports.log('warn', 'the log ends below its start offset and begins anew there', {
    folder: context.folder,
    start
  })
  for (const segment of folder.segments) segment.discard()
  for (const offset of folder.snapshots) context.ports.disk.remove(pathOf(context, offset, snapshotSuffix))
  const segments = [Segment.create(context, start)]
  const epochs = new LeaderEpochs()
  folder.epochFile.store(epochs)
  const producers = new ProducerState()
  const positions = { logStartOffset: start, logEndOffset: start, recoveryPoint: start }
  return { segments, snapshots: [], epochs, epochFile: folder.epochFile, producers, ...positions }
}

// ── producer state ───────────────────────────────────────────────────────────────────────────────────────────────

/** State as of `end`: the newest whole snapshot at or below it, then the batches after that. */
export function* loadProducers(
  context: LogContext,
  segments: readonly Segment[],
  snapshots: number[],
  end: number,
  producers: ProducerState
): Steps<void> {
  const from = loadSnapshot(context, snapshots, end, producers)
  yield* visitProducers(segments, from, end, producers, context.ports.compression)
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

/** The offset up to which the producers are known now; 0 when no snapshot is there and whole. */
function loadSnapshot(context: LogContext, snapshots: number[], end: number, producers: ProducerState): number {
  const { disk, checksum, log } = context.ports
  for (const offset of snapshots.filter((one) => one <= end).reverse()) {
    const path = pathOf(context, offset, snapshotSuffix)
    if (producers.decodeSnapshot(disk.read(path), checksum)) return offset
    log('warn', 'a producer snapshot is unreadable and is rebuilt from the log', { path })
    disk.remove(path)
    snapshots.splice(snapshots.indexOf(offset), 1)
  }
  producers.clear()
  return 0
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

/** Keeps the producer state in step with a batch found in the log. */
function noteBatch(bytes: Uint8Array, at: number, producers: ProducerState, compression: Compression): void {
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
