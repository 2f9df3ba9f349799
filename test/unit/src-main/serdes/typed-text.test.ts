import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problemSentence, type Format } from '../../../../src-main/api/formats'
import { jsonProblem } from '../../../../src-main/api/json-scan'
import { textProblem } from '../../../../src-main/api/typed-text'
import { serdes } from '../../../../src-main/serdes/serdes'

function encoded(type: Exclude<Format['type'], 'avro'>, text: string): Uint8Array | string {
  const bytes = serdes.encode({ type }, text)
  return bytes instanceof Uint8Array ? bytes : problemSentence(bytes)
}

function accepts(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('JSON as it is typed', () => {
  it.each([
    '9223372036854775807',
    '23958446825181076828',
    '1.0',
    '1e400',
    '-0',
    '{"a":1,"a":2}',
    ' [ 1 ]\n',
    '"\\u0041"'
  ])('goes out as %s', (text) => {
    expect(Buffer.from(encoded('json', text)).toString('utf8')).toBe(text)
  })

  it('is taken and refused as JSON.parse does', () => {
    const json = fc.json().map((text) => text)
    const broken = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', ']', ':', '0', '-', '.', 'e', '\\', ' ', '\n', 'x', '\u0000')
      )
      .map(([text, at, change]) => {
        const place = at % (text.length + 1)
        return text.slice(0, place) + change + text.slice(place + (at % 2))
      })
    fc.assert(
      fc.property(fc.oneof(json, broken, fc.string()), (text) => {
        expect(jsonProblem(text) === undefined).toBe(accepts(text))
      }),
      { numRuns: 2000 }
    )
  })

  it.each([
    ['{"a": 1,}', 'line 1, column 9 stands “}”, where a name in double quotes should'],
    ['{\n  "a": 01\n}', 'line 2, column 9 stands “1”, where “,” or “}” should'],
    ["{'a': 1}", "column 2 stands “'”, where a name in double quotes or “}” should"],
    ['{"한글": 1 2}', 'column 10 stands “2”'],
    ['[1, 2', 'ends too early, in line 1, column 6'],
    ['{"a": tru}', 'stands “t”, where a value should'],
    ['1 1', 'where nothing more should'],
    ['"a\tb"', 'stands U+0009'],
    ['"\\x"', 'stands “x”, where an escape'],
    ['   ', 'nothing was typed'],
    ['[1.]', 'where a digit should'],
    ['{"a":"\ud800"}', 'half a character']
  ])('says where %s is none', (text, sentence) => {
    expect(encoded('json', text)).toContain(sentence)
  })

  it('costs no stack', () => {
    expect(encoded('json', '['.repeat(5_000_000))).toContain('nested deeper than 1000 levels')
  })
})

describe('bytes as they are typed', () => {
  it('come back from hexadecimal digits and Base64, grouped or not', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const buffer = Buffer.from(bytes)
        const grouped = buffer.toString('hex').replaceAll(/../g, '$& ')
        expect(encoded('hex', grouped)).toEqual(buffer)
        expect(encoded('hex', `0x${buffer.toString('hex').toUpperCase()}`)).toEqual(buffer)
        expect(encoded('base64', buffer.toString('base64').replaceAll(/.{20}/g, '$&\n'))).toEqual(buffer)
        expect(encoded('base64', buffer.toString('base64url'))).toEqual(buffer)
      })
    )
  })

  it.each([
    ['hex', 'abc', 'odd number of them (3)'],
    ['hex', 'ab\ncg', 'line 2, column 2 stands “g”'],
    ['base64', 'QQ*=', 'column 3 stands “*”'],
    ['base64', 'QUJDR', 'its length, 5'],
    ['base64', 'QQ=', 'stands “=”'],
    ['base64', 'Q=Q=', 'stands “=”']
  ] as const)('are refused in words: %s %s', (type, text, sentence) => {
    expect(encoded(type, text)).toContain(sentence)
  })

  it('may be none: an empty value is no tombstone', () => {
    for (const type of ['string', 'hex', 'base64'] as const) expect(encoded(type, '')).toHaveLength(0)
  })
})

describe('text', () => {
  it('goes out as UTF-8, with its byte order mark, quotes, newlines and control characters', () => {
    const text = '\ufeff"한글"\r\n\u0000\u001b[31m<b>'
    expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoded('string', text) as Uint8Array)).toBe(text)
  })

  it('is refused where it cannot be UTF-8', () => {
    expect(textProblem('string', 'a\nb\udc00')).toEqual({ code: 'surrogate', params: { line: 2, column: 2 } })
  })
})
