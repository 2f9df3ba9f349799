/** What stands in the produce form, as it is typed, and the request that it means. Pure. */
import type { CommandInput } from '@api/commands'
import type { Codec, Format, Framing } from '@api/formats'
import { jsonProblem } from '@api/json-scan'
import { plainBase64, plainHex, textProblem } from '@api/typed-text'
import type { Payload, RecordView } from '@api/views'

/** none: a null key, a tombstone, a header without value. */
export const PART_TYPES = ['string', 'json', 'hex', 'base64', 'avro', 'none'] as const
export type PartType = (typeof PART_TYPES)[number]

export interface PartDraft {
  type: PartType
  text: string
  schema: string
  framing: Framing
  schemaId: string
}

export const HEADER_TYPES = ['string', 'hex', 'base64', 'none'] as const
/** Bytes as somebody types them. */
export interface TypedBytes {
  type: (typeof HEADER_TYPES)[number]
  text: string
}
export interface HeaderDraft extends TypedBytes {
  /** Of the row, for as long as the form is there. */
  readonly id: number
  key: string
}

export const MODES = ['one', 'lines', 'many'] as const
export interface ProduceDraft {
  topic: string
  key: PartDraft
  value: PartDraft
  headers: HeaderDraft[]
  /** As typed; nothing: by key. */
  partition: string
  isTimeGiven: boolean
  time: string
  acks: 'all' | '1' | '0'
  codec: Codec
  mode: (typeof MODES)[number]
  /** Of lines: what stands between key and value; nothing: a line is a value. */
  separator: string
  count: string
  rate: string
}

let lastHeaderId = 0
export function newHeader(key = '', type: HeaderDraft['type'] = 'string', text = ''): HeaderDraft {
  lastHeaderId += 1
  return { id: lastHeaderId, key, type, text }
}

function newPart(type: PartType, text = ''): PartDraft {
  return { type, text, schema: '', framing: 'confluent', schemaId: '1' }
}

export function newDraft(topic: string): ProduceDraft {
  return {
    topic,
    key: newPart('none'),
    value: newPart('string'),
    headers: [],
    partition: '',
    isTimeGiven: false,
    time: '',
    acks: 'all',
    codec: 'none',
    mode: 'one',
    separator: '',
    count: '1000',
    rate: ''
  }
}

/** What a host takes in one message, with room for what stands around the value (32 MiB from a browser). */
export const SENT_CHARACTERS_MAX = 24 * 1024 * 1024
/** Up to so many bytes are shown as hexadecimal digits, more as Base64. */
const HEX_BYTES_MAX = 1024
/** Looked at for JSON; a larger value is text. */
const JSON_CHARACTERS_MAX = 200_000

/** A text field of one line would drop line ends, one of several lines would make LF of them. */
export function typedPayload(payload: Payload, isOneLine = false): TypedBytes {
  if (payload === null) return { type: 'none', text: '' }
  if (typeof payload !== 'string') return typedBytes(atob(payload.base64))
  if (isOneLine ? /[\r\n]/.test(payload) : payload.includes('\r')) return typedBytes(binaryOf(payload))
  return { type: 'string', text: payload }
}

function typedBytes(binary: string): { type: 'hex' | 'base64'; text: string } {
  if (binary.length > HEX_BYTES_MAX) return { type: 'base64', text: btoa(binary) }
  const digits = Array.from(binary, (character) => character.charCodeAt(0).toString(16).padStart(2, '0'))
  return { type: 'hex', text: digits.join(' ') }
}

/** UTF-8 with one character a byte, as atob and btoa have it. */
function binaryOf(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte)
  return binary
}

