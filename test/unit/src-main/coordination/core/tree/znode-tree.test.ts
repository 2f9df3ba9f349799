import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { statOf, ttlMsOf } from '../../../../../../src-main/coordination/core/tree/znode'
import { allAtOnce } from '../../../../../../src-main/coordination/core/steps'
import { ZnodeTree } from '../../../../../../src-main/coordination/core/tree/znode-tree'
import { errorCodes } from '../../../../../../src-main/coordination/wire/codes'
import type { MultiOperation } from '../../../../../../src-main/coordination/wire/requests'
import { openAcl, type Acl, type Identity } from '../../../../../../src-main/coordination/wire/stat'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const create = (path: string, flags = 0): MultiOperation => ({
  type: 'create',
  path,
  data: bytes('x'),
  acl: openAcl,
  flags,
  withStat: false
})
const remove = (path: string, version = -1): MultiOperation => ({ type: 'delete', path, version })
const set = (path: string, version = -1): MultiOperation => ({ type: 'setData', path, data: bytes('new'), version })
const check = (path: string, version = -1): MultiOperation => ({ type: 'check', path, version })

class Driver {
  readonly tree = new ZnodeTree()
  #counter = 0

  applyAll(operations: readonly MultiOperation[]) {
    return allAtOnce(this.tree.applyAll(this.context(), operations))
  }

