import { describe, expect, it } from 'vitest'
import { shownAcl } from '../../../../../../src-main/coordination/core/tree/access'
import { answerRead, type Reader } from '../../../../../../src-main/coordination/core/tree/read-answer'
import { WatchTable } from '../../../../../../src-main/coordination/core/tree/watch-table'
import { ZnodeTree } from '../../../../../../src-main/coordination/core/tree/znode-tree'
import { errorCodes } from '../../../../../../src-main/coordination/wire/codes'
import type { ReadRequest } from '../../../../../../src-main/coordination/wire/requests'
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

const somebody: Reader = { connectionId: 1, sessionId: 1n, identities: [{ scheme: 'ip', id: '10.0.0.1' }] }

describe('reads', () => {
  it('exists on a missing znode answers NONODE and still arms the watch', () => {
    const watches = new WatchTable()

    const { error } = answerRead(someTree(), watches, somebody, { type: 'exists', path: '/none', watch: true })

    expect(error).toBe(errorCodes.NONODE)
    expect(watches.fire({ type: 'created', path: '/none', acl: openAcl })).toHaveLength(1)
  })

  it('getData and getChildren of a missing znode leave no watch', () => {
    const watches = new WatchTable()
    const tree = someTree()

    expect(answerRead(tree, watches, somebody, { type: 'getData', path: '/none', watch: true }).error).toBe(
      errorCodes.NONODE
    )
    const children = answerRead(tree, watches, somebody, {
      type: 'getChildren',
      path: '/none',
      watch: true,
      withStat: false
    })

    expect(children.error).toBe(errorCodes.NONODE)
    expect(watches.count).toBe(0)
  })

  it('children are sorted, with the stat when asked', () => {
    const answer = answerRead(someTree(), new WatchTable(), somebody, {
      type: 'getChildren',
      path: '/',
      watch: false,
      withStat: true
    })

    expect(answer.response).toMatchObject({
      children: ['changed', 'kept', 'parent', 'zookeeper'],
      stat: { numChildren: 4 }
    })
  })

  it('a malformed path is a znode that is not there', () => {
    const tree = someTree()

    expect(answerRead(tree, new WatchTable(), somebody, { type: 'getData', path: '//', watch: false }).error).toBe(-101)
    expect(answerRead(tree, new WatchTable(), somebody, { type: 'getData', path: '', watch: false }).error).toBe(0)
    expect(answerRead(tree, new WatchTable(), somebody, { type: 'getData', path: '/\0', watch: false }).error).toBe(
      -101
    )
    expect(answerRead(tree, new WatchTable(), somebody, { type: 'exists', path: '/\0', watch: false }).error).toBe(-8)
  })
})

describe('setWatches', () => {
  const setWatches = (watches: WatchTable, relativeCounter: number): unknown =>
    answerRead(someTree(), watches, somebody, {
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
    expect(watches.fire({ type: 'dataChanged', path: '/changed', acl: openAcl })).toHaveLength(1)
    expect(watches.fire({ type: 'childrenChanged', path: '/parent', acl: openAcl })).toHaveLength(1)
  })
})

describe('reads of what is not everybody’s', () => {
  const me: Reader = { ...somebody, identities: [{ scheme: 'digest', id: 'me:hash' }] }
  function closedTree(): ZnodeTree {
    const tree = someTree()
    const context = { zxid: { epoch: 1, counter: 6 }, timeMs: 0, sessionId: 0n, identities: me.identities }
    const acl = [
      { permissions: 31, scheme: 'digest', id: 'me:hash' },
      { permissions: 16, scheme: 'ip', id: '10.0.0.0/31' }
    ]
    tree.setAcl(context, { type: 'setACL', path: '/parent', acl, version: -1 })
    return tree
  }
  const code = (reader: Reader, request: ReadRequest): number =>
    answerRead(closedTree(), new WatchTable(), reader, request).error

  it('need READ, but exists', () => {
    const watches = new WatchTable()
    const getData = { type: 'getData', path: '/parent', watch: true } as const

    expect(answerRead(closedTree(), watches, somebody, getData).error).toBe(errorCodes.NOAUTH)
    expect(watches.count).toBe(0)
    expect(code(me, getData)).toBe(0)
    expect(code(somebody, { type: 'getChildren', path: '/parent', watch: false, withStat: true })).toBe(-102)
    expect(code(somebody, { type: 'getAllChildrenNumber', path: '/parent' })).toBe(-102)
    expect(code(somebody, { type: 'exists', path: '/parent', watch: true })).toBe(0)
  })

  it('ADMIN is enough for the list, and only ADMIN sees its digests', () => {
    const list = (reader: Reader): unknown =>
      answerRead(closedTree(), new WatchTable(), reader, { type: 'getACL', path: '/parent' }).response

    expect(list(somebody)).toMatchObject({ acl: [{ id: 'me:hash' }, { id: '10.0.0.0/31' }] })
    expect(code({ ...somebody, identities: [] }, { type: 'getACL', path: '/parent' })).toBe(-102)
    expect(shownAcl([{ permissions: 1, scheme: 'digest', id: 'me:hash' }], me.identities)).toMatchObject([
      { id: 'me:x' }
    ])
  })

  it('in a multiRead fail each for itself', () => {
    const operations = ['/parent', '/none', '/kept'].map((path) => ({ type: 'getData', path, watch: false }) as const)

    const { error, response } = answerRead(closedTree(), new WatchTable(), somebody, { type: 'multiRead', operations })

    expect(error).toBe(0)
    expect(response).toMatchObject({
      results: [{ error: errorCodes.NOAUTH }, { error: errorCodes.NONODE }, { type: 'getData', data: null }]
    })
  })

  it('a multiRead is not made to repeat a megabyte without end', () => {
    const tree = someTree()
    const context = { zxid: { epoch: 1, counter: 6 }, timeMs: 0, sessionId: 0n }
    tree.apply(context, { type: 'setData', path: '/kept', data: new Uint8Array(2 ** 20), version: -1 })
    const operations = Array.from({ length: 100 }, () => ({ type: 'getData', path: '/kept', watch: false }) as const)

    const { response } = answerRead(tree, new WatchTable(), somebody, { type: 'multiRead', operations })

    const results = response?.type === 'multiRead' ? response.results : []
    expect(results.filter(({ type }) => type === 'getData')).toHaveLength(16)
    expect(results.at(-1)).toEqual({ type: 'error', error: errorCodes.SYSTEMERROR })
  })
})

