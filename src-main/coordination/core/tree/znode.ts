import type { SessionId } from '../../../kernel/ids'
import { zxidZero, type Zxid } from '../../wire/zxid'
import type { Stat } from '../../wire/stat'

/** One node of the tree. Only ZnodeTree changes it. */
export interface Znode {
  data: Uint8Array | null
  readonly czxid: Zxid
  mzxid: Zxid
  pzxid: Zxid
  readonly ctimeMs: number
  mtimeMs: number
  /** Changes of the data; wraps as an int32. */
  version: number
  /** Creates of children, ever: the next sequence number, so none is used twice. Wraps as an int32. */
  childCreates: number
  /** Session that owns it, 0n when persistent. */
  readonly ephemeralOwner: SessionId
  /** Names; undefined while there has been none, which most znodes stay. */
  children: Set<string> | undefined
}

export function newZnode(data: Uint8Array | null, zxid: Zxid, timeMs: number, ephemeralOwner: SessionId): Znode {
  return {
    data,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctimeMs: timeMs,
    mtimeMs: timeMs,
    version: 0,
    childCreates: 0,
    ephemeralOwner,
    children: undefined
  }
}

export function newRoot(): Znode {
  return newZnode(new Uint8Array(0), zxidZero, 0, 0n)
}

/** cversion counts creates and deletes: twice the creates minus the children that are left (measured on 3.8). */
export function statOf(znode: Znode): Stat {
  const numChildren = znode.children?.size ?? 0
  return {
    czxid: znode.czxid,
    mzxid: znode.mzxid,
    ctimeMs: znode.ctimeMs,
    mtimeMs: znode.mtimeMs,
    version: znode.version,
    cversion: (znode.childCreates * 2 - numChildren) | 0,
    aversion: 0,
    ephemeralOwner: znode.ephemeralOwner,
    dataLength: znode.data?.byteLength ?? 0,
    numChildren,
    pzxid: znode.pzxid
  }
}
