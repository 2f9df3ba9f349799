/**
 * Snapshots: the state after one entry, whole, so that recovery reads one file and the log after it.
 *
 * One that comes from the leader takes the place of the log as well: it lies there as `received.<zxid>` until the log begins
 * after it, so that a crash between the two is made good by the next start.
 *
 * File `snapshot.<zxid>`: {magic LGSN, int version, crc32c of the body, int length, body}. It appears by rename after
 * its fsync. It is not fuzzy: the tree is encoded between two entries.
 */
import { AppError } from '../kernel/errors'
import type { Checksum, Disk } from '../kernel/ports'
import type { SnapshotPiece } from './core/consensus/messages'
import type { ReplicatedState } from './core/replicated-state'
import { accessOf } from './core/tree/access'
import { newZnode } from './core/tree/znode'
import { corruptFile } from './corrupt-file'
import { copyOfBytes, DecodeError, JuteReader } from './wire/jute-reader'
import { JuteWriter } from './wire/jute-writer'
import { openAcl, readAcl, writeAcl, type Acl } from './wire/stat'
import { compareZxid, zxidFromName, zxidName, zxidZero, type Zxid } from './wire/zxid'

const magic = 0x4c47_534e
/** Version 1 has no lists of who may do what: all of them are open. */
const formatVersion = 2
const versionsRead: readonly number[] = [1, formatVersion]
const headerBytes = 16
const snapshotPrefix = 'snapshot.'
const receivedPrefix = 'received.'

/** A damaged snapshot, and the last entry that it told. */
export interface PassedOver {
  readonly zxid: Zxid
  readonly damage: AppError
}

export class SnapshotFile {
  readonly #disk: Disk
  readonly #checksum: Checksum
  readonly #directory: string

  constructor(options: { readonly disk: Disk; readonly checksum: Checksum; readonly directory: string }) {
    this.#disk = options.disk
    this.#checksum = options.checksum
    this.#directory = options.directory
  }

  /**
   * Fills an empty state from the newest snapshot, if there is one. One that is damaged is passed over when an older one, or
   * nothing at all, can be gone on from with the log (`reachesBackTo`): then the log must tell at least what it told. Throws
   * CORRUPT.
   */
  load(state: ReplicatedState, reachesBackTo: (after: Zxid) => boolean): PassedOver | undefined {
    for (const { name } of this.#disk.list(this.#directory)) {
      const isUnfinished = (name.startsWith(snapshotPrefix) || name.startsWith(receivedPrefix)) && name.endsWith('.tmp')
      if (isUnfinished) this.#disk.remove(this.#disk.join(this.#directory, name))
    }
    let passedOver: PassedOver | undefined
    for (const { path, zxid } of this.#list().reverse()) {
      const bytes = this.#disk.read(path)
      const body = this.#bodyOf(path, bytes)
      if (body instanceof AppError) {
        passedOver ??= { zxid, damage: body }
        continue
      }
      if (passedOver !== undefined && !reachesBackTo(zxid)) throw passedOver.damage
      try {
        readState(new JuteReader(body), versionOf(bytes), state)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        throw corruptFile(path, `it cannot be read (${error.message})`)
      }
      if (compareZxid(state.lastApplied, zxid) !== 0) throw corruptFile(path, 'its name is not its own')
      return passedOver
    }
    if (passedOver !== undefined && !reachesBackTo(zxidZero)) throw passedOver.damage
    return passedOver
  }

  /** The state as bytes; synchronous, because no entry may be applied meanwhile. */
  encode(state: ReplicatedState): Uint8Array {
    const writer = new JuteWriter(64 * 1024).int(magic).int(formatVersion).int(0).int(0)
    writeState(writer, state)
    writer.setInt(12, writer.position - headerBytes)
    const bytes = writer.finish()
    writer.setInt(8, this.#checksum.crc32c(bytes.subarray(headerBytes)))
    return bytes
  }

  async write(zxid: Zxid, bytes: Uint8Array): Promise<void> {
    await this.#disk.replace(this.#disk.join(this.#directory, snapshotPrefix + zxidName(zxid)), bytes)
  }

  // ── between members ────────────────────────────────────────────────────────────────────────────────────────────

  /** A piece of that snapshot; where it is gone, of the newest from its beginning; undefined when there is none. */
  piece(last: Zxid | undefined, offsetBytes: number, bytesMax: number): SnapshotPiece | undefined {
    const newest = this.#list().at(-1)
    if (newest === undefined) return undefined
    const isSame = last !== undefined && compareZxid(last, newest.zxid) === 0
    const file = this.#disk.open(newest.path, 'read')
    try {
      const from = isSame && offsetBytes < file.sizeBytes ? offsetBytes : 0
      const bytes = new Uint8Array(Math.min(bytesMax, file.sizeBytes - from))
      file.readAt(from, bytes)
      return { last: newest.zxid, offsetBytes: from, totalBytes: file.sizeBytes, bytes }
    } finally {
      file.close()
    }
  }

  /** The bytes of a member's file. Throws CORRUPT when they are not that. */
  async receive(zxid: Zxid, bytes: Uint8Array): Promise<void> {
    const path = this.#disk.join(this.#directory, receivedPrefix + zxidName(zxid))
    const body = this.#bodyOf(path, bytes)
    if (body instanceof AppError) throw body
    await this.#disk.replace(path, bytes)
  }

  /** One that was received while the process ended before the log began after it. */
  received(): Zxid | undefined {
    return this.#list(receivedPrefix).at(-1)?.zxid
  }

  /** The log begins after it. */
  async accept(zxid: Zxid): Promise<void> {
    const name = zxidName(zxid)
    this.#disk.rename(
      this.#disk.join(this.#directory, receivedPrefix + name),
      this.#disk.join(this.#directory, snapshotPrefix + name)
    )
    await this.#disk.syncDirectory(this.#directory)
    this.deleteBefore(zxid)
  }

