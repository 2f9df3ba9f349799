/**
 * What a leader demands of produced bytes before they enter the log (Kafka protocol guide, Produce; UnifiedLog's and
 * LogValidator's order of checks): the header, one CRC over the batch, and that the records are what the header says
 * (ADR 16). Records are stepped over, not decoded. A compressed batch is unpacked for that up to a limit; what is larger
 * is taken on the word of its header, since max.message.bytes counts packed bytes.
 */
import { AppError } from '../../kernel/errors'
import type { Checksum, Compression, CompressionCodec } from '../../kernel/ports'
import { said } from '../../kernel/said'
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
import { walkRecords, type WalkedRecords, type WalkFault } from './record-walk'

export interface BatchLimits {
  readonly maxMessageBytes: number
  readonly segmentBytes: number
  /** False below Produce v7 (KIP-110). */
  readonly isZstdAllowed: boolean
  /** Records of compacted topics need keys. */
  readonly needsKeys: boolean
}

/**
 * Unpacked to be checked, of one batch: 4 MiB, which no codec takes more than some 40 ms for. Default producers send up
 * to a megabyte, packed or not.
 */
export const checkedPlainBytesMax = 4 * 1024 * 1024

export type BatchErrorName =
  | 'CORRUPT_MESSAGE'
  | 'INVALID_RECORD'
  | 'MESSAGE_TOO_LARGE'
  | 'RECORD_LIST_TOO_LARGE'
  | 'INVALID_TIMESTAMP'
  | 'UNSUPPORTED_COMPRESSION_TYPE'
  | 'UNKNOWN_SERVER_ERROR'

export interface BatchRefused {
  readonly type: 'error'
  readonly error: BatchErrorName
  readonly message: string
}

const zstd = 4
/** Of magic 0: what comes before the key, and two lengths. */
const smallestMessageBytes = logOverheadBytes + 14

const refuse = (error: BatchErrorName, message: string): BatchRefused => ({ type: 'error', error, message })

/** Undefined when `bytes[start, start + length)` is exactly one batch that may be appended. */
export function validateBatchForAppend(
  bytes: Uint8Array,
  start: number,
  length: number,
  limits: BatchLimits,
  { checksum, compression }: { readonly checksum: Checksum; readonly compression: Compression }
): BatchRefused | undefined {
  return (
    shapeFault(bytes, start, length, limits) ??
    crcFault(bytes, start, length, checksum) ??
    headerFault(bytes, start) ??
    (length > limits.segmentBytes
      ? refuse(
          'RECORD_LIST_TOO_LARGE',
          said`the batch of ${length} bytes is larger than a segment (${limits.segmentBytes})`
        )
      : undefined) ??
    bodyFault(bytes, start, length, limits, compression)
  )
}

/**
 * Kafka's answers: INVALID_RECORD for records that are not what the header says, UNKNOWN_SERVER_ERROR for a body that the
 * codec cannot unpack (LogValidator's InvalidRecordException, and the KafkaException around a codec's IOException).
 */
function bodyFault(
  bytes: Uint8Array,
  start: number,
  length: number,
  limits: BatchLimits,
  compression: Compression
): BatchRefused | undefined {
  const codec = (batchAttributes(bytes, start) & attributeBits.codec) as CompressionCodec
  const count = batchRecordCount(bytes, start)
  const from = start + batchHeaderBytes
  const end = start + length
  if (codec === 0) return recordsFault(walkRecords(bytes, from, end, count), limits)
  try {
    const plain = compression.decompress(codec, bytes.subarray(from, end), checkedPlainBytesMax)
    return recordsFault(walkRecords(plain, 0, plain.length, count), limits)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'TOO_LARGE') return undefined
    return refuse('UNKNOWN_SERVER_ERROR', `the batch cannot be unpacked: ${error.message}`)
  }
}

function recordsFault(walked: WalkedRecords | WalkFault, { needsKeys }: BatchLimits): BatchRefused | undefined {
  if (!walked.isWhole) return refuse('INVALID_RECORD', walked.fault)
  return needsKeys && walked.hasNullKey
    ? refuse('INVALID_RECORD', said`records of a compacted topic need a key`)
    : undefined
}

function shapeFault(bytes: Uint8Array, start: number, length: number, limits: BatchLimits): BatchRefused | undefined {
  if (length === 0) return refuse('INVALID_RECORD', 'a partition must be sent exactly one batch, none came')
  // What is cut is no batch, and of batches exactly one must come (Kafka's ByteBufferLogInputStream, ProduceRequest).
  if (length <= headerAt.magic) return refuse('INVALID_RECORD', `${length} bytes are too few for a batch`)
  const magic = batchMagic(bytes, start)
  const sizeBytes = batchSizeBytes(bytes, start)
  const isKnownMagic = magic >= 0 && magic <= currentMagic
  if (!isKnownMagic || sizeBytes < (magic === currentMagic ? batchHeaderBytes : smallestMessageBytes))
    return refuse('CORRUPT_MESSAGE', `a batch of magic ${magic} and ${sizeBytes} bytes does not exist`)
  if (magic !== currentMagic) return refuse('INVALID_RECORD', `batches of magic ${magic} are not accepted, only 2`)
  if (sizeBytes > length) return refuse('INVALID_RECORD', `the batch claims ${sizeBytes} bytes, ${length} came`)
  if (sizeBytes < length) return refuse('INVALID_RECORD', 'a partition must be sent exactly one batch, more bytes came')
  const codec = batchAttributes(bytes, start) & attributeBits.codec
  if (codec > zstd) return refuse('UNSUPPORTED_COMPRESSION_TYPE', `codec ${codec} is unknown`)
  if (codec === zstd && !limits.isZstdAllowed)
    return refuse('UNSUPPORTED_COMPRESSION_TYPE', 'zstd needs Produce version 7 or later')
  if (sizeBytes > limits.maxMessageBytes)
    return refuse(
      'MESSAGE_TOO_LARGE',
      said`the batch of ${sizeBytes} bytes exceeds max.message.bytes (${limits.maxMessageBytes})`
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
