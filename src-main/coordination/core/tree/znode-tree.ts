/**
 * The tree of znodes: decides and applies every change, by the rules of ZooKeeper 3.8 (its PrepRequestProcessor and DataTree).
 *
 * It is a function of the entries applied to it and of nothing else: time, zxid and session come with the entry.
 * Invariants: every znode but the root has a parent that lists it; an ephemeral has no children; #ephemerals lists
 * exactly the znodes whose owner is that session; approximateDataBytes is the sum over the tree.
 * Deviations: there is no /zookeeper subtree (no quota, no dynamic configuration), and children are told sorted.
 */
import type { SessionId } from '../../../kernel/ids'
import { invariant } from '../../../kernel/invariant'
import { createFlags, errorCodes } from '../../wire/codes'
import { copyOfBytes } from '../../wire/jute-reader'
import type { CheckRequest, CreateRequest, DeleteRequest, MultiOperation, SetDataRequest } from '../../wire/requests'
import type { MultiResult, WatcherEvent } from '../../wire/responses'
import { isOpenAcl } from '../../wire/stat'
import type { Zxid } from '../../wire/zxid'
import type { Steps } from '../steps'
import { newRoot, newZnode, statOf, type Znode } from './znode'
import { isValidPath, nameOf, parentPath, sequenceSuffix } from './znode-path'

/** What the entry that is being applied brings along. */
export interface TreeContext {
  readonly zxid: Zxid
  readonly timeMs: number
  readonly sessionId: SessionId
}

/** A change that watches may wait for, in the order of happening. */
export type TreeChange = WatcherEvent

export interface TreeOutcome {
  readonly result: MultiResult
  readonly changes: readonly TreeChange[]
}

export interface MultiOutcome {
  readonly results: readonly MultiResult[]
  readonly changes: readonly TreeChange[]
}

/** Operations between two places where a multi may be interrupted. */
const stepOperations = 64
const none: readonly TreeChange[] = []
const failed = (error: number): TreeOutcome => ({ result: { type: 'error', error }, changes: none })

export class ZnodeTree {
  readonly #root = newRoot()
  readonly #znodes = new Map<string, Znode>([['/', this.#root]])
  readonly #ephemerals = new Map<SessionId, Set<string>>()
  #dataBytes = 0
  /** While a multi runs: how to take each of its changes back, oldest first. */
  #undo: (() => void)[] | undefined

  // ── queries ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** The empty path is the root, as in ZooKeeper (measured). */
  find(path: string): Znode | undefined {
    return this.#znodes.get(path === '' ? '/' : path)
  }

  /** Sorted names; O(n log n) in the number of children. */
  childrenOf(znode: Znode): readonly string[] {
    return znode.children === undefined ? [] : [...znode.children].sort()
  }

  get count(): number {
    return this.#znodes.size
  }

  get ephemeralCount(): number {
    let count = 0
    for (const paths of this.#ephemerals.values()) count += paths.size
    return count
  }

  /** Paths and data together, as mntr tells it. */
  get approximateDataBytes(): number {
    return this.#dataBytes
  }

  /** Parents before children, for a snapshot. */
  *entries(): IterableIterator<readonly [string, Znode]> {
    const pending = ['/']
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      const znode = this.#znodes.get(path)
      invariant(znode !== undefined, 'a listed child is in the tree', { path })
      yield [path, znode]
      for (const name of znode.children ?? []) pending.push(path === '/' ? `/${name}` : `${path}/${name}`)
    }
  }

  // ── changes ───────────────────────────────────────────────────────────────────────────────────────────────────

  apply(context: TreeContext, operation: MultiOperation): TreeOutcome {
    switch (operation.type) {
      case 'create':
        return this.#create(context, operation)
      case 'delete':
        return this.#delete(context, operation)
      case 'setData':
        return this.#setData(context, operation)
      case 'check':
        return this.#check(operation)
    }
  }

