/**
 * Moves a cluster's folder: renamed where that is possible, else copied, compared byte by byte and taken away at the old
 * place. Until all of it is at the new place the old folder stays as it is; whatever fails before leaves nothing new.
 */
import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import * as fs from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError, expectAppError, expectSystemError, ignore, messageOf } from '../kernel/errors'
import type { Disk } from '../kernel/ports'
import { said } from '../kernel/said'
import { lockFile, specFile } from '../supervisor/cluster-folder'
import { nearestFolder } from './new-cluster'

export interface Move {
  readonly from: string
  /** Not there, or empty. */
  readonly to: string
  readonly progress: (doneBytes: number, allBytes: number) => void
  /** All of it is at the new place, and nothing is gone from the old one: from now on the new place is to be known. */
  readonly arrived?: () => void
  /** Copying ends early, and what it made goes again. */
  readonly signal?: AbortSignal
  readonly disk: Pick<Disk, 'syncDirectory'>
  /** Rejects with EXDEV between file systems. */
  readonly rename?: (from: string, to: string) => Promise<void>
}

export interface Moved {
  /** What of the old folder is still there. */
  readonly kept: readonly string[]
  /** False: nobody knows whether a power cut now would leave all of it at the new place, so the old folder is whole, too. */
  readonly isDurable: boolean
}

/** Rejects with AppError: then the cluster is where it was. */
export async function moveFolder(move: Move): Promise<Moved> {
  const { from, to, rename = fs.rename } = move
  await refuseAround(from, to)
  const isEmpty = await removedWhenEmpty(to)
  try {
    await fs.mkdir(dirname(to), { recursive: true })
    await rename(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') {
      if (isEmpty) await fs.mkdir(to).catch(theFirstSaysMore)
      throw failed(from, to, error)
    }
    return copied(move)
  }
  // It went along. Nobody else can have it: theirs would have to be made where ours still is.
  await fs.rm(join(to, lockFile), { force: true }).catch(theNextOpeningTells)
  move.arrived?.()
  return { kept: [], isDurable: true }
}

function theNextOpeningTells(error: unknown): void {
  expectSystemError(error)
  ignore(error, 'the next one who opens the folder is told who has it')
}

function theFirstSaysMore(error: unknown): void {
  expectSystemError(error)
  ignore(error, 'the error before it is told')
}

/** A folder that was made for it beforehand stands in the way of a rename. */
async function removedWhenEmpty(dir: string): Promise<boolean> {
  try {
    await fs.rmdir(dir)
    return true
  } catch (error) {
    expectSystemError(error)
    ignore(error, 'not there; anything else the move itself is told')
    return false
  }
}

async function copied({ from, to, progress, arrived, signal, disk }: Move): Promise<Moved> {
  // By one name only, so that what a killed move has left is found by the next one.
  const draft = join(dirname(to), `.${basename(to)}.moving`)
  try {
    await fs.rm(draft, { recursive: true, force: true })
    const entries = await entriesOf(from)
    // Read twice, to copy and to compare.
    const allBytes = 2 * entries.reduce((sum, { stats }) => sum + (stats.isFile() ? stats.size : 0), 0)
    await refuseWithoutRoom(to, allBytes / 2)
    let doneBytes = 0
    const done = (bytes: number): void => progress((doneBytes += bytes), allBytes)
    // What is private is private all the time; its own mode it gets when it is whole.
    await fs.mkdir(draft, { mode: 0o700 })
    for (const entry of entries) {
      signal?.throwIfAborted()
      await copyEntry(from, draft, entry)
      done(entry.stats.isFile() ? entry.stats.size : 0)
    }
    for (const { path, stats } of entries) {
      if (!stats.isFile()) continue
      signal?.throwIfAborted()
      if ((await digestOf(join(from, path))) !== (await digestOf(join(draft, path))))
        throw new Error(said`${path} is not the same there: the disk may be broken`)
      done(stats.size)
    }
    for (const { path, stats } of entries) if (stats.isDirectory()) await disk.syncDirectory(join(draft, path))
    await fs.chmod(draft, (await fs.stat(from)).mode & 0o7777)
    await disk.syncDirectory(draft)
    signal?.throwIfAborted()
    await fs.rename(draft, to)
  } catch (error) {
    await fs.rm(draft, { recursive: true, force: true }).catch(theFirstSaysMore)
    throw failed(from, to, error)
  }
  const isDurable = await isNameDurable(disk, dirname(to))
  arrived?.()
  return { kept: isDurable ? await removedOld(from) : [from], isDurable }
}

/** One file system answers for all of its folders alike: the last of them says whether it could sync those before, too. */
async function isNameDurable(disk: Move['disk'], folder: string): Promise<boolean> {
  try {
    return (await disk.syncDirectory(folder)) === 'synced'
  } catch (error) {
    expectAppError(error)
    ignore(error, 'then the old folder stays, which is told')
    return false
  }
}

/** Two folders must not both be this cluster: what says that it is one goes first. */
async function removedOld(from: string): Promise<readonly string[]> {
  try {
    await fs.rm(join(from, specFile), { force: true })
    await fs.rm(from, { recursive: true, force: true })
    return []
  } catch (error) {
    expectSystemError(error)
    ignore(error, 'told by what is left')
    return [from]
  }
}

/** A cluster in a folder of this one would be taken along, maybe while it runs, and be at a place that nobody knows. */
async function refuseAround(from: string, to: string): Promise<void> {
  let inner
  try {
    inner = (await entriesOf(from)).find(({ path }) => path !== specFile && basename(path) === specFile)
  } catch (error) {
    throw failed(from, to, error)
  }
  if (inner === undefined) return
  const other = join(from, dirname(inner.path))
  throw failed(
    from,
    to,
    new Error(said`there is another cluster inside of it, ${other}. Move or delete that one first`)
  )
}

interface Entry {
  readonly path: string
  readonly stats: Stats
}

/** Folders before what is in them. Sockets and the lock are of a process, not of the cluster. */
async function entriesOf(root: string, folder = ''): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const name of await fs.readdir(join(root, folder))) {
    const path = join(folder, name)
    const stats = await fs.lstat(join(root, path))
    if (path === lockFile || stats.isSocket() || stats.isFIFO()) continue
    entries.push({ path, stats })
    if (stats.isDirectory()) entries.push(...(await entriesOf(root, path)))
  }
  return entries
}

async function copyEntry(from: string, to: string, { path, stats }: Entry): Promise<void> {
  const [source, target] = [join(from, path), join(to, path)]
  if (stats.isDirectory()) {
    await fs.mkdir(target, { mode: stats.mode })
    return
  }
  if (stats.isSymbolicLink()) {
    await fs.symlink(await fs.readlink(source), target)
    return
  }
  await fs.copyFile(source, target)
  await fs.chmod(target, stats.mode)
  // Retention of a segment without timestamps goes by them.
  await fs.utimes(target, stats.atime, stats.mtime)
  const file = await fs.open(target, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

async function refuseWithoutRoom(to: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await fs.statfs(nearestFolder(dirname(to)))
  if (bavail * bsize >= bytes) return
  throw new AppError('DISK_FULL', said`There is no room for it: it has ${bytes} bytes, and ${bavail * bsize} are free.`)
}

function failed(from: string, to: string, error: unknown): AppError {
  const reason = messageOf(error)
  const message = said`The folder was not moved to ${to}: ${reason.replace(/\.$/, '')}. All of it is still in ${from}.`
  return new AppError('FAILED', message, { cause: error })
}
