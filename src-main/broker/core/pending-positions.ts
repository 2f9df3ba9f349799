/**
 * Who waits until a position of one partition's log is committed. Each is told once, in the order of positions; nobody is
 * told twice, whatever is added or ended while they are told.
 */
import type { Offset } from '../../kernel/ids'
import type { KafkaError } from '../../protocol/wire/error-codes'

export interface PendingPosition {
  /** Committed when the high watermark is here. */
  readonly endOffset: Offset
  /** NONE, or why it is not known to be committed. */
  readonly done: (error: KafkaError) => void
}

export class PendingPositions {
  /** In the order of positions. */
  #pending = new Set<PendingPosition>()
  #highest: Offset = -1

  get size(): number {
    return this.#pending.size
  }

  add(position: PendingPosition): void {
    this.#pending.add(position)
    // A retry of a batch that is here already asks for an earlier position than the newest.
    if (position.endOffset < this.#highest)
      this.#pending = new Set([...this.#pending].sort((a, b) => a.endOffset - b.endOffset))
    else this.#highest = position.endOffset
  }

  /** All at or below `upTo` are told `error`. */
  complete(upTo: Offset, error: KafkaError): void {
    for (;;) {
      // From the first again each time: who is told may add others, or have more completed.
      const [first] = this.#pending
      if (first === undefined || first.endOffset > upTo) return
      this.end(first, error)
    }
  }

  /** Nobody is left waiting. */
  endAll(error: KafkaError): void {
    this.complete(Infinity, error)
  }

  /** One is told before its time; nothing when it was told already. */
  end(position: PendingPosition, error: KafkaError): void {
    if (!this.#pending.delete(position)) return
    if (this.#pending.size === 0) this.#highest = -1
    position.done(error)
  }
}
