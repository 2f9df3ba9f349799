/** Answers reads from the applied tree and arms their watches. */
import type { SessionId } from '../../../kernel/ids'
import { addWatchModes, errorCodes, permissions, watcherTypes } from '../../wire/codes'
import type {
  ExistsRequest,
  GetChildrenRequest,
  GetDataRequest,
  MultiReadRequest,
  ReadRequest,
  SetWatchesRequest,
  WatcherType
} from '../../wire/requests'
import type { ReadResult, Response, WatcherEvent } from '../../wire/responses'
import type { Identity } from '../../wire/stat'
import { compareZxid } from '../../wire/zxid'
import { isAllowed, shownAcl } from './access'
import type { WatchTable, WatchTableName } from './watch-table'
import { statOf, type Znode } from './znode'
import type { ZnodeTree } from './znode-tree'

export interface ReadAnswer {
  readonly error: number
  readonly response: Response | undefined
  /** Events to tell this connection before the reply. */
  readonly events: readonly WatcherEvent[]
}

/** Who reads. */
export interface Reader {
  readonly connectionId: number
  readonly sessionId: SessionId
  readonly identities: readonly Identity[]
}

export const multiReadBytesMax = 16 * 1024 * 1024
/** So many are counted for a name. */
const childNameBytes = 32
const noEvents: readonly WatcherEvent[] = []
const answer = (response: Response): ReadAnswer => ({ error: errorCodes.OK, response, events: noEvents })
const failed = (error: number): ReadAnswer => ({ error, response: undefined, events: noEvents })
const empty = answer({ type: 'empty' })

const tablesOf: Readonly<Record<WatcherType, readonly WatchTableName[]>> = {
  [watcherTypes.children]: ['child'],
  [watcherTypes.data]: ['data'],
  [watcherTypes.any]: ['child', 'data']
}

export function answerRead(tree: ZnodeTree, watches: WatchTable, reader: Reader, request: ReadRequest): ReadAnswer {
  const { connectionId, sessionId, identities } = reader
  switch (request.type) {
    case 'ping':
      return empty
    case 'sync':
      // Who asks has waited until everything is applied that was committed by then.
      return answer({ type: 'sync', path: request.path })
    case 'whoAmI':
      return answer({ type: 'whoAmI', identities: identities.map(withoutDigest) })
    case 'setWatches':
      return { ...empty, events: rearm(tree, watches, connectionId, request) }
    case 'addWatch':
      return armed(watches, connectionId, request)
    case 'checkWatches': {
      const isThere = tablesOf[request.watcherType].some((name) => watches.has(name, keyOf(request.path), connectionId))
      return isThere ? empty : failed(errorCodes.NOWATCHER)
    }
    case 'removeWatches': {
      const path = keyOf(request.path)
      const removed = tablesOf[request.watcherType].filter((name) => watches.remove(name, path, connectionId))
      return removed.length > 0 ? empty : failed(errorCodes.NOWATCHER)
    }
    case 'getEphemerals':
      return answer({ type: 'getEphemerals', paths: ephemeralsBelow(tree, sessionId, request.prefix) })
    case 'exists':
      return existing(tree, watches, connectionId, request)
    case 'getData':
    case 'getChildren': {
      const result = readOne(tree, watches, reader, request)
      return typeof result === 'number' ? failed(result) : answer(result)
    }
    case 'multiRead':
      return answer({ type: 'multiRead', results: readAll(tree, watches, reader, request) })
    case 'getACL': {
      const znode = readable(tree, request.path, permissions.read | permissions.admin, identities)
      if (typeof znode === 'number') return failed(znode)
      return answer({ type: 'getACL', acl: shownAcl(znode.access.acl, identities), stat: statOf(znode) })
    }
    case 'getAllChildrenNumber': {
      const znode = readable(tree, request.path, permissions.read, identities)
      if (typeof znode === 'number') return failed(znode)
      return answer({ type: 'getAllChildrenNumber', count: tree.descendantCount(request.path) })
    }
  }
}

function readable(tree: ZnodeTree, path: string, permission: number, identities: readonly Identity[]): Znode | number {
  const znode = tree.find(path)
  if (znode === undefined) return errorCodes.NONODE
  return isAllowed(znode.access.acl, permission, identities) ? znode : errorCodes.NOAUTH
}

/** The one read that validates anything (measured on 3.8), and the one that needs no permission. */
function existing(
  tree: ZnodeTree,
  watches: WatchTable,
  connectionId: number,
  { path, watch }: ExistsRequest
): ReadAnswer {
  if (path.includes('\0')) return failed(errorCodes.BADARGUMENTS)
  const znode = tree.find(path)
  // Also when it is missing: that is how a client waits for a creation.
  if (watch) watches.add('data', keyOf(path), connectionId)
  return znode === undefined ? failed(errorCodes.NONODE) : answer({ type: 'exists', stat: statOf(znode) })
}

