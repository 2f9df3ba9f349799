import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problemSentence, type Framing } from '../../../../src-main/api/formats'
import { decodeAvro, encodeAvro } from '../../../../src-main/serdes/avro'
import { rabin } from '../../../../src-main/serdes/avro-schema'
import { isProblem } from '../../../../src-main/serdes/json-tree'

interface Extra {
  readonly framing?: Framing
  readonly schemaId?: number
}

function encoded(schema: unknown, text: string, { framing = 'none', schemaId }: Extra = {}): Uint8Array {
  const schemaText = typeof schema === 'string' ? schema : JSON.stringify(schema)
  const format = { type: 'avro', schema: schemaText, framing, ...(schemaId === undefined ? {} : { schemaId }) } as const
  const bytes = encodeAvro(format, text)
  if (!(bytes instanceof Uint8Array)) throw new Error(problemSentence(bytes))
  return bytes
}

function decodedText(schema: unknown, bytes: Uint8Array): string {
  const value = decodeAvro(JSON.stringify(schema), bytes)
  if (isProblem(value)) throw new Error(problemSentence(value))
  return value.text
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const record = (...fields: readonly unknown[]): unknown => ({ type: 'record', name: 'R', namespace: 'x', fields })

describe('Avro', () => {
  it('writes what the examples of the specification write', () => {
    expect(hex(encoded('"long"', '64'))).toBe('8001')
    expect(hex(encoded('"string"', '"foo"'))).toBe('06666f6f')
    const test = record({ name: 'a', type: 'long' }, { name: 'b', type: 'string' })
    expect(hex(encoded(test, '{"a":27,"b":"foo"}'))).toBe('3606666f6f')
    expect(hex(encoded({ type: 'array', items: 'long' }, '[3,27]'))).toBe('04063600')
    expect(hex(encoded(['null', 'string'], '{"string":"a"}'))).toBe('020261')
  })

  it.each(['9223372036854775807', '-9223372036854775808', '9007199254740993', '0', '-1'])(
    'keeps all digits of the long %s',
    (text) => {
      expect(decodedText('long', encoded('"long"', text))).toBe(text)
    }
  )

  it('gives any long back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(decodedText('long', encoded('"long"', String(value)))).toBe(String(value))
      })
    )
  })

  it('writes any value as avsc does, and gives it back as text that is written to the same bytes', () => {
    const schema = record(
      { name: 'i', type: 'int' },
      { name: 's', type: 'string' },
      { name: 'd', type: 'double' },
      { name: 'f', type: 'float' },
      { name: 'b', type: 'boolean' },
      { name: 'l', type: { type: 'array', items: ['null', 'string', 'int'] } },
      { name: 'm', type: { type: 'map', values: 'double' } }
    )
    const own = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'always' })
    const values = fc.record({
      i: fc.integer(),
      s: fc.string({ unit: 'grapheme' }),
      d: fc.double({ noNaN: true, noDefaultInfinity: true }),
      f: fc.float({ noNaN: true, noDefaultInfinity: true }),
      b: fc.boolean(),
      l: fc.array(fc.oneof(fc.constant(null), fc.record({ string: fc.string() }), fc.record({ int: fc.integer() }))),
      m: fc.dictionary(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }))
    })
    fc.assert(
      fc.property(values, (value) => {
        // JSON.stringify would drop the sign of -0.
        const text = JSON.stringify(value, (_key, one: unknown) => (Object.is(one, -0) ? 0 : one))

        const bytes = encoded(schema, text)

        expect(hex(bytes)).toBe(hex(own.toBuffer(JSON.parse(text))))
        expect(hex(encoded(schema, decodedText(schema, bytes)))).toBe(hex(bytes))
      })
    )
  })

  it('keeps -0, infinities and bytes', () => {
    const schema = record({ name: 'd', type: 'double' }, { name: 'b', type: 'bytes' })
    const text = '{"d":-0.0,"b":"\\u0000\\u00ff"}'

    expect(hex(encoded(schema, text))).toBe('00000000000000800400ff')
    expect(decodedText(schema, encoded(schema, text))).toBe('{"d":-0.0,"b":"\\u0000ÿ"}')
    expect(decodedText('double', encoded('"double"', '"-Infinity"'))).toBe('"-Infinity"')
  })

  it('writes logical types as what they are stored as', () => {
    const schema = { type: 'long', logicalType: 'timestamp-millis' }
    expect(decodedText(schema, encoded(schema, '1700000000000'))).toBe('1700000000000')
  })

  it('writes defaults of fields that are missing, with all their digits', () => {
    const schema =
      '{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":9223372036854775807},{"name":"b","type":["string","null"],"default":"x"}]}'

    expect(hex(encoded(schema, '{}'))).toBe(hex(encoded(schema, '{"a":9223372036854775807,"b":{"string":"x"}}')))
  })

  it('takes a value of a union without its branch where only one fits', () => {
    expect(hex(encoded(['null', 'long'], '7'))).toBe('020e')
    expect(() => encoded(['int', 'long'], '7')).toThrow('Say which: {"int": …}')
  })
})

