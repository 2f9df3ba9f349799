/** Numbers of ZooKeeper's client protocol (ZooDefs.OpCode, KeeperException.Code, Watcher.Event). */

export const opCodes = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  deleteContainer: 20,
  createTTL: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  closeSession: -11,
  error: -1
} as const

export const errorCodes = {
  OK: 0,
  SYSTEMERROR: -1,
  RUNTIMEINCONSISTENCY: -2,
  DATAINCONSISTENCY: -3,
  CONNECTIONLOSS: -4,
  MARSHALLINGERROR: -5,
  UNIMPLEMENTED: -6,
  OPERATIONTIMEOUT: -7,
  BADARGUMENTS: -8,
  NONODE: -101,
  NOAUTH: -102,
  BADVERSION: -103,
  NOCHILDRENFOREPHEMERALS: -108,
  NODEEXISTS: -110,
  NOTEMPTY: -111,
  SESSIONEXPIRED: -112,
  INVALIDCALLBACK: -113,
  INVALIDACL: -114,
  AUTHFAILED: -115,
  SESSIONMOVED: -118,
  NOWATCHER: -121,
  RECONFIGDISABLED: -123
} as const

export type ErrorName = keyof typeof errorCodes

const errorNames = new Map<number, ErrorName>()
for (const name of Object.keys(errorCodes) as ErrorName[]) errorNames.set(errorCodes[name], name)

/** The name of a code; what we do not know is SYSTEMERROR. */
export function errorName(code: number): ErrorName {
  return errorNames.get(code) ?? 'SYSTEMERROR'
}

/** Transaction ids of packets that answer no numbered request. */
export const specialXids = { watchEvent: -1, ping: -2, auth: -4, setWatches: -8 } as const

export const watchEventTypes = { created: 1, deleted: 2, dataChanged: 3, childrenChanged: 4 } as const

export type WatchEventType = keyof typeof watchEventTypes

/** What create's flags may be. The first two are bits; the others are not made of them (CreateMode). */
export const createFlags = {
  persistent: 0,
  ephemeral: 1,
  sequential: 2,
  ephemeralSequential: 3,
  container: 4,
  ttl: 5,
  ttlSequential: 6
} as const

/** Bits of an ACL's permissions (ZooDefs.Perms). CREATE and DELETE are asked of the parent. */
export const permissions = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const

/** What checkWatches and removeWatches ask about (Watcher.WatcherType). */
export const watcherTypes = { children: 1, data: 2, any: 3 } as const

/** Modes of addWatch (ZooDefs.AddWatchModes). */
export const addWatchModes = { persistent: 0, persistentRecursive: 1 } as const
