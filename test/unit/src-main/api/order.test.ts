import { describe, expect, it } from 'vitest'
import { compareNames, firstByName } from '../../../../src-main/api/order'

const named = (names: readonly string[]): { name: string }[] => names.map((name) => ({ name }))

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
