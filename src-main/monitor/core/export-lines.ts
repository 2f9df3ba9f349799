/**
 * Records as lines of a file: JSON lines as `lagoon consume --json` prints them, or CSV (RFC 4180) with a header row. Keys
 * and values stay what they are: text where they are text, base64 where not, and a column says which. A NUL is text for
 * Kafka and the end of a text for many who read CSV: such a one is base64, too.
 */
import type { Payload, RecordView } from '../../api/views'

export const EXPORT_FORMATS = ['jsonl', 'csv'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

const csvColumns = [
  'topic',
  'partition',
  'offset',
  'timestamp',
  'key',
  'keyEncoding',
  'value',
  'valueEncoding',
  'headers'
] as const

/** Before the first record. */
export const exportHead: Readonly<Record<ExportFormat, string>> = { jsonl: '', csv: `${csvColumns.join(',')}\r\n` }

export function exportLine(record: RecordView, format: ExportFormat): string {
  return format === 'jsonl' ? `${JSON.stringify(record)}\n` : csvLine(record)
}

function csvLine({ topic, partition, offset, timestampMs, key, value, headers }: RecordView): string {
  const cells = [
    topic,
    String(partition),
    String(offset),
    String(timestampMs),
    ...payloadCells(key),
    ...payloadCells(value),
    JSON.stringify(headers)
  ]
  return `${cells.map(csvCell).join(',')}\r\n`
}

function payloadCells(payload: Payload): readonly [string, string] {
  if (payload === null) return ['', 'null']
  if (typeof payload !== 'string') return [payload.base64, 'base64']
  if (!payload.includes('\u0000')) return [payload, 'text']
  return [base64Of(new TextEncoder().encode(payload)), 'base64']
}

const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** RFC 4648, section 4. */
function base64Of(bytes: Uint8Array): string {
  const pieces: string[] = []
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    const digits = [18, 12, 6, 0].map((shift) => base64Alphabet[(bits >> shift) & 63] ?? '')
    pieces.push(
      digits
        .slice(0, left >= 3 ? 4 : left + 1)
        .join('')
        .padEnd(4, '=')
    )
  }
  return pieces.join('')
}

function csvCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
