import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../../src-main/adapters/node-checksum'
import { nodeCompression } from '../../../../../src-main/adapters/node-compression'
import { scanBatches } from '../../../../../src-main/admin/batch-scan'
import { compareDecimals } from '../../../../../src-main/admin/matching/decimal'
import { compiledMatcher } from '../../../../../src-main/admin/matching/record-matcher'
import { requiredText } from '../../../../../src-main/admin/matching/required-text'
import type { Criterion } from '../../../../../src-main/kernel/cluster-ports'
import { buildBatch } from '../../../../../src-main/protocol/record/batch-builder'
import type { RecordContent } from '../../../../../src-main/protocol/record/record'
import { compressedWith, loadCodecs } from '../../../../support/record-samples'

beforeAll(loadCodecs)

const ports = { compression: nodeCompression, checksum: nodeChecksum }
const bytesOf = (text: string | null): Uint8Array | null => (text === null ? null : new TextEncoder().encode(text))

interface Given {
  readonly key?: string | null | undefined
  readonly value?: string | null | undefined
  readonly headers?: readonly (readonly [string, string | null])[]
}

function contentOf({ key = null, value = null, headers = [] }: Given): RecordContent {
  return {
    timestamp: 1_000n,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: headers.map(([name, text]) => ({ key: name, value: bytesOf(text) }))
  }
}

/** Offsets that are found in one batch of these records. */
function found(records: readonly Given[], criteria: readonly Criterion[], codec: 0 | 1 | 2 | 3 | 4 = 0): number[] {
  const batch = buildBatch(records.map(contentOf), nodeChecksum, codec === 0 ? {} : compressedWith(codec))
  const scanned = scanBatches(batch, ports, {
    partition: 0,
    fromOffset: 0,
    untilOffset: records.length,
    matcher: compiledMatcher(criteria),
    recordsMax: records.length
  })
  expect(scanned).toMatchObject({ recordCount: records.length, unreadable: [], nextOffset: records.length })
  expect(scanned.foundCount).toBe(scanned.records.length)
  return scanned.records.map(({ offset }) => offset)
}

const isFound = (record: Given, criterion: Criterion): boolean => found([record], [criterion]).length === 1
const field = (value: string, expression: string): boolean => isFound({ value }, { type: 'field', expression })

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', 'É', '가', 'k', '\u212a', 's', 'ſ', '"', '\\') })
const anyRecord = fc.record({
  key: fc.option(word, { nil: null }),
  value: fc.option(word, { nil: null }),
  headers: fc.array(fc.tuple(word, fc.option(word, { nil: null })), { maxLength: 3 })
})
const partsOf = ({ key, value, headers = [] }: Given): string[] =>
  [key, value, ...headers.flat()].filter((part): part is string => typeof part === 'string')

describe('a text', () => {
  it('of any length is found at every place, looked for by its rarest piece', () => {
    const letters = fc.string({ unit: fc.constantFrom('e', 'o', ' ', 'z', '7', 'é'), minLength: 1, maxLength: 14 })
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 8 }), fc.nat(), letters, (values, which, other) => {
        const text = values[which % values.length] ?? ''
        const records = [...values, `${other}${text}`, `${text}${other}`].map((value) => ({ value }))
        const expected = records.flatMap(({ value }, offset) => (value.includes(text) ? [offset] : []))

        expect(found(records, [{ type: 'text', text, isCaseSensitive: true }])).toEqual(expected)
      })
    )
  })

  it.each([0, 1, 2, 3, 4] as const)('is found in every part of a record, and across none (codec %i)', (codec) => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 8 }), word.filter(Boolean), (records, text) => {
        const expected = records.flatMap((record, i) =>
          partsOf(record).some((part) => part.includes(text)) ? [i] : []
        )

        expect(found(records, [{ type: 'text', text, isCaseSensitive: true }], codec)).toEqual(expected)
      }),
      { numRuns: 60 }
    )
  })

  it('is found in any case, of all that Unicode has of a letter', () => {
    const fold = (text: string): string => Array.from(text, (one) => one.toUpperCase().toLowerCase()).join('')
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 8 }), word.filter(Boolean), (records, text) => {
        const isIn = (part: string): boolean => fold(part).includes(fold(text))
        const expected = records.flatMap((record, i) => (partsOf(record).some(isIn) ? [i] : []))

        expect(found(records, [{ type: 'text', text }])).toEqual(expected)
      }),
      { numRuns: 200 }
    )
  })

  it.each(['9223372036854775807', '23958446825181076828', '1.0', '1e400', '-0'])(
    '%s is found as it stands there',
    (text) => {
      expect(isFound({ key: text }, { type: 'text', text })).toBe(true)
      expect(isFound({ value: `{"n":${text}}` }, { type: 'text', text })).toBe(true)
      expect(
        isFound(
          {
            headers: [
              ['h', '1'],
              ['h', text]
            ]
          },
          { type: 'text', text }
        )
      ).toBe(true)
    }
  )

  it('that is empty is refused in a sentence', () => {
    expect(() => compiledMatcher([{ type: 'text', text: '' }])).toThrow('The text to search for is empty.')
  })
})

