/**
 * Reads a segment from a position on and decides how far it can be trusted: whole batches of magic 2 with a right CRC
 * whose offsets increase. The first batch that is not so ends the valid part. Chunks grow only to batches that the file
 * really has room for, so a wild length field costs nothing.
 */
import type { Offset, FilePosition } from '../../kernel/ids'
import type { Checksum } from '../../kernel/ports'
import { said } from '../../kernel/said'
import {
  attributeBits,
  batchAttributes,
  batchBaseOffset,
  batchHeaderBytes,
  batchLastOffset,
  batchLastOffsetDelta,
  batchMagic,
  batchSizeBytes,
  currentMagic,
  hasBatchCrc
} from '../../protocol/record/batch-header'
import { relativeOffsetMax } from './roll-policy'
import { allAtOnce, type Steps } from './steps'

export interface ScanSource {
  readonly sizeBytes: number
  readAt(position: FilePosition, into: Uint8Array): number
}

export interface ScanOptions {
  readonly baseOffset: Offset
  /** Where to begin: the start of a batch. */
  readonly position: FilePosition
  /** The first batch begins at or above this offset. */
  readonly nextOffset: Offset
  /** Undefined trusts the bytes: no CRC, no offset order (after a clean stop). */
  readonly checksum: Checksum | undefined
}

export interface ScanResult {
  /** End of the last good batch. */
  readonly validBytes: number
  /** Offset after the last good batch. */
  readonly nextOffset: Offset
  /** Why the scan ended before the end of the file. */
  readonly fault: string | undefined
}

/** One step reads so much, unless a batch is larger. */
const chunkBytes = 262_144

type ScanVisitor = (bytes: Uint8Array, at: number, position: FilePosition) => void

/** Calls `visit` for each good batch: it lies at `at` in `bytes` and at `position` in the file. */
export function scanSegment(source: ScanSource, options: ScanOptions, visit: ScanVisitor): ScanResult {
  return allAtOnce(scanInSteps(source, options, visit))
}

/** The same, a piece of the file at a time. */
export function* scanInSteps(source: ScanSource, options: ScanOptions, visit: ScanVisitor): Steps<ScanResult> {
  let { position, nextOffset } = options
  let chunk = new Uint8Array(Math.min(chunkBytes, Math.max(0, source.sizeBytes - position)))
  while (position < source.sizeBytes) {
    const filled = source.readAt(position, chunk.subarray(0, Math.min(chunk.length, source.sizeBytes - position)))
    let at = 0
    let wanted = batchHeaderBytes
    while (at + batchHeaderBytes <= filled) {
      const fault = batchHeaderFault(chunk, at, {
        remainingBytes: source.sizeBytes - position,
        segmentBaseOffset: options.baseOffset,
        nextOffset
      })
      if (fault !== undefined) return { validBytes: position, nextOffset, fault }
      const sizeBytes = batchSizeBytes(chunk, at)
      wanted = sizeBytes
      if (at + sizeBytes > filled) break
      if (options.checksum !== undefined && !hasBatchCrc(chunk, at, sizeBytes, options.checksum))
        return { validBytes: position, nextOffset, fault: said`its CRC is wrong` }
      visit(chunk, at, position)
      nextOffset = batchLastOffset(chunk, at) + 1
      at += sizeBytes
      position += sizeBytes
    }
    if (at > 0) {
      yield
      continue
    }
    if (source.sizeBytes - position < wanted || filled < Math.min(wanted, chunk.length))
      return { validBytes: position, nextOffset, fault: said`it is cut short` }
    chunk = new Uint8Array(wanted)
  }
  return { validBytes: position, nextOffset, fault: undefined }
}

export interface BatchBounds {
  /** The batch ends within so many bytes. */
  readonly remainingBytes: number
  readonly segmentBaseOffset: Offset
  /** The batch begins at or above this offset. */
  readonly nextOffset: Offset
}

/** Why the header at `at`, which is there whole, is none of a batch that may stand there; undefined when it may. */
export function batchHeaderFault(
  bytes: Uint8Array,
  at: number,
  { remainingBytes, segmentBaseOffset, nextOffset }: BatchBounds
): string | undefined {
  if (batchMagic(bytes, at) !== currentMagic) return said`it is no batch of magic 2`
  const sizeBytes = batchSizeBytes(bytes, at)
  if (sizeBytes < batchHeaderBytes) return said`its length is impossible`
  if (sizeBytes > remainingBytes) return said`it is cut short`
  if (batchLastOffsetDelta(bytes, at) < 0) return said`its offsets are impossible`
  const baseOffset = batchBaseOffset(bytes, at)
  if (!Number.isSafeInteger(baseOffset) || baseOffset < nextOffset) return said`its offset is lower than one before it`
  if (batchLastOffset(bytes, at) - segmentBaseOffset > relativeOffsetMax)
    return said`its offset is too far from its segment`
  if ((batchAttributes(bytes, at) & attributeBits.codec) > 4) return said`its codec is unknown`
  return undefined
}
