/**
 * The file of a snapshot: {magic LGSN, int version, body, crc32c of the body, int length of the body}. It is written from its
 * beginning to its end, a slice at a time. Version 1 had checksum and length before the body, and no lists of who may do what.
 */
import type { Checksum } from '../kernel/ports'
import { said } from '../kernel/said'
import type { ReplicatedState } from './core/replicated-state'
import { accessOf } from './core/tree/access'
import { newZnode, type Znode } from './core/tree/znode'
import { copyOfBytes, DecodeError, JuteReader } from './wire/jute-reader'
import { JuteWriter } from './wire/jute-writer'
import { openAcl, readAcl, writeAcl, type Acl } from './wire/stat'
import { compareZxid, type Zxid } from './wire/zxid'

const magic = 0x4c47_534e
const versionWithHeader = 1
const formatVersion = 2
const headerBytes = 8
const trailerBytes = 8
/** Of version 1: magic, version, checksum, length. */
const earlierHeaderBytes = 16

/** The file of a state as it was when this was made; what happens to the state while it is read is not in it. */
export class SnapshotSlices {
  readonly zxid: Zxid
  readonly #state: ReplicatedState
  readonly #checksum: Checksum
  readonly #photograph: ReturnType<ReplicatedState['tree']['photographed']>
  readonly #entries: IterableIterator<readonly [string, Znode]>
  readonly #lists = new Map<string, number>()
  #first: Uint8Array | undefined
  #crc = 0
  #bodyBytes = 0
  #isOver = false

  constructor(state: ReplicatedState, checksum: Checksum) {
    this.#state = state
    this.#checksum = checksum
    this.zxid = state.lastApplied
    this.#photograph = state.tree.photographed()
    this.#entries = this.#photograph.entries()
    const writer = new JuteWriter(64 * 1024).zxid(state.lastApplied)
    writer.vector(state.sessions.all(), ({ sessionId, connectionId, timeoutMs, password }) => {
      writer.longBits(sessionId).long(connectionId).int(timeoutMs).buffer(password)
    })
    this.#first = this.#counted(writer.int(this.#photograph.count).finish())
  }

