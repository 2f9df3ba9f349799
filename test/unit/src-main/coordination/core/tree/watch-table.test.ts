import { describe, expect, it } from 'vitest'
import { WatchTable } from '../../../../../../src-main/coordination/core/tree/watch-table'
import { openAcl } from '../../../../../../src-main/coordination/wire/stat'

const ids = (fired: readonly { readonly connectionId: number }[]): number[] => fired.map((one) => one.connectionId)

describe('the watch table', () => {
  it('fires a watch once', () => {
    const table = new WatchTable()
    table.add('data', '/a', 1)
    table.add('data', '/a', 1)
    table.add('data', '/a', 2)

    expect(ids(table.fire({ type: 'dataChanged', path: '/a', acl: openAcl }))).toEqual([1, 2])
    expect(table.fire({ type: 'dataChanged', path: '/a', acl: openAcl })).toEqual([])
    expect(table.count).toBe(0)
  })

  it('tells a deletion to both tables, but to one connection only once', () => {
    const table = new WatchTable()
    table.add('data', '/a', 1)
    table.add('child', '/a', 1)
    table.add('child', '/a', 2)

    expect(ids(table.fire({ type: 'deleted', path: '/a', acl: openAcl }))).toEqual([1, 2])
    expect(table.count).toBe(0)
  })

  it('keeps children apart from data', () => {
    const table = new WatchTable()
    table.add('child', '/a', 1)
    table.add('data', '/a', 2)

    expect(ids(table.fire({ type: 'childrenChanged', path: '/a', acl: openAcl }))).toEqual([1])
    expect(ids(table.fire({ type: 'created', path: '/a', acl: openAcl }))).toEqual([2])
  })

  it('forgets the watches of a connection that closes', () => {
    const table = new WatchTable()
    table.add('data', '/a', 1)
    table.add('child', '/b', 1)
    table.add('data', '/a', 2)

    table.connectionClosed(1)

    expect(table.count).toBe(1)
    expect(table.countOf(1)).toBe(0)
    expect(ids(table.fire({ type: 'dataChanged', path: '/a', acl: openAcl }))).toEqual([2])
  })

  it('forgets the last of a path’s watches with its connection', () => {
    const table = new WatchTable()
    for (const id of [1, 2]) table.add('data', '/a', id)
    table.add('data', '/b', 1)

    for (const id of [2, 1]) table.connectionClosed(id)

    expect(table.count).toBe(0)
    for (const path of ['/a', '/b']) expect(table.fire({ type: 'deleted', path, acl: openAcl })).toEqual([])
  })
})

describe('watches that stay', () => {
  const change = (type: 'created' | 'deleted' | 'dataChanged' | 'childrenChanged', path: string) => {
    return { type, path, acl: openAcl }
  }
  const addBoth = (table: WatchTable, path: string, id: number, kind: 'persistent' | 'recursive'): void => {
    for (const name of ['data', 'child'] as const) table.add(name, path, id, kind)
  }

  it('a persistent one hears everything of its path, again and again', () => {
    const table = new WatchTable()
    addBoth(table, '/a', 1, 'persistent')

    for (let times = 0; times < 2; times++)
      for (const type of ['created', 'dataChanged', 'childrenChanged', 'deleted'] as const)
        expect(ids(table.fire(change(type, '/a')))).toEqual([1])
    expect(table.fire(change('created', '/a/b'))).toEqual([])
    expect(table.count).toBe(2)
  })

  it('a recursive one hears of all below its path, and of no children', () => {
    const table = new WatchTable()
    addBoth(table, '/a', 1, 'recursive')
    addBoth(table, '/', 2, 'recursive')

    expect(ids(table.fire(change('created', '/a/b/c')))).toEqual([1, 2])
    expect(ids(table.fire(change('deleted', '/a')))).toEqual([1, 2])
    expect(ids(table.fire(change('dataChanged', '/ab')))).toEqual([2])
    expect(table.fire(change('childrenChanged', '/a'))).toEqual([])
  })

  it('does not lose its place to one that is used up', () => {
    const table = new WatchTable()
    addBoth(table, '/a', 1, 'persistent')
    table.add('data', '/a', 1)

    expect(ids(table.fire(change('dataChanged', '/a')))).toEqual([1])
    expect(ids(table.fire(change('dataChanged', '/a')))).toEqual([1])
  })

  it('is taken away by table, with all else at the path', () => {
    const table = new WatchTable()
    addBoth(table, '/a', 1, 'persistent')
    table.add('child', '/a', 1)

    expect(table.has('child', '/a', 1)).toBe(true)
    expect(table.remove('child', '/a', 1)).toBe(true)
    expect(table.remove('child', '/a', 1)).toBe(false)
    expect(table.has('data', '/a', 1)).toBe(true)
    expect(table.fire(change('childrenChanged', '/a'))).toEqual([])
    table.connectionClosed(1)
    expect(table.count).toBe(0)
  })
})
