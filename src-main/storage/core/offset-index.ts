/**
 * The sparse offset index of one segment (.index): for some batches, the last offset of the batch and the position where
 * the batch starts. Offsets and positions strictly increase. Kafka's file format: int32 offset relative to the
 * segment's base, int32 position, big-endian, no header.
 */
import type { Offset, FilePosition } from '../../kernel/ids'
import { invariant } from '../../kernel/invariant'
import { int32At, putInt32 } from '../../protocol/record/big-endian'
import { IndexBytes } from './index-bytes'
import { lastWhere } from './last-where'

export const offsetIndexEntryBytes = 8
/** segment.index.bytes: a fuller index makes the segment roll. */
export const indexBytesMax = 10_485_760

export class OffsetIndex {
  readonly #baseOffset: Offset
  readonly entries: IndexBytes

  constructor(baseOffset: Offset, bytes: Uint8Array = new Uint8Array(0)) {
    this.#baseOffset = baseOffset
    this.entries = new IndexBytes(offsetIndexEntryBytes, bytes)
  }

  get count(): number {
    return this.entries.count
  }

  get isFull(): boolean {
    return this.entries.lengthBytes + offsetIndexEntryBytes > indexBytesMax
  }

  offsetAt(entry: number): Offset {
    return this.#baseOffset + int32At(this.entries.bytes, entry * offsetIndexEntryBytes)
  }

  positionAt(entry: number): FilePosition {
    return int32At(this.entries.bytes, entry * offsetIndexEntryBytes + 4)
  }

  append(offset: Offset, position: FilePosition): void {
    const last = this.count - 1
    if (last >= 0)
      invariant(offset > this.offsetAt(last) && position > this.positionAt(last), 'index entries increase', {
        offset,
        position,
        lastOffset: this.offsetAt(last),
        lastPosition: this.positionAt(last)
      })
    const at = this.entries.extend()
    putInt32(this.entries.bytes, at, offset - this.#baseOffset)
    putInt32(this.entries.bytes, at + 4, position)
  }

  /** Where to start looking for the batch that holds `offset`: at or before it. O(log n). */
  positionBefore(offset: Offset): FilePosition {
    const entry = this.lastEntryAtOrBefore(offset)
    return entry < 0 ? 0 : this.positionAt(entry)
  }

  /** Number of the last entry whose offset is at most `offset`, -1 when none is. */
  lastEntryAtOrBefore(offset: Offset): number {
    return lastWhere(this.count, (entry) => this.offsetAt(entry) <= offset)
  }

  /** Number of the last entry that points below `position`, -1 when none does. */
  lastEntryBelow(position: FilePosition): number {
    return lastWhere(this.count, (entry) => this.positionAt(entry) < position)
  }

  /** Drops the entries at and above `offset`. */
  truncateTo(offset: Offset): void {
    this.entries.truncate(this.lastEntryAtOrBefore(offset - 1) + 1)
  }

  /** False for a file that cannot belong to a log of that size: it must be rebuilt. O(n). */
  static isSane(baseOffset: Offset, bytes: Uint8Array, logSizeBytes: number): boolean {
    if (bytes.length % offsetIndexEntryBytes !== 0) return false
    const index = new OffsetIndex(baseOffset, bytes)
    for (let entry = 0; entry < index.count; entry++) {
      const [offset, position] = [index.offsetAt(entry), index.positionAt(entry)]
      if (offset < baseOffset || position < 0 || position >= logSizeBytes) return false
      if (entry > 0 && (offset <= index.offsetAt(entry - 1) || position <= index.positionAt(entry - 1))) return false
    }
    return true
  }
}
