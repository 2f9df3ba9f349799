import { describe, expect, it } from 'vitest'
import { aimed, carriedOn, lifted } from '@/components/brokers/placement-carry'

const rows = [1, 2, 3, 4, 5]
const replicas = [4, 2]

describe('a replica that is carried by the keys', () => {
  it('is chosen among those that are there, from the top', () => {
    const first = lifted(replicas, rows)
    expect(first).toEqual({ from: 2, to: undefined })
    if (first === undefined) return
    const second = carriedOn(first, 1, replicas, rows)
    expect(second).toEqual({ from: 4, to: undefined })
    expect(carriedOn(second, 1, replicas, rows)).toEqual(second)
    expect(carriedOn(second, -1, replicas, rows)).toEqual(first)
    expect(carriedOn(first, -1, replicas, rows)).toEqual(first)
  })

  it('is not where none is, and where every broker has one', () => {
    expect(lifted([9], rows)).toBeUndefined()
    expect(lifted([1, 2], [1, 2])).toBeUndefined()
  })

  it('goes to the nearest free row, and from there over those that are taken', () => {
    const up = aimed({ from: 2, to: undefined }, replicas, rows)
    expect(up).toEqual({ from: 2, to: 1 })
    const down = carriedOn(up, 1, replicas, rows)
    expect(down).toEqual({ from: 2, to: 3 })
    expect(carriedOn(down, 1, replicas, rows)).toEqual({ from: 2, to: 5 })
    expect(carriedOn(up, -1, replicas, rows)).toEqual(up)
    expect(aimed({ from: 1, to: undefined }, [1, 2], [1, 2])).toEqual({ from: 1, to: undefined })
  })
})
