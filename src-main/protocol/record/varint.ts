/**
 * Zigzag varints as records use them (Kafka message format): 32-bit ones for lengths and deltas, 64-bit ones for
 * timestamp deltas, which may be any int64.
 */
import { RecordsCorrupt } from './records-corrupt'

const int32Min = -0x8000_0000
const int32Max = 0x7fff_ffff

/** Bytes that writeVarint takes for an int32. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x20_0000 ? 3 : zigzag < 0x1000_0000 ? 4 : 5
}

/** Bytes that writeVarlong takes for an int64. */
export function varlongBytes(value: bigint): number {
  if (value >= int32Min && value <= int32Max) return varintBytes(Number(value))
  let zigzag = zigzag64(value)
  let bytes = 1
  while ((zigzag >>= 7n) > 0n) bytes += 1
  return bytes
}

const zigzag64 = (value: bigint): bigint => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))

/** Writes at `at`; returns the position after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  while (zigzag >= 0x80) {
    bytes[at++] = (zigzag & 0x7f) | 0x80
    zigzag >>>= 7
  }
  bytes[at++] = zigzag
  return at
}

export function writeVarlong(bytes: Uint8Array, at: number, value: bigint): number {
  if (value >= int32Min && value <= int32Max) return writeVarint(bytes, at, Number(value))
  let zigzag = zigzag64(value)
  while (zigzag >= 0x80n) {
    bytes[at++] = Number(zigzag & 0x7fn) | 0x80
    zigzag >>= 7n
  }
  bytes[at++] = Number(zigzag)
  return at
}

/** Reads records forward; every read checks the end, throws RecordsCorrupt, and never leaves the codec's files. */
export class RecordCursor {
  readonly bytes: Uint8Array
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  byte(): number {
    if (this.at >= this.end) throw new RecordsCorrupt('the records end inside a field')
    return this.bytes[this.at++] ?? 0
  }

  varint(): number {
    let zigzag = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      if (shift === 28 && (byte & 0x70) !== 0) throw new RecordsCorrupt('a varint has more than 32 bits')
      zigzag |= (byte & 0x7f) << shift
      if (byte < 0x80) return (zigzag >>> 1) ^ -(zigzag & 1)
    }
    throw new RecordsCorrupt('a varint has more than 5 bytes')
  }

  varlong(): bigint {
    const start = this.at
    // Small deltas, nearly all there are, stay clear of bigint arithmetic until the end.
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return BigInt((low >>> 1) ^ -(low & 1))
    }
    this.at = start
    let zigzag = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte()
      if (shift === 63n && byte > 1) throw new RecordsCorrupt('a varlong has more than 64 bits')
      zigzag |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return (zigzag >> 1n) ^ -(zigzag & 1n)
    }
    throw new RecordsCorrupt('a varlong has more than 10 bytes')
  }

  /** A view of the next `length` bytes, no copy. */
  take(length: number): Uint8Array {
    if (length < 0 || length > this.end - this.at) throw new RecordsCorrupt('a length reaches past the end')
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  /** Steps over a length and what it counts. */
  skipCounted(): void {
    const length = this.varint()
    if (length < 0 || length > this.end - this.at) throw new RecordsCorrupt('a length reaches past the end')
    this.at += length
  }

  /** Length-prefixed bytes; -1 is null. */
  nullableBytes(): Uint8Array | null {
    const length = this.varint()
    return length === -1 ? null : this.take(length)
  }
}