/** The form for this very record: its bytes, its headers, null and empty as they are. The time is offered, not set. */
export function draftOf({ topic, partition, key, value, headers, timestampMs }: RecordView): ProduceDraft {
  const [typedKey, typedValue] = [typedPayload(key), typedPayload(value)]
  const isJson =
    typedValue.type === 'string' &&
    typedValue.text.length <= JSON_CHARACTERS_MAX &&
    /^\s*[[{]/.test(typedValue.text) &&
    jsonProblem(typedValue.text) === undefined
  return {
    ...newDraft(topic),
    key: newPart(typedKey.type, typedKey.text),
    value: newPart(isJson ? 'json' : typedValue.type, typedValue.text),
    headers: headers.map((header) => {
      const typed = typedPayload(header.value, true)
      return newHeader(header.key, typed.type, typed.text)
    }),
    partition: key === null ? String(partition) : '',
    time: String(timestampMs)
  }
}

export function formatOf(part: PartDraft): Format | undefined {
  if (part.type === 'none') return undefined
  if (part.type !== 'avro') return { type: part.type }
  const schemaId = /^\d{1,10}$/.test(part.schemaId.trim()) ? { schemaId: Number(part.schemaId) } : {}
  return { type: 'avro', schema: part.schema, framing: part.framing, ...(part.framing === 'confluent' ? schemaId : {}) }
}

export function payloadOf(part: PartDraft): Payload {
  return part.type === 'none' ? null : part.text
}

/** What of it is wrong; the host gets bytes, and does not know how they were typed. */
export function bytesProblem({ type, text }: TypedBytes): ReturnType<typeof textProblem> {
  return type === 'none' ? undefined : textProblem(type, text)
}

export function bytesPayload({ type, text }: TypedBytes): Payload {
  if (type === 'none') return null
  if (type === 'string') return text
  if (type === 'base64') return { base64: paddedBase64(plainBase64(text)) }
  const digits = plainHex(text)
  let binary = ''
  for (let at = 0; at < digits.length; at += 2)
    binary += String.fromCharCode(Number.parseInt(digits.slice(at, at + 2), 16))
  return { base64: btoa(binary) }
}

function paddedBase64(digits: string): string {
  return digits
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .padEnd(Math.ceil(digits.length / 4) * 4, '=')
}

type ProduceInput = CommandInput<'records.produce'>
export type ProduceTarget = Omit<ProduceInput, 'records'>
export type ProduceRecord = ProduceInput['records'][number]

/** `timestampMs`: of what is typed as time, when it is to be given. */
export function targetOf(draft: ProduceDraft): ProduceTarget {
  const [keyFormat, valueFormat] = [formatOf(draft.key), formatOf(draft.value)]
  return {
    topic: draft.topic,
    acks: draft.acks === 'all' ? -1 : draft.acks === '1' ? 1 : 0,
    codec: draft.codec,
    ...(draft.partition.trim() === '' ? {} : { partition: Number(draft.partition) }),
    ...(keyFormat === undefined ? {} : { keyFormat }),
    ...(valueFormat === undefined ? {} : { valueFormat })
  }
}

export function recordOf(draft: ProduceDraft, timestampMs: number | string | undefined): ProduceRecord {
  return {
    key: payloadOf(draft.key),
    value: payloadOf(draft.value),
    headers: draft.headers.map((header) => ({ key: header.key, value: bytesPayload(header) })),
    ...(timestampMs === undefined ? {} : { timestampMs })
  }
}

/** Records and bytes of one request: what is sent with Stop in reach, and well below what a host takes. */
const REQUEST_RECORDS_MAX = 500
const REQUEST_CHARACTERS_MAX = 1024 * 1024

/** Each line of the value is a record; an empty last line is none. */
export function* linesOf(draft: ProduceDraft, timestampMs: number | string | undefined): Generator<ProduceRecord[]> {
  const like = recordOf(draft, timestampMs)
  const { text } = draft.value
  let batch: ProduceRecord[] = []
  let characters = 0
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end < 0 ? text.length : end)
    at = end < 0 ? text.length : end + 1
    if (
      batch.length >= REQUEST_RECORDS_MAX ||
      (batch.length > 0 && characters + line.length > REQUEST_CHARACTERS_MAX)
    ) {
      yield batch
      batch = []
      characters = 0
    }
    batch.push({ ...like, ...keyAndValue(line, draft.separator, like.key) })
    characters += line.length
  }
  if (batch.length > 0) yield batch
}

function keyAndValue(line: string, separator: string, key: Payload): { key: Payload; value: Payload } {
  const at = separator === '' ? -1 : line.indexOf(separator)
  return at < 0 ? { key, value: line } : { key: line.slice(0, at), value: line.slice(at + separator.length) }
}

export function lineCount(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1
  return text === '' || text.endsWith('\n') ? count : count + 1
}
