/**
 * The bytes of a fetch answer as records. Everything that can be read is, whatever stands beside it: a batch that is
 * broken, or that unpacks to more than is read of one, is named by its offsets and left behind.
 */
import type {
  FetchedPartition,
  FetchedRecord,
  PayloadText,
  RecordBatch,
  UnreadableOffsets
} from '../kernel/cluster-ports'
import type { Checksum, Compression, CompressionCodec } from '../kernel/ports'
import {
  batchBaseOffset,
  batchHeaderBytes,
  batchLastOffset,
  batchMagic,
  batchSizeBytes,
  currentMagic,
  hasBatchCrc,
  isControlBatch,
  readBatchHeader
} from '../protocol/record/batch-header'
import { visitRecords, type StoredRecord } from '../protocol/record/record'
import { cutBytes, payloadFromBytes } from '../serdes/payload'

/** What reading records takes from the machine. */
export interface RecordBytes {
  readonly compression: Compression
  readonly checksum: Checksum
}

/**
 * What one answer may still give, over all its partitions: records are held as objects and texts, many times their size
 * on the wire, and are unpacked in one turn of the event loop.
 */
export class ReadingRoom {
  #recordsLeft: number
  #bytesLeft: number

  constructor(limits: { readonly records: number; readonly bytes: number } = answerRoom) {
    this.#recordsLeft = limits.records
    this.#bytesLeft = limits.bytes
  }

  get isLeft(): boolean {
    return this.#recordsLeft > 0 && this.#bytesLeft > 0
  }

  took(bytes: number): void {
    this.#recordsLeft -= 1
    this.#bytesLeft -= bytes
  }
}

const answerRoom = { records: 50_000, bytes: 16 * 1024 * 1024 } as const
/** What a record costs beside its key, value and headers. */
const recordCostBytes = 16

type ReadBatches = Pick<FetchedPartition, 'records' | 'unreadable' | 'nextOffset'>

export interface Reading {
  /** Offsets below it were not asked for: a batch comes whole. */
  readonly from: number
  /** Keys, values and header values longer than this are cut. */
  readonly payloadBytesMax: number | undefined
  readonly hasBatch?: boolean | undefined
  readonly room: ReadingRoom
}

export function recordsOf(bytes: Uint8Array, ports: RecordBytes, reading: Reading): ReadBatches {
  const records: FetchedRecord[] = []
  const unreadable: UnreadableOffsets[] = []
  let nextOffset = reading.from
  // An answer may end inside a batch: that comes whole with a later fetch.
  for (let at = 0; at + batchHeaderBytes <= bytes.length && reading.room.isLeft; at += batchSizeBytes(bytes, at)) {
    const sizeBytes = batchSizeBytes(bytes, at)
    if (sizeBytes < batchHeaderBytes || at + sizeBytes > bytes.length) break
    const lastOffset = batchLastOffset(bytes, at)
    if (lastOffset < nextOffset) continue
    if (isControlBatch(bytes, at)) {
      nextOffset = lastOffset + 1
      continue
    }
    const result = readBatch(bytes, at, ports, { ...reading, from: nextOffset }, records)
    if (result.problem !== undefined) {
      unreadable.push({ fromOffset: result.nextOffset, toOffset: lastOffset, ...result.problem })
    }
    nextOffset = result.isWhole || result.problem !== undefined ? lastOffset + 1 : result.nextOffset
  }
  return { records, unreadable, nextOffset }
}

interface ReadBatch {
  /** Behind the last record that was taken. */
  readonly nextOffset: number
  readonly isWhole: boolean
  readonly problem: Pick<UnreadableOffsets, 'why' | 'reason'> | undefined
}

function readBatch(
  bytes: Uint8Array,
  at: number,
  { compression, checksum }: RecordBytes,
  { from, payloadBytesMax, hasBatch, room }: Reading,
  into: FetchedRecord[]
): ReadBatch {
  let nextOffset = Math.max(from, batchBaseOffset(bytes, at))
  const unreadable = (reason: string, why: UnreadableOffsets['why'] = 'corrupt'): ReadBatch => {
    return { nextOffset, isWhole: false, problem: { why, reason } }
  }
  const magic = batchMagic(bytes, at)
  if (magic !== currentMagic) return unreadable(`it is in message format ${magic}, which is not read here`)
  if (!hasBatchCrc(bytes, at, batchSizeBytes(bytes, at), checksum)) return unreadable('its checksum is wrong')
  let isWhole = true
  const batch = hasBatch === true ? batchOf(bytes, at) : undefined
  const result = visitRecords(bytes, at, compression, (record) => {
    if (record.offset < nextOffset) return true
    if (!room.isLeft) {
      isWhole = false
      return false
    }
    into.push(shownRecord(record, payloadBytesMax, batch))
    room.took(recordCostBytes + plainBytesOf(record))
    nextOffset = record.offset + 1
    return true
  })
  if (result.type === 'corrupt') return unreadable(result.message, result.reason)
  return { nextOffset, isWhole, problem: undefined }
}

export function plainBytesOf({ key, value, headers }: StoredRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers) bytes += header.key.length + (header.value?.length ?? 0)
  return bytes
}

const codecNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export function batchOf(bytes: Uint8Array, at: number): RecordBatch {
  const { baseOffset, lastOffset, partitionLeaderEpoch, codec, timestampType, sizeBytes } = readBatchHeader(bytes, at)
  return {
    baseOffset,
    lastOffset,
    leaderEpoch: partitionLeaderEpoch,
    // One of an unknown codec is unreadable and has no records.
    codec: codecNames[codec as CompressionCodec] ?? 'none',
    timestampType,
    sizeBytes
  }
}

export function shownRecord(
  record: StoredRecord,
  payloadBytesMax: number | undefined,
  batch: RecordBatch | undefined
): FetchedRecord {
  let isCut = false
  const payload = (whole: Uint8Array | null): PayloadText => {
    if (whole === null || payloadBytesMax === undefined || whole.length <= payloadBytesMax) {
      return payloadFromBytes(whole)
    }
    isCut = true
    return payloadFromBytes(cutBytes(whole, payloadBytesMax))
  }
  const { offset, timestamp, headers } = record
  const fetched = {
    offset,
    timestampMs: exact(timestamp),
    key: payload(record.key),
    value: payload(record.value),
    headers: headers.map(({ key, value }) => ({ key, value: payload(value) })),
    ...(batch === undefined ? {} : { batch })
  }
  if (!isCut) return fetched
  const wholeBytes = {
    key: record.key?.length ?? 0,
    value: record.value?.length ?? 0,
    headers: headers.map(({ value }) => value?.length ?? 0)
  }
  return { ...fetched, cutFromBytes: wholeBytes.key + wholeBytes.value, wholeBytes }
}

function exact(timestamp: bigint): number | string {
  const number = Number(timestamp)
  return Number.isSafeInteger(number) ? number : String(timestamp)
}
