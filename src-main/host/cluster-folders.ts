/**
 * Cluster folders as they are found on disk, whoever made them and whoever uses them now: looked at, measured, taken away.
 * Nothing outside of a folder is touched, and nothing in it that is not ours: links are removed, never followed.
 */
import { closeSync, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import { lstat, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FolderSize } from '../api/clusters'
import { expectSystemError, ignore, messageOf } from '../kernel/errors'
import type { Disk } from '../kernel/ports'
import {
  beginEmptying,
  emptyingFile,
  finishEmptying,
  isData,
  isOurs,
  lockFile,
  specFile
} from '../supervisor/cluster-folder'
import { laterVersion, parseSpec, type ClusterSpec } from '../supervisor/core/cluster-spec'

/** Of cluster.json; ours has some 150 bytes a node. */
const specBytesMax = 1024 * 1024
/** Files and folders that are looked at to measure one: some 50 ms of the disk's and the system's time. */
const measuredMax = 20_000
/** Looked at together. */
const measuredAtOnce = 32

export interface FolderLook {
  readonly state: 'stopped' | 'elsewhere' | 'gone' | 'newer' | 'damaged' | 'denied'
  readonly spec: ClusterSpec | undefined
  /** Of another process that has it. */
  readonly pid: number | null
}

/** `holderOf` names the living process that has a lock. */
export function lookAtFolder(dir: string, holderOf: (path: string) => number | undefined): FolderLook {
  const as = (state: FolderLook['state']): FolderLook => ({ state, spec: undefined, pid: null })
  let text: string
  try {
    text = headOf(join(dir, specFile))
  } catch (error) {
    return as(stateWithout(dir, error as NodeJS.ErrnoException))
  }
  if (laterVersion(text) !== undefined) return as('newer')
  const spec = parseSpec(text)
  if (spec === undefined) return as('damaged')
  const pid = holderOf(join(dir, lockFile)) ?? null
  return { state: pid === null ? 'stopped' : 'elsewhere', spec, pid }
}

/** Why there is no cluster.json: no folder, or a folder without one. */
function stateWithout(dir: string, { code }: NodeJS.ErrnoException): FolderLook['state'] {
  if (code === 'EACCES' || code === 'EPERM') return 'denied'
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return 'damaged'
  try {
    return lstatSync(dir).isDirectory() ? 'damaged' : 'gone'
  } catch (error) {
    expectSystemError(error)
    if (error.code === 'EACCES' || error.code === 'EPERM') return 'denied'
    // What was a folder above it may be a file by now.
    return error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 'gone' : 'damaged'
  }
}

function headOf(path: string): string {
  const file = openSync(path, 'r')
  try {
    // By its own size: every known folder is looked at every two seconds.
    const bytes = new Uint8Array(Math.min(fstatSync(file).size, specBytesMax))
    const length = readSync(file, bytes, 0, bytes.length, 0)
    return new TextDecoder().decode(bytes.subarray(0, length))
  } finally {
    closeSync(file)
  }
}

/** Rejects with the system's error when the folder itself cannot be read. What goes meanwhile, or is closed to us, is not counted. */
export async function sizeOfFolder(dir: string, entriesMax = measuredMax): Promise<FolderSize> {
  let bytes = 0
  let left = entriesMax
  let isPartial = false
  const folders = [dir]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries
    try {
      entries = await readdir(folder, { withFileTypes: true })
    } catch (error) {
      if (folder === dir) throw error
      isPartial = true
      continue
    }
    if (entries.length > left) isPartial = true
    const seen = entries.slice(0, left)
    left -= seen.length
    folders.push(...seen.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)))
    const files = seen.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name))
    for (let at = 0; at < files.length; at += measuredAtOnce) {
      const sizes = await Promise.all(files.slice(at, at + measuredAtOnce).map(sizeOnDisk))
      for (const size of sizes) bytes += size
    }
    if (left === 0 && folders.length > 0) return { bytes, isPartial: true }
  }
  return { bytes, isPartial }
}

/** What it takes of the disk: segments and indexes are made longer than they are full. */
async function sizeOnDisk(path: string): Promise<number> {
  try {
    const { blocks, size } = await lstat(path)
    return process.platform === 'win32' ? size : blocks * 512
  } catch (error) {
    expectSystemError(error)
    ignore(error, 'deleted since it was listed')
    return 0
  }
}

export interface Removal {
  /** What is not ours, by name: it stays, and the folder with it. */
  readonly kept: readonly string[]
  /** What could not be taken away, with why. */
  readonly failed: readonly { readonly path: string; readonly reason: string }[]
}

/**
 * Takes a cluster's files away and the folder with the last of them. What says that it is a cluster, and that it is being
 * emptied, goes last: what is left of one that could not be deleted is still known as one, and never starts with half of
 * its data. The caller has its lock, and lets go after. Rejects with AppError when nothing has been taken away.
 */
export async function removeCluster(disk: Disk, dir: string): Promise<Removal> {
  const names = disk.list(dir).map(({ name }) => name)
  await beginEmptying(disk, dir)
  names.push(emptyingFile)
  const kept = names.filter((name) => !isOurs(name))
  const failed: { path: string; reason: string }[] = []
  const attempt = async (path: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      failed.push({ path, reason: messageOf(error) })
    }
  }
  const remove = (name: string): Promise<void> =>
    attempt(join(dir, name), () => rm(join(dir, name), { recursive: true, force: true }))
  const last = [specFile, emptyingFile, lockFile]
  for (const name of names.filter(isOurs)) if (!last.includes(name)) await remove(name)
  if (failed.length > 0) return { kept, failed }
  for (const name of last) await remove(name)
  if (kept.length === 0 && failed.length === 0) await attempt(dir, () => rmdir(dir))
  return { kept, failed }
}

/** Topics, groups, logs and history; as finishEmptying does it, with turns for others in between. Rejects with AppError. */
export async function emptyCluster(disk: Disk, dir: string): Promise<void> {
  const names = disk.list(dir).map(({ name }) => name)
  await beginEmptying(disk, dir)
  for (const name of names.filter(isData)) {
    try {
      await rm(join(dir, name), { recursive: true, force: true })
    } catch (error) {
      expectSystemError(error)
      ignore(error, 'finishEmptying tries again and tells why not')
    }
  }
  finishEmptying(disk, dir)
}