  /**
   * All or nothing, later operations see earlier ones. On failure every result is an error: OK for those before the
   * failing one, its own code, RUNTIMEINCONSISTENCY for those after it; nothing is left, no sequence number is used.
   * May be interrupted where it yields: until it has ended nobody is to look at the tree, or change it.
   */
  *applyAll(context: TreeContext, operations: readonly MultiOperation[]): Steps<MultiOutcome> {
    invariant(this.#undo === undefined, 'multis do not nest')
    const undo: (() => void)[] = []
    this.#undo = undo
    const results: MultiResult[] = []
    const changes: TreeChange[] = []
    try {
      for (const operation of operations) {
        const outcome = this.apply(context, operation)
        if (outcome.result.type === 'error') {
          for (const [i, takeBack] of undo.reverse().entries()) {
            takeBack()
            if (i % stepOperations === stepOperations - 1) yield
          }
          return { results: failedResults(operations.length, results.length, outcome.result.error), changes: none }
        }
        results.push(outcome.result)
        for (const change of outcome.changes) changes.push(change)
        if (results.length % stepOperations === 0) yield
      }
      return { results, changes }
    } finally {
      this.#undo = undefined
    }
  }

  /** Deletes every ephemeral of the context's session, all with its one zxid. */
  deleteEphemerals(context: TreeContext): readonly TreeChange[] {
    const changes: TreeChange[] = []
    // Sorted: the order of events must not depend on whether the tree came from a snapshot.
    for (const path of [...(this.#ephemerals.get(context.sessionId) ?? [])].sort()) {
      changes.push(...this.#remove(context, path))
    }
    invariant(!this.#ephemerals.has(context.sessionId), 'a closed session owns nothing')
    return changes
  }

  /** A znode out of a snapshot; parents come first. */
  restore(path: string, znode: Znode): void {
    const isRoot = path === '/'
    invariant(isRoot || isValidPath(path), 'a restored path is valid', { path })
    if (isRoot) {
      this.#dataBytes -= sizeOf(path, this.#root.data)
      Object.assign(this.#root, { ...znode, children: this.#root.children })
      this.#dataBytes += sizeOf(path, znode.data)
      return
    }
    const parent = this.find(parentPath(path) ?? '')
    invariant(parent !== undefined, 'a restored znode has a parent', { path })
    this.#insert(path, znode, parent)
  }

  #create(context: TreeContext, request: CreateRequest): TreeOutcome {
    const under = parentPath(request.path)
    if (under === undefined || request.path.includes('\0')) return failed(errorCodes.BADARGUMENTS)
    if ((request.flags & ~(createFlags.ephemeral | createFlags.sequential)) !== 0)
      return failed(errorCodes.BADARGUMENTS)
    if (!isOpenAcl(request.acl)) return failed(errorCodes.INVALIDACL)
    // The parent is looked up before the path is validated: `/a//b` is NONODE (measured).
    const parent = this.find(under)
    if (parent === undefined) return failed(errorCodes.NONODE)
    const isSequential = (request.flags & createFlags.sequential) !== 0
    const path = isSequential ? request.path + sequenceSuffix(parent.childCreates) : request.path
    if (!isValidPath(path)) return failed(errorCodes.BADARGUMENTS)
    if (this.#znodes.has(path)) return failed(errorCodes.NODEEXISTS)
    if (parent.ephemeralOwner !== 0n) return failed(errorCodes.NOCHILDRENFOREPHEMERALS)

    const owner = (request.flags & createFlags.ephemeral) !== 0 ? context.sessionId : 0n
    const data = request.data === null ? null : copyOfBytes(request.data)
    const znode = newZnode(data, context.zxid, context.timeMs, owner)
    const { childCreates, pzxid } = parent
    this.#insert(path, znode, parent)
    parent.childCreates = (childCreates + 1) | 0
    parent.pzxid = context.zxid
    this.#undo?.push(() => {
      this.#take(path, znode, parent)
      parent.childCreates = childCreates
      parent.pzxid = pzxid
    })
    const stat = request.withStat ? statOf(znode) : undefined
    return {
      result: { type: 'create', path, stat },
      changes: [
        { type: 'created', path },
        { type: 'childrenChanged', path: under === '' ? '/' : under }
      ]
    }
  }

  #delete(context: TreeContext, request: DeleteRequest): TreeOutcome {
    const under = parentPath(request.path)
    if (under === undefined || request.path === '/' || request.path.includes('\0'))
      return failed(errorCodes.BADARGUMENTS)
    const znode = this.#znodes.get(request.path)
    if (this.find(under) === undefined || znode === undefined) return failed(errorCodes.NONODE)
    if (!matches(znode, request.version)) return failed(errorCodes.BADVERSION)
    if (znode.children !== undefined && znode.children.size > 0) return failed(errorCodes.NOTEMPTY)
    return { result: { type: 'delete' }, changes: this.#remove(context, request.path) }
  }

  #setData(context: TreeContext, request: SetDataRequest): TreeOutcome {
    const found = this.#versioned(request)
    if (typeof found === 'number') return failed(found)
    const before = { data: found.data, version: found.version, mzxid: found.mzxid, mtimeMs: found.mtimeMs }
    const sizeBefore = sizeOf(request.path, found.data)
    found.data = request.data === null ? null : copyOfBytes(request.data)
    found.version = (found.version + 1) | 0
    found.mzxid = context.zxid
    found.mtimeMs = context.timeMs
    const grown = sizeOf(request.path, found.data) - sizeBefore
    this.#dataBytes += grown
    this.#undo?.push(() => {
      Object.assign(found, before)
      this.#dataBytes -= grown
    })
    return { result: { type: 'setData', stat: statOf(found) }, changes: [{ type: 'dataChanged', path: request.path }] }
  }

  #check(request: CheckRequest): TreeOutcome {
    const found = this.#versioned(request)
    return typeof found === 'number' ? failed(found) : { result: { type: 'check' }, changes: none }
  }