type OneRead = Extract<Response, { type: 'getData' | 'getChildren' }>

/** What is there, with its watch armed; or why not. */
function readOne(
  tree: ZnodeTree,
  watches: WatchTable,
  { connectionId, identities }: Reader,
  request: GetDataRequest | GetChildrenRequest
): OneRead | number {
  const { path, watch } = request
  const znode = readable(tree, path, permissions.read, identities)
  if (typeof znode === 'number') return znode
  if (watch) watches.add(request.type === 'getData' ? 'data' : 'child', keyOf(path), connectionId)
  if (request.type === 'getData') return { type: 'getData', data: znode.data, stat: statOf(znode) }
  const stat = request.withStat ? statOf(znode) : undefined
  return { type: 'getChildren', children: tree.childrenOf(znode), stat }
}

/**
 * Each for itself: one that fails takes no other along, and none leaves a watch, whatever it asks (measured on 3.8). A frame may ask for the same megabyte 60,000 times: past
 * multiReadBytesMax each is a SYSTEMERROR, which no client meets whose own limit is ZooKeeper's.
 */
function readAll(
  tree: ZnodeTree,
  watches: WatchTable,
  reader: Reader,
  request: MultiReadRequest
): readonly ReadResult[] {
  let roomBytes = multiReadBytesMax
  return request.operations.map((operation): ReadResult => {
    const znode = tree.find(operation.path)
    const isData = operation.type === 'getData'
    roomBytes -= isData ? (znode?.data?.byteLength ?? 0) : (znode?.children?.size ?? 0) * childNameBytes
    if (roomBytes < 0) return { type: 'error', error: errorCodes.SYSTEMERROR }
    const result = readOne(tree, watches, reader, { ...operation, watch: false })
    return typeof result === 'number' ? { type: 'error', error: result } : result
  })
}

function armed(
  watches: WatchTable,
  connectionId: number,
  { path, mode }: Extract<ReadRequest, { type: 'addWatch' }>
): ReadAnswer {
  if (mode !== addWatchModes.persistent && mode !== addWatchModes.persistentRecursive)
    return failed(errorCodes.MARSHALLINGERROR)
  const kind = mode === addWatchModes.persistent ? 'persistent' : 'recursive'
  for (const name of ['data', 'child'] as const) watches.add(name, keyOf(path), connectionId, kind)
  return answer({ type: 'addWatch' })
}

/** Arms again what a client watched on an earlier connection, or gives the event it has missed since relativeZxid. */
function rearm(
  tree: ZnodeTree,
  watches: WatchTable,
  connectionId: number,
  request: SetWatchesRequest
): readonly WatcherEvent[] {
  const missed: WatcherEvent[] = []
  for (const path of request.data) {
    const znode = tree.find(path)
    if (znode === undefined) missed.push({ type: 'deleted', path })
    else if (compareZxid(znode.mzxid, request.relativeZxid) > 0) missed.push({ type: 'dataChanged', path })
    else watches.add('data', keyOf(path), connectionId)
  }
  for (const path of request.exist) {
    if (tree.find(path) !== undefined) missed.push({ type: 'created', path })
    else watches.add('data', keyOf(path), connectionId)
  }
  for (const path of request.child) {
    const znode = tree.find(path)
    if (znode === undefined) missed.push({ type: 'deleted', path })
    else if (compareZxid(znode.pzxid, request.relativeZxid) > 0) missed.push({ type: 'childrenChanged', path })
    else watches.add('child', keyOf(path), connectionId)
  }
  // Of these nothing missed is told (DataTree.setWatches).
  for (const name of ['data', 'child'] as const) {
    for (const path of request.persistent ?? []) watches.add(name, keyOf(path), connectionId, 'persistent')
    for (const path of request.recursive ?? []) watches.add(name, keyOf(path), connectionId, 'recursive')
  }
  return missed
}

/** By the letters of the path, as in ZooKeeper: `/a` finds `/ab`, too. */
function ephemeralsBelow(tree: ZnodeTree, sessionId: SessionId, prefix: string | null): readonly string[] {
  const all = tree.ephemeralsOf(sessionId)
  const isAll = prefix === null || prefix.trim() === '' || prefix.trim() === '/'
  return isAll ? all : all.filter((path) => path.startsWith(prefix))
}

function withoutDigest({ scheme, id }: Identity): Identity {
  return scheme === 'digest' ? { scheme, id: id.split(':')[0] ?? '' } : { scheme, id }
}

/** The root has two names. */
function keyOf(path: string): string {
  return path === '' ? '/' : path
}
