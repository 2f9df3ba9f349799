/**
 * Reads ZooKeeper's Jute encoding. Any input is legal to give: what cannot be decoded
 * throws DecodeError and nothing else, and no length field allocates memory before its bytes have been seen.
 */
import type { Zxid } from './zxid'

/** The one error of this folder: these bytes are not the message they were taken for. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

// Malformed UTF-8 becomes U+FFFD as in Java, and path validation then refuses that character.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

const shortBytesMax = 32

/** The server's limit for a frame, a buffer and a string: jute.maxbuffer's default. */
export const juteBytesMax = 0xf_ffff

export class JuteReader {
  readonly #bytes: Uint8Array
  #position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes
    this.#position = position
  }

  get position(): number {
    return this.#position
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#position
  }

  boolean(): boolean {
    return this.#bytes[this.#advance(1)] !== 0
  }

  int(): number {
    return this.#int(this.#advance(4))
  }

  /** An int64 that must be a safe integer: times. */
  long(): number {
    const at = this.#advance(8)
    const value = this.#int(at) * 0x1_0000_0000 + (this.#int(at + 4) >>> 0)
    if (!Number.isSafeInteger(value)) throw new DecodeError(`int64 at ${at} is out of range`)
    return value
  }

  /** An opaque int64: session ids. */
  longBits(): bigint {
    const at = this.#advance(8)
    return BigInt.asIntN(64, (BigInt(this.#int(at)) << 32n) | BigInt(this.#int(at + 4) >>> 0))
  }

  zxid(): Zxid {
    const at = this.#advance(8)
    return { epoch: this.#int(at) >>> 0, counter: this.#int(at + 4) >>> 0 }
  }

  /**
   * What a client says it has seen, which it may have from anything: ZooKeeper compares it as an int64 with a sign, so that -1, the zxid of
   * its events, is before everything (measured on 3.8).
   */
  seenZxid(): Zxid {
    const at = this.#advance(8)
    return { epoch: this.#int(at), counter: this.#int(at + 4) >>> 0 }
  }

  /** A view into the input, not a copy; null is Jute's -1. */
  buffer(): Uint8Array | null {
    const length = this.int()
    if (length === -1) return null
    if (length < 0 || length > this.remaining)
      throw new DecodeError(`buffer of ${length} bytes, ${this.remaining} left`)
    const from = this.#advance(length)
    return this.#bytes.subarray(from, from + length)
  }

  string(): string {
    const bytes = this.buffer()
    if (bytes === null) throw new DecodeError('null where a string must be')
    return shortAscii(bytes) ?? utf8.decode(bytes)
  }

  nullableString(): string | null {
    const bytes = this.buffer()
    return bytes === null ? null : (shortAscii(bytes) ?? utf8.decode(bytes))
  }

  /** Null reads as empty. `itemBytesMin` bounds the count by what is left of the input. */
  vector<Item>(itemBytesMin: number, item: () => Item): Item[] {
    const count = this.int()
    if (count === -1) return []
    if (count < 0 || count * itemBytesMin > this.remaining) {
      throw new DecodeError(`vector of ${count} items, ${this.remaining} bytes left`)
    }
    const items: Item[] = []
    for (let index = 0; index < count; index++) items.push(item())
    return items
  }

  strings(): string[] {
    return this.vector(4, () => this.string())
  }

  /** Within the input. No DataView: making one takes as long as reading a whole message. */
  #int(at: number): number {
    const b = this.#bytes
    return ((b[at] ?? 0) << 24) | ((b[at + 1] ?? 0) << 16) | ((b[at + 2] ?? 0) << 8) | (b[at + 3] ?? 0)
  }

  #advance(count: number): number {
    const from = this.#position
    if (count > this.#bytes.byteLength - from) throw new DecodeError(`${count} bytes wanted at ${from}, input ends`)
    this.#position = from + count
    return from
  }
}

/** A request may hold 80,000 of them: TextDecoder is ten times as slow for a few bytes. Undefined for what it has to do. */
function shortAscii(bytes: Uint8Array): string | undefined {
  if (bytes.length > shortBytesMax) return undefined
  let text = ''
  for (const byte of bytes) {
    if (byte >= 0x80) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}

/** A copy of its own. Not `slice()`: on the adapters' Buffer that is a view of the shared receive buffer. */
export function copyOfBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
