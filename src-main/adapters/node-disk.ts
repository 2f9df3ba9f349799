/**
 * Files on Node. Appends and reads are synchronous (an asynchronous write of one batch costs up to 13 times the CPU, ADR 3);
 * fdatasync is not. System errors become AppErrors whose message names the path and what to do.
 */
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { AppError, ignore } from '../kernel/errors'
import type { DirectoryEntry, Disk, DiskFile, FolderLock, FolderSync, SyncOptions } from '../kernel/ports'
import { said } from '../kernel/said'
import { performance } from 'node:perf_hooks'
import { lockFolder } from './folder-lock'
import { closeAtOnce, removeAtOnce } from './large-files'
import { SyncPace } from './sync-pace'

interface SystemError extends Error {
  readonly code?: string
}

/** Of the file system that holds the path; undefined when that cannot be told (it may not be there yet). */
export function volume(path: string): { readonly totalBytes: number; readonly usableBytes: number } | undefined {
  try {
    const { bsize, blocks, bavail } = fs.statfsSync(path)
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail }
  } catch (error) {
    ignore(error, 'figures only: a write tells what is wrong')
    return undefined
  }
}

/** The AppError for a failed system call on `path`. */
export function diskError(error: unknown, path: string): AppError {
  const code = (error as SystemError).code
  const options = { cause: error, details: { path, code } }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError(
        'DISK_FULL',
        said`The disk is full: ${path} cannot grow. Free some space, then try again.`,
        options
      )
    case 'ENOENT':
      return new AppError('NOT_FOUND', said`${path} does not exist.`, options)
    case 'ENOTDIR':
      return new AppError(
        'DISK_FAILED',
        said`There can be no folder ${path}: a part of this path is a file. Choose another folder.`,
        options
      )
    case 'EEXIST':
      return new AppError('EXISTS', said`${path} exists already.`, options)
    case 'EACCES':
    case 'EPERM':
      return new AppError(
        'ACCESS_DENIED',
        said`${path} may not be read or written by this user. Change its owner or its mode.`,
        options
      )
    case 'EROFS':
      return new AppError(
        'ACCESS_DENIED',
        said`${path} cannot be written: it is on a read-only file system. Choose another folder.`,
        options
      )
    case 'EMFILE':
    case 'ENFILE':
      return new AppError(
        'TOO_MANY_FILES',
        said`Too many open files while opening ${path}. Raise the limit: ulimit -n 65536.`,
        options
      )
    default:
      return new AppError('DISK_FAILED', `${path}: ${(error as Error).message}`, options)
  }
}

/** With those above it that are missing; false when it was there. Node's own way to do so never returns where nothing can be made, as in /proc. */
function makeFolders(path: string, isAgain = false): boolean {
  try {
    fs.mkdirSync(path)
    return true
  } catch (error) {
    const { code } = error as SystemError
    const parent = dirname(path)
    // There it may be all the same: of a folder that is there a file system that cannot be written says EROFS.
    if (isFolder(path)) return false
    // Of a drive that is not there nothing is above it.
    if (code !== 'ENOENT' || parent === path) throw diskError(error, path)
    // Somebody else may have made the one above it just now: it is tried once more.
    if (!isFolder(parent)) makeFolders(parent)
    else if (isAgain)
      throw new AppError('ACCESS_DENIED', said`No folder can be made in ${parent}. Choose another one.`, {
        cause: error
      })
    return makeFolders(path, true)
  }
}

function isFolder(path: string): boolean {
  try {
    return fs.statSync(path).isDirectory()
  } catch (error) {
    ignore(error, 'then it is none, or none that can be used')
    return false
  }
}

function attempt<T>(path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw diskError(error, path)
  }
}

function writeFully(handle: number, bytes: Uint8Array, position: number): void {
  let written = 0
  while (written < bytes.length)
    written += fs.writeSync(handle, bytes, written, bytes.length - written, position + written)
}

const pace = new SyncPace()

class NodeDiskFile implements DiskFile {
  readonly path: string
  readonly #handle: number
  #sizeBytes: number
  /** Of the file; what is behind #sizeBytes are zeros that were never appended. */
  #lengthBytes: number
  #aheadBytes = 0
  #isClosed = false
  /** fdatasyncs under way: the descriptor is closed only after the last. */
  #syncs = 0

