/** Keys, values and headers of a record as text, bytes and size. */
import type { Payload } from '@api/views'

export function payloadBytes(payload: Payload): Uint8Array {
  if (payload === null) return new Uint8Array()
  if (typeof payload === 'string') return new TextEncoder().encode(payload)
  return Uint8Array.from(atob(payload.base64), (character) => character.charCodeAt(0))
}

export function payloadSize(payload: Payload): number {
  return payloadBytes(payload).length
}

/** One line for a table: text as it is, other bytes in hex. */
export function payloadText(payload: Payload, max = Number.POSITIVE_INFINITY): string {
  if (payload === null) return ''
  if (typeof payload === 'string') return payload.slice(0, max)
  return hex(payloadBytes(payload).slice(0, max))
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

export interface HexLine {
  readonly at: string
  readonly bytes: string
  readonly text: string
}

const BYTES_A_LINE = 8
const LINES_MAX = 512

export function hexLines(bytes: Uint8Array): HexLine[] {
  const lines: HexLine[] = []
  for (let at = 0; at < bytes.length && lines.length < LINES_MAX; at += BYTES_A_LINE) {
    const part = bytes.slice(at, at + BYTES_A_LINE)
    lines.push({
      at: at.toString(16).padStart(4, '0'),
      bytes: hex(part).padEnd(BYTES_A_LINE * 3 - 1),
      text: Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('')
    })
  }
  return lines
}
