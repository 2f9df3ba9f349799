import { describe, expect, it } from 'vitest'
import { compareNames, firstByName } from '../../../../src-main/api/order'

const named = (names: readonly string[]): { name: string }[] => names.map((name) => ({ name }))

describe('the order of names', () => {
  it('is that of the collation, of whatever two names', () => {
    const collator = new Intl.Collator('en', { numeric: true })
    const pieces = [
      'a',
      'b',
      'B',
      'z',
      '0',
      '00',
      '7',
      '10',
      '123',
      '-',
      '_',
      '.',
      ' ',
      'é',
      'e\u0301',
      '\u0301',
      '가',
      'ㅏ',
      'ae',
      'æ',
      '😀',
      '٣',
      '²'
    ]
    let seed = 1
    const next = (count: number): number => (seed = (seed * 48271) % 2147483647) % count
    const name = (): string => Array.from({ length: next(6) }, () => pieces[next(pieces.length)]).join('')
    const differing = Array.from({ length: 100_000 }, () => {
      const same = name()
      return [same + name(), same + name()] as const
    }).filter(([a, b]) => Math.sign(compareNames(a, b)) !== Math.sign(collator.compare(a, b)))

    expect(differing).toEqual([])
    const long = [
      ...[254, 255].flatMap((digits) => ['1', '9'].map((digit) => digit.repeat(digits))),
      `0${'9'.repeat(254)}`
    ]
    for (const a of long)
      for (const b of long) expect(Math.sign(compareNames(a, b))).toBe(Math.sign(collator.compare(a, b)))
  })
})

describe('the first by name', () => {
  it('are what a sorted list begins with, however they come', () => {
    const names = Array.from({ length: 2000 }, (_, i) => `tenant-${(i * 769) % 2000}.${i % 3 === 0 ? 'Ä' : '__a'}`)
    const sorted = [...names].sort(compareNames)

    for (const count of [0, 1, 7, 100, 5000])
      expect(firstByName(named(names), count).map(({ name }) => name)).toEqual(sorted.slice(0, count))
  })

  it('have numbers as numbers', () => {
    expect(firstByName(named(['orders-10', 'orders-2', '__consumer_offsets']), 2)).toEqual(
      named(['__consumer_offsets', 'orders-2'])
    )
  })
})
