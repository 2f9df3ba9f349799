import { describe, expect, it } from 'vitest'
import { WatchTable } from '../../../../../../src-main/coordination/core/tree/watch-table'

const ids = (fired: readonly { readonly connectionId: number }[]): number[] => fired.map((one) => one.connectionId)

describe('the watch table', () => {
  it('fires a watch once', () => {
    const table = new WatchTable()
    table.add('data', '/a', 1)
    table.add('data', '/a', 1)
    table.add('data', '/a', 2)

    expect(ids(table.fire({ type: 'dataChanged', path: '/a' }))).toEqual([1, 2])
    expect(table.fire({ type: 'dataChanged', path: '/a' })).toEqual([])
    expect(table.count).toBe(0)
  })

  it('tells a deletion to both tables, but to one connection only once', () => {
    const table = new WatchTable()
    table.add('data', '/a', 1)
    table.add('child', '/a', 1)
    table.add('child', '/a', 2)

    expect(ids(table.fire({ type: 'deleted', path: '/a' }))).toEqual([1, 2])
    expect(table.count).toBe(0)
  })

  it('keeps children apart from data', () => {
    const table = new WatchTable()
    table.add('child', '/a', 1)
    table.add('data', '/a', 2)

    expect(ids(table.fire({ type: 'childrenChanged', path: '/a' }))).toEqual([1])
    expect(ids(table.fire({ type: 'created', path: '/a' }))).toEqual([2])
  })

  it('forgets the watches of a connection that closes', () => {
    const table = new WatchTable()
    table.add('data', '/a', 1)
    table.add('child', '/b', 1)
    table.add('data', '/a', 2)

    table.connectionClosed(1)

    expect(table.count).toBe(1)
    expect(table.countOf(1)).toBe(0)
    expect(ids(table.fire({ type: 'dataChanged', path: '/a' }))).toEqual([2])
  })

  it('forgets the last of a path’s watches with its connection', () => {
    const table = new WatchTable()
    for (const id of [1, 2]) table.add('data', '/a', id)
    table.add('data', '/b', 1)

    for (const id of [2, 1]) table.connectionClosed(id)

    expect(table.count).toBe(0)
    for (const path of ['/a', '/b']) expect(table.fire({ type: 'deleted', path })).toEqual([])
  })
})
