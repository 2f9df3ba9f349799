/**
 * The sparse time index of one segment (.timeindex): "up to this offset, no record is later than this timestamp".
 * Timestamps and offsets strictly increase. Kafka's file format: int64 timestamp, int32 offset relative to the
 * segment's base, big-endian, no header. Timestamps are compared as two halves, so that any int64 stays exact without
 * a bigint for each batch.
 */
import type { Offset } from '../../kernel/ids'
import { int32At, putInt32, uint32At, bigInt64At } from '../../protocol/record/big-endian'
import { IndexBytes } from './index-bytes'
import { lastWhere } from './last-where'
import { indexBytesMax } from './offset-index'

export const timeIndexEntryBytes = 12

export class TimeIndex {
  readonly #baseOffset: Offset
  readonly entries: IndexBytes

  constructor(baseOffset: Offset, bytes: Uint8Array = new Uint8Array(0)) {
    this.#baseOffset = baseOffset
    this.entries = new IndexBytes(timeIndexEntryBytes, bytes)
  }

  get count(): number {
    return this.entries.count
  }

  get isFull(): boolean {
    return this.entries.lengthBytes + timeIndexEntryBytes > indexBytesMax
  }

  timestampAt(entry: number): bigint {
    return bigInt64At(this.entries.bytes, entry * timeIndexEntryBytes)
  }

  offsetAt(entry: number): Offset {
    return this.#baseOffset + int32At(this.entries.bytes, entry * timeIndexEntryBytes + 8)
  }

  /** Adds the entry if its time is later than the last one's; `high` is signed, `low` unsigned. */
  appendIfLater(high: number, low: number, offset: Offset): void {
    const lastAt = (this.count - 1) * timeIndexEntryBytes
    if (lastAt >= 0) {
      const [lastHigh, lastLow] = [int32At(this.entries.bytes, lastAt), uint32At(this.entries.bytes, lastAt + 4)]
      if (high < lastHigh || (high === lastHigh && low <= lastLow)) return
    } else if (high < 0) {
      return // -1: the records carry no time.
    }
    const at = this.entries.extend()
    putInt32(this.entries.bytes, at, high)
    putInt32(this.entries.bytes, at + 4, low)
    putInt32(this.entries.bytes, at + 8, offset - this.#baseOffset)
  }

  /** Number of the last entry whose timestamp is below `timestamp`, -1 when none is. O(log n). */
  lastEntryBefore(timestamp: bigint): number {
    return lastWhere(this.count, (entry) => this.timestampAt(entry) < timestamp)
  }

  /** Drops the entries at and above `offset`. */
  truncateTo(offset: Offset): void {
    let count = this.count
    while (count > 0 && this.offsetAt(count - 1) >= offset) count -= 1
    this.entries.truncate(count)
  }

  /** False for a file that cannot belong to a segment that ends before `endOffset`: it must be rebuilt. O(n). */
  static isSane(baseOffset: Offset, bytes: Uint8Array): boolean {
    if (bytes.length % timeIndexEntryBytes !== 0) return false
    const index = new TimeIndex(baseOffset, bytes)
    for (let entry = 0; entry < index.count; entry++) {
      if (index.offsetAt(entry) < baseOffset) return false
      if (entry === 0) continue
      if (index.timestampAt(entry) <= index.timestampAt(entry - 1)) return false
      if (index.offsetAt(entry) <= index.offsetAt(entry - 1)) return false
    }
    return true
  }
}
