/**
 * The segments of one log in the order of their offsets: where bytes are, and which segments come and go. Every change of
 * the list is one replacement of neighbours, so that what leaves it is discarded and nothing is in it twice.
 *
 * Owned by one PartitionLog. Invariants: there is always an active segment, the last one; base offsets increase.
 */
import type { FilePosition, Offset } from '../kernel/ids'
import { invariant } from '../kernel/invariant'
import { lastWhere } from './core/last-where'
import type { LogContext } from './log-context'
import type { LogSlice } from './log-types'
import { Segment } from './segment'

export interface LocateOptions {
  readonly maxBytes: number
  /** A batch border: only batches below are told. */
  readonly upToOffset: Offset
  /** Of the log. */
  readonly endOffset: Offset
  /** The first batch comes whole even when it is larger than maxBytes; without, nothing comes unless a whole batch fits. */
  readonly minOneBatch: boolean
}

export class SegmentList {
  readonly #context: LogContext
  readonly #segments: Segment[]

  /** Ascending by base offset; none becomes one that begins at `startOffset`. Throws DISK_FULL or DISK_FAILED. */
  constructor(context: LogContext, segments: readonly Segment[], startOffset: Offset) {
    this.#context = context
    this.#segments = segments.length > 0 ? [...segments] : [Segment.create(context, startOffset)]
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get first(): Segment {
    const first = this.#segments[0]
    invariant(first !== undefined, 'a log has a first segment')
    return first
  }

  /** The only one that is written. */
  get active(): Segment {
    const active = this.#segments.at(-1)
    invariant(active !== undefined, 'a log has an active segment')
    return active
  }

  /** Bytes of all .log files. */
  get sizeBytes(): number {
    let sum = 0
    for (const segment of this.#segments) sum += segment.sizeBytes
    return sum
  }

  /** From the segment that holds `offset`, or would, to the active one. */
  from(offset: Offset): readonly Segment[] {
    return this.#segments.slice(this.#indexOf(offset))
  }

  #indexOf(offset: Offset): number {
    const isBefore = (index: number): boolean => (this.#segments[index]?.baseOffset ?? Infinity) <= offset
    return Math.max(0, lastWhere(this.#segments.length, isBefore))
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Where the bytes from the batch that holds `offset` on lie; `offset` lies in the log. */
  locate(offset: Offset, { maxBytes, upToOffset, endOffset, minOneBatch }: LocateOptions): LogSlice[] {
    const slices: LogSlice[] = []
    let remaining = maxBytes
    for (let i = this.#indexOf(offset); offset < upToOffset && i < this.#segments.length; i++) {
      const segment = this.#segments[i]
      if (segment === undefined || segment.baseOffset >= upToOffset) break
      const first = segment.find(offset)
      if (first === undefined) continue
      const end = upToOffset >= endOffset ? segment.sizeBytes : endPosition(segment, upToOffset)
      if (slices.length === 0 && first.sizeBytes > remaining) {
        if (minOneBatch && first.position + first.sizeBytes <= end)
          slices.push(slice(segment, first.position, first.sizeBytes))
        break
      }
      const lengthBytes = Math.min(remaining, end - first.position)
      if (lengthBytes <= 0) break
      slices.push(slice(segment, first.position, lengthBytes))
      remaining -= lengthBytes
      if (remaining <= 0 || first.position + lengthBytes < segment.sizeBytes) break
    }
    return slices
  }

  // ── coming and going ───────────────────────────────────────────────────────────────────────────────────────────

  /** The one way in which the list changes: `next` stands where `count` segments from `index` on were, which are discarded. */
  #replace(index: number, count: number, next: readonly Segment[]): void {
    const gone = this.#segments.splice(index, count, ...next)
    invariant(this.#segments.length > 0, 'a log has an active segment')
    for (const segment of gone) segment.discard()
  }

  /** A new active segment begins at `offset`; the one before is sealed. Throws DISK_FULL, nothing changed, or DISK_FAILED. */
  roll(offset: Offset): void {
    const next = Segment.create(this.#context, offset)
    this.active.seal()
    this.#replace(this.#segments.length, 0, [next])
  }

  /** The oldest go, but never the active one; how many went. */
  dropOldest(count: number): number {
    const gone = Math.min(count, this.#segments.length - 1)
    this.#replace(0, gone, [])
    return gone
  }

  /** The newest go, until so many are left. */
  keepOldest(count: number): void {
    invariant(count > 0, 'a log has an active segment')
    this.#replace(count, this.#segments.length - count, [])
  }

  /**
   * Removes everything at and above `offset`, which is not below the first segment, and the batch that holds it. The offset
   * at which the log now ends; undefined when it had nothing there.
   */
  truncateTo(offset: Offset): Offset | undefined {
    this.keepOldest(this.#indexOf(offset) + 1)
    return this.active.truncateTo(offset)
  }

  /** One empty segment that begins at `offset` is all there is. Throws DISK_FULL, nothing changed, or DISK_FAILED. */
  startAt(offset: Offset): void {
    // One that begins there already has the name that the new one needs.
    const index = this.#segments.findIndex(({ baseOffset }) => baseOffset === offset)
    const only = this.#segments[index]
    if (only === undefined) {
      this.#replace(0, this.#segments.length, [Segment.create(this.#context, offset)])
      return
    }
    only.truncateTo(offset)
    this.keepOldest(index + 1)
    this.dropOldest(index)
  }
}

function endPosition(segment: Segment, upToOffset: Offset): FilePosition {
  return segment.find(upToOffset)?.position ?? segment.sizeBytes
}

function slice(segment: Segment, position: FilePosition, lengthBytes: number): LogSlice {
  return { file: segment.file, position, lengthBytes }
}
