/**
 * What in a cluster's folder is whose: the cluster's data, which emptying it takes away, what is kept then (what it is,
 * its settings and scenes), and what others have put there, which is never touched.
 */
import { expectAppError } from '../kernel/errors'
import type { Disk } from '../kernel/ports'

export const specFile = 'cluster.json'
export const lockFile = '.lock'
export const pidsFile = 'processes.json'
/** There while the folder is being emptied: whoever opens it after that broke off finishes it before anything starts. */
export const emptyingFile = '.emptying'

/** Of a node whose data is being taken away: none of it is ever started again. */
const wipedPrefix = '.wiped-'
const dataNames = /^(?:(?:\.wiped-)?(?:broker|ensemble)-[1-9]\d*|monitor|history|processes\.json)$/
const keptNames =
  /^(?:cluster\.json|web\.json|workloads\.json(?:\.unreadable)?|lagoon\.sock|lagoon\.log(?:\.1)?|\.emptying|\.lock)(?:\.[\w.]*)?$/

/** Topics, groups, logs and history. */
export const isData = (name: string): boolean => dataNames.test(name)

/** Written by us, whatever it is. */
export const isOurs = (name: string): boolean => dataNames.test(name) || keptNames.test(name)

/**
 * From now on it is being emptied. Only that the mark is there is ever looked at: an empty file takes no block of a disk
 * that is full. When it cannot be made there is none either, or the next start would take away what nobody gave up.
 * Rejects with AppError.
 */
export async function beginEmptying(disk: Disk, dir: string): Promise<void> {
  const mark = disk.join(dir, emptyingFile)
  const wasThere = disk.exists(mark)
  try {
    disk.open(mark, 'append').close()
    await disk.syncDirectory(dir)
  } catch (error) {
    if (!wasThere) disk.remove(mark)
    throw error
  }
}

/**
 * Half of a cluster's data never starts: emptying that broke off is finished by the next one who opens the folder, and has
 * its lock. Nothing to do else. Throws AppError.
 */
export function finishEmptying(disk: Disk, dir: string): void {
  const mark = disk.join(dir, emptyingFile)
  if (!disk.exists(mark)) return
  for (const { name, isDirectory } of disk.list(dir))
    if (isData(name)) removeData(disk, disk.join(dir, name), isDirectory)
  disk.remove(mark)
}

/**
 * Takes the data of one node away. It has another name before any of it goes, so that no node ever starts with half of it.
 * Throws AppError.
 */
export function wipeNode(disk: Disk, dir: string, name: string): void {
  const path = disk.join(dir, name)
  const wiped = disk.join(dir, `${wipedPrefix}${name}`)
  disk.remove(wiped)
  if (!disk.exists(path)) return
  try {
    disk.rename(path, wiped)
  } catch (error) {
    expectAppError(error)
    // A mount point keeps its name.
    for (const entry of disk.list(path)) disk.remove(disk.join(path, entry.name))
    return
  }
  disk.remove(wiped)
}

/** What a wipe that broke off has left. Throws AppError. */
export function finishWiping(disk: Disk, dir: string): void {
  for (const { name, isDirectory } of disk.list(dir))
    if (isDirectory && isData(name) && name.startsWith(wipedPrefix)) disk.remove(disk.join(dir, name))
}

/** A mount point cannot go, but what is in it can, and that is the data. */
function removeData(disk: Disk, path: string, isDirectory: boolean): void {
  try {
    disk.remove(path)
  } catch (error) {
    expectAppError(error)
    if (!isDirectory || disk.list(path).length > 0) throw error
  }
}
