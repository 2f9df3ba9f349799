/** Typed JSON to Avro bytes and back, with what stands before them (`Framing`). */
import type { DecodedAvro, Format, Framing, TypedProblem } from '../api/formats'
import { avroText } from './avro-read'
import { avroSchema, type AvroSchema } from './avro-schema'
import { avroBytes } from './avro-write'
import { isProblem, jsonTree } from './json-tree'

const singleObjectMagic = [0xc3, 0x01] as const
const singleObjectBytes = 10
const confluentMagic = 0x00
const confluentBytes = 5

export function encodeAvro(format: Format & { type: 'avro' }, text: string): Uint8Array | TypedProblem {
  const schema = avroSchema(format.schema)
  if (isProblem(schema)) return schema
  const head = headOf(format, schema)
  if (!(head instanceof Uint8Array)) return head
  const value = jsonTree(text)
  if (isProblem(value)) return value
  const body = avroBytes(schema, value)
  if (!(body instanceof Uint8Array)) return body
  const whole = new Uint8Array(head.length + body.length)
  whole.set(head)
  whole.set(body, head.length)
  return whole
}

function headOf({ framing, schemaId }: Format & { type: 'avro' }, schema: AvroSchema): Uint8Array | TypedProblem {
  if (framing === 'none') return new Uint8Array(0)
  if (framing === 'singleObject') return Uint8Array.of(...singleObjectMagic, ...schema.fingerprint)
  if (schemaId === undefined) return { code: 'schemaIdMissing', params: {} }
  const head = new Uint8Array(confluentBytes)
  new DataView(head.buffer).setUint32(1, schemaId)
  return head
}

/**
 * Without a framing it is found: single object by magic and fingerprint of this schema, Confluent where the rest fits the
 * schema, else none.
 */
export function decodeAvro(schemaText: string, bytes: Uint8Array, framing?: Framing): DecodedAvro | TypedProblem {
  const schema = avroSchema(schemaText)
  if (isProblem(schema)) return schema
  if (framing !== undefined) return decoded(schema, bytes, framing)
  if (startsWith(bytes, singleObjectMagic)) {
    const single = decoded(schema, bytes, 'singleObject')
    if (!isProblem(single)) return single
    const plain = decoded(schema, bytes, 'none')
    return isProblem(plain) ? single : plain
  }
  if (bytes[0] === confluentMagic && bytes.length >= confluentBytes) {
    const confluent = decoded(schema, bytes, 'confluent')
    if (!isProblem(confluent)) return confluent
    const plain = decoded(schema, bytes, 'none')
    return isProblem(plain) ? confluent : plain
  }
  return decoded(schema, bytes, 'none')
}

function decoded(schema: AvroSchema, bytes: Uint8Array, framing: Framing): DecodedAvro | TypedProblem {
  if (framing === 'none') return withText(avroText(schema, bytes), { framing })
  if (framing === 'confluent') {
    if (bytes[0] !== confluentMagic || bytes.length < confluentBytes) return wrongFraming(framing)
    const schemaId = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(1)
    return withText(avroText(schema, bytes.subarray(confluentBytes)), { framing, schemaId })
  }
  if (!startsWith(bytes, singleObjectMagic) || bytes.length < singleObjectBytes) return wrongFraming(framing)
  const found = bytes.subarray(singleObjectMagic.length, singleObjectBytes)
  if (found.some((byte, i) => byte !== schema.fingerprint[i])) {
    return { code: 'avroFingerprint', params: { found: hex(found), wanted: hex(schema.fingerprint) } }
  }
  return withText(avroText(schema, bytes.subarray(singleObjectBytes)), { framing })
}

function withText(text: string | TypedProblem, head: Omit<DecodedAvro, 'text'>): DecodedAvro | TypedProblem {
  return typeof text === 'string' ? { text, ...head } : text
}

function wrongFraming(framing: Framing): TypedProblem {
  return { code: 'avroFraming', params: { framing } }
}

function startsWith(bytes: Uint8Array, head: readonly number[]): boolean {
  return head.every((byte, i) => bytes[i] === byte)
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