describe('a pattern', () => {
  const pattern = fc.constantFrom(
    'a+b',
    'a|가',
    '^b',
    'é$',
    '[ab]{2}',
    '(ab)?k',
    'a.b',
    '\\\\',
    'aab?',
    '(?i)É',
    'b*aa',
    'AbA+'
  )

  it('finds what it matches in any part, whatever text is looked for first', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 8 }), pattern, (records, source) => {
        const regex = source.startsWith('(?i)') ? new RegExp(source.slice(4), 'iu') : new RegExp(source, 'u')
        const expected = records.flatMap((record, i) => (partsOf(record).some((part) => regex.test(part)) ? [i] : []))

        expect(found(records, [{ type: 'regex', pattern: source, isCaseSensitive: true }])).toEqual(expected)
      }),
      { numRuns: 300 }
    )
  })

  it('that would run away elsewhere takes no time', () => {
    const value = `${'a'.repeat(5000)}!`

    expect(isFound({ value }, { type: 'regex', pattern: '(a+)+$' })).toBe(false)
    expect(isFound({ value }, { type: 'regex', pattern: '^(a|a)*$' })).toBe(false)
  })

  it('that cannot be read is refused in a sentence', () => {
    expect(() => compiledMatcher([{ type: 'regex', pattern: '(' }])).toThrow(/^The pattern cannot be read: /)
  })

  it.each([
    ['needle-[0-9]+', 'needle-'],
    ['ab*cde', 'cde'],
    ['abc+def', 'abc'],
    ['abcd?xyz{2}wv', 'abc'],
    ['(foo)?barbaz', 'barbaz'],
    ['a\\.bcd', 'a.bcd'],
    ['foo|bar', undefined],
    ['(?i)needle', undefined],
    ['\\Qa.b\\E', undefined],
    ['a{0}bcd', 'bcd'],
    ['[[:alpha:]]xyz', 'xyz'],
    ['ab', undefined]
  ])('%s needs %s', (source, needed) => {
    expect(requiredText(source)).toBe(needed)
  })
})

