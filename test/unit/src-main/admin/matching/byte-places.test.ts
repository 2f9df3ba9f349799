import { describe, expect, it, vi } from 'vitest'
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

describe('a text whose pieces are everywhere', () => {
  const text = `${'a'.repeat(9999)}b`
  const places = (block: Uint8Array): number[] => {
    const next = textFinder(text, true).placesIn(block)
    const found: number[] = []
    for (let at = next?.(0) ?? -1; at >= 0; at = next?.(at + 1) ?? -1) found.push(at)
    return found
  }

  it('is not compared at each of them', () => {
    const compare = vi.spyOn(Buffer.prototype, 'compare')

    expect(places(new Uint8Array(4_000_000).fill(0x61))).toEqual([])
    expect(compare.mock.calls.length).toBeLessThanOrEqual(1000)
    compare.mockRestore()
  })

  it('is found at each of its places', () => {
    const run = 'a'.repeat(20_000)

    expect(places(bytesOf(`${text} ${run}b${run}c${text}`))).toEqual([0, 20_002, 50_003])
  })
})
