/** Bits of a Zstandard bitstream that is read from its end (RFC 8878, 4.1: FSE and Huffman streams). */
import { BlockCorrupt } from './plain-bytes'

export class BackwardBits {
  readonly #bytes: Uint8Array
  readonly #firstBit: number
  /** Bits left, counted from the beginning of `bytes`; below #firstBit the stream has run dry. */
  #bit: number

  /** The stream is `bytes[from, end)`; its last byte ends in a 1 bit that is no part of it. */
  constructor(bytes: Uint8Array, from: number, end: number) {
    const last = end > from ? (bytes[end - 1] ?? 0) : 0
    if (last === 0) throw new BlockCorrupt('a bitstream has no end mark')
    this.#bytes = bytes
    this.#firstBit = from * 8
    this.#bit = end * 8 - (Math.clz32(last) - 24) - 1
  }

  get bitsLeft(): number {
    return this.#bit - this.#firstBit
  }

  /** The next `count` bits, 0 to 24 of them; zeros where the stream has run dry. Consumes nothing. */
  peek(count: number): number {
    const from = this.#bit - count
    if (from < this.#firstBit) return this.#peekDry(count)
    const at = from >>> 3
    const b = this.#bytes
    const word = (b[at] ?? 0) | ((b[at + 1] ?? 0) << 8) | ((b[at + 2] ?? 0) << 16) | ((b[at + 3] ?? 0) << 24)
    return (word >>> (from & 7)) & ((1 << count) - 1)
  }

  #peekDry(count: number): number {
    let value = 0
    for (let i = 1; i <= count; i++) {
      const bit = this.#bit - i
      const isSet = bit >= this.#firstBit && ((this.#bytes[bit >>> 3] ?? 0) >>> (bit & 7)) & 1
      value = value * 2 + (isSet === 1 ? 1 : 0)
    }
    return value
  }

  skip(count: number): void {
    this.#bit -= count
  }

  /** Up to 24 bits. */
  short(count: number): number {
    if (count === 0) return 0
    const value = this.peek(count)
    this.#bit -= count
    return value
  }

  /** Up to 32 bits. */
  read(count: number): number {
    if (count <= 24) return this.short(count)
    const high = this.short(count - 16)
    return high * 65536 + this.short(16)
  }
}
