/**
 * What is to be said of a log with a batch that cannot be read although it was safe once: whether good ones are behind it, and
 * where the log ended. A log without any behind was cut short, and is opened as it is.
 */
import { AppError, expectAppError } from '../kernel/errors'
import type { Offset } from '../kernel/ids'
import { said } from '../kernel/said'
import { badBatchFile, decodeBadBatch, encodeBadBatch, type BadBatch } from './core/bad-batch'
import { nextGoodBatch } from './core/batch-search'
import { offsetName } from './core/file-names'
import { scanInSteps, scanSegment, type ScanResult, type ScanSource } from './core/recovery-scan'
import type { Steps } from './core/steps'
import type { LogContext } from './log-context'
import type { Segment } from './segment'

/** Undefined when nothing good is behind it. `result` is of reading the segment `index`. */
export function* surveyBadBatch(
  context: LogContext,
  segments: readonly Segment[],
  index: number,
  { validBytes, nextOffset, fault }: ScanResult
): Steps<BadBatch | undefined> {
  const segment = segments[index]
  if (segment === undefined) return undefined
  const behind =
    (yield* endOfLater(segments.slice(index + 1))) ?? (yield* endBehind(context, segment, validBytes, nextOffset))
  if (behind === undefined) return undefined
  return {
    file: `${offsetName(segment.baseOffset)}.log`,
    position: validBytes,
    offset: nextOffset,
    ...behind,
    fault: fault ?? said`it cannot be read`
  }
}

interface End {
  readonly endOffset: Offset
  readonly isEndKnown: boolean
}

/** Undefined when none of them holds anything. */
function* endOfLater(later: readonly Segment[]): Steps<End | undefined> {
  const last = later.findLast(({ sizeBytes }) => sizeBytes > 0)
  if (last === undefined) return undefined
  const tail = yield* last.readTail()
  return { endOffset: Math.max(tail.nextOffset, last.baseOffset), isEndKnown: tail.fault === undefined }
}

function* endBehind(
  { ports: { checksum } }: LogContext,
  segment: Segment,
  position: number,
  nextOffset: Offset
): Steps<End | undefined> {
  const source = segment.file
  const { baseOffset } = segment
  const next = yield* nextGoodBatch(source, { baseOffset, position, nextOffset, checksum })
  if (next === undefined) return undefined
  const options = { baseOffset, position: next, nextOffset, checksum }
  const rest = yield* scanInSteps(source, options, () => undefined)
  return { endOffset: rest.nextOffset, isEndKnown: rest.fault === undefined }
}

// ── kept in the folder ───────────────────────────────────────────────────────────────────────────────────────────

const pathOf = ({ ports, folder }: LogContext): string => ports.disk.join(folder, badBatchFile)

/** A disk without room for it costs reading the log again. */
export function noteBadBatch(context: LogContext, bad: BadBatch): void {
  try {
    context.ports.disk.replaceUnsynced(pathOf(context), encodeBadBatch(bad))
  } catch (error) {
    expectAppError(error)
    const { folder } = context
    context.ports.log('warn', 'that a batch is bad could not be written down', { folder, reason: error.message })
  }
}

export function forgetBadBatch(context: LogContext): void {
  context.ports.disk.remove(pathOf(context))
}

/** What the folder says is bad, and still is: somebody may have put back the file from a copy. */
export function knownBadBatch(context: LogContext): BadBatch | undefined {
  const { disk, checksum } = context.ports
  if (!disk.exists(pathOf(context))) return undefined
  const bad = decodeBadBatch(disk.read(pathOf(context)))
  const path = bad === undefined ? '' : disk.join(context.folder, bad.file)
  if (bad !== undefined && disk.exists(path)) {
    const file = disk.open(path, 'read')
    try {
      // One batch: where it ends, the file of this look ends, too.
      const source = oneBatch(file, bad.position)
      const options = {
        baseOffset: Number(bad.file.slice(0, -4)),
        position: bad.position,
        nextOffset: bad.offset,
        checksum
      }
      if (scanSegment(source, options, () => undefined).fault !== undefined || source.sizeBytes <= bad.position)
        return bad
    } finally {
      file.close()
    }
  }
  forgetBadBatch(context)
  return undefined
}

const lengthEndsAt = 12

function oneBatch(file: ScanSource, position: number): ScanSource {
  const head = new Uint8Array(lengthEndsAt)
  file.readAt(position, head)
  const lengthBytes = new DataView(head.buffer).getInt32(8)
  const end = lengthBytes < 0 ? file.sizeBytes : Math.min(file.sizeBytes, position + lengthEndsAt + lengthBytes)
  return { sizeBytes: end, readAt: (from, into) => file.readAt(from, into.subarray(0, Math.max(0, end - from))) }
}

/** For people: what is wrong, where, and that nothing was touched. */
export function badBatchError(context: LogContext, bad: BadBatch): AppError {
  const path = context.ports.disk.join(context.folder, bad.file)
  const message = said`${path}: the batch at offset ${bad.offset} (byte ${bad.position}) cannot be read: ${bad.fault}.`
  return new AppError('CORRUPT', message, { details: { badBatch: bad } })
}

export function badBatchOf(error: AppError): BadBatch | undefined {
  return error.code === 'CORRUPT' ? (error.details['badBatch'] as BadBatch | undefined) : undefined
}
