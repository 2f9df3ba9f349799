/**
 * Big-endian integers at an offset of a byte array, by byte arithmetic: no DataView is allocated for a batch on the hot
 * path. Reading past the end gives zero bits; callers check lengths first.
 */

export function int8At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) >> 24
}

export function int16At(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16)) >> 16
}

export function int32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
}

export function uint32At(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at) >>> 0
}

/** An int64 as a number; exact up to 2^53, rounded beyond (offsets never are, timestamps may be). */
export function int64At(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at) * 0x1_0000_0000 + uint32At(bytes, at + 4)
}

export function bigInt64At(bytes: Uint8Array, at: number): bigint {
  return (BigInt(int32At(bytes, at)) << 32n) | BigInt(uint32At(bytes, at + 4))
}

export function putInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8
  bytes[at + 1] = value
}

export function putInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24
  bytes[at + 1] = value >> 16
  bytes[at + 2] = value >> 8
  bytes[at + 3] = value
}

/** `value` is a safe integer, negative ones included. */
export function putInt64(bytes: Uint8Array, at: number, value: number): void {
  putInt32(bytes, at, Math.floor(value / 0x1_0000_0000))
  putInt32(bytes, at + 4, (value % 0x1_0000_0000) | 0)
}

export function putBigInt64(bytes: Uint8Array, at: number, value: bigint): void {
  putInt32(bytes, at, Number(BigInt.asIntN(32, value >> 32n)))
  putInt32(bytes, at + 4, Number(BigInt.asIntN(32, value)))
}
