/**
 * Looks behind a batch that cannot be read for the next one that can: at the place that its length names first, then at every
 * byte. Only a whole batch with a right CRC and a later offset counts, so that bytes of a record do not pass for one.
 */
import type { FilePosition, Offset } from '../../kernel/ids'
import type { Checksum } from '../../kernel/ports'
import {
  batchHeaderBytes,
  batchMagic,
  batchSizeBytes,
  currentMagic,
  hasBatchCrc
} from '../../protocol/record/batch-header'
import { batchHeaderFault, type ScanSource } from './recovery-scan'
import type { Steps } from './steps'

export interface SearchOptions {
  /** Of the segment. */
  readonly baseOffset: Offset
  /** Of the batch that cannot be read. */
  readonly position: FilePosition
  /** Batches behind it begin at or above this offset. */
  readonly nextOffset: Offset
  readonly checksum: Checksum
}

/** One step looks at so much. */
const chunkBytes = 262_144

/** Where it begins; undefined when there is none up to the end of the file. */
export function* nextGoodBatch(source: ScanSource, options: SearchOptions): Steps<FilePosition | undefined> {
  const chunk = new Uint8Array(chunkBytes)
  const header = chunk.subarray(0, batchHeaderBytes)
  if (source.readAt(options.position, header) < batchHeaderBytes) return undefined
  const named = options.position + batchSizeBytes(header, 0)
  if (named > options.position && isGood(source, named, options)) return named
  for (let from = options.position + 1; from + batchHeaderBytes <= source.sizeBytes;) {
    const filled = source.readAt(from, chunk.subarray(0, Math.min(chunkBytes, source.sizeBytes - from)))
    const places = filled - batchHeaderBytes + 1
    if (places <= 0) return undefined
    for (let at = 0; at < places; at++) {
      if (batchMagic(chunk, at) === currentMagic && mayBegin(chunk, at, source.sizeBytes - from - at, options)) {
        if (isGood(source, from + at, options)) return from + at
      }
    }
    from += places
    yield
  }
  return undefined
}

function mayBegin(
  bytes: Uint8Array,
  at: number,
  remainingBytes: number,
  { baseOffset, nextOffset }: SearchOptions
): boolean {
  return batchHeaderFault(bytes, at, { remainingBytes, segmentBaseOffset: baseOffset, nextOffset }) === undefined
}

function isGood(source: ScanSource, position: FilePosition, options: SearchOptions): boolean {
  const remainingBytes = source.sizeBytes - position
  if (remainingBytes < batchHeaderBytes) return false
  const header = new Uint8Array(batchHeaderBytes)
  source.readAt(position, header)
  if (!mayBegin(header, 0, remainingBytes, options)) return false
  const batch = new Uint8Array(batchSizeBytes(header, 0))
  return source.readAt(position, batch) === batch.length && hasBatchCrc(batch, 0, batch.length, options.checksum)
}
