/** Writes ZooKeeper's Jute encoding into a buffer that grows. */
import type { Zxid } from './zxid'

const utf8 = new TextEncoder()
const shortTextMax = 32

export class JuteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #position = 0

  constructor(capacityBytes = 256) {
    this.#bytes = new Uint8Array(capacityBytes)
    this.#view = new DataView(this.#bytes.buffer)
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
    this.#view.setInt32(this.#position, value)
    this.#position += 4
    return this
  }

  /** A safe integer. */
  long(value: number): this {
    this.#reserve(8)
    this.#view.setInt32(this.#position, Math.floor(value / 0x1_0000_0000))
    this.#view.setUint32(this.#position + 4, value >>> 0)
    this.#position += 8
    return this
  }

  longBits(value: bigint): this {
    this.#reserve(8)
    this.#view.setBigInt64(this.#position, value)
    this.#position += 8
    return this
  }

  zxid(value: Zxid): this {
    this.#reserve(8)
    this.#view.setUint32(this.#position, value.epoch)
    this.#view.setUint32(this.#position + 4, value.counter)
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
    this.#view.setInt32(this.#position, written)
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
    this.#view.setInt32(this.#position, value.length)
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
    this.#view.setInt32(position, value)
    return this
  }

  /** What was written; a view, so the writer must not be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#position)
  }

  /** As finish, with the length filled in that `frame` left open. */
  finishFrame(): Uint8Array<ArrayBuffer> {
    this.#view.setInt32(0, this.#position - 4)
    return this.finish()
  }

  #reserve(count: number): void {
    const needed = this.#position + count
    if (needed <= this.#bytes.byteLength) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2))
    grown.set(this.#bytes.subarray(0, this.#position))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}
