/**
 * The three positions of a log and the order they always keep: log start <= high watermark <= log end. The log owns start and
 * end; the high watermark is its partition's to advance, which knows the replicas. It never goes back but with a log that does.
 */
import type { Offset } from '../../kernel/ids'
import { invariant } from '../../kernel/invariant'

export class LogOffsets {
  #start: Offset
  #highWatermark: Offset
  #end: Offset

  /** The high watermark comes from a checkpoint, which may be older or newer than the log: it is put within it. */
  constructor(start: Offset, highWatermark: Offset, end: Offset) {
    this.#start = Math.min(start, end)
    this.#end = end
    this.#highWatermark = Math.min(Math.max(highWatermark, this.#start), end)
  }

  get start(): Offset {
    return this.#start
  }

  get highWatermark(): Offset {
    return this.#highWatermark
  }

  get end(): Offset {
    return this.#end
  }

  appended(end: Offset): void {
    invariant(end > this.#end, 'the log end offset moves forward', { end, was: this.#end })
    this.#end = end
  }

  /** Never back, never past the end. */
  advanceHighWatermark(to: Offset): void {
    if (to > this.#highWatermark) this.#highWatermark = Math.min(to, this.#end)
  }

  /** False when it is no advance. */
  advanceStart(to: Offset): boolean {
    if (to <= this.#start) return false
    invariant(to <= this.#end, 'the log start offset stays within the log', { to, end: this.#end })
    this.#start = to
    if (this.#highWatermark < to) this.#highWatermark = to
    return true
  }

  truncated(end: Offset): void {
    invariant(end <= this.#end, 'truncation moves the end back', { end, was: this.#end })
    this.#end = end
    this.#start = Math.min(this.#start, end)
    this.#highWatermark = Math.min(this.#highWatermark, end)
  }

  /** Nothing is in the log any more, and it goes on from there. */
  startedAt(offset: Offset): void {
    this.#start = offset
    this.#highWatermark = offset
    this.#end = offset
  }
}
