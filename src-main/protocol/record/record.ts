/**
 * Records of one batch: decoding (through the Compression port where the batch is compressed) and encoding. Not on the
 * produce and fetch path, which never look inside a batch. Keys, values and header values are views into the batch or
 * into the decompressed block.
 */
import type { Offset } from '../../kernel/ids'
import { AppError } from '../../kernel/errors'
import type { Compression, CompressionCodec } from '../../kernel/ports'
import {
  attributeBits,
  batchAttributes,
  batchBaseOffset,
  batchBaseTimestamp,
  batchHeaderBytes,
  batchMaxTimestamp,
  batchRecordCount,
  batchSizeBytes
} from './batch-header'
import { RecordsCorrupt } from './records-corrupt'
import { RecordCursor, varintBytes, varlongBytes, writeVarint, writeVarlong } from './varint'

export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

/** What a producer gives. */
export interface RecordContent {
  /** Usually ms since 1970; any int64 is legal. */
  readonly timestamp: bigint
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly RecordHeader[]
}

export interface StoredRecord extends Required<RecordContent> {
  readonly offset: Offset
}

export interface Unreadable {
  readonly type: 'corrupt'
  /** tooLarge: it unpacks to more than is read of one batch, and may be valid for all we know. */
  readonly reason: 'corrupt' | 'tooLarge'
  readonly message: string
}
export type VisitResult = { readonly type: 'done' } | Unreadable

/** For the unpacked records of a batch: where the next place at or behind `from` is; below 0 when there is none. */
export type PlacesIn = (block: Uint8Array) => ((from: number) => number) | undefined

/**
 * Calls `visit` for the records of the batch at `at` in order, until it returns false. Hostile bytes give 'corrupt',
 * never an exception; records before the bad one have been visited by then. With `placesIn`, records that hold none of
 * the places are stepped over unread.
 */
export function visitRecords(
  bytes: Uint8Array,
  at: number,
  compression: Compression,
  visit: (record: StoredRecord) => boolean,
  placesIn?: PlacesIn
): VisitResult {
  try {
    const sizeBytes = batchSizeBytes(bytes, at)
    if (sizeBytes < batchHeaderBytes || at + sizeBytes > bytes.length)
      throw new RecordsCorrupt('the batch is cut short')
    const codec = batchAttributes(bytes, at) & attributeBits.codec
    if (codec > 4) throw new RecordsCorrupt(`codec ${codec} is unknown`)
    const block = bytes.subarray(at + batchHeaderBytes, at + sizeBytes)
    const plain = codec === 0 ? block : compression.decompress(codec as CompressionCodec, block)
    visitBlock({ batch: bytes, at, block: plain }, visit, placesIn?.(plain))
    return { type: 'done' }
  } catch (error) {
    if (error instanceof RecordsCorrupt) return { type: 'corrupt', reason: 'corrupt', message: error.message }
    if (!(error instanceof AppError) || (error.code !== 'CORRUPT' && error.code !== 'TOO_LARGE')) throw error
    return { type: 'corrupt', reason: error.code === 'TOO_LARGE' ? 'tooLarge' : 'corrupt', message: error.message }
  }
}

interface Block {
  readonly batch: Uint8Array
  readonly at: number
  readonly block: Uint8Array
}

function visitBlock(
  { batch, at, block }: Block,
  visit: (record: StoredRecord) => boolean,
  nextPlace: ((from: number) => number) | undefined
): void {
  let place = nextPlace?.(0) ?? 0
  if (place < 0) return
  const baseOffset = batchBaseOffset(batch, at)
  const baseTimestamp = batchBaseTimestamp(batch, at)
  const isLogAppendTime = (batchAttributes(batch, at) & attributeBits.logAppendTime) !== 0
  const appendTime = isLogAppendTime ? batchMaxTimestamp(batch, at) : undefined
  const count = batchRecordCount(batch, at)
  const cursor = new RecordCursor(block, 0, block.length)
  for (let i = 0; i < count; i++) {
    if (nextPlace !== undefined) {
      const start = cursor.at
      cursor.skipCounted()
      if (cursor.at <= place) continue
      cursor.at = start
    }
    const record = nextRecord(cursor, baseOffset, baseTimestamp, appendTime)
    if (!visit(record)) return
    if (nextPlace !== undefined) {
      place = nextPlace(cursor.at)
      if (place < 0) return
    }
  }
  if (cursor.at !== cursor.end) throw new RecordsCorrupt('bytes follow the last record')
}

