/**
 * What a leader demands of produced bytes before they enter the log (Kafka protocol guide, Produce; UnifiedLog's and
 * LogValidator's order of checks). Only the header is looked at, plus one CRC over the batch: bodies are not decoded on
 * the hot path, so a batch whose header is right and whose records are nonsense is stored as it came, and readers
 * report it. Kafka walks the records as well; DESIGN.md says so.
 */
import type { Checksum } from '../../kernel/ports'
import {
  attributeBits,
  batchAttributes,
  batchBaseOffset,
  batchBaseSequence,
  batchHeaderBytes,
  batchLastOffsetDelta,
  batchMagic,
  batchRecordCount,
  batchSizeBytes,
  currentMagic,
  hasBatchCrc,
  headerAt,
  logOverheadBytes
} from './batch-header'
import { int32At } from './big-endian'

export interface BatchLimits {
  readonly maxMessageBytes: number
  readonly segmentBytes: number
  /** False below Produce v7 (KIP-110). */
  readonly isZstdAllowed: boolean
}

export type BatchErrorName =
  | 'CORRUPT_MESSAGE'
  | 'INVALID_RECORD'
  | 'MESSAGE_TOO_LARGE'
  | 'RECORD_LIST_TOO_LARGE'
  | 'INVALID_TIMESTAMP'
  | 'UNSUPPORTED_COMPRESSION_TYPE'

export interface BatchRefused {
  readonly type: 'error'
  readonly error: BatchErrorName
  readonly message: string
}

const zstd = 4

const refuse = (error: BatchErrorName, message: string): BatchRefused => ({ type: 'error', error, message })

/** Undefined when `bytes[start, start + length)` is exactly one batch that may be appended. */
export function validateBatchForAppend(
  bytes: Uint8Array,
  start: number,
  length: number,
  limits: BatchLimits,
  checksum: Checksum
): BatchRefused | undefined {
  return (
    shapeFault(bytes, start, length, limits) ??
    crcFault(bytes, start, length, checksum) ??
    headerFault(bytes, start) ??
    (length > limits.segmentBytes
      ? refuse(
          'RECORD_LIST_TOO_LARGE',
          `the batch of ${length} bytes is larger than a segment (${limits.segmentBytes})`
        )
      : undefined)
  )
}

function shapeFault(bytes: Uint8Array, start: number, length: number, limits: BatchLimits): BatchRefused | undefined {
  if (length === 0) return refuse('INVALID_RECORD', 'a partition must be sent exactly one batch, none came')
  if (length < logOverheadBytes + 5) return refuse('CORRUPT_MESSAGE', `${length} bytes are too few for a batch`)
  const magic = batchMagic(bytes, start)
  if (magic !== currentMagic) return refuse('INVALID_RECORD', `batches of magic ${magic} are not accepted, only 2`)
  const sizeBytes = batchSizeBytes(bytes, start)
  if (sizeBytes < batchHeaderBytes || sizeBytes > length)
    return refuse('CORRUPT_MESSAGE', `the batch claims ${sizeBytes} bytes, ${length} came`)
  if (sizeBytes < length) return refuse('INVALID_RECORD', 'a partition must be sent exactly one batch, more bytes came')
  const codec = batchAttributes(bytes, start) & attributeBits.codec
  if (codec > zstd) return refuse('UNSUPPORTED_COMPRESSION_TYPE', `codec ${codec} is unknown`)
  if (codec === zstd && !limits.isZstdAllowed)
    return refuse('UNSUPPORTED_COMPRESSION_TYPE', 'zstd needs Produce version 7 or later')
  if (sizeBytes > limits.maxMessageBytes)
    return refuse(
      'MESSAGE_TOO_LARGE',
      `the batch of ${sizeBytes} bytes exceeds max.message.bytes (${limits.maxMessageBytes})`
    )
  return undefined
}

function crcFault(bytes: Uint8Array, start: number, length: number, checksum: Checksum): BatchRefused | undefined {
  return hasBatchCrc(bytes, start, length, checksum)
    ? undefined
    : refuse('CORRUPT_MESSAGE', 'the CRC does not match the bytes of the batch')
}

function headerFault(bytes: Uint8Array, start: number): BatchRefused | undefined {
  const attributes = batchAttributes(bytes, start)
  if ((attributes & attributeBits.control) !== 0)
    return refuse('INVALID_RECORD', 'clients may not write control batches')
  if (batchBaseOffset(bytes, start) !== 0)
    return refuse('INVALID_RECORD', 'the base offset of a produced batch must be 0')
  const count = batchRecordCount(bytes, start)
  if (count <= 0 || batchLastOffsetDelta(bytes, start) !== count - 1)
    return refuse(
      'INVALID_RECORD',
      `the batch claims ${count} records but offsets up to +${batchLastOffsetDelta(bytes, start)}`
    )
  const hasProducer = int32At(bytes, start + headerAt.producerId) >= 0
  if (hasProducer && batchBaseSequence(bytes, start) < 0)
    return refuse('INVALID_RECORD', 'a batch with a producer id needs a sequence of 0 or more')
  if ((attributes & attributeBits.logAppendTime) !== 0)
    return refuse('INVALID_TIMESTAMP', 'producers may not set the timestamp type LogAppendTime')
  return undefined
}
