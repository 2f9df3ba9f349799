/**
 * Criteria made ready to be asked of many records. Each may say where in the bytes of a batch a record that fits could
 * lie; the records there are read and asked. What is only looked for in bytes is never taken for found.
 */
import { RE2JS } from 're2js'
import type { Criterion, RecordMatcher } from '../../kernel/cluster-ports'
import { AppError, messageOf } from '../../kernel/errors'
import { said } from '../../kernel/said'
import { batchMaxTimestampMs } from '../../protocol/record/batch-header'
import type { PlacesIn, StoredRecord } from '../../protocol/record/record'
import { bufferOf, fieldPlaces, textFinder } from './byte-places'
import { isSatisfied, parseFieldExpression } from './field-expression'
import { findInJson } from './json-walk'
import { requiredText } from './required-text'

interface Test {
  readonly isMet: (record: StoredRecord, partition: number) => boolean
  readonly placesIn?: PlacesIn
  /** False when by its header no record of the batch can fit. */
  readonly mayHold?: (bytes: Uint8Array, at: number) => boolean
}

/** Longer ones are refused. */
const textLengthMax = 10_000

export class CompiledMatcher implements RecordMatcher {
  readonly isMatcher = true
  readonly #tests: readonly Test[]

  constructor(tests: readonly Test[]) {
    this.#tests = tests
  }

  isMet(record: StoredRecord, partition: number): boolean {
    return this.#tests.every((test) => test.isMet(record, partition))
  }

  mayHold(bytes: Uint8Array, at: number): boolean {
    return this.#tests.every(({ mayHold }) => mayHold?.(bytes, at) ?? true)
  }

  /** Places of the first criterion that has some; none at all when another one has none. */
  readonly placesIn: PlacesIn = (block) => {
    let places: ((from: number) => number) | undefined
    for (const { placesIn } of this.#tests) {
      const found = placesIn?.(block)
      if (found === undefined) continue
      if (found(0) < 0) return found
      places ??= found
    }
    return places
  }
}

/** Throws AppError USAGE. */
export function compiledMatcher(criteria: readonly Criterion[]): CompiledMatcher {
  return new CompiledMatcher(criteria.map(testOf))
}

function testOf(criterion: Criterion): Test {
  switch (criterion.type) {
    case 'text':
      return textTest(criterion)
    case 'regex':
      return regexTest(criterion)
    case 'field':
      return fieldTest(criterion.expression)
    case 'header':
      return headerTest(criterion)
    case 'key':
      return keyTest(criterion)
    case 'tombstone':
      return { isMet: ({ value }) => value === null }
    case 'time':
      return timeTest(criterion)
    case 'places':
      return placesTest(criterion)
  }
}

type Of<Type extends Criterion['type']> = Extract<Criterion, { type: Type }>

function checkedText(text: string): string {
  if (text === '') throw new AppError('USAGE', said`The text to search for is empty.`)
  if (text.length <= textLengthMax) return text
  throw new AppError(
    'USAGE',
    said`The text to search for has ${text.length} characters; ${textLengthMax} are the most.`
  )
}

function anyPart({ key, value, headers }: StoredRecord, isMet: (bytes: Uint8Array) => boolean): boolean {
  if (value !== null && isMet(value)) return true
  if (key !== null && isMet(key)) return true
  return headers.some(
    (header) => isMet(Buffer.from(header.key, 'utf8')) || (header.value !== null && isMet(header.value))
  )
}

function textTest({ text, isCaseSensitive }: Of<'text'>): Test {
  const { isIn, placesIn } = textFinder(checkedText(text), isCaseSensitive === true)
  return { isMet: (record) => anyPart(record, isIn), placesIn }
}

function regexTest({ pattern, isCaseSensitive }: Of<'regex'>): Test {
  const regex = compiledRegex(checkedText(pattern), isCaseSensitive === true)
  const isMet = (bytes: Uint8Array): boolean => regex.matcher(bufferOf(bytes).toString('utf8')).find()
  const required = requiredText(pattern)
  const places = required === undefined ? {} : { placesIn: textFinder(required, isCaseSensitive === true).placesIn }
  return { isMet: (record) => anyPart(record, isMet), ...places }
}

function compiledRegex(pattern: string, isCaseSensitive: boolean): RE2JS {
  try {
    return RE2JS.compile(pattern, isCaseSensitive ? 0 : RE2JS.CASE_INSENSITIVE)
  } catch (cause) {
    throw new AppError('USAGE', said`The pattern cannot be read: ${messageOf(cause)}.`, { cause })
  }
}

function fieldTest(expression: string): Test {
  const parsed = parseFieldExpression(checkedText(expression))
  return {
    isMet: ({ value }) => {
      if (value === null) return false
      const bytes = bufferOf(value)
      return findInJson(bytes, jsonStart(bytes), parsed.path, (at) => isSatisfied(bytes, at, parsed))
    },
    placesIn: fieldPlaces(parsed)
  }
}

/** Behind what may stand before JSON: a byte order mark, or the five bytes of a schema's id (Confluent's wire format). */
function jsonStart(bytes: Buffer): number {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 3
  const isBranch = bytes[5] === 0x7b || bytes[5] === 0x5b
  return bytes[0] === 0 && isBranch ? 5 : 0
}

function headerTest({ name, value, isCaseSensitive }: Of<'header'>): Test {
  const finderOf = (text: string | undefined): ReturnType<typeof textFinder> | undefined =>
    text === undefined || text === '' ? undefined : textFinder(checkedText(text), isCaseSensitive === true)
  const [named, valued] = [finderOf(name), finderOf(value)]
  const looked = valued ?? named
  if (looked === undefined) throw new AppError('USAGE', said`A header is searched by its name, its value or both.`)
  const isValueMet = (bytes: Uint8Array | null): boolean => {
    if (value === undefined) return true
    if (bytes === null) return false
    return valued === undefined ? bytes.length === 0 : valued.isIn(bytes)
  }
  return {
    isMet: ({ headers }) =>
      headers.some((header) => (named?.isIn(Buffer.from(header.key, 'utf8')) ?? true) && isValueMet(header.value)),
    placesIn: looked.placesIn
  }
}

function keyTest({ text, isWhole, isCaseSensitive }: Of<'key'>): Test {
  if (isWhole === true && text === '') return { isMet: ({ key }) => key?.length === 0 }
  const { isIn, placesIn } = textFinder(checkedText(text), isCaseSensitive === true)
  const sizeBytes = Buffer.byteLength(text, 'utf8')
  return {
    isMet: ({ key }) => key !== null && (isWhole !== true || key.length === sizeBytes) && isIn(key),
    placesIn
  }
}

function timeTest({ fromMs, untilMs }: Of<'time'>): Test {
  const from = fromMs === undefined ? undefined : BigInt(fromMs)
  const until = untilMs === undefined ? undefined : BigInt(untilMs)
  return {
    isMet: ({ timestamp }) => (from === undefined || timestamp >= from) && (until === undefined || timestamp < until),
    mayHold: (bytes, at) => fromMs === undefined || batchMaxTimestampMs(bytes, at) >= fromMs
  }
}

function placesTest({ places }: Of<'places'>): Test {
  const wanted = new Map(places.map(({ partition, offsets }) => [partition, new Set(offsets)]))
  return { isMet: ({ offset }, partition) => wanted.get(partition)?.has(offset) === true }
}
