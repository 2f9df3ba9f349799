import { describe, expect, it } from 'vitest'
import { textFinder } from '../../../../../src-main/admin/matching/byte-places'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('a text whose case does not matter', () => {
  it('is found wherever the simple case folding of Unicode finds it, by which a pattern of RE2 is matched', () => {
    const cased = Array.from({ length: 0x1e943 + 1 }, (_, point) => point)
      .filter((point) => point < 0xd800 || point > 0xdfff)
      .map((point) => String.fromCodePoint(point))
      .filter((one) => /\p{Changes_When_Casemapped}/u.test(one))
    const all = cased.join('')
    expect(cased.length).toBeGreaterThan(2700)

    const missed = cased.flatMap((one) => {
      const { isIn } = textFinder(one, false)
      const others = all.match(new RegExp(one, 'giu')) ?? []
      return others.filter((other) => !isIn(bytesOf(other))).map((other) => `${one} in ${other}`)
    })

    expect(missed).toEqual([])
  })

  it('may have a sharp s in either case', () => {
    expect(textFinder('straße', false).isIn(bytesOf('STRAẞE 7'))).toBe(true)
    expect(textFinder('STRAẞE', false).isIn(bytesOf('an der straße'))).toBe(true)
    expect(textFinder('straße', false).isIn(bytesOf('STRASSE'))).toBe(false)
  })
})
