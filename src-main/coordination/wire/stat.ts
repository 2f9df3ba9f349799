/** Stat and ACL records (zookeeper.jute, module data), in the order of the wire. */
import type { SessionId } from '../../kernel/ids'
import type { JuteReader } from './jute-reader'
import type { JuteWriter } from './jute-writer'
import type { Zxid } from './zxid'

export interface Stat {
  /** Entry that created the znode. */
  readonly czxid: Zxid
  /** Entry that changed its data last. */
  readonly mzxid: Zxid
  readonly ctimeMs: number
  readonly mtimeMs: number
  /** Changes of the data. */
  readonly version: number
  /** Creates and deletes of children. */
  readonly cversion: number
  /** Changes of the ACL. */
  readonly aversion: number
  /** Session that owns an ephemeral, 0 for others. */
  readonly ephemeralOwner: SessionId
  readonly dataLength: number
  readonly numChildren: number
  /** Entry that created or deleted a child last. */
  readonly pzxid: Zxid
}

export function writeStat(writer: JuteWriter, stat: Stat): void {
  writer.zxid(stat.czxid).zxid(stat.mzxid).long(stat.ctimeMs).long(stat.mtimeMs)
  writer.int(stat.version).int(stat.cversion).int(stat.aversion).longBits(stat.ephemeralOwner)
  writer.int(stat.dataLength).int(stat.numChildren).zxid(stat.pzxid)
}

export function readStat(reader: JuteReader): Stat {
  return {
    czxid: reader.zxid(),
    mzxid: reader.zxid(),
    ctimeMs: reader.long(),
    mtimeMs: reader.long(),
    version: reader.int(),
    cversion: reader.int(),
    aversion: reader.int(),
    ephemeralOwner: reader.longBits(),
    dataLength: reader.int(),
    numChildren: reader.int(),
    pzxid: reader.zxid()
  }
}

export interface Acl {
  readonly permissions: number
  readonly scheme: string
  readonly id: string
}

/** Everybody may do everything. */
export const openAcl: readonly Acl[] = [{ permissions: 31, scheme: 'world', id: 'anyone' }]

/** Who somebody has shown to be. */
export interface Identity {
  readonly scheme: string
  readonly id: string
}

export function isOpenAcl(acl: readonly Acl[]): boolean {
  const only = acl[0]
  return acl.length === 1 && only?.permissions === 31 && only.scheme === 'world' && only.id === 'anyone'
}

export function writeAcl(writer: JuteWriter, acl: readonly Acl[]): void {
  writer.vector(acl, (item) => writer.int(item.permissions).string(item.scheme).string(item.id))
}

/** kazoo writes an empty id, as of `auth`, as null. */
export function readAcl(reader: JuteReader): Acl[] {
  return reader.vector(12, () => ({
    permissions: reader.int(),
    scheme: reader.nullableString() ?? '',
    id: reader.nullableString() ?? ''
  }))
}
