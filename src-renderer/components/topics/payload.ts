/** Keys, values and headers of a record as text, numbers, bytes and size. Pure. */
import type { Payload } from '@api/views'
import { isReadable, visibleText } from '@/foreign-text'

export function payloadBytes(payload: Payload): Uint8Array {
  if (payload === null) return new Uint8Array()
  if (typeof payload === 'string') return new TextEncoder().encode(payload)
  const binary = atob(payload.base64)
  const bytes = new Uint8Array(binary.length)
  // An iterator over 16 MiB would make a string of each.
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}

/** So many bytes are made characters at once: a call takes no more arguments. */
const BYTES_AT_ONCE = 0x8000

/** The same bytes, whatever they are: as large on the wire as Base64 is, while a text may grow there. */
export function base64Payload(payload: Payload): Payload {
  if (payload === null || typeof payload !== 'string') return payload
  const bytes = payloadBytes(payload)
  let binary = ''
  for (let at = 0; at < bytes.length; at += BYTES_AT_ONCE)
    binary += String.fromCharCode(...bytes.subarray(at, at + BYTES_AT_ONCE))
  return { base64: btoa(binary) }
}

export function payloadSize(payload: Payload): number {
  return payloadBytes(payload).length
}

/** Text that a person can read; undefined for bytes, also for those that happen to be valid UTF-8. */
export function readableText(payload: Payload): string | undefined {
  return typeof payload === 'string' && isReadable(payload) ? payload : undefined
}

/** How bytes may be meant. Java's serializers write numbers with the highest byte first. */
export const DECODINGS = ['text', 'int32', 'int64', 'uuid', 'hex'] as const
export type Decoding = (typeof DECODINGS)[number]

const BYTES_OF = { int32: 4, int64: 8, uuid: 16 } as const

/** What the bytes are comes first, text or hex; then what they can be read as. */
export function decodingsOf(payload: Payload): readonly Decoding[] {
  const size = payloadSize(payload)
  const fixed = DECODINGS.filter((one) => one in BYTES_OF && BYTES_OF[one as keyof typeof BYTES_OF] === size)
  return readableText(payload) === undefined ? ['hex', ...fixed] : ['text', ...fixed, 'hex']
}

export function decoded(payload: Payload, decoding: Decoding): string {
  const bytes = payloadBytes(payload)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (decoding) {
    case 'text':
      return typeof payload === 'string' ? payload : new TextDecoder().decode(bytes)
    case 'int32':
      return String(view.getInt32(0))
    case 'int64':
      return String(view.getBigInt64(0))
    case 'uuid':
      return uuid(bytes)
    case 'hex':
      return hex(bytes)
  }
}

function uuid(bytes: Uint8Array): string {
  const digits = hex(bytes).replaceAll(' ', '')
  return [0, 8, 12, 16, 20, 32].flatMap((at, i, all) => (i === 0 ? [] : [digits.slice(all[i - 1], at)])).join('-')
}

/** One line for a table: text, or bytes in hex; what they may be meant as is a choice of who looks. */
export function payloadText(payload: Payload, max = Number.POSITIVE_INFINITY): string {
  if (payload === null) return ''
  const text = readableText(payload)
  if (text !== undefined) return visibleText(text.slice(0, max))
  return hex(payloadBytes(payload).slice(0, max))
}

const DIGITS = new TextEncoder().encode('0123456789abcdef')
const SPACE = 0x20

/** Two digits a byte, with spaces between them. Without a string for each: millions are copied so. */
export function hex(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.max(0, bytes.length * 3 - 1)).fill(SPACE)
  bytes.forEach((byte, index) => {
    text[index * 3] = DIGITS[byte >> 4] ?? 0
    text[index * 3 + 1] = DIGITS[byte & 15] ?? 0
  })
  return new TextDecoder().decode(text)
}

export interface HexLine {
  readonly at: string
  readonly bytes: string
  readonly text: string
}

export const HEX_BYTES_A_LINE = 8

/** Of so many bytes from the first. */
export function hexLines(bytes: Uint8Array, bytesMax: number): HexLine[] {
  const lines: HexLine[] = []
  for (let at = 0; at < Math.min(bytes.length, bytesMax); at += HEX_BYTES_A_LINE) {
    const part = bytes.slice(at, at + HEX_BYTES_A_LINE)
    lines.push({
      at: at.toString(16).padStart(4, '0'),
      bytes: hex(part).padEnd(HEX_BYTES_A_LINE * 3 - 1),
      text: Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('')
    })
  }
  return lines
}
