/**
 * Writes Kafka's primitive types into a growing buffer. Record data of fetch answers is not copied in: the writer
 * notes where it belongs (`ExternalBytes`), and whoever sends the message streams it there.
 */
import { invariant } from '../../kernel/invariant'
import { uuidToBytes, type Uuid } from '../../kernel/uuid'
import { EncodeError } from './encode-error'

const encoder = new TextEncoder()
const shortTextMax = 60
const firstBytes = 128
const slabBytes = 16 * 1024
const shortLengthMax = 32767

/** Bytes that lie elsewhere (a file) and are sent in place. */
export interface ExternalBytes {
  readonly lengthBytes: number
}

export interface ExternalAt {
  /** Position in the written bytes before which the external bytes go. */
  readonly position: number
  readonly bytes: ExternalBytes
}

/** Most messages are short: their bytes come out of one allocation for many, which spares the collector's work. */
let slab = new Uint8Array(0)
let slabAt = 0

function firstPiece(): Uint8Array {
  if (slabAt + firstBytes > slab.length) {
    slab = new Uint8Array(slabBytes)
    slabAt = 0
  }
  slabAt += firstBytes
  return slab.subarray(slabAt - firstBytes, slabAt)
}

export class Writer {
  #bytes = firstPiece()
  #at = 0
  #externals: ExternalAt[] | undefined

  get position(): number {
    return this.#at
  }

  get externals(): readonly ExternalAt[] {
    return this.#externals ?? []
  }

  /** Written bytes and external ones together. */
  get totalBytes(): number {
    return this.externals.reduce((sum, external) => sum + external.bytes.lengthBytes, this.#at)
  }

  finished(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  #room(count: number): number {
    const at = this.#at
    const needed = at + count
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, needed))
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
    }
    this.#at = needed
    return at
  }

  int8(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int16(value: number): void {
    const at = this.#room(2)
    this.#bytes[at] = value >> 8
    this.#bytes[at + 1] = value
  }

  int32(value: number): void {
    const at = this.#room(4)
    this.setInt32(at, value)
  }

  /** Overwrites an int32 that was written earlier (frame sizes). */
  setInt32(at: number, value: number): void {
    const b = this.#bytes
    b[at] = value >> 24
    b[at + 1] = value >> 16
    b[at + 2] = value >> 8
    b[at + 3] = value
  }

  int64(value: number): void {
    const high = Math.floor(value / 4294967296)
    this.int32(high)
    this.int32(value - high * 4294967296)
  }

  int64Exact(value: bigint): void {
    this.int32(Number(BigInt.asIntN(32, value >> 32n)))
    this.int32(Number(BigInt.asIntN(32, value)))
  }

  float64(value: number): void {
    const at = this.#room(8)
    new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8).setFloat64(0, value)
  }

  unsignedVarint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.int8((rest % 128) | 0x80)
      rest = Math.floor(rest / 128)
    }
    this.int8(rest)
  }

  uuid(value: Uuid): void {
    const bytes = uuidToBytes(value)
    invariant(bytes !== undefined, 'an id has its 22-character form', { value })
    this.raw(bytes)
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }

  external(bytes: ExternalBytes): void {
    this.#externals ??= []
    this.#externals.push({ position: this.#at, bytes })
  }

  /** Text with its length before it: int16 in old versions, unsigned varint of length + 1 in flexible ones. */
  text(value: string, isFlexible: boolean): void {
    if (value.length <= shortTextMax && isAscii(value)) {
      this.#textLength(value.length, isFlexible)
      const at = this.#room(value.length)
      for (let i = 0; i < value.length; i++) this.#bytes[at + i] = value.charCodeAt(i)
      return
    }
    const bytes = encoder.encode(value)
    this.#textLength(bytes.length, isFlexible)
    this.raw(bytes)
  }

  #textLength(length: number, isFlexible: boolean): void {
    if (isFlexible) {
      this.unsignedVarint(length + 1)
      return
    }
    if (length > shortLengthMax) throw new EncodeError(`a text of ${length} bytes does not fit its int16 length`)
    this.int16(length)
  }
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) >= 0x80) return false
  return true
}