function nextRecord(
  outer: RecordCursor,
  baseOffset: Offset,
  baseTimestamp: bigint,
  appendTime: bigint | undefined
): StoredRecord {
  const length = outer.varint()
  const start = outer.at
  outer.take(length)
  const cursor = new RecordCursor(outer.bytes, start, outer.at)
  cursor.byte() // Attributes: unused in magic 2.
  const timestamp = BigInt.asIntN(64, baseTimestamp + cursor.varlong())
  const offset = baseOffset + cursor.varint()
  const key = cursor.nullableBytes()
  const value = cursor.nullableBytes()
  const headers = nextHeaders(cursor)
  if (cursor.at !== cursor.end) throw new RecordsCorrupt('a record is longer than its fields')
  return { offset, timestamp: appendTime ?? timestamp, key, value, headers }
}

const utf8 = new TextDecoder('utf-8')

function nextHeaders(cursor: RecordCursor): RecordHeader[] {
  const count = cursor.varint()
  if (count < 0) throw new RecordsCorrupt('the number of headers is negative')
  const headers: RecordHeader[] = []
  // The count is not trusted with an allocation: each header takes at least two bytes or the cursor ends.
  for (let i = 0; i < count; i++) {
    const key = utf8.decode(cursor.take(cursor.varint()))
    headers.push({ key, value: cursor.nullableBytes() })
  }
  return headers
}

export type ReadRecords = { readonly type: 'records'; readonly records: readonly StoredRecord[] } | Unreadable

/** All records of the batch at `at`. */
export function readRecords(bytes: Uint8Array, at: number, compression: Compression): ReadRecords {
  const records: StoredRecord[] = []
  const result = visitRecords(bytes, at, compression, (record) => {
    records.push(record)
    return true
  })
  return result.type === 'corrupt' ? result : { type: 'records', records }
}

// ── encoding ─────────────────────────────────────────────────────────────────────────────────────────────────────

const utf8Encoder = new TextEncoder()

interface EncodedHeader {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** The record block of a batch (what follows byte 61), uncompressed; offset deltas are 0, 1, 2 … */
export function encodeRecords(records: readonly RecordContent[], baseTimestamp: bigint): Uint8Array {
  const planned = records.map((record, delta) => {
    const headers = (record.headers ?? []).map(({ key, value }) => ({ key: utf8Encoder.encode(key), value }))
    return {
      record,
      headers,
      bodyBytes: recordBodyBytes(record, headers, timestampDelta(record, baseTimestamp), delta)
    }
  })
  const block = new Uint8Array(planned.reduce((sum, { bodyBytes }) => sum + varintBytes(bodyBytes) + bodyBytes, 0))
  let at = 0
  for (const [delta, { record, headers, bodyBytes }] of planned.entries()) {
    at = writeVarint(block, at, bodyBytes)
    block[at++] = 0
    at = writeVarlong(block, at, timestampDelta(record, baseTimestamp))
    at = writeVarint(block, at, delta)
    at = writeNullableBytes(block, at, record.key)
    at = writeNullableBytes(block, at, record.value)
    at = writeVarint(block, at, headers.length)
    for (const header of headers) {
      at = writeNullableBytes(block, at, header.key)
      at = writeNullableBytes(block, at, header.value)
    }
  }
  return block
}

/** Wraps like an int64, as the reader's addition does. */
function timestampDelta({ timestamp }: RecordContent, baseTimestamp: bigint): bigint {
  return BigInt.asIntN(64, timestamp - baseTimestamp)
}

function recordBodyBytes(
  record: RecordContent,
  headers: readonly EncodedHeader[],
  timeDelta: bigint,
  offsetDelta: number
): number {
  let bytes = 1 + varlongBytes(timeDelta) + varintBytes(offsetDelta)
  bytes += nullableBytesBytes(record.key) + nullableBytesBytes(record.value) + varintBytes(headers.length)
  for (const { key, value } of headers) bytes += nullableBytesBytes(key) + nullableBytesBytes(value)
  return bytes
}

function nullableBytesBytes(value: Uint8Array | null): number {
  return value === null ? 1 : varintBytes(value.length) + value.length
}

function writeNullableBytes(bytes: Uint8Array, at: number, value: Uint8Array | null): number {
  if (value === null) return writeVarint(bytes, at, -1)
  const after = writeVarint(bytes, at, value.length)
  bytes.set(value, after)
  return after + value.length
}
