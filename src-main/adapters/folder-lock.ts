/**
 * One process per folder. Node has no flock, so the lock file names its holder (pid and start time) and is taken over
 * when that process is gone. It appears whole (written beside, then linked), so nobody reads half a name. On a full disk
 * the name is the target of a symbolic link instead: a short one takes no block.
 */
import {
  linkSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { AppError, ignore } from '../kernel/errors'
import type { FolderLock } from '../kernel/ports'
import { said } from '../kernel/said'
import { identityOf, isAlive, type ProcessIdentity } from './process-liveness'

const attemptsMax = 5

/** What the lock says, whichever kind it is. Throws ENOENT when there is none. */
function textOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error
    return readFileSync(path, 'utf8')
  }
}

function holderOf(path: string): ProcessIdentity | undefined {
  try {
    const [pid, startedAt] = textOf(path).split(' ')
    const number = Number(pid)
    return Number.isSafeInteger(number) && number > 0 ? { pid: number, startedAt: (startedAt ?? '').trim() } : undefined
  } catch (error) {
    ignore(error, 'the holder let go between our attempt and this look')
    return undefined
  }
}

/** The living process that has the folder; undefined when nobody has, or it cannot be told. */
export function lockHolder(path: string): number | undefined {
  const holder = holderOf(path)
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined
}

function isErrno(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code
}

/** Throws AppError LOCKED when a living process holds it; other errors are the system's own. */
export function lockFolder(path: string): FolderLock {
  const self = identityOf(process.pid)
  const own = `${self.pid} ${self.startedAt}\n`
  const draft = `${path}.${self.pid}`
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    try {
      placeLock(draft, path, own)
      return releasable(path, own)
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
    }
    const holder = holderOf(path)
    if (holder !== undefined && isAlive(holder)) {
      throw new AppError(
        'LOCKED',
        said`This folder is in use by process ${holder.pid} (${path}). Stop it first, or choose another folder with --data.`,
        {
          details: { path, pid: holder.pid }
        }
      )
    }
    takeAway(path, holder)
  }
  throw new AppError('LOCKED', said`The lock ${path} changes hands all the time. Try again.`, { details: { path } })
}

/** Throws EEXIST when there is a lock already. */
function placeLock(draft: string, path: string, own: string): void {
  try {
    writeFileSync(draft, own)
    linkSync(draft, path)
  } catch (error) {
    if (!isErrno(error, 'ENOSPC') && !isErrno(error, 'EDQUOT')) throw error
    symlinkSync(own, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Moves a stale lock aside; when another process was faster and it is no longer the stale one, puts it back. */
function takeAway(path: string, stale: ProcessIdentity | undefined): void {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return
    throw error
  }
  const moved = holderOf(aside)
  if (moved !== undefined && moved.pid !== stale?.pid && isAlive(moved)) {
    try {
      linkSync(aside, path)
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
    }
  }
  unlinkSync(aside)
}

function releasable(path: string, own: string): FolderLock {
  let isReleased = false
  return {
    release(): void {
      if (isReleased) return
      isReleased = true
      try {
        if (textOf(path) === own) unlinkSync(path)
      } catch (error) {
        ignore(error, 'a lock that is gone is released')
      }
    }
  }
}
