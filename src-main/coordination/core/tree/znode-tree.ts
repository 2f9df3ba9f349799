/**
 * The tree of znodes: decides and applies every change, by the rules of ZooKeeper 3.8 (its PrepRequestProcessor and DataTree).
 *
 * It is a function of the entries applied to it and of nothing else: time, zxid and session come with the entry.
 * Invariants: every znode but the root has a parent that lists it; an ephemeral has no children; #ephemerals lists
 * exactly the znodes whose owner is that session; approximateDataBytes is the sum over the tree; nobody can take the
 * system's znodes away.
 * Deviations: /zookeeper/quota is there and nothing is counted in it, and children are told sorted.
 */
import type { SessionId } from '../../../kernel/ids'
import { invariant } from '../../../kernel/invariant'
import { createFlags, errorCodes, permissions } from '../../wire/codes'
import type {
  CheckRequest,
  CreateRequest,
  DeleteRequest,
  MultiOperation,
  SetAclRequest,
  SetDataRequest
} from '../../wire/requests'
import type { MultiResult, WatcherEvent } from '../../wire/responses'
import { isOpenAcl, openAcl, type Acl, type Identity, type Stat } from '../../wire/stat'
import { compareZxid, zxidZero, type Zxid } from '../../wire/zxid'
import type { Steps } from '../steps'
import { accessOf, isAllowed, keptAcl } from './access'
import { DataSlabs } from './data-slabs'
import { Photograph } from './photograph'
import { containerOwner, isOver, newSystemZnode, newZnode, statOf, ttlMaxMs, ttlOwner, type Znode } from './znode'
import { ZnodeIndex } from './znode-index'
import { isValidPath, nameOf, parentPath, sequenceSuffix } from './znode-path'

/** What the entry that is being applied brings along. */
export interface TreeContext {
  readonly zxid: Zxid
  readonly timeMs: number
  readonly sessionId: SessionId
  /**
   * Who asks. Absent in entries of before there were any: only the open list was accepted then, and create's flags were
   * two bits. What such an entry did once it does again.
   */
  readonly identities?: readonly Identity[] | undefined
}

/** A change that watches may wait for, in the order of happening, and the list of who may know of it. */
export interface TreeChange extends WatcherEvent {
  readonly acl: readonly Acl[]
}

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
const change = (type: WatcherEvent['type'], path: string, { access }: Znode): TreeChange => {
  return { type, path, acl: access.acl }
}

/** There from the beginning, and not to be deleted; the last holds the members, where they may change. */
const configPath = '/zookeeper/config'
const systemPaths: readonly string[] = ['/', '/zookeeper', '/zookeeper/quota', configPath]
const readOnlyAcl: readonly Acl[] = [{ permissions: permissions.read, scheme: 'world', id: 'anyone' }]

export class ZnodeTree {
  readonly #znodes = new ZnodeIndex()
  readonly #ephemerals = new Map<SessionId, Set<string>>()
  /** Containers, and those with a time to live. */
  readonly #passing = new Set<string>()
  readonly #slabs = new DataSlabs()
  #dataBytes = 0
  #lastOrdinal = 0
  #photograph: Photograph | undefined
  /** While a multi runs: how to take each of its changes back, oldest first. */
  #undo: (() => void)[] | undefined

  // ── queries ───────────────────────────────────────────────────────────────────────────────────────────────────

  constructor() {
    const root = newSystemZnode()
    root.ordinal = ++this.#lastOrdinal
    this.#znodes.add('/', root)
    for (const path of systemPaths.slice(1)) {
      const parent = this.find(parentPath(path) ?? '')
      invariant(parent !== undefined, 'parents of system znodes come first')
      const znode = newSystemZnode()
      // As ZooKeeper makes it: the list was set once, to a version before the first.
      if (path === configPath) znode.access = accessOf(readOnlyAcl, -1)
      this.#insert(path, znode, parent)
    }
  }

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

