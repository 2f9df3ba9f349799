/**
 * Turns a message description and a version into a reader and a writer, once each (they are kept). Hostile bytes end
 * as a `DecodeFailure` value, never as an exception out of `decode`.
 *
 * Large messages are read and written in slices: `decodeInSlices` and `encodeInSlices` are generators that yield between
 * elements of arrays, so that whoever runs them can let others have their turn.
 *
 * A request that says what its version cannot carry is a programmer error. An answer is made once for all versions:
 * what the asked version lacks is left out, and a null that it cannot say is written as empty.
 */
import { invariant } from '../../kernel/invariant'
import { zeroUuid } from '../../kernel/uuid'
import { DecodeError } from './decode-error'
import { Reader } from './reader'
import type { Field, Fields, FieldType, InputOf, Message, Primitive, ValueOf } from './schema'
import { Writer, type ExternalBytes } from './writer'

type Read = (reader: Reader) => unknown
type Write = (writer: Writer, value: unknown) => void
/** Yields where it may be interrupted. */
export type Slices<T> = Generator<undefined, T, unknown>
interface Codec {
  readonly read: Read
  readonly write: Write
  /** The same in slices; only where arrays are in it. */
  readonly readSlices?: (reader: Reader) => Slices<unknown>
  readonly writeSlices?: (writer: Writer, value: unknown) => Slices<void>
}
/** Elements between two yields. */
const sliceElements = 256
/** Tags that one struct may have which its reader does not know; clients send none. */
const unknownTagsMax = 1000

export interface DecodeFailure {
  readonly failure: string
}

const codecs = new WeakMap<Message, (Codec | undefined)[]>()

export function supports(message: Message, version: number): boolean {
  return version >= message.versions[0] && version <= message.versions[1]
}

/** Asked twice for each request: what is made once is found without making anything. */
function codecOf(message: Message, version: number): Codec {
  return codecs.get(message)?.[version] ?? makeCodec(message, version)
}

function makeCodec(message: Message, version: number): Codec {
  invariant(supports(message, version), 'the message has this version', { name: message.name, version })
  const isAnswer = message.name.endsWith('Response')
  const codec = structCodec(message.fields, { version, isFlexible: version >= message.flexibleFrom, isAnswer })
  const byVersion = codecs.get(message) ?? []
  byVersion[version] = codec
  codecs.set(message, byVersion)
  return codec
}

/** Bytes left over after the message are tolerated: librdkafka's request for all topics (Metadata 9+) leaves four. */
export function decode<M extends Message>(message: M, version: number, reader: Reader): ValueOf<M> | DecodeFailure {
  try {
    return codecOf(message, version).read(reader) as ValueOf<M>
  } catch (error) {
    if (error instanceof DecodeError) return { failure: `${message.name} v${version}: ${error.message}` }
    throw error
  }
}

/** The same as decode. The bytes must stay unchanged until it has ended. */
export function* decodeInSlices<M extends Message>(
  message: M,
  version: number,
  reader: Reader
): Slices<ValueOf<M> | DecodeFailure> {
  try {
    const codec = codecOf(message, version)
    return (codec.readSlices === undefined ? codec.read(reader) : yield* codec.readSlices(reader)) as ValueOf<M>
  } catch (error) {
    if (error instanceof DecodeError) return { failure: `${message.name} v${version}: ${error.message}` }
    throw error
  }
}

/** The same as encode. */
export function* encodeInSlices<M extends Message>(
  message: M,
  version: number,
  value: InputOf<M>,
  writer: Writer
): Slices<void> {
  const codec = codecOf(message, version)
  if (codec.writeSlices === undefined) codec.write(writer, value)
  else yield* codec.writeSlices(writer, value)
}

export function isDecodeFailure(value: object): value is DecodeFailure {
  return 'failure' in value
}

export function encode<M extends Message>(message: M, version: number, value: InputOf<M>, writer: Writer): void {
  codecOf(message, version).write(writer, value)
}

interface Dialect {
  readonly version: number
  readonly isFlexible: boolean
  readonly isAnswer: boolean
}

// ── structs ──────────────────────────────────────────────────────────────────────────────────────────────────────

