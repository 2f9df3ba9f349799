/**
 * Records that a consumer has handed over and that its client has not said to have taken. Only what is taken may be
 * committed: what lies in a pipe, a socket or a queue between the two dies with any of them.
 */
import { invariant } from '../../kernel/invariant'

interface HandedOver {
  readonly sequence: number
  readonly partition: number
  /** Offset to commit once this is taken. */
  nextOffset: number
}

export class Untaken {
  readonly #handedOver: HandedOver[] = []
  #lastSequence = 0

  /** Pushes that have not been taken. */
  get count(): number {
    return this.#handedOver.length
  }

  /** The number of the next push; numbers rise by one. */
  add(partition: number, nextOffset: number): number {
    const sequence = ++this.#lastSequence
    this.#handedOver.push({ sequence, partition, nextOffset })
    return sequence
  }

  /** Nothing to read lies between what was handed over last and this offset. False when all of it has been taken. */
  extend(partition: number, nextOffset: number): boolean {
    const last = this.#handedOver.findLast((one) => one.partition === partition)
    if (last === undefined) return false
    invariant(nextOffset >= last.nextOffset, 'a partition is read forwards', { partition, nextOffset })
    last.nextOffset = nextOffset
    return true
  }

  /** All pushes up to this number are taken: offsets to commit by partition. What was taken or forgotten gives nothing. */
  take(sequence: number): ReadonlyMap<number, number> {
    const offsets = new Map<number, number>()
    for (
      let first = this.#handedOver[0];
      first !== undefined && first.sequence <= sequence;
      first = this.#handedOver[0]
    ) {
      offsets.set(first.partition, first.nextOffset)
      this.#handedOver.shift()
    }
    return offsets
  }

  /** The partitions are somebody else's now. */
  forget(): void {
    this.#handedOver.length = 0
  }
}
