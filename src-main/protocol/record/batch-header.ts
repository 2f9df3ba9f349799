/**
 * The 61-byte header of a record batch, magic 2 (Kafka's message format, KIP-98): where each field lies, readers by
 * offset for the hot path, and the whole header as an object for everything else. Only the base offset and the
 * partition leader epoch lie outside the CRC and may be patched in place.
 */
import type { Offset, LeaderEpoch } from '../../kernel/ids'
import type { Checksum, CompressionCodec } from '../../kernel/ports'
import {
  bigInt64At,
  int16At,
  int32At,
  int64At,
  int8At,
  putBigInt64,
  putInt16,
  putInt32,
  putInt64,
  uint32At
} from './big-endian'

/** Base offset and length: what batchLength does not count. */
export const logOverheadBytes = 12
export const batchHeaderBytes = 61
export const currentMagic = 2

export const headerAt = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57
} as const

export const attributeBits = {
  codec: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40
} as const

/** Whole size of the batch at `at`, as its length field claims; not checked. */
export const batchSizeBytes = (bytes: Uint8Array, at: number): number =>
  logOverheadBytes + int32At(bytes, at + headerAt.batchLength)
export const batchBaseOffset = (bytes: Uint8Array, at: number): Offset => int64At(bytes, at)
export const batchLastOffset = (bytes: Uint8Array, at: number): Offset =>
  int64At(bytes, at) + int32At(bytes, at + headerAt.lastOffsetDelta)
export const batchLeaderEpoch = (bytes: Uint8Array, at: number): LeaderEpoch =>
  int32At(bytes, at + headerAt.partitionLeaderEpoch)
export const batchMagic = (bytes: Uint8Array, at: number): number => int8At(bytes, at + headerAt.magic)
export const batchAttributes = (bytes: Uint8Array, at: number): number => int16At(bytes, at + headerAt.attributes)
export const batchLastOffsetDelta = (bytes: Uint8Array, at: number): number =>
  int32At(bytes, at + headerAt.lastOffsetDelta)
export const batchProducerEpoch = (bytes: Uint8Array, at: number): number => int16At(bytes, at + headerAt.producerEpoch)
export const batchBaseSequence = (bytes: Uint8Array, at: number): number => int32At(bytes, at + headerAt.baseSequence)
export const batchRecordCount = (bytes: Uint8Array, at: number): number => int32At(bytes, at + headerAt.recordCount)
export const batchBaseTimestamp = (bytes: Uint8Array, at: number): bigint =>
  bigInt64At(bytes, at + headerAt.baseTimestamp)
export const batchMaxTimestamp = (bytes: Uint8Array, at: number): bigint =>
  bigInt64At(bytes, at + headerAt.maxTimestamp)
/** Rounded beyond 2^53: for ages, which are differences to a clock. */
export const batchMaxTimestampMs = (bytes: Uint8Array, at: number): number => int64At(bytes, at + headerAt.maxTimestamp)

export const isControlBatch = (bytes: Uint8Array, at: number): boolean =>
  (batchAttributes(bytes, at) & attributeBits.control) !== 0

/** Producer ids are given out from 0 up, so a number; a bigint where a client invents one beyond 2^53. Negative: none. */
export type ProducerId = number | bigint

export function batchProducerId(bytes: Uint8Array, at: number): ProducerId {
  const id = int64At(bytes, at + headerAt.producerId)
  return Number.isSafeInteger(id) ? id : bigInt64At(bytes, at + headerAt.producerId)
}

export function hasBatchCrc(bytes: Uint8Array, at: number, sizeBytes: number, checksum: Checksum): boolean {
  const covered = bytes.subarray(at + headerAt.attributes, at + sizeBytes)
  return checksum.crc32c(covered) === uint32At(bytes, at + headerAt.crc)
}

/** What a leader decides about a batch: outside the CRC, so patched in place without touching it. */
export function patchBatch(bytes: Uint8Array, at: number, baseOffset: Offset, partitionLeaderEpoch: LeaderEpoch): void {
  putInt64(bytes, at, baseOffset)
  putInt32(bytes, at + headerAt.partitionLeaderEpoch, partitionLeaderEpoch)
}

