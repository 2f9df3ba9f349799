/**
 * The three positions of a log and the order they always keep: log start <= high watermark <= log end. The log owns
 * them; while it is the sole replica, everything written is committed at once and the high watermark follows the end.
 */
import type { Offset } from '../../kernel/ids'
import { invariant } from '../../kernel/invariant'

export class LogOffsets {
  #start: Offset
  #highWatermark: Offset
  #end: Offset
  #isSoleReplica = true

  constructor(start: Offset, highWatermark: Offset, end: Offset) {
    this.#start = Math.min(start, end)
    this.#end = end
    this.#highWatermark = Math.min(Math.max(highWatermark, this.#start), end)
  }

  get start(): Offset {
    return this.#start
  }

  get highWatermark(): Offset {
    return this.#isSoleReplica ? this.#end : this.#highWatermark
  }

  get end(): Offset {
    return this.#end
  }

  set isSoleReplica(sole: boolean) {
    if (this.#isSoleReplica && !sole) this.#highWatermark = this.#end
    this.#isSoleReplica = sole
  }

  appended(end: Offset): void {
    invariant(end > this.#end, 'the log end offset moves forward', { end, was: this.#end })
    this.#end = end
  }

  /** Never back, never past the end. */
  advanceHighWatermark(to: Offset): void {
    this.#highWatermark = Math.min(Math.max(this.#highWatermark, to), this.#end)
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
}
