/**
 * Bytes of records as the API carries them: text where they are UTF-8 and nothing else, base64 where not, null where
 * there are none. Both ways without loss: a text that would not come back as the same bytes is carried as base64.
 */
import type { PayloadText } from '../kernel/cluster-ports'

// A byte order mark is a part of the value: without `ignoreBOM` the decoder would drop it.
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

export function payloadFromBytes(bytes: Uint8Array | null): PayloadText {
  if (bytes === null) return null
  try {
    return strict.decode(bytes)
  } catch {
    return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
  }
}

export function bytesFromPayload(payload: PayloadText): Uint8Array | null {
  if (payload === null) return null
  return typeof payload === 'string' ? encoder.encode(payload) : Buffer.from(payload.base64, 'base64')
}

/** At most so many bytes, and no half character at the end where the whole was text. */
export function cutBytes(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.length <= bytesMax) return bytes
  let end = bytesMax
  // Steps back over continuation bytes (10xxxxxx) to the start of a character, four bytes at most (RFC 3629).
  for (let back = 0; back < 3 && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80; back++) end--
  const isText = ((bytes[end] ?? 0) & 0xc0) !== 0x80
  return bytes.subarray(0, isText ? end : bytesMax)
}
