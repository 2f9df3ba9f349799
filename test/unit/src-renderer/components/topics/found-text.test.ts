import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { excerptOf, piecesOf } from '@/components/topics/found-text'

const words = (text: string, isCaseSensitive = false) => ({ text, isCaseSensitive })
const marked = (pieces: ReturnType<typeof piecesOf>): string =>
  pieces.map(({ text, isFound }) => (isFound ? `[${text}]` : text)).join('')

describe('words in a text', () => {
  it.each([
    ['an Error, errors', 'error', false, 'an [Error], [error]s'],
    ['an Error, errors', 'error', true, 'an Error, [error]s'],
    ['aaa', 'aa', false, '[aa]a'],
    ['.*', '.', false, '[.]*'],
    ['', 'x', false, ''],
    ['İİ x', 'x', false, 'İİ x']
  ])('%j has %j (case %s): %j', (text, wanted, isCaseSensitive, expected) => {
    expect(marked(piecesOf(text, words(wanted, isCaseSensitive)))).toBe(expected)
  })

  it('are marked in a text that stays what it was', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ maxLength: 2 }),
        fc.boolean(),
        (text, wanted, isExact) => {
          const pieces = piecesOf(text, words(wanted, isExact))
          expect(pieces.map((piece) => piece.text).join('')).toBe(text)
        }
      )
    )
  })

  it('are seen in an excerpt, however far behind they stand', () => {
    const text = `${'x'.repeat(5000)}needle${'y'.repeat(5000)}`
    const pieces = excerptOf(text, words('NEEDLE'), 100)
    expect(marked(pieces)).toBe(`…${'x'.repeat(24)}[needle]${'y'.repeat(70)}`)
    expect(marked(excerptOf(text, undefined, 5))).toBe('xxxxx')
    expect(marked(excerptOf('a needle', words('needle'), 100))).toBe('a [needle]')
  })
})
