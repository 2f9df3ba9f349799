/**
 * Reads Kafka's primitive types from a frame (kafka protocol guide, "Protocol Primitive Types"). Every read checks
 * what is left and throws DecodeError; nothing is allocated on the word of a length prefix.
 */
import { uuidFromBytes, type Uuid } from '../../kernel/uuid'
import { DecodeError } from './decode-error'

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
const shortTextBytesMax = 40
/**
 * Elements of all arrays of one message together, those of a set counted once: 262,144. Each becomes an object of a few
 * hundred bytes until it is answered, and the largest frame has room for thirty million. A cluster of Kafka's has some
 * 200,000 partitions at most.
 */
export const messageElementsMax = 2 ** 18
const unknownTagsMax = 1000

/** By a hash of their bytes. Names come again and again: the same string costs nothing, and is found in a Map at once. */
const knownTexts: (string | undefined)[] = Array.from({ length: 512 }, () => undefined)

/** Undefined when it is not plain ASCII. */
function shortAscii(bytes: Uint8Array, at: number, length: number): string | undefined {
  let hash = length
  for (let i = at; i < at + length; i++) {
    const byte = bytes[i] ?? 0
    if (byte >= 0x80) return undefined
    hash = (Math.imul(hash, 31) + byte) | 0
  }
  const slot = (hash ^ (hash >>> 9)) & 511
  const known = knownTexts[slot]
  if (known !== undefined && known.length === length && isTextOf(known, bytes, at)) return known
  let text = ''
  for (let i = at; i < at + length; i++) text += String.fromCharCode(bytes[i] ?? 0)
  knownTexts[slot] = text
  return text
}

function isTextOf(text: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false
  return true
}

export class Reader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number
  #elementsLeft = messageElementsMax

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  get position(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#end - this.#at
  }

  #take(count: number): number {
    const at = this.#at
    if (count < 0 || count > this.#end - at) throw new DecodeError(`needs ${count} bytes, ${this.#end - at} are left`)
    this.#at = at + count
    return at
  }

  skip(count: number): void {
    this.#take(count)
  }

  int8(): number {
    return ((this.#bytes[this.#take(1)] ?? 0) << 24) >> 24
  }

  uint8(): number {
    return this.#bytes[this.#take(1)] ?? 0
  }

  bool(): boolean {
    return this.uint8() !== 0
  }

  int16(): number {
    const at = this.#take(2)
    return (((this.#bytes[at] ?? 0) << 24) >> 16) | (this.#bytes[at + 1] ?? 0)
  }

  uint16(): number {
    return this.int16() & 0xffff
  }

  int32(): number {
    const at = this.#take(4)
    const b = this.#bytes
    return ((b[at] ?? 0) << 24) | ((b[at + 1] ?? 0) << 16) | ((b[at + 2] ?? 0) << 8) | (b[at + 3] ?? 0)
  }

  /** As a number: exact up to 2^53, rounded above. For offsets, sizes and times, which are checked by their users. */
  int64(): number {
    const high = this.int32()
    return high * 4294967296 + (this.int32() >>> 0)
  }

  /** Exact. For opaque ids and for timestamps. */
  int64Exact(): bigint {
    const high = this.int32()
    return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(this.int32() >>> 0))
  }

  float64(): number {
    const at = this.#take(8)
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8).getFloat64(0)
  }

  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.uint8()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        if (value > 0xffffffff) break
        return value
      }
    }
    throw new DecodeError('a variable-length integer is longer than 32 bits')
  }

  uuid(): Uuid {
    return uuidFromBytes(this.#bytes, this.#take(16))
  }

  text(length: number): string {
    const at = this.#take(length)
    if (length <= shortTextBytesMax) {
      const text = shortAscii(this.#bytes, at, length)
      if (text !== undefined) return text
    }
    return decoder.decode(this.#bytes.subarray(at, at + length))
  }

  /** A view into the frame, not a copy. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** The next so many bytes, to be read by themselves. */
  part(length: number): Reader {
    const part = new Reader(this.bytes(length))
    part.#elementsLeft = this.#elementsLeft
    return part
  }

  /** Counts an element that is kept. */
  takeElement(): void {
    this.#elementsLeft -= 1
    if (this.#elementsLeft < 0) throw new DecodeError(`more than ${messageElementsMax} elements in one message`)
  }

  /** Skips a tagged-field section (KIP-482) whose tags the caller does not know. */
  skipTags(): void {
    const count = this.unsignedVarint()
    if (count > unknownTagsMax) throw new DecodeError(`${count} tagged fields in one header`)
    for (let left = count; left > 0; left--) {
      this.unsignedVarint()
      this.skip(this.unsignedVarint())
    }
  }
}
