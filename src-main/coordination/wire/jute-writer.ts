/** Writes ZooKeeper's Jute encoding into a buffer that grows. */
import type { Zxid } from './zxid'

const utf8 = new TextEncoder()
const shortTextMax = 32
const pieceBytesMax = 256
const slabBytes = 16 * 1024

/**
 * Most of what is written is short: its bytes come out of one allocation for many. No DataView: making one takes as long as writing
 * a whole answer.
 */
let slab = new Uint8Array(0)
let slabAt = 0

function piece(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes > pieceBytesMax) return new Uint8Array(bytes)
  if (slabAt + bytes > slab.length) {
    slab = new Uint8Array(slabBytes)
    slabAt = 0
  }
  slabAt += bytes
  return slab.subarray(slabAt - bytes, slabAt)
}

export class JuteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #position = 0

  constructor(capacityBytes = 256) {
    this.#bytes = piece(capacityBytes)
  }

  /** A writer whose first four bytes become the length of the rest: see finishFrame. */
  static frame(capacityBytes = 256): JuteWriter {
    return new JuteWriter(capacityBytes).int(0)
  }

  get position(): number {
    return this.#position
  }

  boolean(value: boolean): this {
    this.#reserve(1)
    this.#bytes[this.#position++] = value ? 1 : 0
    return this
  }

  int(value: number): this {
    this.#reserve(4)
    this.#put(this.#position, value)
    this.#position += 4
    return this
  }

  /** A safe integer. */
  long(value: number): this {
    this.#reserve(8)
    this.#put(this.#position, Math.floor(value / 0x1_0000_0000))
    this.#put(this.#position + 4, value)
    this.#position += 8
    return this
  }

  longBits(value: bigint): this {
    this.#reserve(8)
    this.#put(this.#position, Number(BigInt.asIntN(32, value >> 32n)))
    this.#put(this.#position + 4, Number(BigInt.asIntN(32, value)))
    this.#position += 8
    return this
  }

  zxid(value: Zxid): this {
    this.#reserve(8)
    this.#put(this.#position, value.epoch)
    this.#put(this.#position + 4, value.counter)
    this.#position += 8
    return this
  }

  buffer(value: Uint8Array | null): this {
    return value === null ? this.int(-1) : this.int(value.byteLength).raw(value)
  }

  string(value: string): this {
    this.#reserve(4 + value.length * 3)
    if (this.#shortAscii(value)) return this
    const { written } = utf8.encodeInto(value, this.#bytes.subarray(this.#position + 4))
    this.#put(this.#position, written)
    this.#position += 4 + written
    return this
  }

  /** False when nothing of use was written: TextEncoder is for that. */
  #shortAscii(value: string): boolean {
    if (value.length > shortTextMax) return false
    const at = this.#position + 4
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code >= 0x80) return false
      this.#bytes[at + i] = code
    }
    this.#put(this.#position, value.length)
    this.#position = at + value.length
    return true
  }

  vector<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.int(items.length)
    for (const item of items) write(item)
    return this
  }

  strings(values: readonly string[]): this {
    return this.vector(values, (value) => this.string(value))
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): this {
    this.#reserve(value.byteLength)
    this.#bytes.set(value, this.#position)
    this.#position += value.byteLength
    return this
  }

  /** A buffer of what `write` writes, without making it elsewhere first. */
  sized(write: () => void): this {
    const at = this.#position
    this.int(0)
    write()
    return this.setInt(at, this.#position - at - 4)
  }

  setInt(position: number, value: number): this {
    this.#put(position, value)
    return this
  }

  /** What was written; a view, so nothing more must be written afterwards (`setInt` may be). */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#position)
  }

  /** As finish, with the length filled in that `frame` left open. */
  finishFrame(): Uint8Array<ArrayBuffer> {
    this.#put(0, this.#position - 4)
    return this.finish()
  }

  #put(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[at] = value >> 24
    bytes[at + 1] = value >> 16
    bytes[at + 2] = value >> 8
    bytes[at + 3] = value
  }

  #reserve(count: number): void {
    const needed = this.#position + count
    if (needed <= this.#bytes.byteLength) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2))
    grown.set(this.#bytes.subarray(0, this.#position))
    this.#bytes = grown
  }
}
