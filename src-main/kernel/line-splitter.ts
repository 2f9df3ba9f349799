/**
 * Cuts a byte stream into lines that end at LF (0x0A) and nowhere else: a lone CR, U+2028 and U+2029 are bytes of their
 * line. (Line readers of platforms differ there, some between their own versions.) Lines are bytes; who wants text
 * decodes them.
 *
 * A line is held in memory until its LF comes, up to `lineBytesMax`: of a longer one the first `lineBytesMax` bytes are
 * handed over as soon as they are there, marked as cut, and what follows up to its LF is dropped.
 */
import { invariant } from './invariant'

const lf = 10
const firstBytes = 4096

/** `line` is the receiver's to keep. */
export type TakeLine = (line: Uint8Array, isCut: boolean) => void

export class LineSplitter {
  readonly #lineBytesMax: number
  readonly #take: TakeLine
  /** The unfinished line: a buffer that grows, and how much of it is there. */
  #held = new Uint8Array(0)
  #heldBytes = 0
  /** The rest of a line that was cut is passed over. */
  #isSkipping = false

  constructor(lineBytesMax: number, take: TakeLine) {
    invariant(lineBytesMax > 0, 'a line may have bytes', { lineBytesMax })
    this.#lineBytesMax = lineBytesMax
    this.#take = take
  }

  /** Bytes of the unfinished line. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  push(chunk: Uint8Array): void {
    let from = 0
    for (let end = chunk.indexOf(lf); end !== -1; end = chunk.indexOf(lf, from)) {
      this.#hold(chunk.subarray(from, end))
      from = end + 1
      this.#finish()
    }
    this.#hold(chunk.subarray(from))
  }

  /** The stream has ended: what is left without an LF is a line, too. */
  end(): void {
    if (this.#heldBytes > 0) this.#finish()
  }

  #hold(bytes: Uint8Array): void {
    if (this.#isSkipping || bytes.length === 0) return
    const room = this.#lineBytesMax - this.#heldBytes
    const kept = bytes.length > room ? bytes.subarray(0, room) : bytes
    const needed = this.#heldBytes + kept.length
    if (needed > this.#held.length) {
      const grown = new Uint8Array(Math.min(this.#lineBytesMax, Math.max(firstBytes, needed, this.#held.length * 2)))
      grown.set(this.#held.subarray(0, this.#heldBytes))
      this.#held = grown
    }
    this.#held.set(kept, this.#heldBytes)
    this.#heldBytes = needed
    if (kept.length < bytes.length) {
      this.#isSkipping = true
      this.#handOver(true)
    }
  }

  #finish(): void {
    if (this.#isSkipping) this.#isSkipping = false
    else this.#handOver(false)
  }

  #handOver(isCut: boolean): void {
    const line = this.#held.slice(0, this.#heldBytes)
    this.#heldBytes = 0
    if (this.#held.length > firstBytes) this.#held = new Uint8Array(0)
    this.#take(line, isCut)
  }
}