describe('the fingerprint of a schema', () => {
  // Known answers of Apache Avro's own test data (share/test/data/schema-tests.txt), there as signed integers.
  it.each([
    ['"null"', '"null"', 7195948357588979594n],
    ['"boolean"', '"boolean"', -6970731678124411036n],
    ['"int"', '"int"', 8247732601305521295n],
    ['{"type":"long"}', '"long"', -3434872931120570953n],
    ['"string"', '"string"', -8142146995180207161n],
    ['[ "int"  ]', '["int"]', -5232228896498058493n]
  ])('of %s is known', (_written, canonical, known) => {
    expect(BigInt.asIntN(64, rabin(new TextEncoder().encode(canonical)))).toBe(known)
  })

  it('stands before the value, lowest byte first, whatever the schema says beside its form', () => {
    const plain = encoded('"int"', '1', { framing: 'singleObject' })
    const wordy = encoded('{"type":"int","doc":"count","logicalType":"date"}', '1', { framing: 'singleObject' })

    expect(hex(plain)).toBe('c3018f5c393f1ad5757202')
    expect(hex(wordy)).toBe(hex(plain))
  })
})

describe('what stands before Avro bytes', () => {
  it('is 00 and the id, highest byte first, for Confluent', () => {
    const bytes = encoded('"int"', '1', { framing: 'confluent', schemaId: 0x01020304 })

    expect(hex(bytes)).toBe('000102030402')
    expect(decodeAvro('"int"', bytes)).toEqual({ text: '1', framing: 'confluent', schemaId: 0x01020304 })
  })

  it('is found by the first bytes, and no value is taken for it that is none', () => {
    const schema = record({ name: 'a', type: 'int' }, { name: 'b', type: 'string' })
    const bytes = encoded(schema, '{"a":0,"b":""}')

    expect(hex(bytes)).toBe('0000')
    expect(decodeAvro(JSON.stringify(schema), bytes)).toMatchObject({ framing: 'none' })
    expect(decodeAvro('"int"', encoded('"int"', '1', { framing: 'singleObject' }))).toMatchObject({
      framing: 'singleObject'
    })
  })

  it('names another schema by its fingerprint', () => {
    const problem = decodeAvro('"long"', encoded('"int"', '1', { framing: 'singleObject' }), 'singleObject')

    expect(isProblem(problem) ? problemSentence(problem) : '').toContain('8f5c393f1ad57572')
  })

  it('needs an id', () => {
    expect(() => encoded('"int"', '1', { framing: 'confluent' })).toThrow('id of the schema is missing')
  })
})