  /** The znode, or why not. */
  #versioned(request: { readonly path: string; readonly version: number }): Znode | number {
    if (!isValidPath(request.path)) return errorCodes.BADARGUMENTS
    const znode = this.find(request.path)
    if (znode === undefined) return errorCodes.NONODE
    return matches(znode, request.version) ? znode : errorCodes.BADVERSION
  }

  #remove(context: TreeContext, path: string): readonly TreeChange[] {
    const under = parentPath(path) ?? ''
    const parent = this.find(under)
    const znode = this.#znodes.get(path)
    invariant(parent !== undefined && znode !== undefined, 'what is removed is in the tree', { path })
    const { pzxid } = parent
    this.#take(path, znode, parent)
    parent.pzxid = context.zxid
    this.#undo?.push(() => {
      this.#insert(path, znode, parent)
      parent.pzxid = pzxid
    })
    return [
      { type: 'deleted', path },
      { type: 'childrenChanged', path: under === '' ? '/' : under }
    ]
  }

  #insert(path: string, znode: Znode, parent: Znode): void {
    invariant(!this.#znodes.has(path), 'a new znode is not there yet', { path })
    invariant(parent.ephemeralOwner === 0n, 'an ephemeral has no children', { path })
    this.#znodes.set(path, znode)
    parent.children ??= new Set()
    parent.children.add(nameOf(path))
    this.#dataBytes += sizeOf(path, znode.data)
    if (znode.ephemeralOwner === 0n) return
    const owned = this.#ephemerals.get(znode.ephemeralOwner)
    if (owned === undefined) this.#ephemerals.set(znode.ephemeralOwner, new Set([path]))
    else owned.add(path)
  }

  #take(path: string, znode: Znode, parent: Znode): void {
    const wasThere = this.#znodes.delete(path)
    invariant(wasThere, 'what is taken out was in the tree', { path })
    parent.children?.delete(nameOf(path))
    this.#dataBytes -= sizeOf(path, znode.data)
    if (znode.ephemeralOwner === 0n) return
    const owned = this.#ephemerals.get(znode.ephemeralOwner)
    owned?.delete(path)
    if (owned?.size === 0) this.#ephemerals.delete(znode.ephemeralOwner)
  }

  inspect(): Readonly<Record<string, unknown>> {
    return { znodes: this.count, ephemerals: this.ephemeralCount, dataBytes: this.#dataBytes }
  }
}

function matches(znode: Znode, version: number): boolean {
  return version === -1 || version === znode.version
}

function sizeOf(path: string, data: Uint8Array | null): number {
  return path.length + (data?.byteLength ?? 0)
}

function failedResults(count: number, failedAt: number, error: number): readonly MultiResult[] {
  const results: MultiResult[] = []
  for (let index = 0; index < count; index++) {
    const code = index < failedAt ? errorCodes.OK : index === failedAt ? error : errorCodes.RUNTIMEINCONSISTENCY
    results.push({ type: 'error', error: code })
  }
  return results
}