interface PlacedField {
  readonly name: string
  readonly codec: Codec
  readonly fallback: unknown
  readonly tag: number | undefined
  readonly isPresent: boolean
  readonly isDroppable: boolean
}

function place(name: string, field: Field, dialect: Dialect): PlacedField {
  const { version, isFlexible } = dialect
  const { from = 0, to = Infinity, nullableFrom = Infinity, tag, tagFrom = from } = field.options
  const isTagged = tag !== undefined && isFlexible && version >= tagFrom
  const isNullable = version >= nullableFrom
  return {
    name,
    codec: fieldCodec(field.fieldType, dialect, isNullable),
    fallback: 'default' in field.options ? field.options.default : zeroValue(field.fieldType, dialect),
    tag: isTagged ? tag : undefined,
    isPresent: version >= from && version <= to && (tag === undefined || isTagged),
    isDroppable: dialect.isAnswer || field.options.ignorable === true
  }
}

function structCodec(fields: Fields, dialect: Dialect): Codec {
  const { version, isFlexible } = dialect
  const placed = Object.entries(fields).map(([name, field]) => place(name, field, dialect))
  const plain = placed.filter((field) => field.isPresent && field.tag === undefined)
  const tagged = placed
    .filter((field) => field.isPresent && field.tag !== undefined)
    .sort((a, b) => (a.tag ?? 0) - (b.tag ?? 0))
  // Whatever it says of the others is left out.
  const checked = placed.filter((field) => !field.isPresent && !field.isDroppable)
  // Fields keep the order of the description in every value, so that all values of a message share one shape.
  const readers = placed.map((field) => ({
    name: field.name,
    read: plain.includes(field) ? field.codec.read : undefined,
    readSlices: plain.includes(field) ? field.codec.readSlices : undefined,
    fallback: field.fallback
  }))
  const hasArrays = plain.some(({ codec }) => codec.readSlices !== undefined)
  return {
    ...(hasArrays ? { readSlices, writeSlices } : {}),
    read(reader) {
      const value: Record<string, unknown> = {}
      for (const field of readers) value[field.name] = field.read === undefined ? field.fallback : field.read(reader)
      if (isFlexible) readTags(reader, tagged, value)
      return value
    },
    write(writer, input) {
      const value = input as Readonly<Record<string, unknown>>
      for (const field of plain) field.codec.write(writer, value[field.name] ?? defaultFor(field, value))
      for (const field of checked) checkAbsent(field, value[field.name], version)
      if (isFlexible) writeTags(writer, tagged, value)
    }
  }

  function* readSlices(reader: Reader): Slices<unknown> {
    const value: Record<string, unknown> = {}
    for (const field of readers) {
      if (field.readSlices !== undefined) value[field.name] = yield* field.readSlices(reader)
      else value[field.name] = field.read === undefined ? field.fallback : field.read(reader)
    }
    if (isFlexible) readTags(reader, tagged, value)
    return value
  }

  function* writeSlices(writer: Writer, input: unknown): Slices<void> {
    const value = input as Readonly<Record<string, unknown>>
    for (const field of plain) {
      const given = value[field.name] ?? defaultFor(field, value)
      if (field.codec.writeSlices === undefined) field.codec.write(writer, given)
      else yield* field.codec.writeSlices(writer, given)
    }
    for (const field of checked) checkAbsent(field, value[field.name], version)
    if (isFlexible) writeTags(writer, tagged, value)
  }
}

/** `null` given on purpose stays null; what was left out becomes the default. */
function defaultFor(field: PlacedField, value: Readonly<Record<string, unknown>>): unknown {
  return value[field.name] === null ? null : field.fallback
}

function checkAbsent(field: PlacedField, value: unknown, version: number): void {
  if (value === undefined) return
  invariant(isSame(value, field.fallback), 'a field that this version lacks has its default', {
    name: field.name,
    version
  })
}

const isGiven = ({ fallback }: PlacedField, value: unknown): boolean => value !== undefined && !isSame(value, fallback)

function isSame(value: unknown, fallback: unknown): boolean {
  return value === fallback || (Array.isArray(value) && value.length === 0 && Array.isArray(fallback))
}

