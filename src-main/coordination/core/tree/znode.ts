import type { SessionId } from '../../../kernel/ids'
import { zxidZero, type Zxid } from '../../wire/zxid'
import type { Stat } from '../../wire/stat'
import { openAccess, type Access } from './access'

/** One node of the tree. Only ZnodeTree changes it. */
export interface Znode {
  data: Uint8Array | null
  access: Access
  readonly czxid: Zxid
  mzxid: Zxid
  pzxid: Zxid
  readonly ctimeMs: number
  mtimeMs: number
  /** Changes of the data; wraps as an int32. */
  version: number
  /** Creates of children, ever: the next sequence number, so none is used twice. Wraps as an int32. */
  childCreates: number
  /** Session that owns it, 0n when persistent; negative for those that go by themselves: see containerOwner and ttlOwner. */
  readonly ephemeralOwner: SessionId
  /** Names; undefined while there has been none, which most znodes stay. */
  children: Set<string> | undefined
  /** Of this member's tree, not of the state: as how manieth it came into it. */
  ordinal: number
}

/**
 * What stands for an owner where there is none (ZooKeeper's EphemeralType): ids of sessions are positive. A container goes
 * when its last child has gone, a znode with a time to live when it has no children and was not changed for so long.
 */
export const containerOwner = -(1n << 63n)
const ttlMark = -(1n << 56n)
export const ttlMaxMs = 2 ** 40 - 1

export function ttlOwner(ttlMs: number): SessionId {
  return ttlMark | BigInt(ttlMs)
}

/** Time to live; undefined when it has none. */
export function ttlMsOf(ephemeralOwner: SessionId): number | undefined {
  return ephemeralOwner < 0n && ephemeralOwner !== containerOwner ? Number(ephemeralOwner - ttlMark) : undefined
}

/** Is it time that a znode of those goes? `nowMs`: wall clock. */
export function isOver(znode: Znode, nowMs: number): boolean {
  if (znode.ephemeralOwner >= 0n || (znode.children !== undefined && znode.children.size > 0)) return false
  // A container that never had a child is about to get one.
  if (znode.ephemeralOwner === containerOwner) return znode.childCreates !== 0
  return nowMs - znode.mtimeMs > (ttlMsOf(znode.ephemeralOwner) ?? 0)
}

export function newZnode(data: Uint8Array | null, zxid: Zxid, timeMs: number, ephemeralOwner: SessionId): Znode {
  return {
    data,
    access: openAccess,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctimeMs: timeMs,
    mtimeMs: timeMs,
    version: 0,
    childCreates: 0,
    ephemeralOwner,
    children: undefined,
    ordinal: 0
  }
}

/** One that is there from the beginning. */
export function newSystemZnode(): Znode {
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
    aversion: znode.access.version,
    ephemeralOwner: znode.ephemeralOwner < 0n ? 0n : znode.ephemeralOwner,
    dataLength: znode.data?.byteLength ?? 0,
    numChildren,
    pzxid: znode.pzxid
  }
}