describe('a field', () => {
  it.each([
    ['{"order":{"total":129.90}}', 'order.total > 100', true],
    ['{"order":{"total":129.90}}', 'order.total == 129.9', true],
    ['{"order":{"total":99}}', 'order.total > 100', false],
    ['{"total":129.90}', 'order.total > 100', false],
    ['{"x":{"order":{"total":129}}}', 'order.total > 100', false],
    ['{"n":9223372036854775807}', 'n == 9223372036854775807', true],
    ['{"n":9223372036854775807}', 'n == 9223372036854775808', false],
    ['{"n":9223372036854775807}', 'n < 9223372036854775808', true],
    ['{"n":1e400}', 'n > 1e308', true],
    ['{"n":-0}', 'n == 0', true],
    ['{"n":0.1}', 'n == 0.10', true],
    ['{"n":"5"}', 'n == 5', false],
    ['{"n":"5"}', 'n == "5"', true],
    ['{"s":"open"}', 'status == open', false],
    ['{"status":"open"}', 'status == open', true],
    ['{"status":"open"}', 'status != closed', true],
    ['{}', 'status != closed', false],
    ['{"a":null}', 'a exists', true],
    ['{"b":null}', 'a exists', false],
    ['{"a":[{"b":1},{"b":7}]}', 'a[1].b == 7', true],
    ['{"a":[{"b":1},{"b":7}]}', 'a[*].b == 7', true],
    ['{"a":[{"b":1},{"b":7}]}', 'a[0].b == 7', false],
    ['{"tags":["eu","card"]}', 'tags contains card', true],
    ['{"msg":"disk full"}', 'msg contains full', true],
    ['{"a.b":1}', '["a.b"] == 1', true],
    ['{"t\\u006ftal":5}', 'total == 5', true],
    ['{"키":"값"}', '키 == 값', true],
    ['  {  "a"  :  true  }  ', 'a = true', true],
    ['[1,2,3]', '[2] >= 3', true],
    ['not json', 'a == 1', false],
    ['{"a":1', 'a == 1', true],
    ['{"a":2,"a":1}', 'a == 1', true]
  ])('of %s: %s is %s', (value, expression, expected) => {
    expect(field(value, expression)).toBe(expected)
  })

  it('is found where JSON.parse finds it, whatever surrounds it', () => {
    const key = fc.constantFrom('a', 'b', 'a"b', 'c\\d', '가')
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.integer(),
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('object')
      ),
      list: fc.array(tie('value'), { maxLength: 3 }),
      object: fc.dictionary(key, tie('value'), { maxKeys: 3 })
    }))
    fc.assert(
      fc.property(json.object, key, key, fc.integer(), fc.nat(3), (value, first, second, wanted, indent) => {
        const object = value
        const inner = object[first]
        const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        const there = isObject ? (inner as Record<string, unknown>)[second] : undefined
        const path = `[${JSON.stringify(first)}][${JSON.stringify(second)}]`
        const text = JSON.stringify(value, null, indent)

        expect(field(text, `${path} exists`)).toBe(there !== undefined)
        expect(field(text, `${path} > ${wanted}`)).toBe(typeof there === 'number' && there > wanted)
        expect(field(text, `${path} == "x"`)).toBe(there === 'x')
      }),
      { numRuns: 300 }
    )
  })

  it('is found among many of its name as it is in a record alone, however its value is written', () => {
    const written = fc.constantFrom(
      ...[
        '5',
        '5.0',
        '50e-1',
        '-5',
        '55',
        '0',
        '-0',
        '0.0',
        '9223372036854775807',
        '9223372036854775806',
        '922337203685477580'
      ],
      ...[
        '"5"',
        '"on"',
        '"o\\/n"',
        '"o/n"',
        '"on off"',
        '"가"',
        'true',
        'truer',
        'null',
        '[5]',
        '{"n":5}',
        ' 5 ',
        '\n"on"'
      ]
    )
    const expression = fc
      .tuple(
        fc.constantFrom('n', 'm.n', 'n[*]'),
        fc.constantFrom('==', '!=', '>', '<=', 'contains'),
        fc.constantFrom('5', '5.0', '0', '9223372036854775807', 'on', '"o/n"', '가', 'true', 'null')
      )
      .map((parts) => parts.join(' '))
    const record = fc
      .tuple(written, written, fc.boolean())
      .map(([outer, inner, hasSpace]) => `{"n"${hasSpace ? ' ' : ''}:${outer},"m":{"n":${inner}}}`)
    fc.assert(
      fc.property(fc.array(record, { minLength: 40, maxLength: 60 }), expression, (values, text) => {
        const alone = values.flatMap((value, offset) => (field(value, text) ? [offset] : []))

        expect(
          found(
            values.map((value) => ({ value })),
            [{ type: 'field', expression: text }]
          )
        ).toEqual(alone)
      }),
      { numRuns: 40 }
    )
  })

  it('behind long strings with escapes is found where it stands', () => {
    const long = 'x'.repeat(100)
    for (const text of [
      long,
      `${long}\\`,
      `${long}"`,
      `${long}\\"y`,
      `"${long}\\\\`,
      '\\'.repeat(75),
      `${'\\'.repeat(60)}"`
    ]) {
      const value = JSON.stringify({ [text]: 1, s: text, 'n\\': { n: 3 }, n: 7 })

      expect(field(value, 'n == 7'), value).toBe(true)
      expect(field(value, 'n == 3'), value).toBe(false)
      expect(field(value.slice(0, -8), 'n == 7'), value).toBe(false)
    }
  })

  it.each(['', '> 5', 'a', 'a >', 'a ~ 5', 'a exists 5', '["a == 5'])(
    'that cannot be read (%s) is refused',
    (expression) => {
      expect(() => compiledMatcher([{ type: 'field', expression }])).toThrow(/as in|empty|JSON/)
    }
  )
})

describe('decimals', () => {
  it('compare as the rationals that they are', () => {
    const decimal = fc
      .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.nat(25), fc.integer({ min: -30, max: 30 }))
      .map(([isNegative, digits, places, exponent]) => {
        const padded = String(digits).padStart(places + 1, '0')
        const at = padded.length - places
        const fraction = places === 0 ? '' : `.${padded.slice(at)}`
        const text = `${isNegative ? '-' : ''}${padded.slice(0, at).replace(/^0+(?=\d)/, '')}${fraction}e${exponent}`
        return { text, scaled: (isNegative ? -digits : digits) * 10n ** BigInt(exponent - places + 60) }
      })
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(compareDecimals(a.text, b.text)).toBe(a.scaled < b.scaled ? -1 : a.scaled > b.scaled ? 1 : 0)
      })
    )
  })
})

