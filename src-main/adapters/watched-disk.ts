/**
 * A disk that tells when it is full and when there is room again. What fails still fails: whoever writes refuses, waits or
 * goes on without; nobody need look for room, since the next write finds it. Telling is for people, and one place sees
 * every write, the tolerated ones too.
 *
 * Full from the first write that found no room. Room again when the volume has some to spare and a small write succeeds:
 * a quota or a file system that counts its blocks differently shows only there.
 */
import { AppError } from '../kernel/errors'
import type { Clock, Disk, DiskFile, FolderLock, SyncOptions } from '../kernel/ports'

/** How soon room is noticed, whoever made it. */
const probeEveryMs = 2_000
/** So much is to be free before the disk counts as usable again, or twice what found no room: else it would be full at once. */
const roomBytesMin = 1_048_576
const probeBytes = 65_536
const probeName = '.room'

export interface WatchedDiskOptions {
  /** The node's folder, where the probe is written. */
  readonly dir: string
  readonly clock: Clock
  /** Of the volume; undefined when that is not to be known. */
  readonly usableBytes: () => number | undefined
  /** With the sentence of the first write that failed; undefined when there is room again. */
  readonly told: (problem: string | undefined) => void
}

export function watchedDisk(disk: Disk, options: WatchedDiskOptions): Disk {
  const watch = new RoomWatch(disk, options)
  const look = <T>(bytes: number, call: () => T): T => {
    try {
      return call()
    } catch (error) {
      watch.failed(error, bytes)
      throw error
    }
  }
  return {
    open: (path, mode): DiskFile =>
      new WatchedFile(
        look(0, () => disk.open(path, mode)),
        watch
      ),
    exists: (path) => disk.exists(path),
    sizeOf: (path) => disk.sizeOf(path),
    modifiedAtMs: (path) => disk.modifiedAtMs(path),
    read: (path) => disk.read(path),
    async replace(path, bytes): Promise<void> {
      try {
        await disk.replace(path, bytes)
      } catch (error) {
        watch.failed(error, bytes.length)
        throw error
      }
    },
    replaceUnsynced: (path, bytes) => look(bytes.length, () => disk.replaceUnsynced(path, bytes)),
    rewriteUnsynced: (path, bytes) => look(bytes.length, () => disk.rewriteUnsynced(path, bytes)),
    list: (path) => disk.list(path),
    makeDirectory: (path) => look(0, () => disk.makeDirectory(path)),
    rename: (from, to) => look(0, () => disk.rename(from, to)),
    remove: (path) => disk.remove(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    lock: (path): FolderLock => look(0, () => disk.lock(path)),
    join: (...parts) => disk.join(...parts)
  }
}

class RoomWatch {
  readonly #disk: Disk
  readonly #options: WatchedDiskOptions
  /** Of the largest write that found no room since the disk is full. */
  #wantedBytes = 0
  #isFull = false

  constructor(disk: Disk, options: WatchedDiskOptions) {
    this.#disk = disk
    this.#options = options
  }

  failed(error: unknown, bytes: number): void {
    if (!isFull(error)) return
    this.#wantedBytes = Math.max(this.#wantedBytes, bytes)
    if (this.#isFull) return
    this.#isFull = true
    this.#options.told(error.message)
    this.#probeLater()
  }

  #probeLater(): void {
    this.#options.clock.after(probeEveryMs, () => {
      if (!this.#hasRoom()) {
        this.#probeLater()
        return
      }
      this.#isFull = false
      this.#wantedBytes = 0
      this.#options.told(undefined)
    })
  }

  #hasRoom(): boolean {
    const usable = this.#options.usableBytes()
    if (usable !== undefined && usable < Math.max(roomBytesMin, 2 * this.#wantedBytes)) return false
    const path = this.#disk.join(this.#options.dir, probeName)
    try {
      this.#disk.replaceUnsynced(path, new Uint8Array(probeBytes))
      this.#disk.remove(path)
      return true
    } catch (error) {
      // A disk that fails in another way is told of by the next write of its owner.
      if (!(error instanceof AppError)) throw error
      return false
    }
  }
}

class WatchedFile implements DiskFile {
  readonly #file: DiskFile
  readonly #watch: RoomWatch

  constructor(file: DiskFile, watch: RoomWatch) {
    this.#file = file
    this.#watch = watch
  }

  get path(): string {
    return this.#file.path
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes
  }

  append(bytes: Uint8Array): void {
    try {
      this.#file.append(bytes)
    } catch (error) {
      this.#watch.failed(error, bytes.length)
      throw error
    }
  }

  readAt(position: number, into: Uint8Array): number {
    return this.#file.readAt(position, into)
  }

  truncate(sizeBytes: number): void {
    this.#file.truncate(sizeBytes)
  }

  runAhead(bytes: number): void {
    this.#file.runAhead(bytes)
  }

  sync(options?: SyncOptions): Promise<void> {
    return this.#file.sync(options)
  }

  close(): void {
    this.#file.close()
  }
}

const isFull = (error: unknown): error is AppError => error instanceof AppError && error.code === 'DISK_FULL'
