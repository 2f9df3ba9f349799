/**
 * Large files on their way out. The thread that lets go of a file's last name and descriptor waits until the file system has taken its
 * blocks back: 75 ms for 180 MB, 390 for 1 GB (ext4). So the name goes at once, and the last descriptor on another thread.
 */
import * as fs from 'node:fs'
import { join } from 'node:path'
import { ignore } from '../kernel/errors'

/** Less is gone in two milliseconds. */
export const largeFileBytes = 4 * 1024 * 1024
/** Descriptors that are closed at a time; what comes beyond is waited for. */
const closingMax = 32
/** There a name is taken until the last descriptor is closed. */
const keepsNames = process.platform === 'win32'

let closing = 0

/** A file or a folder with all that is in it; no error when absent. Throws the system's errors. */
export function removeAtOnce(path: string): void {
  if (!keepsNames) for (const file of largeFilesBelow(path)) removeFile(file)
  fs.rmSync(path, { recursive: true, force: true })
}

/** Waits only where it is known not to take long. Throws the system's errors. */
export function closeAtOnce(handle: number, sizeBytes: number): void {
  const mayTakeLong = sizeBytes >= largeFileBytes && closing < closingMax && fs.fstatSync(handle).nlink === 0
  if (mayTakeLong) closeElsewhere(handle)
  else fs.closeSync(handle)
}

function removeFile(path: string): void {
  const handle = closing < closingMax ? heldOpen(path) : undefined
  try {
    fs.rmSync(path, { force: true })
  } finally {
    if (handle !== undefined) closeElsewhere(handle)
  }
}

function closeElsewhere(handle: number): void {
  closing++
  fs.close(handle, () => {
    closing--
  })
}

/** Undefined: it goes the slow way. */
function heldOpen(path: string): number | undefined {
  try {
    // A pipe of that name must not hold whoever opens it.
    return fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW)
  } catch (error) {
    ignore(error, 'it may not be read, or there are too many open: that does not keep it from being removed')
    return undefined
  }
}

function* largeFilesBelow(path: string): IterableIterator<string> {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false })
  if (stats?.isFile() === true && stats.size >= largeFileBytes) yield path
  if (stats?.isDirectory() !== true) return
  for (const name of namesIn(path)) yield* largeFilesBelow(join(path, name))
}

function namesIn(path: string): readonly string[] {
  try {
    return fs.readdirSync(path)
  } catch (error) {
    ignore(error, 'who removes the folder says why it cannot')
    return []
  }
}