describe('other criteria', () => {
  it('find headers by name and value of the same header, tombstones, keys, and times', () => {
    const records: Given[] = [
      {
        key: 'k1',
        value: 'v',
        headers: [
          ['a', 'x'],
          ['b', 'y']
        ]
      },
      { key: 'k12', value: null, headers: [['a', 'y']] },
      { value: '', headers: [['trace', null]] }
    ]

    expect(found(records, [{ type: 'header', name: 'a', value: 'y' }])).toEqual([1])
    expect(found(records, [{ type: 'header', name: 'trace' }])).toEqual([2])
    expect(found(records, [{ type: 'header', value: 'y' }])).toEqual([0, 1])
    expect(found(records, [{ type: 'header', name: 'trace', value: '' }])).toEqual([])
    expect(found([{ headers: [['trace', '']] }, ...records], [{ type: 'header', name: 'trace', value: '' }])).toEqual([
      0
    ])
    expect(found([{ headers: [['a', '']] }, ...records], [{ type: 'header', name: 'a', value: '' }])).toEqual([0])
    expect(found([{ headers: [['a', '']] }, ...records], [{ type: 'header', name: 'a' }])).toEqual([0, 1, 2, 3])
    expect(() => compiledMatcher([{ type: 'header', name: '', value: '' }])).toThrow('by its name, its value or both')
    expect(found(records, [{ type: 'tombstone' }])).toEqual([1])
    expect(found(records, [{ type: 'key', text: 'k1' }])).toEqual([0, 1])
    expect(found(records, [{ type: 'key', text: 'k1', isWhole: true }])).toEqual([0])
    expect(found(records, [{ type: 'time', fromMs: 1000, untilMs: 1001 }])).toEqual([0, 1, 2])
    expect(found(records, [{ type: 'time', fromMs: 1001 }])).toEqual([])
    expect(found(records, [{ type: 'time', untilMs: 1000 }])).toEqual([])
    expect(found(records, [{ type: 'places', places: [{ partition: 0, offsets: [2] }] }])).toEqual([2])
    expect(found(records, [{ type: 'key', text: 'k1' }, { type: 'tombstone' }])).toEqual([1])
  })
})

describe('a scan', () => {
  it('that stops when it is full goes on where it stopped, and finds each once', () => {
    const records = Array.from({ length: 100 }, (_, i): Given => ({ value: i % 3 === 0 ? `hit ${i}` : `miss ${i}` }))
    const batch = buildBatch(records.map(contentOf), nodeChecksum, compressedWith(1))
    const matcher = compiledMatcher([{ type: 'text', text: 'hit' }])
    const offsets: number[] = []
    let recordCount = 0
    for (let at = 5; at < 90;) {
      const part = scanBatches(batch, ports, {
        partition: 0,
        fromOffset: at,
        untilOffset: 90,
        matcher,
        recordsMax: 7,
        stopsWhenFull: true
      })
      offsets.push(...part.records.map(({ offset }) => offset))
      recordCount += part.recordCount
      at = part.nextOffset
    }

    expect(offsets).toEqual(Array.from({ length: 90 }, (_, i) => i).filter((i) => i >= 5 && i % 3 === 0))
    expect(recordCount).toBe(85)
  })

  it('gives the last of more than are wanted, where so many are to be counted only', () => {
    const records = Array.from({ length: 100 }, (_, i): Given => ({ value: i % 3 === 0 ? `hit ${i}` : `miss ${i}` }))
    const batch = buildBatch(records.map(contentOf), nodeChecksum, compressedWith(1))
    const scanned = scanBatches(batch, ports, {
      partition: 0,
      fromOffset: 5,
      untilOffset: 90,
      matcher: compiledMatcher([{ type: 'text', text: 'hit' }]),
      recordsMax: 7,
      skipsFound: 21
    })

    expect(scanned).toMatchObject({ foundCount: 28, recordCount: 85 })
    expect(scanned.records.map(({ offset }) => offset)).toEqual([69, 72, 75, 78, 81, 84, 87])
  })

  it('names a batch that is broken and looks on behind it', () => {
    const good = buildBatch([contentOf({ value: 'hit' })], nodeChecksum, {})
    const bad = good.slice()
    bad[70] = 0xff
    bad[7] = 1
    const last = good.slice()
    last[7] = 2
    const scanned = scanBatches(new Uint8Array([...good, ...bad, ...last]), ports, {
      partition: 0,
      fromOffset: 0,
      untilOffset: 3,
      matcher: compiledMatcher([{ type: 'text', text: 'hit' }]),
      recordsMax: 10
    })

    expect(scanned.records.map(({ offset }) => offset)).toEqual([0, 2])
    expect(scanned.unreadable).toMatchObject([{ fromOffset: 1, toOffset: 1, why: 'corrupt' }])
  })
})