function readTags(reader: Reader, tagged: readonly PlacedField[], value: Record<string, unknown>): void {
  const count = reader.unsignedVarint()
  if (count > tagged.length + unknownTagsMax) throw new DecodeError(`${count} tagged fields in one struct`)
  for (let left = count; left > 0; left--) {
    const tag = reader.unsignedVarint()
    const size = reader.unsignedVarint()
    const field = tagged.find((candidate) => candidate.tag === tag)
    if (field === undefined) reader.skip(size)
    else value[field.name] = field.codec.read(reader.part(size))
  }
}

function writeTags(writer: Writer, tagged: readonly PlacedField[], value: Readonly<Record<string, unknown>>): void {
  const given = tagged.length === 0 ? tagged : tagged.filter((field) => isGiven(field, value[field.name]))
  writer.unsignedVarint(given.length)
  for (const field of given) {
    const inner = new Writer()
    field.codec.write(inner, value[field.name])
    writer.unsignedVarint(field.tag ?? 0)
    writer.unsignedVarint(inner.position)
    writer.raw(inner.finished())
  }
}

// ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────

function zeroValue(type: FieldType, dialect: Dialect): unknown {
  if (type.type === 'array') return []
  if (type.type === 'struct') {
    return Object.fromEntries(
      Object.entries(type.fields).map(([name, field]) => [name, place(name, field, dialect).fallback])
    )
  }
  return zeroPrimitive[type.primitive]
}

const zeroPrimitive: Readonly<Record<Primitive, unknown>> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  int64: 0,
  int64Exact: 0n,
  float64: 0,
  string: '',
  uuid: zeroUuid,
  bytes: new Uint8Array(0),
  records: null
}

function fieldCodec(type: FieldType, dialect: Dialect, isNullable: boolean): Codec {
  const { isFlexible, isAnswer } = dialect
  const nulls: Nulls = isNullable ? 'null' : isAnswer ? 'empty' : 'none'
  if (type.type === 'array') {
    return arrayCodec(fieldCodec(type.of, dialect, false), { isFlexible, nulls, distinctBy: type.distinctBy })
  }
  if (type.type === 'struct') {
    const inner = structCodec(type.fields, dialect)
    return isNullable ? nullableStruct(inner) : inner
  }
  switch (type.primitive) {
    case 'string':
      return stringCodec(isFlexible, nulls)
    case 'bytes':
      return bytesCodec(isFlexible, nulls)
    case 'records':
      return bytesCodec(isFlexible, 'null')
    default:
      return fixedCodecs[type.primitive]
  }
}

/** What becomes of a null: itself, nothing (an empty value), or a programmer error. Read nulls need 'null'. */
type Nulls = 'null' | 'empty' | 'none'

function writtenNull(nulls: Nulls): -1 | 0 {
  invariant(nulls !== 'none', 'a value that is null may be null')
  return nulls === 'null' ? -1 : 0
}

const fixedCodecs: Readonly<Record<Exclude<Primitive, 'string' | 'bytes' | 'records'>, Codec>> = {
  bool: { read: (r) => r.bool(), write: (w, v) => w.bool(v as boolean) },
  int8: { read: (r) => r.int8(), write: (w, v) => w.int8(v as number) },
  int16: { read: (r) => r.int16(), write: (w, v) => w.int16(v as number) },
  uint16: { read: (r) => r.uint16(), write: (w, v) => w.int16(v as number) },
  int32: { read: (r) => r.int32(), write: (w, v) => w.int32(v as number) },
  int64: { read: (r) => r.int64(), write: (w, v) => w.int64(v as number) },
  int64Exact: { read: (r) => r.int64Exact(), write: (w, v) => w.int64Exact(v as bigint) },
  float64: { read: (r) => r.float64(), write: (w, v) => w.float64(v as number) },
  uuid: { read: (r) => r.uuid(), write: (w, v) => w.uuid(v as string) }
}

function nullableStruct(inner: Codec): Codec {
  return {
    read: (reader) => (reader.int8() < 0 ? null : inner.read(reader)),
    write(writer, value) {
      writer.int8(value === null ? -1 : 1)
      if (value !== null) inner.write(writer, value)
    }
  }
}

function readLength(reader: Reader, isFlexible: boolean): number {
  return isFlexible ? reader.unsignedVarint() - 1 : reader.int32()
}