describe('what a session asks about itself', () => {
  const ask = (tree: ZnodeTree, watches: WatchTable, request: ReadRequest) =>
    answerRead(tree, watches, { ...somebody, sessionId: 7n }, request)

  it('its ephemerals, by the letters of their paths', () => {
    const tree = someTree()
    const create = { type: 'create', data: null, acl: openAcl, flags: 1, withStat: false } as const
    for (const [i, path] of ['/b', '/ab', '/a'].entries())
      tree.apply({ zxid: { epoch: 1, counter: 6 + i }, timeMs: 0, sessionId: 7n }, { ...create, path })
    const found = (prefix: string | null): unknown =>
      ask(tree, new WatchTable(), { type: 'getEphemerals', prefix }).response

    expect(found(null)).toEqual({ type: 'getEphemerals', paths: ['/a', '/ab', '/b'] })
    expect(found('/')).toEqual({ type: 'getEphemerals', paths: ['/a', '/ab', '/b'] })
    expect(found('/a')).toEqual({ type: 'getEphemerals', paths: ['/a', '/ab'] })
    expect(answerRead(tree, new WatchTable(), somebody, { type: 'getEphemerals', prefix: null }).response).toEqual({
      type: 'getEphemerals',
      paths: []
    })
  })

  it('its watches, which it can take back', () => {
    const watches = new WatchTable()
    const tree = someTree()
    const code = (request: ReadRequest): number => ask(tree, watches, request).error

    expect(code({ type: 'addWatch', path: '/kept', mode: 2 })).toBe(errorCodes.MARSHALLINGERROR)
    expect(code({ type: 'checkWatches', path: '/kept', watcherType: 3 })).toBe(errorCodes.NOWATCHER)
    expect(code({ type: 'addWatch', path: '/kept', mode: 0 })).toBe(0)
    expect(code({ type: 'checkWatches', path: '/kept', watcherType: 3 })).toBe(0)
    expect(code({ type: 'removeWatches', path: '/kept', watcherType: 1 })).toBe(0)
    expect(code({ type: 'checkWatches', path: '/kept', watcherType: 1 })).toBe(errorCodes.NOWATCHER)
    expect(code({ type: 'removeWatches', path: '/kept', watcherType: 3 })).toBe(0)
    expect(code({ type: 'removeWatches', path: '/kept', watcherType: 3 })).toBe(errorCodes.NOWATCHER)
  })

  it('who it is, without the digests', () => {
    const identities = [
      { scheme: 'digest', id: 'me:hash' },
      { scheme: 'super', id: '' }
    ]

    expect(answerRead(someTree(), new WatchTable(), { ...somebody, identities }, { type: 'whoAmI' }).response).toEqual({
      type: 'whoAmI',
      identities: [
        { scheme: 'digest', id: 'me' },
        { scheme: 'super', id: '' }
      ]
    })
  })

  it('how many there are below a path', () => {
    const count = (path: string): unknown =>
      ask(someTree(), new WatchTable(), { type: 'getAllChildrenNumber', path }).response

    expect(count('/')).toMatchObject({ count: 7 })
    expect(count('/zookeeper')).toMatchObject({ count: 2 })
    expect(count('/kept')).toMatchObject({ count: 0 })
  })

  it('its persistent watches are armed again without an event', () => {
    const watches = new WatchTable()
    const paths = { relativeZxid: { epoch: 0, counter: 0 }, data: [], exist: [], child: [] }
    const request = { type: 'setWatches', ...paths, persistent: ['/changed'], recursive: ['/parent'] } as const

    expect(ask(someTree(), watches, request).events).toEqual([])
    expect(watches.fire({ type: 'created', path: '/parent/x', acl: openAcl })).toHaveLength(1)
    expect(watches.fire({ type: 'childrenChanged', path: '/changed', acl: openAcl })).toHaveLength(1)
  })
})
