/**
 * Where a decoder puts what it unpacks: grows as bytes come, never on the word of a header alone, and never beyond its
 * limit. Decoders ask for room first and then write into `bytes` themselves.
 */

/** The block is not what its format demands. */
export class BlockCorrupt extends Error {
  override readonly name = 'BlockCorrupt'
}

/** The block holds more than the reader is willing to unpack. It may be valid for all we know. */
export class BlockTooLarge extends Error {
  override readonly name = 'BlockTooLarge'
}

const firstBytes = 4096
/** Shorter copies are faster in a loop. */
const copyBytesMin = 48

export class PlainBytes {
  /** Filled up to `length`; replaced by a larger array when room is asked for. */
  bytes: Uint8Array<ArrayBuffer>
  length = 0
  readonly #bytesMax: number

  /** `expectedBytes` is a hint of how much will come, for instance from a header. */
  constructor(bytesMax: number, expectedBytes: number) {
    this.#bytesMax = bytesMax
    this.bytes = new Uint8Array(Math.min(bytesMax, Math.max(expectedBytes, firstBytes)))
  }

  /** Makes room for so many more bytes. Throws BlockTooLarge. */
  room(count: number): void {
    const needed = this.length + count
    if (needed <= this.bytes.length) return
    if (needed > this.#bytesMax) throw new BlockTooLarge(`more than ${this.#bytesMax} bytes`)
    const grown = new Uint8Array(Math.min(this.#bytesMax, Math.max(this.bytes.length * 2, needed)))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  append(source: Uint8Array, from: number, to: number): void {
    const count = to - from
    if (this.length + count > this.bytes.length) this.room(count)
    const { bytes } = this
    let at = this.length
    if (count > copyBytesMin) bytes.set(source.subarray(from, to), at)
    else for (let i = from; i < to; i++) bytes[at++] = source[i] ?? 0
    this.length += count
  }

  fill(byte: number, count: number): void {
    this.room(count)
    this.bytes.fill(byte, this.length, this.length + count)
    this.length += count
  }

  /**
   * Repeats what was written `distance` bytes ago, `count` bytes of it; the two may overlap (LZ77). Throws BlockCorrupt
   * when `distance` reaches before `from`.
   */
  repeat(distance: number, count: number, from: number): void {
    if (distance <= 0 || distance > this.length - from) throw new BlockCorrupt('a match reaches before the beginning')
    if (this.length + count > this.bytes.length) this.room(count)
    const { bytes } = this
    let at = this.length
    const end = at + count
    if (distance >= count) {
      if (count > copyBytesMin) bytes.copyWithin(at, at - distance, end - distance)
      else for (; at < end; at++) bytes[at] = bytes[at - distance] ?? 0
    } else if (distance === 1) {
      bytes.fill(bytes[at - 1] ?? 0, at, end)
    } else {
      for (; at < end; at++) bytes[at] = bytes[at - distance] ?? 0
    }
    this.length = end
  }

  /** What was unpacked; a view. */
  finished(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }
}
