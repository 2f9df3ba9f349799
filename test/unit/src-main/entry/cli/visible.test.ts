import { afterEach, describe, expect, it } from 'vitest'
import { jsonText, recordText, table } from '../../../../../src-main/entry/cli/output'
import { columnsOf, visible, visibleJson } from '../../../../../src-main/entry/cli/visible'

const isTerminal = (is: boolean): void => {
  Object.defineProperty(process.stdout, 'isTTY', { value: is, configurable: true, writable: true })
}
const was = process.stdout.isTTY
afterEach(() => isTerminal(was))

const hostile = 'a\x1b]0;title\x07b\u009bc\u202ed\x7f'
const record = { topic: 'orders', partition: 0, offset: 3, timestampMs: 0, key: null, value: hostile, headers: [] }

describe('foreign text on a terminal', () => {
  it.each([
    ['\x1b[2J', '\\x1b[2J'],
    ['a\tb\r\n', 'a\\tb\\r\\n'],
    ['\x00\x07\x7f', '\\x00\\x07\\x7f'],
    ['\u009b31m', '\\x9b31m'],
    ['abc\u202edef\u2066', 'abc\\u202edef\\u2066'],
    ['\u2028', '\\u2028'],
    ['주문 🌊 é', '주문 🌊 é']
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown)
  })

  it('is no command to it: not in a record, a table or JSON', () => {
    isTerminal(true)

    expect(recordText(record)).toBe('orders-0 3  null  a\\x1b]0;title\\x07b\\x9bc\\u202ed\\x7f')
    expect(table(['GROUP'], [['a\x1bc']])).toBe('GROUP\na\\x1bc')
    expect(jsonText({ value: hostile })).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(jsonText({ value: hostile }))).toEqual({ value: hostile })
  })

  it('goes into a pipe as it is', () => {
    isTerminal(false)

    expect(recordText(record)).toBe(`orders-0 3  null  ${hostile}`)
    expect(JSON.parse(visibleJson(JSON.stringify(hostile)))).toBe(hostile)
  })
})

describe('columns of a terminal', () => {
  it.each([
    ['readers', 7],
    ['주문', 4],
    ['注文', 4],
    ['ｗｉｄｅ', 8],
    ['🌊', 2],
    ['é', 1],
    ['주문'.normalize('NFD'), 4],
    ['', 0]
  ])('%j takes %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns)
  })

  it('are what a table is aligned by', () => {
    const lines = table(
      ['GROUP', 'STATE'],
      [
        ['주문-소비자', 'Stable'],
        ['readers', 'Empty']
      ]
    ).split('\n')

    expect(lines.map((line) => columnsOf(line.slice(0, line.search(/STATE|Stable|Empty/))))).toEqual([13, 13, 13])
  })
})
