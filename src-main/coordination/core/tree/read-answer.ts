/** Answers reads from the applied tree and arms their watches. */
import { errorCodes } from '../../wire/codes'
import type { ReadRequest, SetWatchesRequest } from '../../wire/requests'
import type { Response, WatcherEvent } from '../../wire/responses'
import { openAcl } from '../../wire/stat'
import { compareZxid } from '../../wire/zxid'
import type { WatchTable } from './watch-table'
import { statOf } from './znode'
import type { ZnodeTree } from './znode-tree'

export interface ReadAnswer {
  readonly error: number
  readonly response: Response | undefined
  /** Events to tell this connection before the reply. */
  readonly events: readonly WatcherEvent[]
}

const noEvents: readonly WatcherEvent[] = []
const answer = (response: Response): ReadAnswer => ({ error: errorCodes.OK, response, events: noEvents })
const badArguments: ReadAnswer = { error: errorCodes.BADARGUMENTS, response: undefined, events: noEvents }
const noNode: ReadAnswer = { error: errorCodes.NONODE, response: undefined, events: noEvents }

export function answerRead(
  tree: ZnodeTree,
  watches: WatchTable,
  connectionId: number,
  request: ReadRequest
): ReadAnswer {
  switch (request.type) {
    case 'ping':
      return answer({ type: 'empty' })
    case 'sync':
      // One member: all that was answered is applied here.
      return answer({ type: 'sync', path: request.path })
    case 'setWatches':
      return { ...answer({ type: 'empty' }), events: rearm(tree, watches, connectionId, request) }
    case 'exists': {
      // The one read that validates anything (measured on 3.8).
      if (request.path.includes('\0')) return badArguments
      const znode = tree.find(request.path)
      // Also when it is missing: that is how a client waits for a creation.
      if (request.watch) watches.add('data', keyOf(request.path), connectionId)
      return znode === undefined ? noNode : answer({ type: 'exists', stat: statOf(znode) })
    }
    case 'getData': {
      const znode = tree.find(request.path)
      if (znode === undefined) return noNode
      if (request.watch) watches.add('data', keyOf(request.path), connectionId)
      return answer({ type: 'getData', data: znode.data, stat: statOf(znode) })
    }
    case 'getChildren': {
      const znode = tree.find(request.path)
      if (znode === undefined) return noNode
      if (request.watch) watches.add('child', keyOf(request.path), connectionId)
      const stat = request.withStat ? statOf(znode) : undefined
      return answer({ type: 'getChildren', children: tree.childrenOf(znode), stat })
    }
    case 'getACL': {
      const znode = tree.find(request.path)
      return znode === undefined ? noNode : answer({ type: 'getACL', acl: openAcl, stat: statOf(znode) })
    }
  }
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
  return missed
}

/** The root has two names. */
function keyOf(path: string): string {
  return path === '' ? '/' : path
}
