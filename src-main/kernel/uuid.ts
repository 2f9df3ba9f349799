/**
 * Kafka's text form of a 16-byte id: URL-safe base64 without padding, 22 characters (KIP-516). Topic ids and the
 * cluster id are carried as this text everywhere but on the wire.
 */
import type { Random } from './ports'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const values = new Map([...alphabet].map((letter, value) => [letter, value]))

export type Uuid = string
/** "none": sixteen zero bytes. */
export const zeroUuid: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA'

export function uuidFromBytes(bytes: Uint8Array, at = 0): Uuid {
  let text = ''
  for (let i = 0; i < 16; i += 3) {
    const b0 = bytes[at + i] ?? 0
    const b1 = i + 1 < 16 ? (bytes[at + i + 1] ?? 0) : 0
    const b2 = i + 2 < 16 ? (bytes[at + i + 2] ?? 0) : 0
    text += (alphabet[b0 >> 2] ?? '') + (alphabet[((b0 & 3) << 4) | (b1 >> 4)] ?? '')
    if (i + 1 < 16) text += (alphabet[((b1 & 15) << 2) | (b2 >> 6)] ?? '') + (alphabet[b2 & 63] ?? '')
  }
  return text
}

/** Undefined when the text is no id. */
export function uuidToBytes(text: Uuid): Uint8Array | undefined {
  if (text.length !== 22) return undefined
  const bytes = new Uint8Array(16)
  let bits = 0
  let held = 0
  let at = 0
  for (const letter of text) {
    const value = values.get(letter)
    if (value === undefined) return undefined
    held = ((held << 6) | value) & 0xffffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      if (at < 16) bytes[at++] = (held >> bits) & 0xff
    }
  }
  return bytes
}

/** A random id (RFC 4122 version 4) that is none of the reserved ones and does not begin with '-'. */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = random.bytes(16)
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    const text = uuidFromBytes(bytes)
    if (!text.startsWith('-')) return text
  }
}
