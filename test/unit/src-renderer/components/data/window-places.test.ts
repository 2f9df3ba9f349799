import { describe, expect, it } from 'vitest'
import { windowPlaces } from '@/components/data/window-places'

const places = (...given: (readonly [string, number])[]) => new Map(given)

describe('the places of a window', () => {
  it('are counted from 0 at first', () => {
    expect([...windowPlaces(new Map(), ['a', 'b', 'c'])]).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2]
    ])
  })

  it('stay with the rows that stay, and what comes takes those of what has left', () => {
    const before = places(['a', 0], ['b', 1], ['c', 2])

    expect([...windowPlaces(before, ['b', 'c', 'd'])]).toEqual([
      ['b', 1],
      ['c', 2],
      ['d', 0]
    ])
  })

  it('are in the order of the document where nothing stays, so that no element moves', () => {
    const before = places(['b', 1], ['c', 2], ['d', 0])

    expect([...windowPlaces(before, ['x', 'y', 'z']).values()]).toEqual([1, 2, 0])
  })

  it('are as many as there are rows', () => {
    const grown = windowPlaces(places(['a', 0]), ['a', 'b', 'c'])
    expect([...grown.values()]).toEqual([0, 1, 2])
    expect([...windowPlaces(grown, ['c'])]).toEqual([['c', 2]])
  })

  it('do not go to another row with the focus in them', () => {
    const before = places(['a', 0], ['b', 1])

    expect([...windowPlaces(before, ['b', 'c'], 'a')]).toEqual([
      ['b', 1],
      ['c', 2]
    ])
  })
})