describe('what Avro cannot write', () => {
  const schema = record(
    { name: 'id', type: 'long' },
    { name: 'lines', type: { type: 'array', items: record({ name: 'price', type: 'int' }) } }
  )
  const named = JSON.stringify(schema).replace(
    '"name":"R","namespace":"x","fields":[{"name":"price"',
    '"name":"L","fields":[{"name":"price"'
  )

  it.each([
    ['{"id":9223372036854775808,"lines":[]}', '$.id is 9223372036854775808, which does not fit into long.'],
    ['{"id":1.0,"lines":[]}', '$.id is to be a whole number (long), not 1.0.'],
    ['{"id":"1","lines":[]}', '$.id is to be long, not "1".'],
    ['{"id":1,"lines":[{"price":1},{"price":2147483648}]}', '$.lines[1].price is 2147483648'],
    ['{"id":1,"lines":[{}]}', '$.lines[0].price is missing.'],
    ['{"id":1}', '$.lines is missing.'],
    ['{"id":1,"lines":[],"Id":2}', '$.Id is not in the schema.'],
    ['{"id":1,"id":2,"lines":[]}', '$.id is there twice.'],
    ['{"id":1,"lines":[', 'ends too early'],
    ['', 'nothing was typed']
  ])('of %s is named by its field', (text, sentence) => {
    expect(() => encoded(named, text)).toThrow(sentence)
  })

  it.each([
    ['{"type":"record"', 'The schema is no JSON'],
    ['{"type":"nonsense"}', 'The schema is no Avro schema: unknown type'],
    ['{"type":"record","name":"a(){process.exit(9)}//","fields":[]}', 'invalid name'],
    ['{"type":"record","name":"A","fields":[{"name":"b","type":"nope"}]}', 'undefined type name: nope']
  ])('with the schema %s is said', (text, sentence) => {
    expect(() => encoded(text, '{}')).toThrow(sentence)
  })

  it('is also a float that overflows, a wrong symbol, too few bytes, a character that is no byte', () => {
    expect(() => encoded('"double"', '1e400')).toThrow('$ is 1e400, which does not fit into double.')
    expect(() => encoded('"float"', '1e39')).toThrow('does not fit into float')
    expect(() => encoded({ type: 'enum', name: 'E', symbols: ['A', 'B'] }, '"C"')).toThrow('symbols: A, B')
    expect(() => encoded({ type: 'fixed', name: 'F', size: 2 }, '"a"')).toThrow('has 1 bytes; its type (F) has 2')
    expect(() => encoded('"bytes"', '"한"')).toThrow('above U+00FF')
  })

  it('is a value that is nested too deep, and one that would be tried without end', () => {
    const list = record({ name: 'next', type: ['null', 'x.R'] })
    const deep = (levels: number): string => '{"next":'.repeat(levels) + 'null' + '}'.repeat(levels)
    expect(() => encoded(list, deep(800))).toThrow('nested deeper')

    const fork = (name: string): unknown => ({
      type: 'record',
      name,
      fields: [{ name: 'next', type: ['null', 'A', 'B'] }]
    })
    const forks = `[${JSON.stringify(fork('A')).replace('"B"', JSON.stringify(fork('B')))},"B"]`
    expect(() => encoded(forks, deep(200))).toThrow('union')
  })
})

describe('bytes that are no Avro value', () => {
  it.each([
    ['"string"', '08616263', 'end inside $'],
    ['"long"', 'ffffffffffffffffffffff01', 'more than 10 bytes'],
    ['"int"', '0202', '1 bytes are left over'],
    ['"boolean"', '02', 'neither 0 nor 1'],
    ['["null","int"]', '04', 'no branch 2'],
    ['"string"', '02ff', 'no UTF-8'],
    ['{"type":"array","items":"null"}', 'feffffffffffffffff0100', 'more than']
  ])('of %s: %s', (schema, bytes, sentence) => {
    const problem = decodeAvro(schema, Buffer.from(bytes, 'hex'), 'none')
    expect(isProblem(problem) ? problemSentence(problem) : problem).toContain(sentence)
  })

  it('never get out as an exception', () => {
    const schema = JSON.stringify(
      record(
        { name: 'a', type: ['null', 'long', 'string'] },
        { name: 'm', type: { type: 'map', values: { type: 'array', items: 'x.R' } } },
        { name: 'e', type: { type: 'enum', name: 'E', symbols: ['A'] } }
      )
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(decodeAvro(schema, bytes)).toBeTypeOf('object')
      })
    )
  })
})
