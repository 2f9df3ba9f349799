/**
 * A machine's disk as one process of it has it: when that has ended, nothing that is left of it (the callback that ended it is one) reads or
 * changes anything. What resolves later never does.
 */
import type { DirectoryEntry, Disk, DiskFile, FolderLock, FolderSync } from '../../../src-main/kernel/ports'

export class ProcessDisk implements Disk {
  readonly #disk: Disk
  readonly #isAlive: () => boolean

  constructor(disk: Disk, isAlive: () => boolean) {
    this.#disk = disk
    this.#isAlive = isAlive
  }

  /** Throws for a process that has ended: nobody hears of it. */
  get #own(): Disk {
    if (!this.#isAlive()) throw new Error('the process has ended')
    return this.#disk
  }

  open(path: string, mode: 'append' | 'read' | 'create'): DiskFile {
    return this.#own.open(path, mode)
  }

  exists(path: string): boolean {
    return this.#own.exists(path)
  }

  sizeOf(path: string): number | undefined {
    return this.#own.sizeOf(path)
  }

  modifiedAtMs(path: string): number | undefined {
    return this.#own.modifiedAtMs(path)
  }

  read(path: string): Uint8Array {
    return this.#own.read(path)
  }

  replace(path: string, bytes: Uint8Array): Promise<void> {
    return this.#isAlive() ? this.#disk.replace(path, bytes) : never()
  }

  replaceUnsynced(path: string, bytes: Uint8Array): void {
    this.#own.replaceUnsynced(path, bytes)
  }

  rewriteUnsynced(path: string, bytes: Uint8Array): void {
    this.#own.rewriteUnsynced(path, bytes)
  }

  list(path: string): readonly DirectoryEntry[] {
    return this.#own.list(path)
  }

  makeDirectory(path: string): boolean {
    return this.#own.makeDirectory(path)
  }

  rename(from: string, to: string): void {
    this.#own.rename(from, to)
  }

  remove(path: string): void {
    this.#own.remove(path)
  }

  syncDirectory(path: string): Promise<FolderSync> {
    return this.#isAlive() ? this.#disk.syncDirectory(path) : never()
  }

  lock(path: string): FolderLock {
    const lock = this.#own.lock(path)
    return {
      release: () => {
        if (this.#isAlive()) lock.release()
      }
    }
  }

  join(...parts: readonly string[]): string {
    return this.#disk.join(...parts)
  }
}

const never = <T>(): Promise<T> => new Promise(() => undefined)
