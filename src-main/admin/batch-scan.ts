/**
 * Looks through the batches of a fetch answer for records that fit. What is broken is named and left behind, as when
 * records are read; what cannot hold a fitting record is not made into records.
 */
import type { FetchedRecord, ScannedRecords, ScanReading, UnreadableOffsets } from '../kernel/cluster-ports'
import { invariant } from '../kernel/invariant'
import type { Offset } from '../kernel/ids'
import {
  batchBaseOffset,
  batchHeaderBytes,
  batchLastOffset,
  batchMagic,
  batchRecordCount,
  batchSizeBytes,
  currentMagic,
  hasBatchCrc,
  isControlBatch
} from '../protocol/record/batch-header'
import { visitRecords } from '../protocol/record/record'
import { batchOf, plainBytesOf, shownRecord, type RecordBytes } from './fetched-records'
import { CompiledMatcher } from './matching/record-matcher'

/** Of what is found so many bytes are held of one scan, or one record. */
const heldBytesMax = 16 * 1024 * 1024

/** Behind the last whole batch. */
export function endOfBatches(bytes: Uint8Array, from: Offset): Offset {
  let nextOffset = from
  for (const at of batchesIn(bytes)) nextOffset = Math.max(nextOffset, batchLastOffset(bytes, at) + 1)
  return nextOffset
}

function* batchesIn(bytes: Uint8Array): Generator<number> {
  for (let at = 0; at + batchHeaderBytes <= bytes.length;) {
    const sizeBytes = batchSizeBytes(bytes, at)
    if (sizeBytes < batchHeaderBytes || at + sizeBytes > bytes.length) return
    yield at
    at += sizeBytes
  }
}

export function scanBatches(bytes: Uint8Array, ports: RecordBytes, reading: ScanReading): ScannedRecords {
  const scan = new BatchScan(ports, reading)
  for (const at of batchesIn(bytes)) if (!scan.take(bytes, at)) break
  return scan.result()
}

class BatchScan {
  readonly #ports: RecordBytes
  readonly #reading: ScanReading
  readonly #matcher: CompiledMatcher
  readonly #records: FetchedRecord[] = []
  readonly #unreadable: UnreadableOffsets[] = []
  #heldBytes = 0
  #foundCount = 0
  #recordCount = 0
  #byteCount = 0
  #nextOffset: Offset

  constructor(ports: RecordBytes, reading: ScanReading) {
    invariant(reading.matcher instanceof CompiledMatcher, 'a matcher is one of ours', {})
    this.#ports = ports
    this.#reading = reading
    this.#matcher = reading.matcher
    this.#nextOffset = reading.fromOffset
  }

  result(): ScannedRecords {
    return {
      records: this.#records,
      foundCount: this.#foundCount,
      recordCount: this.#recordCount,
      byteCount: this.#byteCount,
      unreadable: this.#unreadable,
      nextOffset: this.#nextOffset
    }
  }

  get #isFull(): boolean {
    return this.#records.length >= this.#reading.recordsMax || this.#heldBytes >= heldBytesMax
  }

  /** False when nothing more is wanted. */
  take(bytes: Uint8Array, at: number): boolean {
    const { untilOffset, stopsWhenFull } = this.#reading
    const [baseOffset, lastOffset] = [batchBaseOffset(bytes, at), batchLastOffset(bytes, at)]
    if (baseOffset >= untilOffset) return false
    if (stopsWhenFull === true && this.#isFull) return false
    if (lastOffset < this.#nextOffset) return true
    if (isControlBatch(bytes, at)) {
      this.#nextOffset = lastOffset + 1
      return true
    }
    const from = Math.max(this.#nextOffset, baseOffset)
    const wholeCount = batchRecordCount(bytes, at)
    const problem = this.#problemOf(bytes, at) ?? this.#look(bytes, at)
    if (problem === 'stopped') {
      this.#recordCount += Math.min(wholeCount, Math.max(0, this.#nextOffset - from))
      return false
    }
    const readTo = problem === undefined ? lastOffset + 1 : this.#nextOffset
    this.#recordCount += Math.max(0, Math.min(wholeCount, Math.min(readTo, untilOffset) - from))
    if (problem !== undefined) {
      this.#unreadable.push({ fromOffset: Math.max(this.#nextOffset, from), toOffset: lastOffset, ...problem })
    }
    this.#nextOffset = lastOffset + 1
    this.#byteCount += batchSizeBytes(bytes, at)
    return true
  }

  #problemOf(bytes: Uint8Array, at: number): Problem | undefined {
    const magic = batchMagic(bytes, at)
    if (magic !== currentMagic) return corrupt(`it is in message format ${magic}, which is not read here`)
    if (!hasBatchCrc(bytes, at, batchSizeBytes(bytes, at), this.#ports.checksum))
      return corrupt('its checksum is wrong')
    return undefined
  }

  #look(bytes: Uint8Array, at: number): Problem | 'stopped' | undefined {
    const { partition, fromOffset, untilOffset, stopsWhenFull, recordsMax, payloadBytesMax, hasBatch } = this.#reading
    const { skipsFound = 0 } = this.#reading
    if (!this.#matcher.mayHold(bytes, at)) return undefined
    let isStopped = false
    const result = visitRecords(
      bytes,
      at,
      this.#ports.compression,
      (record) => {
        if (record.offset < Math.max(fromOffset, this.#nextOffset)) return true
        if (record.offset >= untilOffset) return false
        if (this.#matcher.isMet(record, partition)) {
          if (stopsWhenFull === true && this.#isFull) {
            isStopped = true
            this.#nextOffset = record.offset
            return false
          }
          this.#foundCount += 1
          if (this.#foundCount > skipsFound && this.#records.length < recordsMax) {
            this.#records.push(shownRecord(record, payloadBytesMax, hasBatch === true ? batchOf(bytes, at) : undefined))
            this.#heldBytes += Math.min(plainBytesOf(record), payloadBytesMax ?? Infinity)
          }
        }
        this.#nextOffset = record.offset + 1
        return true
      },
      this.#matcher.placesIn
    )
    if (isStopped) return 'stopped'
    return result.type === 'corrupt' ? { why: result.reason, reason: result.message } : undefined
  }
}

type Problem = Pick<UnreadableOffsets, 'why' | 'reason'>

const corrupt = (reason: string): Problem => ({ why: 'corrupt', reason })