  /** Of a session, sorted. */
  ephemeralsOf(sessionId: SessionId): readonly string[] {
    return [...(this.#ephemerals.get(sessionId) ?? [])].sort()
  }

  /** Sessions that have any. */
  ephemeralOwners(): Iterable<SessionId> {
    return this.#ephemerals.keys()
  }

  /** All below a path; O(n) in the size of the tree. */
  descendantCount(path: string): number {
    if (path === '/' || path === '') return this.#znodes.size - 1
    const prefix = `${path}/`
    let count = 0
    for (const other of this.#znodes.paths()) if (other.startsWith(prefix)) count++
    return count
  }

  /** Containers that are empty again, and those whose time to live is over: at most so many; O(n) in the number of such znodes. */
  passed(nowMs: number, countMax: number): readonly string[] {
    const paths: string[] = []
    for (const path of this.#passing) {
      const znode = this.#znodes.get(path)
      if (znode !== undefined && isOver(znode, nowMs) && paths.push(path) >= countMax) break
    }
    return paths
  }

  /** Paths and data together, as mntr tells it. */
  get approximateDataBytes(): number {
    return this.#dataBytes
  }

  /** Parents before children; nothing may change meanwhile. */
  *entries(): IterableIterator<readonly [string, Znode]> {
    const pending = ['/']
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      const znode = this.#znodes.get(path)
      invariant(znode !== undefined, 'a listed child is in the tree', { path })
      yield [path, znode]
      for (const name of znode.children ?? []) pending.push(path === '/' ? `/${name}` : `${path}/${name}`)
    }
  }

  /** As it is now, for a snapshot, one at a time; not in the middle of a multi. */
  photographed(): Photograph {
    invariant(this.#undo === undefined, 'nobody looks at half a multi')
    this.#photograph = new Photograph(this.#znodes, this.#lastOrdinal)
    return this.#photograph
  }

  /** Nobody reads it any more. */
  forget(photograph: Photograph): void {
    if (this.#photograph === photograph) this.#photograph = undefined
  }

  /**
   * What the configuration says of the members, while nobody has written anything else: not in the log, since each member knows
   * (ZKDatabase.initConfigInZKDatabase). Of a member that has no others it stays empty.
   */
  configure(members: string): void {
    const znode = this.find(configPath)
    if (znode === undefined || compareZxid(znode.mzxid, zxidZero) !== 0) return
    const data = new TextEncoder().encode(members)
    this.#dataBytes += sizeOf(configPath, data) - sizeOf(configPath, znode.data)
    znode.data = data
    znode.version = -1
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
        return this.#check(context, operation)
    }
  }

  /** No part of a multi, and no watch waits for it. Gives the Stat, or why not. */
  setAcl(context: TreeContext, request: SetAclRequest): Stat | number {
    if (!isValidPath(request.path)) return errorCodes.BADARGUMENTS
    const acl = this.#acceptedAcl(context, request.acl)
    if (acl === undefined) return errorCodes.INVALIDACL
    const znode = this.find(request.path)
    if (znode === undefined) return errorCodes.NONODE
    if (!mayDo(context, znode, permissions.admin)) return errorCodes.NOAUTH
    const { version } = znode.access
    if (request.version !== -1 && request.version !== version) return errorCodes.BADVERSION
    this.#photograph?.aboutToChange(request.path, znode)
    znode.access = accessOf(acl, (version + 1) | 0)
    return statOf(znode)
  }

  /** A container or a znode with a time to live goes, if it is still time. */
  deletePassed(context: TreeContext, path: string): readonly TreeChange[] {
    const znode = this.#znodes.get(path)
    return znode !== undefined && isOver(znode, context.timeMs) ? this.#remove(context, path) : none
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

  /** A znode out of a snapshot, whose data is copied; parents come first. */
  restore(path: string, znode: Znode): void {
    invariant(isValidPath(path), 'a restored path is valid', { path })
    if (znode.data !== null) znode.data = this.#slabs.copyOf(znode.data)
    const made = systemPaths.includes(path) ? this.#znodes.get(path) : undefined
    if (made !== undefined) {
      this.#dataBytes += sizeOf(path, znode.data) - sizeOf(path, made.data)
      Object.assign(made, { ...znode, children: made.children, ordinal: made.ordinal })
      return
    }
    const parent = this.find(parentPath(path) ?? '')
    invariant(parent !== undefined, 'a restored znode has a parent', { path })
    this.#insert(path, znode, parent)
  }

  #create(context: TreeContext, request: CreateRequest): TreeOutcome {
    const under = parentPath(request.path)
    if (under === undefined || request.path.includes('\0')) return failed(errorCodes.BADARGUMENTS)
    const owner = ownerOf(context, request)
    if (owner === undefined) return failed(errorCodes.BADARGUMENTS)
    const acl = this.#acceptedAcl(context, request.acl)
    if (acl === undefined) return failed(errorCodes.INVALIDACL)
    // The parent is looked up before the path is validated: `/a//b` is NONODE (measured).
    const parent = this.find(under)
    if (parent === undefined) return failed(errorCodes.NONODE)
    if (!mayDo(context, parent, permissions.create)) return failed(errorCodes.NOAUTH)
    const isSequential = (request.flags & createFlags.sequential) !== 0
    const path = isSequential ? request.path + sequenceSuffix(parent.childCreates) : request.path
    if (!isValidPath(path)) return failed(errorCodes.BADARGUMENTS)
    if (this.#znodes.has(path)) return failed(errorCodes.NODEEXISTS)
    if (parent.ephemeralOwner > 0n) return failed(errorCodes.NOCHILDRENFOREPHEMERALS)

    const data = request.data === null ? null : this.#slabs.copyOf(request.data)
    const znode = newZnode(data, context.zxid, context.timeMs, owner)
    znode.access = accessOf(acl, 0)
    const { childCreates, pzxid } = parent
    this.#photograph?.aboutToChange(under === '' ? '/' : under, parent)
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
      changes: [change('created', path, znode), change('childrenChanged', under === '' ? '/' : under, parent)]
    }
  }

  #acceptedAcl({ identities }: TreeContext, asked: readonly Acl[]): readonly Acl[] | undefined {
    if (identities === undefined) return isOpenAcl(asked) ? openAcl : undefined
    return keptAcl(asked, identities)
  }

  #delete(context: TreeContext, request: DeleteRequest): TreeOutcome {
    const under = parentPath(request.path)
    if (under === undefined || systemPaths.includes(request.path) || request.path.includes('\0'))
      return failed(errorCodes.BADARGUMENTS)
    const parent = this.find(under)
    if (parent === undefined) return failed(errorCodes.NONODE)
    if (!mayDo(context, parent, permissions.delete)) return failed(errorCodes.NOAUTH)
    const znode = this.#znodes.get(request.path)
    if (znode === undefined) return failed(errorCodes.NONODE)
    if (!matches(znode, request.version)) return failed(errorCodes.BADVERSION)
    if (znode.children !== undefined && znode.children.size > 0) return failed(errorCodes.NOTEMPTY)
    return { result: { type: 'delete' }, changes: this.#remove(context, request.path) }
  }

  #setData(context: TreeContext, request: SetDataRequest): TreeOutcome {
    const found = this.#versioned(context, request, permissions.write)
    if (typeof found === 'number') return failed(found)
    const before = { data: found.data, version: found.version, mzxid: found.mzxid, mtimeMs: found.mtimeMs }
    const sizeBefore = sizeOf(request.path, found.data)
    this.#photograph?.aboutToChange(request.path, found)
    this.#write(found, request.data)
    found.version = (found.version + 1) | 0
    found.mzxid = context.zxid
    found.mtimeMs = context.timeMs
    const grown = sizeOf(request.path, found.data) - sizeBefore
    this.#dataBytes += grown
    this.#undo?.push(() => {
      Object.assign(found, before)
      this.#dataBytes -= grown
    })
    return {
      result: { type: 'setData', stat: statOf(found) },
      changes: [change('dataChanged', request.path, found)]
    }
  }

  /**
   * In the place of what was there, where it fits and nobody has need of that: a buffer for each write would be one more that has
   * grown old when it is let go of.
   */
  #write(znode: Znode, data: Uint8Array | null): void {
    const isKept = this.#undo !== undefined || this.#photograph !== undefined
    if (data !== null && !isKept && znode.data?.byteLength === data.byteLength) znode.data.set(data)
    else znode.data = data === null ? null : this.#slabs.copyOf(data)
  }

  #check(context: TreeContext, request: CheckRequest): TreeOutcome {
    const found = this.#versioned(context, request, permissions.read)
    return typeof found === 'number' ? failed(found) : { result: { type: 'check' }, changes: none }
  }

  /** The znode, or why not. */
  #versioned(
    context: TreeContext,
    request: { readonly path: string; readonly version: number },
    permission: number
  ): Znode | number {
    if (!isValidPath(request.path)) return errorCodes.BADARGUMENTS
    const znode = this.find(request.path)
    if (znode === undefined) return errorCodes.NONODE
    if (!mayDo(context, znode, permission)) return errorCodes.NOAUTH
    return matches(znode, request.version) ? znode : errorCodes.BADVERSION
  }

  #remove(context: TreeContext, path: string): readonly TreeChange[] {
    const under = parentPath(path) ?? ''
    const parent = this.find(under)
    const znode = this.#znodes.get(path)
    invariant(parent !== undefined && znode !== undefined, 'what is removed is in the tree', { path })
    const { pzxid } = parent
    this.#photograph?.aboutToChange(under === '' ? '/' : under, parent)
    this.#photograph?.aboutToChange(path, znode)
    this.#take(path, znode, parent)
    parent.pzxid = context.zxid
    this.#undo?.push(() => {
      this.#insert(path, znode, parent)
      parent.pzxid = pzxid
    })
    return [change('deleted', path, znode), change('childrenChanged', under === '' ? '/' : under, parent)]
  }

  #insert(path: string, znode: Znode, parent: Znode): void {
    invariant(parent.ephemeralOwner <= 0n, 'an ephemeral has no children', { path })
    znode.ordinal = ++this.#lastOrdinal
    this.#znodes.add(path, znode)
    parent.children ??= new Set()
    parent.children.add(nameOf(path))
    this.#dataBytes += sizeOf(path, znode.data)
    if (znode.ephemeralOwner < 0n) this.#passing.add(path)
    if (znode.ephemeralOwner <= 0n) return
    const owned = this.#ephemerals.get(znode.ephemeralOwner)
    if (owned === undefined) this.#ephemerals.set(znode.ephemeralOwner, new Set([path]))
    else owned.add(path)
  }

  #take(path: string, znode: Znode, parent: Znode): void {
    const wasThere = this.#znodes.delete(path)
    invariant(wasThere, 'what is taken out was in the tree', { path })
    parent.children?.delete(nameOf(path))
    this.#dataBytes -= sizeOf(path, znode.data)
    if (znode.ephemeralOwner < 0n) this.#passing.delete(path)
    if (znode.ephemeralOwner <= 0n) return
    const owned = this.#ephemerals.get(znode.ephemeralOwner)
    owned?.delete(path)
    if (owned?.size === 0) this.#ephemerals.delete(znode.ephemeralOwner)
  }

  inspect(): Readonly<Record<string, unknown>> {
    return { znodes: this.count, ephemerals: this.ephemeralCount, dataBytes: this.#dataBytes }
  }
}

function mayDo({ identities }: TreeContext, { access }: Znode, permission: number): boolean {
  return identities === undefined || isAllowed(access.acl, permission, identities)
}

/**
 * Whom a new znode belongs to, or what stands for it; undefined when its flags are none, or a time to live is not one. The
 * operation counts outside of a multi: a create makes no container, whatever its flags (measured on 3.8).
 */
function ownerOf({ sessionId, identities }: TreeContext, request: CreateRequest): SessionId | undefined {
  const { flags, isContainer, ttlMs } = request
  const flagsMax = identities === undefined ? createFlags.ephemeralSequential : createFlags.ttlSequential
  if (flags < 0 || flags > flagsMax) return undefined
  const hasTtl = flags === createFlags.ttl || flags === createFlags.ttlSequential
  if (hasTtl !== (ttlMs !== undefined)) return undefined
  if (ttlMs !== undefined) return ttlMs > 0 && ttlMs <= ttlMaxMs ? ttlOwner(ttlMs) : undefined
  if (isContainer === true) return containerOwner
  return flags === createFlags.ephemeral || flags === createFlags.ephemeralSequential ? sessionId : 0n
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
