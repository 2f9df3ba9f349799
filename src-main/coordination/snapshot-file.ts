/**
 * Snapshots: the state after one entry, whole, so that recovery reads one file and the log after it.
 *
 * One that comes from the leader takes the place of the log as well: it lies there as `received.<zxid>` until the log begins
 * after it, so that a crash between the two is made good by the next start.
 *
 * File `snapshot.<zxid>`: see snapshot-codec.ts. It appears by rename after its fsync. It is not fuzzy: it is of the state between
 * two entries, though entries are applied while it is written (core/tree/photograph.ts).
 */
import { AppError } from '../kernel/errors'
import type { Checksum, Disk } from '../kernel/ports'
import { said } from '../kernel/said'
import type { SnapshotPiece } from './core/consensus/messages'
import type { ReplicatedState } from './core/replicated-state'
import { corruptFile } from './corrupt-file'
import { readSnapshot, snapshotBody, SnapshotSlices, type SnapshotBody } from './snapshot-codec'
import { DecodeError } from './wire/jute-reader'
import { compareZxid, zxidFromName, zxidName, zxidZero, type Zxid } from './wire/zxid'

const snapshotPrefix = 'snapshot.'
const receivedPrefix = 'received.'
/** As Disk.replace names what is not whole yet. */
const draftSuffix = '.tmp'

/** A sync of the log may wait for all that the file system has not written yet, of a snapshot, too. */
const unsyncedBytesMax = 2 * 1024 * 1024

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
      const isUnfinished =
        (name.startsWith(snapshotPrefix) || name.startsWith(receivedPrefix)) && name.endsWith(draftSuffix)
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
        readSnapshot(body, state)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        throw corruptFile(path, said`it cannot be read (${error.message})`)
      }
      if (compareZxid(state.lastApplied, zxid) !== 0) throw corruptFile(path, said`its name is not its own`)
      return passedOver
    }
    if (passedOver !== undefined && !reachesBackTo(zxidZero)) throw passedOver.damage
    return passedOver
  }

  /**
   * Writes the state as it is when this is called; resolves with its bytes. Between two slices `goesOn` is awaited; where it
   * resolves with false nothing is left, and undefined comes back. Rejects with AppError.
   */
  async write(
    state: ReplicatedState,
    znodesPerSlice: number,
    goesOn: () => Promise<boolean>
  ): Promise<number | undefined> {
    const slices = new SnapshotSlices(state, this.#checksum)
    const path = this.#disk.join(this.#directory, snapshotPrefix + zxidName(slices.zxid))
    const draft = `${path}${draftSuffix}`
    try {
      this.#disk.remove(draft)
      const file = this.#disk.open(draft, 'append')
      try {
        let syncedBytes = 0
        for (let slice = slices.next(znodesPerSlice); slice !== undefined; slice = slices.next(znodesPerSlice)) {
          file.append(slice)
          if (file.sizeBytes - syncedBytes >= unsyncedBytesMax) {
            await file.sync()
            syncedBytes = file.sizeBytes
          }
          if (await goesOn()) continue
          this.#disk.remove(draft)
          return undefined
        }
        await file.sync()
      } finally {
        file.close()
      }
      const { sizeBytes } = file
      this.#disk.rename(draft, path)
      await this.#disk.syncDirectory(this.#directory)
      return sizeBytes
    } catch (error) {
      this.#disk.remove(draft)
      throw error
    } finally {
      slices.end()
    }
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

  /** What is in the file, or why that is not to be had. Throws CORRUPT for one of a version to come. */
  #bodyOf(path: string, bytes: Uint8Array): SnapshotBody | AppError {
    const found = snapshotBody(bytes, this.#checksum)
    if (!('problem' in found)) return found
    const error = corruptFile(path, found.problem)
    if (found.isNewer === true) throw error
    return error
  }
}