  deleteBefore(zxid: Zxid): void {
    for (const file of this.#list()) if (compareZxid(file.zxid, zxid) < 0) this.#disk.remove(file.path)
  }

  #list(prefix = snapshotPrefix): { readonly path: string; readonly zxid: Zxid }[] {
    const files: { path: string; zxid: Zxid }[] = []
    for (const { name, isDirectory } of this.#disk.list(this.#directory)) {
      const zxid = name.startsWith(prefix) && !isDirectory ? zxidFromName(name.slice(prefix.length)) : undefined
      if (zxid !== undefined) files.push({ path: this.#disk.join(this.#directory, name), zxid })
    }
    return files.sort((a, b) => compareZxid(a.zxid, b.zxid))
  }

  /** What is in the file, or why that is not to be had. */
  #bodyOf(path: string, bytes: Uint8Array): Uint8Array | AppError {
    if (bytes.byteLength < headerBytes) return corruptFile(path, 'it is too short')
    const reader = new JuteReader(bytes)
    if (reader.int() !== magic) return corruptFile(path, 'it is not a snapshot of an ensemble')
    const version = reader.int()
    if (!versionsRead.includes(version)) throw corruptFile(path, `its format ${version} is not one this version reads`)
    const crc = reader.int() >>> 0
    const body = bytes.subarray(headerBytes)
    if (reader.int() !== body.byteLength) return corruptFile(path, 'its length is wrong')
    return this.#checksum.crc32c(body) === crc ? body : corruptFile(path, 'its checksum is wrong')
  }
}

function writeState(writer: JuteWriter, state: ReplicatedState): void {
  writer.zxid(state.lastApplied)
  writer.vector(state.sessions.all(), (session) => {
    writer.longBits(session.sessionId).long(session.connectionId).int(session.timeoutMs).buffer(session.password)
  })
  // A list stands where it comes first; later its number does.
  const numbers = new Map<string, number>()
  writer.int(state.tree.count)
  for (const [path, znode] of state.tree.entries()) {
    writer.string(path).buffer(znode.data).zxid(znode.czxid).zxid(znode.mzxid).zxid(znode.pzxid)
    writer.long(znode.ctimeMs).long(znode.mtimeMs).int(znode.version).int(znode.childCreates)
    writer.longBits(znode.ephemeralOwner).int(znode.access.version)
    writeList(writer, znode.access.acl, numbers)
  }
}

/** 0 is the open list; one that was not there yet follows its number. */
function writeList(writer: JuteWriter, acl: readonly Acl[], numbers: Map<string, number>): void {
  const key = acl === openAcl ? '' : JSON.stringify(acl)
  const known = acl === openAcl ? 0 : numbers.get(key)
  if (known !== undefined) {
    writer.int(known)
    return
  }
  numbers.set(key, numbers.size + 1)
  writer.int(numbers.size)
  writeAcl(writer, acl)
}

function readList(reader: JuteReader, lists: (readonly Acl[])[]): readonly Acl[] {
  const number = reader.int()
  if (number === lists.length) lists.push(readAcl(reader))
  const list = lists[number]
  if (list === undefined) throw new DecodeError(`access control list ${number}`)
  return list
}

function versionOf(bytes: Uint8Array): number {
  return new JuteReader(bytes, 4).int()
}

function readState(reader: JuteReader, version: number, state: ReplicatedState): void {
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
    const [czxid, mzxid, pzxid] = [reader.zxid(), reader.zxid(), reader.zxid()]
    const [ctimeMs, mtimeMs] = [reader.long(), reader.long()]
    const [dataVersion, childCreates] = [reader.int(), reader.int()]
    const znode = newZnode(data === null ? null : copyOfBytes(data), czxid, ctimeMs, reader.longBits())
    if (version > 1) {
      const aclVersion = reader.int()
      znode.access = accessOf(readList(reader, lists), aclVersion)
    }
    state.tree.restore(path, { ...znode, mzxid, pzxid, mtimeMs, version: dataVersion, childCreates })
  }
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes after the last znode`)
}
