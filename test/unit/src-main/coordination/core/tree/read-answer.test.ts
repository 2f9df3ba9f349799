import { describe, expect, it } from 'vitest'
import { answerRead } from '../../../../../../src-main/coordination/core/tree/read-answer'
import { WatchTable } from '../../../../../../src-main/coordination/core/tree/watch-table'
import { ZnodeTree } from '../../../../../../src-main/coordination/core/tree/znode-tree'
import { errorCodes } from '../../../../../../src-main/coordination/wire/codes'
import { openAcl } from '../../../../../../src-main/coordination/wire/stat'

/** /kept is untouched since entry 1, /changed had its data set by 4, /parent got a child by 5. */
function someTree(): ZnodeTree {
  const tree = new ZnodeTree()
  const at = (counter: number): { zxid: { epoch: number; counter: number }; timeMs: number; sessionId: bigint } => ({
    zxid: { epoch: 1, counter },
    timeMs: 0,
    sessionId: 0n
  })
  const create = (counter: number, path: string): void => {
    tree.apply(at(counter), { type: 'create', path, data: null, acl: openAcl, flags: 0, withStat: false })
  }
  create(1, '/kept')
  create(2, '/changed')
  create(3, '/parent')
  tree.apply(at(4), { type: 'setData', path: '/changed', data: null, version: -1 })
  create(5, '/parent/child')
  return tree
}

describe('reads', () => {
  it('exists on a missing znode answers NONODE and still arms the watch', () => {
    const watches = new WatchTable()

    const { error } = answerRead(someTree(), watches, 1, { type: 'exists', path: '/none', watch: true })

    expect(error).toBe(errorCodes.NONODE)
    expect(watches.fire({ type: 'created', path: '/none' })).toHaveLength(1)
  })

  it('getData and getChildren of a missing znode leave no watch', () => {
    const watches = new WatchTable()
    const tree = someTree()

    expect(answerRead(tree, watches, 1, { type: 'getData', path: '/none', watch: true }).error).toBe(errorCodes.NONODE)
    const children = answerRead(tree, watches, 1, { type: 'getChildren', path: '/none', watch: true, withStat: false })

    expect(children.error).toBe(errorCodes.NONODE)
    expect(watches.count).toBe(0)
  })

  it('children are sorted, with the stat when asked', () => {
    const answer = answerRead(someTree(), new WatchTable(), 1, {
      type: 'getChildren',
      path: '/',
      watch: false,
      withStat: true
    })

    expect(answer.response).toMatchObject({ children: ['changed', 'kept', 'parent'], stat: { numChildren: 3 } })
  })

  it('a malformed path is a znode that is not there', () => {
    const tree = someTree()

    expect(answerRead(tree, new WatchTable(), 1, { type: 'getData', path: '//', watch: false }).error).toBe(-101)
    expect(answerRead(tree, new WatchTable(), 1, { type: 'getData', path: '', watch: false }).error).toBe(0)
    expect(answerRead(tree, new WatchTable(), 1, { type: 'getData', path: '/\0', watch: false }).error).toBe(-101)
    expect(answerRead(tree, new WatchTable(), 1, { type: 'exists', path: '/\0', watch: false }).error).toBe(-8)
  })
})

describe('setWatches', () => {
  const setWatches = (watches: WatchTable, relativeCounter: number): unknown =>
    answerRead(someTree(), watches, 1, {
      type: 'setWatches',
      relativeZxid: { epoch: 1, counter: relativeCounter },
      data: ['/kept', '/changed', '/gone'],
      exist: ['/kept', '/none'],
      child: ['/parent', '/kept', '/gone']
    }).events

  it('gives at once what the client has missed and arms the rest', () => {
    const watches = new WatchTable()

    expect(setWatches(watches, 3)).toEqual([
      { type: 'dataChanged', path: '/changed' },
      { type: 'deleted', path: '/gone' },
      { type: 'created', path: '/kept' },
      { type: 'childrenChanged', path: '/parent' },
      { type: 'deleted', path: '/gone' }
    ])
    expect(watches.count).toBe(3)
  })

  it('arms silently what has not changed since the client saw it', () => {
    const watches = new WatchTable()

    expect(setWatches(watches, 5)).toEqual([
      { type: 'deleted', path: '/gone' },
      { type: 'created', path: '/kept' },
      { type: 'deleted', path: '/gone' }
    ])
    expect(watches.fire({ type: 'dataChanged', path: '/changed' })).toHaveLength(1)
    expect(watches.fire({ type: 'childrenChanged', path: '/parent' })).toHaveLength(1)
  })
})
