/**
 * How typed text becomes the bytes of a key or value. Text is checked as it was typed and nothing of it is put right:
 * JSON goes out byte for byte, so 9223372036854775807, 1.0, 1e400 and -0 stay what they are.
 */
import { z } from 'zod'
import type { Payload } from './views'

export const FRAMINGS = ['none', 'singleObject', 'confluent'] as const
/**
 * What stands before the Avro bytes. none: nothing. singleObject: C3 01 and the CRC-64-AVRO fingerprint of the schema
 * (Avro 1.12, "Single-object encoding"). confluent: 00 and the id of the schema in a registry, 4 bytes, highest first.
 */
export type Framing = (typeof FRAMINGS)[number]

const schemaId = z.number().int().min(0).max(2147483647)

export const formatSchema = z.union([
  z.object({ type: z.enum(['string', 'json', 'hex', 'base64']) }),
  z.object({
    type: z.literal('avro'),
    /** JSON text of an Avro schema. */
    schema: z.string(),
    framing: z.enum(FRAMINGS),
    /** For `confluent`. */
    schemaId: schemaId.optional()
  })
])
export type Format = z.infer<typeof formatSchema>

/** Codes of what can be wrong, each with its sentence; a screen has the same ones in its languages. */
export const PROBLEM_SENTENCES = {
  jsonEmpty: 'There is no JSON: nothing was typed.',
  jsonEnd: 'The JSON ends too early, in line {line}, column {column}.',
  jsonFound: 'This is no JSON: in line {line}, column {column} stands {found}, where {expected} should.',
  jsonDeep: 'The JSON is nested deeper than {max} levels, in line {line}, column {column}.',
  surrogate: 'In line {line}, column {column} stands half a character, which UTF-8 cannot express.',
  hexDigit: 'In line {line}, column {column} stands {found}, which is no hexadecimal digit.',
  hexOdd: 'A byte has two hexadecimal digits; there is an odd number of them ({digits}).',
  base64Digit: 'In line {line}, column {column} stands {found}, which is not used in Base64.',
  base64Length: 'The Base64 text ends inside a byte: its length, {digits}, is one more than a multiple of 4.',
  schemaJson: 'The schema is no JSON: {reason}',
  schemaBad: 'The schema is no Avro schema: {reason}',
  schemaIdMissing: 'The id of the schema is missing.',
  avroKind: '{path} is to be {type}, not {found}.',
  avroWhole: '{path} is to be a whole number ({type}), not {found}.',
  avroRange: '{path} is {found}, which does not fit into {type}.',
  avroMissing: '{path} is missing.',
  avroUnknown: '{path} is not in the schema.',
  avroTwice: '{path} is there twice.',
  avroSymbol: '{path} is {found}, which is none of the symbols: {symbols}.',
  avroUnion: '{path} fits none of the types of its union, or several ({branches}). Say which: {example}.',
  avroSize: '{path} has {found} bytes; its type ({type}) has {size}.',
  avroBytes: '{path} has a character above U+00FF; bytes are written with one character each, U+0000 to U+00FF.',
  avroDeep: '{path} is nested deeper than {max} levels.',
  avroShort: 'The bytes end inside {path}.',
  avroLong: '{size} bytes are left over after the value.',
  avroRead: '{path} cannot be read: {reason}',
  avroTooMuch: 'The value is larger than {max} characters as text, or has more than {items} parts.',
  avroFraming: 'The bytes do not begin as {framing} does.',
  avroFingerprint: 'The bytes were written with another schema: its fingerprint is {found}, that of this one {wanted}.'
} as const
export type ProblemCode = keyof typeof PROBLEM_SENTENCES

export interface TypedProblem {
  readonly code: ProblemCode
  readonly params: Readonly<Record<string, string | number>>
}

export const problemSchema = z.object({
  code: z.enum(Object.keys(PROBLEM_SENTENCES) as [ProblemCode, ...ProblemCode[]]),
  params: z.record(z.string(), z.union([z.string(), z.number()]))
})

export function problemSentence({ code, params }: TypedProblem): string {
  return PROBLEM_SENTENCES[code].replaceAll(/\{(\w+)\}/g, (_whole, name: string) => String(params[name] ?? ''))
}

/** An Avro value as JSON text (Avro 1.12, "JSON encoding"), integers exact. */
export interface DecodedAvro {
  readonly text: string
  /** What stood before it. */
  readonly framing: Framing
  readonly schemaId?: number
}

/** What the monitor needs of the room of serializers. Bytes are given, or the problem; nothing is thrown. */
export interface Serdes {
  /** Bytes as the API carries them. */
  payloadBytes(payload: Payload): Uint8Array | null
  payloadFrom(bytes: Uint8Array | null): Payload
  encode(format: Format, text: string): Uint8Array | TypedProblem
  /** Without a framing it is found by the first bytes. */
  decodeAvro(schema: string, bytes: Uint8Array, framing?: Framing): DecodedAvro | TypedProblem
  /** Codecs that this process cannot compress with, and why, in one sentence each. */
  readonly codecsMissing: Readonly<Partial<Record<Codec, string>>>
}

export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof CODECS)[number]