  context(sessionId = 1n): { zxid: { epoch: number; counter: number }; timeMs: number; sessionId: bigint } {
    this.#counter++
    return { zxid: { epoch: 1, counter: this.#counter }, timeMs: 1000 + this.#counter, sessionId }
  }

  /** The error code, 0, or the path of a create. */
  do(operation: MultiOperation, sessionId = 1n): number | string {
    const { result } = this.tree.apply(this.context(sessionId), operation)
    if (result.type === 'error') return result.error
    return result.type === 'create' ? result.path : 0
  }

  stat(path: string): ReturnType<typeof statOf> {
    const znode = this.tree.find(path)
    if (znode === undefined) throw new Error(`no ${path}`)
    return statOf(znode)
  }

  dump(): unknown {
    return [...this.tree.entries()]
      .map(([path, znode]) => ({ path, stat: statOf(znode), creates: znode.childCreates, data: znode.data }))
      .sort((a, b) => (a.path < b.path ? -1 : 1))
  }
}

describe('the tree', () => {
  it('looks the parent up before it validates the path of a create', () => {
    const driver = new Driver()
    driver.do(create('/a'))

    expect(driver.do(create('/a//b'))).toBe(errorCodes.NONODE)
    expect(driver.do(create('/a/'))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.do(create('a'))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.do(create(''))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.do(create('/'))).toBe(errorCodes.NODEEXISTS)
    expect(driver.do(create('/a/..'))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.do(set('/a//b'))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.do(set('/b'))).toBe(errorCodes.NONODE)
    expect(driver.do(remove('/'))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.do(remove('/a//b'))).toBe(errorCodes.NONODE)
  })

  it('refuses an ACL other than world:anyone:31 and flags it does not know', () => {
    const driver = new Driver()
    const closed = { ...create('/a'), acl: [{ permissions: 1, scheme: 'world', id: 'anyone' }] } as MultiOperation

    expect(driver.do(closed)).toBe(errorCodes.INVALIDACL)
    expect(driver.do({ ...closed, acl: [] } as MultiOperation)).toBe(errorCodes.INVALIDACL)
    expect(driver.do(create('/a', 4))).toBe(errorCodes.BADARGUMENTS)
  })

  it('numbers sequential children by all creates under the parent, and uses no number twice', () => {
    const driver = new Driver()
    driver.do(create('/q'))

    for (const number of ['0', '1', '2']) expect(driver.do(create('/q/n-', 2))).toBe(`/q/n-000000000${number}`)
    driver.do(create('/q/plain'))
    driver.do(remove('/q/n-0000000002'))

    expect(driver.do(create('/q/n-', 2))).toBe('/q/n-0000000004')
    expect(driver.do(create('/q/', 3))).toBe('/q/0000000005')
  })

  it('counts creates and deletes of children in cversion and moves pzxid with both', () => {
    const driver = new Driver()
    driver.do(create('/p'))
    driver.do(create('/p/a'))
    driver.do(create('/p/b'))
    driver.do(remove('/p/a'))
    driver.do(set('/p/b'))

    expect(driver.stat('/p')).toMatchObject({
      cversion: 3,
      numChildren: 1,
      version: 0,
      czxid: { epoch: 1, counter: 1 },
      mzxid: { epoch: 1, counter: 1 },
      pzxid: { epoch: 1, counter: 4 }
    })
    expect(driver.stat('/p/b')).toMatchObject({ version: 1, dataLength: 3, mzxid: { epoch: 1, counter: 5 } })
  })

  it('compares versions, with -1 for any', () => {
    const driver = new Driver()
    driver.do(create('/a'))

    expect(driver.do(set('/a', 1))).toBe(errorCodes.BADVERSION)
    expect(driver.do(set('/a', 0))).toBe(0)
    expect(driver.do(check('/a', 0))).toBe(errorCodes.BADVERSION)
    expect(driver.do(check('/a', 1))).toBe(0)
    expect(driver.do(remove('/a', 0))).toBe(errorCodes.BADVERSION)
    expect(driver.do(remove('/a'))).toBe(0)
  })

  it('keeps null and empty data apart', () => {
    const driver = new Driver()
    driver.do({ ...create('/null'), data: null } as MultiOperation)
    driver.do({ ...create('/empty'), data: new Uint8Array(0) } as MultiOperation)

    expect(driver.tree.find('/null')?.data).toBeNull()
    expect(driver.tree.find('/empty')?.data).toEqual(new Uint8Array(0))
    expect(driver.stat('/null').dataLength).toBe(0)
  })

  it('writes over data of the same length, but not in a multi or under a photograph, which may want it back', () => {
    const driver = new Driver()
    driver.do(create('/a'))
    driver.do(set('/a'))
    const first = driver.tree.find('/a')?.data
    const write = (text: string): MultiOperation => ({ ...set('/a'), data: bytes(text) }) as MultiOperation
    driver.do(write('two'))
    expect([driver.tree.find('/a')?.data === first, first]).toEqual([true, bytes('two')])

    driver.applyAll([write('3rd'), check('/nothing')])
    expect(driver.tree.find('/a')?.data).toEqual(bytes('two'))
    const photograph = driver.tree.photographed()
    driver.do(write('4th'))
    expect([...photograph.entries()].find(([path]) => path === '/a')?.[1].data).toEqual(bytes('two'))
    driver.tree.forget(photograph)
    driver.do(write('longer'))
    expect(driver.tree.find('/a')?.data).toEqual(bytes('longer'))
  })

  it('lets an ephemeral have no children and a parent not go before them', () => {
    const driver = new Driver()
    driver.do(create('/e', 1), 7n)
    driver.do(create('/p'))
    driver.do(create('/p/c'))

    expect(driver.stat('/e').ephemeralOwner).toBe(7n)
    expect(driver.do(create('/e/c'))).toBe(errorCodes.NOCHILDRENFOREPHEMERALS)
    expect(driver.do(remove('/p'))).toBe(errorCodes.NOTEMPTY)
  })

  it('deletes all ephemerals of a session with one zxid, and nobody else’s', () => {
    const driver = new Driver()
    driver.do(create('/p'))
    for (const [path, owner] of [
      ['/p/b', 7n],
      ['/p/a', 7n],
      ['/p/c', 8n]
    ] as const)
      driver.do(create(path, 1), owner)

    const changes = driver.tree.deleteEphemerals({ zxid: { epoch: 1, counter: 99 }, timeMs: 0, sessionId: 7n })

    expect(changes.filter(({ type }) => type === 'deleted').map(({ path }) => path)).toEqual(['/p/a', '/p/b'])
    expect(driver.stat('/p')).toMatchObject({ numChildren: 1, pzxid: { epoch: 1, counter: 99 } })
    expect(driver.tree.ephemeralCount).toBe(1)
  })

  it('tells the changes that watches wait for, in order', () => {
    const driver = new Driver()
    const changes = (operation: MultiOperation): unknown =>
      driver.tree.apply(driver.context(), operation).changes.map(({ type, path }) => ({ type, path }))

    expect(changes(create('/a'))).toEqual([
      { type: 'created', path: '/a' },
      { type: 'childrenChanged', path: '/' }
    ])
    expect(changes(set('/a'))).toEqual([{ type: 'dataChanged', path: '/a' }])
    expect(changes(remove('/a'))).toEqual([
      { type: 'deleted', path: '/a' },
      { type: 'childrenChanged', path: '/' }
    ])
    expect(changes(set('/a'))).toEqual([])
  })

  it('finds the root under the empty path too', () => {
    const driver = new Driver()

    expect(driver.tree.find('')).toBe(driver.tree.find('/'))
  })
})

describe('a multi', () => {
  it('has one zxid, and later operations see earlier ones', () => {
    const driver = new Driver()

    const { results } = driver.applyAll([create('/a'), create('/a/b'), set('/a', 0), remove('/a/b')])

    expect(results.map(({ type }) => type)).toEqual(['create', 'create', 'setData', 'delete'])
    expect(driver.stat('/a')).toMatchObject({
      version: 1,
      numChildren: 0,
      cversion: 2,
      pzxid: { epoch: 1, counter: 1 }
    })
  })

  it('that fails says OK before, the code at, and RUNTIMEINCONSISTENCY after the operation that failed', () => {
    const driver = new Driver()

    const { results, changes } = driver.applyAll([create('/a'), check('/a', 5), remove('/a')])

    expect(results).toEqual([0, -103, -2].map((error) => ({ type: 'error', error })))
    expect(changes).toEqual([])
    expect(driver.tree.find('/a')).toBeUndefined()
  })

  it('without operations has no results', () => {
    const driver = new Driver()

    expect(driver.applyAll([])).toEqual({ results: [], changes: [] })
  })

  it('that fails leaves everything as it was, sequence numbers too', () => {
    const path = fc.constantFrom('/a', '/b', '/a/x', '/a/y', '/b/s-')
    const operation = fc.oneof(
      fc.tuple(path, fc.constantFrom(0, 1, 2, 3)).map(([at, flags]) => create(at, flags)),
      path.map((at) => remove(at)),
      path.map((at) => set(at))
    )
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 12 }), fc.array(operation, { maxLength: 8 }), (before, tried) => {
        const driver = new Driver()
        for (const one of before) driver.do(one)
        const untouched = driver.dump()
        const figures = driver.tree.inspect()

        driver.applyAll([...tried, check('/nowhere')])

        expect(driver.dump()).toEqual(untouched)
        expect(driver.tree.inspect()).toEqual(figures)
        expect(driver.tree.deleteEphemerals(driver.context()).length % 2).toBe(0)
      }),
      { numRuns: 300 }
    )
  })
})

