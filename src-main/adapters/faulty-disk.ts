/**
 * A disk that is slow or full when NodeFaults says so. A write that is slow holds the whole process, as one does that the
 * system's page cache has no room for; a sync does not.
 */
import { AppError } from '../kernel/errors'
import type { FaultSwitch } from '../kernel/node-faults'
import type { Clock, Disk, DiskFile, SyncOptions } from '../kernel/ports'
import { said } from '../kernel/said'

const never = new Int32Array(new SharedArrayBuffer(4))

export function faultyDisk(disk: Disk, faults: FaultSwitch, clock: Clock): Disk {
  const writes = (path: string): void => {
    const { isDiskFull, diskDelayMs } = faults.now
    if (isDiskFull)
      throw new AppError('DISK_FULL', said`${path}: the disk is full, by a fault that was added. Heal it.`)
    if (diskDelayMs > 0) Atomics.wait(never, 0, 0, diskDelayMs)
  }
  /** Only then it matters what a write makes: each look is a call of the system. */
  const hindersWrites = (): boolean => faults.now.isDiskFull || faults.now.diskDelayMs > 0
  const synced = (): Promise<void> | undefined => {
    const { diskDelayMs } = faults.now
    return diskDelayMs > 0 ? new Promise((resolve) => void clock.after(diskDelayMs, resolve)) : undefined
  }
  return {
    open(path, mode): DiskFile {
      const mayMake = mode === 'create' || (mode === 'append' && hindersWrites() && !disk.exists(path))
      if (mayMake) writes(path)
      return new FaultyFile(disk.open(path, mode), writes, synced)
    },
    exists: (path) => disk.exists(path),
    sizeOf: (path) => disk.sizeOf(path),
    modifiedAtMs: (path) => disk.modifiedAtMs(path),
    read: (path) => disk.read(path),
    async replace(path, bytes): Promise<void> {
      writes(path)
      await synced()
      await disk.replace(path, bytes)
    },
    replaceUnsynced(path, bytes): void {
      writes(path)
      disk.replaceUnsynced(path, bytes)
    },
    rewriteUnsynced(path, bytes): void {
      writes(path)
      disk.rewriteUnsynced(path, bytes)
    },
    list: (path) => disk.list(path),
    makeDirectory(path): boolean {
      if (hindersWrites() && !disk.exists(path)) writes(path)
      return disk.makeDirectory(path)
    },
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    async syncDirectory(path) {
      await synced()
      return await disk.syncDirectory(path)
    },
    lock: (path) => disk.lock(path),
    join: (...parts) => disk.join(...parts)
  }
}

class FaultyFile implements DiskFile {
  readonly #file: DiskFile
  readonly #writes: (path: string) => void
  readonly #synced: () => Promise<void> | undefined

  constructor(file: DiskFile, writes: (path: string) => void, synced: () => Promise<void> | undefined) {
    this.#file = file
    this.#writes = writes
    this.#synced = synced
  }

  get path(): string {
    return this.#file.path
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes
  }

  append(bytes: Uint8Array): void {
    this.#writes(this.#file.path)
    this.#file.append(bytes)
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

  async sync(options?: SyncOptions): Promise<void> {
    const late = this.#synced()
    if (late !== undefined) await late
    await this.#file.sync(options)
  }

  close(): void {
    this.#file.close()
  }
}