function writeLength(writer: Writer, isFlexible: boolean, length: number): void {
  if (isFlexible) writer.unsignedVarint(length + 1)
  else writer.int32(length)
}

interface ArrayOptions {
  readonly isFlexible: boolean
  readonly nulls: Nulls
  readonly distinctBy: ((element: unknown) => string) | undefined
}

/** Of arrays that are no sets: nobody adds to it. */
const neverSeen = new Set<string>()

function arrayCodec(element: Codec, { isFlexible, nulls, distinctBy }: ArrayOptions): Codec {
  /** Takes one element after the other; a set drops what it has (`seen`). */
  const take = (reader: Reader, values: unknown[], seen: Set<string>, value: unknown): void => {
    if (distinctBy !== undefined) {
      const key = distinctBy(value)
      if (seen.has(key)) return
      seen.add(key)
    }
    reader.takeElement()
    values.push(value)
  }
  const nothingSeen = (): Set<string> => (distinctBy === undefined ? neverSeen : new Set())
  /** Undefined for null. */
  const countOf = (reader: Reader): number | undefined => {
    const count = readLength(reader, isFlexible)
    if (count < 0) {
      if (nulls === 'null') return undefined
      throw new DecodeError('an array that may not be null is null')
    }
    // Each element takes a byte at least: a count beyond that is a lie.
    if (count > reader.remaining) throw new DecodeError(`an array of ${count} in ${reader.remaining} bytes`)
    return count
  }
  return {
    *readSlices(reader) {
      const count = countOf(reader)
      if (count === undefined) return null
      const values: unknown[] = []
      const seen = nothingSeen()
      for (let i = 0; i < count; i++) {
        const value = element.readSlices === undefined ? element.read(reader) : yield* element.readSlices(reader)
        take(reader, values, seen, value)
        if (i % sliceElements === sliceElements - 1) yield
      }
      return values
    },
    *writeSlices(writer, value) {
      if (value === null) {
        writeLength(writer, isFlexible, writtenNull(nulls))
        return
      }
      const values = value as readonly unknown[]
      writeLength(writer, isFlexible, values.length)
      for (const [i, item] of values.entries()) {
        if (element.writeSlices === undefined) element.write(writer, item)
        else yield* element.writeSlices(writer, item)
        if (i % sliceElements === sliceElements - 1) yield
      }
    },
    read(reader) {
      const count = countOf(reader)
      if (count === undefined) return null
      const values: unknown[] = []
      const seen = nothingSeen()
      for (let i = 0; i < count; i++) take(reader, values, seen, element.read(reader))
      return values
    },
    write(writer, value) {
      if (value === null) {
        writeLength(writer, isFlexible, writtenNull(nulls))
        return
      }
      const values = value as readonly unknown[]
      writeLength(writer, isFlexible, values.length)
      for (const item of values) element.write(writer, item)
    }
  }
}

function stringCodec(isFlexible: boolean, nulls: Nulls): Codec {
  return {
    read(reader) {
      const length = isFlexible ? reader.unsignedVarint() - 1 : reader.int16()
      if (length >= 0) return reader.text(length)
      if (nulls === 'null') return null
      throw new DecodeError('a text that may not be null is null')
    },
    write(writer, value) {
      if (value !== null) {
        writer.text(value as string, isFlexible)
        return
      }
      const length = writtenNull(nulls)
      if (isFlexible) writer.unsignedVarint(length + 1)
      else writer.int16(length)
    }
  }
}

function bytesCodec(isFlexible: boolean, nulls: Nulls): Codec {
  return {
    read(reader) {
      const length = readLength(reader, isFlexible)
      if (length >= 0) return reader.bytes(length)
      if (nulls === 'null') return null
      throw new DecodeError('bytes that may not be null are null')
    },
    write(writer, value) {
      if (value === null) {
        writeLength(writer, isFlexible, writtenNull(nulls))
      } else if (value instanceof Uint8Array) {
        writeLength(writer, isFlexible, value.length)
        writer.raw(value)
      } else {
        const external = value as ExternalBytes
        writeLength(writer, isFlexible, external.lengthBytes)
        writer.external(external)
      }
    }
  }
}