const me: readonly Identity[] = [
  { scheme: 'ip', id: '10.1.2.3' },
  { scheme: 'digest', id: 'me:hash' }
]
const stranger: readonly Identity[] = [{ scheme: 'ip', id: '10.9.9.9' }]
const only = (permissions: number, scheme: string, id: string): Acl => ({ permissions, scheme, id })

class AccessDriver extends Driver {
  as(identities: readonly Identity[] | undefined, operation: MultiOperation): number | string {
    const { result } = this.tree.apply({ ...this.context(), identities }, operation)
    if (result.type === 'error') return result.error
    return result.type === 'create' ? result.path : 0
  }

  setAcl(identities: readonly Identity[], path: string, acl: readonly Acl[], version = -1): number {
    const stat = this.tree.setAcl({ ...this.context(), identities }, { type: 'setACL', path, acl, version })
    return typeof stat === 'number' ? stat : stat.aversion
  }
}

describe('access to the tree', () => {
  const closed = (path: string): MultiOperation => ({ ...create(path), acl: [only(31, 'auth', '')] }) as MultiOperation

  it('is judged of the parent for create and delete, and of the znode for the rest', () => {
    const driver = new AccessDriver()

    expect(driver.as(me, closed('/a'))).toBe('/a')
    expect(driver.as(me, create('/a/b'))).toBe('/a/b')

    expect(driver.as(stranger, create('/a/c'))).toBe(errorCodes.NOAUTH)
    expect(driver.as(stranger, remove('/a/b'))).toBe(errorCodes.NOAUTH)
    expect(driver.as(stranger, remove('/a/none'))).toBe(errorCodes.NOAUTH)
    expect(driver.as(stranger, set('/a/b'))).toBe(0)
    expect(driver.as(stranger, set('/a'))).toBe(errorCodes.NOAUTH)
    expect(driver.as(stranger, check('/a'))).toBe(errorCodes.NOAUTH)
    expect(driver.as(me, remove('/a/b'))).toBe(0)
    expect(driver.as(stranger, remove('/a'))).toBe(0)
  })

  it('can be given to others by who has ADMIN, under the version of the list', () => {
    const driver = new AccessDriver()
    driver.as(me, closed('/a'))

    expect(driver.setAcl(stranger, '/a', openAcl)).toBe(errorCodes.NOAUTH)
    expect(driver.setAcl(me, '/a', openAcl, 1)).toBe(errorCodes.BADVERSION)
    expect(driver.setAcl(me, '/a', [])).toBe(errorCodes.INVALIDACL)
    expect(driver.setAcl(me, '/none', openAcl)).toBe(errorCodes.NONODE)
    expect(driver.setAcl(me, '/a', openAcl, 0)).toBe(1)
    expect(driver.as(stranger, set('/a'))).toBe(0)
    expect(driver.stat('/a')).toMatchObject({ aversion: 1, version: 1 })
  })

  it('is not asked for in an entry of a version without ACLs, which takes the open list only', () => {
    const driver = new AccessDriver()

    expect(driver.as(undefined, closed('/a'))).toBe(errorCodes.INVALIDACL)
    expect(driver.as(undefined, create('/a', 4))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.as(undefined, create('/a'))).toBe('/a')
  })

  it('the system’s znodes are there, stay, and their configuration is nobody’s to change', () => {
    const driver = new AccessDriver()

    for (const path of ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config'])
      expect(driver.as(me, remove(path))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.as(me, set('/zookeeper/config'))).toBe(errorCodes.NOAUTH)
    expect(driver.as([{ scheme: 'super', id: '' }], set('/zookeeper/config'))).toBe(0)
    expect(driver.stat('/')).toMatchObject({ numChildren: 1, cversion: -1 })
    expect(driver.stat('/zookeeper/config')).toMatchObject({ aversion: -1, version: 1 })
    expect(driver.as(me, create('/first-', 2))).toBe('/first-0000000000')
  })
})

describe('znodes that go by themselves', () => {
  const container = (path: string): MultiOperation => ({ ...create(path), isContainer: true }) as MultiOperation
  const passing = (path: string, ttlMs: number, flags = 5): MultiOperation =>
    ({ ...create(path, flags), ttlMs }) as MultiOperation
  const go = (driver: Driver, nowMs: number): readonly string[] => {
    const paths = driver.tree.passed(nowMs, 100)
    return paths.filter((path) => driver.tree.deletePassed({ ...driver.context(), timeMs: nowMs }, path).length > 0)
  }

  it('a container goes when its last child has gone, not before its first came', () => {
    const driver = new AccessDriver()
    driver.as(me, container('/c'))
    expect(go(driver, 9e9)).toEqual([])
    driver.as(me, create('/c/a'))
    expect(go(driver, 9e9)).toEqual([])

    driver.as(me, remove('/c/a'))

    expect(driver.stat('/c').ephemeralOwner).toBe(0n)
    expect(go(driver, 9e9)).toEqual(['/c'])
    expect(driver.tree.find('/c')).toBeUndefined()
  })

  it('a time to live begins anew with each change, and waits for children', () => {
    const driver = new AccessDriver()
    driver.as(me, passing('/t', 1_000))
    const bornMs = driver.stat('/t').mtimeMs
    driver.as(me, set('/t'))
    const changedMs = driver.stat('/t').mtimeMs
    expect(changedMs).toBeGreaterThan(bornMs)

    expect(ttlMsOf(driver.tree.find('/t')?.ephemeralOwner ?? 0n)).toBe(1_000)
    expect(go(driver, changedMs + 1_000)).toEqual([])
    driver.as(me, create('/t/kid'))
    expect(go(driver, changedMs + 1_001)).toEqual([])
    driver.as(me, remove('/t/kid'))
    expect(go(driver, changedMs + 1_001)).toEqual(['/t'])
  })

  it('what was proposed to go and has changed meanwhile stays', () => {
    const driver = new AccessDriver()
    driver.as(me, passing('/t', 10))
    driver.as(me, create('/plain'))

    for (const path of ['/t', '/plain', '/none'])
      expect(driver.tree.deletePassed({ ...driver.context(), timeMs: 1_001 }, path)).toEqual([])
  })

  it('takes only a time to live that is one, and only where one is asked for', () => {
    const driver = new AccessDriver()

    for (const ttlMs of [0, -1, 2 ** 40]) expect(driver.as(me, passing('/t', ttlMs))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.as(me, passing('/t', 5, 0))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.as(me, create('/t', 5))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.as(me, create('/t', 7))).toBe(errorCodes.BADARGUMENTS)
    expect(driver.as(me, passing('/t-', 2 ** 40 - 1, 6))).toBe('/t-0000000000')
    expect(driver.stat('/t-0000000000').ephemeralOwner).toBe(0n)
  })

  it('a create makes no container, whatever its flags', () => {
    const driver = new AccessDriver()
    driver.as(me, create('/c', 4))
    driver.as(me, create('/c/a'))
    driver.as(me, remove('/c/a'))

    expect(go(driver, 9e9)).toEqual([])
  })
})
