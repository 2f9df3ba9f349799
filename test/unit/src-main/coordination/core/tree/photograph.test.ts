import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ZnodeTree } from '../../../../../../src-main/coordination/core/tree/znode-tree'
import { statOf, type Znode } from '../../../../../../src-main/coordination/core/tree/znode'
import type { MultiOperation } from '../../../../../../src-main/coordination/wire/requests'
import { openAcl } from '../../../../../../src-main/coordination/wire/stat'
import { allAtOnce } from '../../../../../../src-main/coordination/core/steps'

const paths = ['/a', '/b', '/a/x', '/a/y', '/b/x', '/a/x/1', '/a/x/2']
const path = fc.constantFrom(...paths)
const operation: fc.Arbitrary<MultiOperation> = fc.oneof(
  path.map((at) => ({ type: 'create', path: at, data: null, acl: openAcl, flags: 0, withStat: false }) as const),
  path.map((at) => ({ type: 'delete', path: at, version: -1 }) as const),
  fc.record({
    type: fc.constant('setData' as const),
    path,
    data: fc.uint8Array({ maxLength: 3 }),
    version: fc.constant(-1)
  })
)
/** One, or several of which all happen or none; or something is read meanwhile. */
const step = fc.oneof(
  operation.map((one) => [one]),
  fc.array(operation, { minLength: 2, maxLength: 5 }),
  fc.constant('read' as const)
)

class World {
  readonly tree = new ZnodeTree()
  #counter = 0

  do(operations: readonly MultiOperation[]): void {
    const context = { zxid: { epoch: 1, counter: ++this.#counter }, timeMs: this.#counter, sessionId: 1n }
    const [first] = operations
    if (operations.length === 1 && first !== undefined) this.tree.apply(context, first)
    else allAtOnce(this.tree.applyAll(context, operations))
  }
}

/** All that a snapshot has of it; how many children there are it has not. */
const seen = ([at, znode]: readonly [string, Znode]): unknown => {
  const { numChildren: _, cversion: __, ...stat } = statOf(znode)
  return [at, stat, znode.data === null ? null : [...znode.data], znode.childCreates, znode.access.acl]
}
const inOrder = (entries: Iterable<readonly [string, Znode]>): unknown[] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(seen)

describe('a photograph of the tree', () => {
  it('is of the moment it was taken, whatever happens while it is read, and has parents before their children', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 20 }), fc.array(step, { maxLength: 40 }), (before, during) => {
        const world = new World()
        for (const one of before) world.do([one])
        const expected = inOrder(world.tree.entries())

        const photograph = world.tree.photographed()
        const entries = photograph.entries()
        const read: (readonly [string, Znode])[] = []
        const take = (): boolean => {
          const next = entries.next()
          if (next.done !== true) read.push([next.value[0], { ...next.value[1] }])
          return next.done !== true
        }
        for (const one of during) {
          if (one === 'read') take()
          else world.do(one)
        }
        while (take());

        expect(photograph.count).toBe(read.length)
        expect(inOrder(read)).toEqual(expected)
        const order = read.map(([at]) => at)
        for (const [index, at] of order.entries())
          if (at !== '/') expect(order.slice(0, index)).toContain(at.slice(0, at.lastIndexOf('/')) || '/')
      }),
      { numRuns: 2_000 }
    )
  })

  it('costs nothing when it is forgotten', () => {
    const world = new World()
    world.do([{ type: 'create', path: '/a', data: null, acl: openAcl, flags: 0, withStat: false }])
    const photograph = world.tree.photographed()
    world.tree.forget(photograph)
    world.do([{ type: 'setData', path: '/a', data: Uint8Array.of(1), version: -1 }])
    const a = [...photograph.entries()].find(([at]) => at === '/a')
    expect(a?.[1].data).toEqual(Uint8Array.of(1))
  })
})