/**
 * LogAppendTime topics (KIP-32): every record of the batch takes the broker's time. The records stay as they are; the
 * attribute bit makes readers use maxTimestamp for all of them. CRC is renewed.
 */
export function stampLogAppendTime(bytes: Uint8Array, at: number, nowMs: number, checksum: Checksum): void {
  const sizeBytes = batchSizeBytes(bytes, at)
  putInt16(bytes, at + headerAt.attributes, batchAttributes(bytes, at) | attributeBits.logAppendTime)
  putInt64(bytes, at + headerAt.maxTimestamp, nowMs)
  putInt32(bytes, at + headerAt.crc, checksum.crc32c(bytes.subarray(at + headerAt.attributes, at + sizeBytes)))
}

export interface BatchHeader {
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  /** Whole batch, the 12 bytes before the counted part included. */
  readonly sizeBytes: number
  readonly partitionLeaderEpoch: LeaderEpoch
  readonly magic: number
  readonly crc: number
  readonly codec: CompressionCodec | 5 | 6 | 7
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly baseTimestamp: bigint
  readonly maxTimestamp: bigint
  readonly producerId: ProducerId
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** The caller has made sure that 61 bytes are there. */
export function readBatchHeader(bytes: Uint8Array, at = 0): BatchHeader {
  const attributes = batchAttributes(bytes, at)
  return {
    baseOffset: batchBaseOffset(bytes, at),
    lastOffset: batchLastOffset(bytes, at),
    sizeBytes: batchSizeBytes(bytes, at),
    partitionLeaderEpoch: batchLeaderEpoch(bytes, at),
    magic: batchMagic(bytes, at),
    crc: uint32At(bytes, at + headerAt.crc),
    codec: (attributes & attributeBits.codec) as BatchHeader['codec'],
    timestampType: (attributes & attributeBits.logAppendTime) === 0 ? 'CreateTime' : 'LogAppendTime',
    isTransactional: (attributes & attributeBits.transactional) !== 0,
    isControl: (attributes & attributeBits.control) !== 0,
    baseTimestamp: batchBaseTimestamp(bytes, at),
    maxTimestamp: batchMaxTimestamp(bytes, at),
    producerId: batchProducerId(bytes, at),
    producerEpoch: batchProducerEpoch(bytes, at),
    baseSequence: batchBaseSequence(bytes, at),
    recordCount: batchRecordCount(bytes, at)
  }
}

/** What writeBatchHeader puts down; the CRC covers what is already in place from byte 61 on. */
export interface BatchHeaderFields {
  readonly baseOffset: Offset
  readonly partitionLeaderEpoch: LeaderEpoch
  readonly attributes: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: bigint
  readonly maxTimestamp: bigint
  readonly producerId: ProducerId
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** Writes the header of the batch that fills `bytes`, length and CRC included. */
export function writeBatchHeader(bytes: Uint8Array, fields: BatchHeaderFields, checksum: Checksum): void {
  patchBatch(bytes, 0, fields.baseOffset, fields.partitionLeaderEpoch)
  putInt32(bytes, headerAt.batchLength, bytes.length - logOverheadBytes)
  bytes[headerAt.magic] = currentMagic
  putInt16(bytes, headerAt.attributes, fields.attributes)
  putInt32(bytes, headerAt.lastOffsetDelta, fields.lastOffsetDelta)
  putBigInt64(bytes, headerAt.baseTimestamp, fields.baseTimestamp)
  putBigInt64(bytes, headerAt.maxTimestamp, fields.maxTimestamp)
  putBigInt64(bytes, headerAt.producerId, BigInt(fields.producerId))
  putInt16(bytes, headerAt.producerEpoch, fields.producerEpoch)
  putInt32(bytes, headerAt.baseSequence, fields.baseSequence)
  putInt32(bytes, headerAt.recordCount, fields.recordCount)
  putInt32(bytes, headerAt.crc, checksum.crc32c(bytes.subarray(headerAt.attributes)))
}
