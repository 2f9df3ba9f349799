import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedRows, withChangedRows } from '../../../../src-main/api/rows'

const view = (rows: Readonly<Record<string, unknown>>, observedAtMs = 1) => ({
  observedAtMs,
  topics: Object.entries(rows)
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
})

describe('a list told by rows', () => {
  it('is the same list at the other end, whatever has changed', () => {
    const rows = fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.constant(null), fc.array(fc.string())))

    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const changes = changedRows('topics', view(before), view(after, 2))
        const told = changes === undefined ? view(after, 2) : withChangedRows('topics', view(before), changes)
        expect(told).toEqual(view(after, 2))
      })
    )
  })

  it('says of rows that are equal nothing, and leaves them the objects that they are', () => {
    const before = view({ a: { count: [1] }, b: 2, c: null })
    const changes = changedRows('topics', before, view({ a: { count: [1] }, b: 3, c: null }, 2))

    expect(changes).toEqual({ rest: { observedAtMs: 2 }, changed: [{ name: 'b', value: 3 }], gone: [] })
    const told = withChangedRows('topics', before, changes ?? { rest: {}, changed: [], gone: [] }) as typeof before
    expect(told.topics[0]).toBe(before.topics[0])
    expect(told.topics[1]?.value).toBe(3)
  })

  it('tells null from nothing, and a list from an object', () => {
    const changes = (a: unknown, b: unknown) =>
      changedRows('topics', view({ a, x: 1, y: 1 }), view({ a: b, x: 1, y: 1 }))?.changed.length
    expect([changes(null, 0), changes([], {}), changes({ n: null }, {}), changes([1], [1, 2])]).toEqual([1, 1, 1, 1])
    expect(changes({ n: [null] }, { n: [null] })).toBe(0)
  })

  it('is told whole where most of it has changed, and where it is no list', () => {
    expect(changedRows('topics', view({ a: 1, b: 1 }), view({ a: 2, b: 2 }))).toBeUndefined()
    expect(changedRows('topics', undefined, view({ a: 1 }))).toBeUndefined()
    expect(changedRows('cluster', view({ a: 1 }), view({ a: 1 }))).toBeUndefined()
  })
})