  /** The next bytes, of so many znodes at most; undefined after the last. */
  next(znodesMax: number): Uint8Array | undefined {
    if (this.#isOver) return undefined
    if (this.#first !== undefined) {
      const header = new JuteWriter(headerBytes).int(magic).int(formatVersion).finish()
      const bytes = Uint8Array.from([...header, ...this.#first])
      this.#first = undefined
      return bytes
    }
    const writer = new JuteWriter(64 * 1024)
    for (let count = 0; count < znodesMax; count++) {
      const next = this.#entries.next()
      if (next.done === true) {
        const last = this.#counted(writer.finish())
        this.end()
        const trailer = new JuteWriter(trailerBytes)
          .int(this.#crc | 0)
          .int(this.#bodyBytes | 0)
          .finish()
        const bytes = new Uint8Array(last.byteLength + trailerBytes)
        bytes.set(last)
        bytes.set(trailer, last.byteLength)
        return bytes
      }
      writeZnode(writer, next.value, this.#lists)
    }
    return this.#counted(writer.finish())
  }

  /** Nobody asks for more. Idempotent. */
  end(): void {
    this.#isOver = true
    this.#state.tree.forget(this.#photograph)
  }

  #counted(bytes: Uint8Array): Uint8Array {
    this.#crc = this.#checksum.crc32c(bytes, this.#crc)
    this.#bodyBytes += bytes.byteLength
    return bytes
  }
}

export interface SnapshotBody {
  readonly version: number
  readonly bytes: Uint8Array
}

/** What is in the file, or what is wrong with it; `isNewer`: another version wrote it, and nothing is known to be wrong. */
export function snapshotBody(
  bytes: Uint8Array,
  checksum: Checksum
): SnapshotBody | { readonly problem: string; readonly isNewer?: true } {
  if (bytes.byteLength <= earlierHeaderBytes) return { problem: said`it is too short` }
  const reader = new JuteReader(bytes)
  if (reader.int() !== magic) return { problem: said`it is not a snapshot of an ensemble` }
  const version = reader.int()
  if (version !== versionWithHeader && version !== formatVersion)
    return { problem: said`its format ${version} is not one this version reads`, isNewer: true }
  const isEarlier = version === versionWithHeader
  const body = isEarlier ? bytes.subarray(earlierHeaderBytes) : bytes.subarray(headerBytes, -trailerBytes)
  const sealed = new JuteReader(bytes, isEarlier ? headerBytes : bytes.byteLength - trailerBytes)
  const crc = sealed.int() >>> 0
  if (sealed.int() >>> 0 !== body.byteLength) return { problem: said`its length is wrong` }
  return checksum.crc32c(body) === crc ? { version, bytes: body } : { problem: said`its checksum is wrong` }
}

/** Into an empty state. Throws DecodeError. */
export function readSnapshot({ version, bytes }: SnapshotBody, state: ReplicatedState): void {
  const reader = new JuteReader(bytes)
  state.restoredAt(reader.zxid())
  const sessions = reader.vector(24, () => ({
    sessionId: reader.longBits(),
    connectionId: reader.long(),
    timeoutMs: reader.int(),
    password: copyOfBytes(reader.buffer() ?? new Uint8Array(0))
  }))
  for (const session of sessions) state.sessions.created(session)
  const lists: (readonly Acl[])[] = [openAcl]
  const count = reader.int()
  for (let index = 0; index < count; index++) {
    const path = reader.string()
    const data = reader.buffer()
    const czxid = reader.zxid()
    // Most have not changed since they were made: one object for all three, as when they were.
    const mzxid = sameOr(czxid, reader.zxid())
    const pzxid = sameOr(mzxid, reader.zxid())
    const [ctimeMs, mtimeMs] = [reader.long(), reader.long()]
    const [dataVersion, childCreates] = [reader.int(), reader.int()]
    const owner = reader.longBits()
    // One zero for all of them, not one each.
    const znode = newZnode(data, czxid, ctimeMs, owner === 0n ? 0n : owner)
    if (version > versionWithHeader) {
      const aclVersion = reader.int()
      znode.access = accessOf(readList(reader, lists), aclVersion)
    }
    znode.mzxid = mzxid
    znode.pzxid = pzxid
    znode.mtimeMs = mtimeMs
    znode.version = dataVersion
    znode.childCreates = childCreates
    state.tree.restore(path, znode)
  }
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes after the last znode`)
}

function sameOr(known: Zxid, zxid: Zxid): Zxid {
  return compareZxid(known, zxid) === 0 ? known : zxid
}

/** A list stands where it comes first; later its number does. */
function writeZnode(writer: JuteWriter, [path, znode]: readonly [string, Znode], lists: Map<string, number>): void {
  writer.string(path).buffer(znode.data).zxid(znode.czxid).zxid(znode.mzxid).zxid(znode.pzxid)
  writer.long(znode.ctimeMs).long(znode.mtimeMs).int(znode.version).int(znode.childCreates)
  writer.longBits(znode.ephemeralOwner).int(znode.access.version)
  writeList(writer, znode.access.acl, lists)
}

/** 0 is the open list; one that was not there yet follows its number. */
function writeList(writer: JuteWriter, acl: readonly Acl[], lists: Map<string, number>): void {
  const key = acl === openAcl ? '' : JSON.stringify(acl)
  const known = acl === openAcl ? 0 : lists.get(key)
  if (known !== undefined) {
    writer.int(known)
    return
  }
  lists.set(key, lists.size + 1)
  writer.int(lists.size)
  writeAcl(writer, acl)
}

function readList(reader: JuteReader, lists: (readonly Acl[])[]): readonly Acl[] {
  const number = reader.int()
  if (number === lists.length) lists.push(readAcl(reader))
  const list = lists[number]
  if (list === undefined) throw new DecodeError(`access control list ${number}`)
  return list
}