  constructor(path: string, handle: number, sizeBytes: number) {
    this.path = path
    this.#handle = handle
    this.#sizeBytes = sizeBytes
    this.#lengthBytes = sizeBytes
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** The number of a closed descriptor may be another file's by now. */
  get #open(): number {
    if (this.#isClosed)
      throw new AppError('DISK_FAILED', said`${this.path} is closed.`, { details: { path: this.path } })
    return this.#handle
  }

  append(bytes: Uint8Array): void {
    const handle = this.#open
    try {
      this.#lengthen(this.#sizeBytes + bytes.length)
      const written = fs.writeSync(handle, bytes, 0, bytes.length, this.#sizeBytes)
      if (written < bytes.length) writeFully(handle, bytes.subarray(written), this.#sizeBytes + written)
    } catch (error) {
      throw this.#cutBack(error)
    }
    this.#sizeBytes += bytes.length
    this.#lengthBytes = Math.max(this.#lengthBytes, this.#sizeBytes)
  }

  runAhead(bytes: number): void {
    this.#aheadBytes = bytes
  }

  #shorten(): void {
    if (this.#lengthBytes === this.#sizeBytes) return
    try {
      this.truncate(this.#sizeBytes)
    } catch (error) {
      ignore(error, 'whoever opens the file cuts the zeros off')
    }
  }

  #lengthen(sizeBytes: number): void {
    if (this.#aheadBytes === 0 || sizeBytes <= this.#lengthBytes) return
    const lengthBytes = sizeBytes + this.#aheadBytes
    try {
      fs.ftruncateSync(this.#handle, lengthBytes)
      this.#lengthBytes = lengthBytes
    } catch (error) {
      this.#aheadBytes = 0
      ignore(error, 'it only makes syncs quicker')
    }
  }

  /** What a failed append left behind goes again, so that the file ends where its owner believes. */
  #cutBack(error: unknown): AppError {
    try {
      fs.ftruncateSync(this.#handle, this.#sizeBytes)
      this.#lengthBytes = this.#sizeBytes
    } catch (cutError) {
      return new AppError('DISK_FAILED', said`${this.path}: a failed write could not be taken back.`, {
        cause: cutError
      })
    }
    return diskError(error, this.path)
  }

  readAt(position: number, into: Uint8Array): number {
    const handle = this.#open
    return attempt(this.path, () => {
      let read = 0
      while (read < into.length) {
        const more = fs.readSync(handle, into, read, into.length - read, position + read)
        if (more === 0) break
        read += more
      }
      return read
    })
  }

  truncate(sizeBytes: number): void {
    const handle = this.#open
    attempt(this.path, () => fs.ftruncateSync(handle, sizeBytes))
    this.#sizeBytes = sizeBytes
    this.#lengthBytes = sizeBytes
  }

  sync(options?: SyncOptions): Promise<void> {
    const handle = this.#open
    const beganMs = performance.now()
    if (options?.mayHoldThread === true && pace.isQuick) {
      try {
        fs.fdatasyncSync(handle)
      } catch (error) {
        return Promise.reject(diskError(error, this.path))
      }
      pace.took(performance.now() - beganMs)
      return Promise.resolve()
    }
    this.#syncs += 1
    return new Promise((resolve, reject) => {
      fs.fdatasync(handle, (error) => {
        this.#syncs -= 1
        pace.took(performance.now() - beganMs)
        if (this.#isClosed && this.#syncs === 0) closeAtOnce(this.#handle, this.#sizeBytes)
        if (error === null) resolve()
        else reject(diskError(error, this.path))
      })
    })
  }

  close(): void {
    if (this.#isClosed) return
    this.#shorten()
    this.#isClosed = true
    if (this.#syncs === 0) attempt(this.path, () => closeAtOnce(this.#handle, this.#sizeBytes))
  }
}

function optionalStat(path: string): fs.Stats | undefined {
  return attempt(path, () => fs.statSync(path, { throwIfNoEntry: false }))
}

async function syncPath(path: string, flags: string): Promise<void> {
  const handle = await fs.promises.open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What a file system without it answers to the fsync of a folder, whose names it keeps in its own way. */
const unsupportedCodes: readonly unknown[] = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/**
 * Names are of their folder, which a power cut may lose while the bytes of their files stay. Rejects with the system's
 * error; `sync` is fsync.
 */
export async function syncFolder(
  path: string,
  sync: (path: string) => Promise<void> = (folder) => syncPath(folder, 'r')
): Promise<FolderSync> {
  try {
    await sync(path)
    return 'synced'
  } catch (error) {
    if (!unsupportedCodes.includes((error as NodeJS.ErrnoException).code)) throw error
    return 'unsupported'
  }
}

/** Half a file that nobody will ever read takes room of a disk that has none. */
function withoutDraft(path: string, failure: AppError): AppError {
  try {
    fs.rmSync(path, { force: true })
  } catch (error) {
    ignore(error, 'the failure of the write is the one to tell')
  }
  return failure
}

/**
 * A write within one page is whole or not there when its process is killed. To rename a file over another one is to wait for its
 * first blocks on ext4 (auto_da_alloc): a millisecond, of which an election of thousands of partitions has thousands.
 */
const pageBytes = 4096

const openFlags = {
  append: fs.constants.O_RDWR | fs.constants.O_CREAT,
  read: fs.constants.O_RDONLY,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL
}

export const nodeDisk: Disk = {
  open(path, mode): DiskFile {
    return attempt(path, () => {
      const handle = fs.openSync(path, openFlags[mode], 0o644)
      return new NodeDiskFile(path, handle, mode === 'create' ? 0 : fs.fstatSync(handle).size)
    })
  },
  exists: (path) => optionalStat(path) !== undefined,
  sizeOf: (path) => optionalStat(path)?.size,
  modifiedAtMs: (path) => optionalStat(path)?.mtimeMs,
  read: (path) => attempt(path, () => new Uint8Array(fs.readFileSync(path))),
  async replace(path, bytes): Promise<void> {
    const temporary = `${path}.tmp`
    try {
      fs.writeFileSync(temporary, bytes)
      await syncPath(temporary, 'r+')
      fs.renameSync(temporary, path)
      await syncFolder(dirname(path))
    } catch (error) {
      throw withoutDraft(temporary, diskError(error, path))
    }
  },
  replaceUnsynced(path, bytes): void {
    const temporary = `${path}.tmp`
    try {
      fs.writeFileSync(temporary, bytes)
      fs.renameSync(temporary, path)
    } catch (error) {
      throw withoutDraft(temporary, diskError(error, path))
    }
  },
  rewriteUnsynced(path, bytes): void {
    const size = optionalStat(path)?.size ?? 0
    if (size === 0 || size > bytes.length || bytes.length > pageBytes) {
      nodeDisk.replaceUnsynced(path, bytes)
      return
    }
    const written = attempt(path, () => {
      const handle = fs.openSync(path, fs.constants.O_WRONLY)
      try {
        return fs.writeSync(handle, bytes, 0, bytes.length, 0)
      } finally {
        fs.closeSync(handle)
      }
    })
    // For want of room: that one says so in words, or finds some.
    if (written < bytes.length) nodeDisk.replaceUnsynced(path, bytes)
  },
  list: (path): readonly DirectoryEntry[] =>
    attempt(path, () =>
      fs
        .readdirSync(path, { withFileTypes: true })
        .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
    ),
  makeDirectory: (path) => makeFolders(path),
  rename(from, to): void {
    attempt(from, () => fs.renameSync(from, to))
  },
  remove(path): void {
    attempt(path, () => removeAtOnce(path))
  },
  async syncDirectory(path): Promise<FolderSync> {
    try {
      return await syncFolder(path)
    } catch (error) {
      throw diskError(error, path)
    }
  },
  lock: (path): FolderLock => attemptLock(path),
  join: (...parts) => join(...parts)
}

function attemptLock(path: string): FolderLock {
  try {
    return lockFolder(path)
  } catch (error) {
    throw error instanceof AppError ? error : diskError(error, path)
  }
}
