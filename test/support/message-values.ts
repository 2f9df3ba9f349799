/** Arbitrary values of a message as its version can carry them, for round trips. */
import fc from 'fast-check'
import { uuidFromBytes } from '../../src-main/kernel/uuid'
import type { Field, Fields, FieldType, Primitive } from '../../src-main/protocol/wire/schema'

const primitives: Readonly<Record<Primitive, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  uint16: fc.integer({ min: 0, max: 65535 }),
  int32: fc.integer({ min: -2147483648, max: 2147483647 }),
  int64: fc.maxSafeInteger(),
  int64Exact: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float64: fc.double({ noNaN: true }),
  string: fc.string({ unit: 'grapheme', maxLength: 80 }),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => uuidFromBytes(bytes)),
  bytes: fc.uint8Array({ maxLength: 50 }),
  records: fc.uint8Array({ maxLength: 50 })
}

function ofType(type: FieldType, version: number, isFlexible: boolean): fc.Arbitrary<unknown> {
  if (type.type === 'array') {
    const element = ofType(type.of, version, isFlexible)
    const { distinctBy } = type
    if (distinctBy === undefined) return fc.array(element, { maxLength: 3 })
    return fc.uniqueArray(element, { maxLength: 3, selector: distinctBy })
  }
  if (type.type === 'struct') return messageValue(type.fields, version, isFlexible)
  return primitives[type.primitive]
}

function ofField(field: Field, version: number, isFlexible: boolean): fc.Arbitrary<unknown> | undefined {
  const { from = 0, to = Infinity, nullableFrom = Infinity, tag, tagFrom = from } = field.options
  if (version < from || version > to) return undefined
  if (tag !== undefined && !(isFlexible && version >= tagFrom)) return undefined
  const value = ofType(field.fieldType, version, isFlexible)
  return version >= nullableFrom ? fc.option(value, { nil: null }) : value
}

export function messageValue(
  fields: Fields,
  version: number,
  isFlexible: boolean
): fc.Arbitrary<Record<string, unknown>> {
  const present = Object.entries(fields).flatMap(([name, field]) => {
    const value = ofField(field, version, isFlexible)
    return value === undefined ? [] : [[name, value] as const]
  })
  return fc.record(Object.fromEntries(present))
}
