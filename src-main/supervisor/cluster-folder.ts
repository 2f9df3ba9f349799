/**
 * What in a cluster's folder is whose: the cluster's data, which emptying it takes away, what is kept then (what it is,
 * its settings and scenes), and what others have put there, which is never touched.
 */
import type { Disk } from '../kernel/ports'

export const specFile = 'cluster.json'
export const lockFile = '.lock'
export const pidsFile = 'processes.json'
/** There while the folder is being emptied: whoever opens it after that broke off finishes it before anything starts. */
export const emptyingFile = '.emptying'

const dataNames = /^(?:(?:broker|ensemble)-[1-9]\d*|monitor|history|processes\.json)$/
const keptNames =
  /^(?:cluster\.json|web\.json|workloads\.json(?:\.unreadable)?|lagoon\.sock|lagoon\.log(?:\.1)?|\.emptying|\.lock)(?:\.[\w.]*)?$/

/** Topics, groups, logs and history. */
export const isData = (name: string): boolean => dataNames.test(name)

/** Written by us, whatever it is. */
export const isOurs = (name: string): boolean => dataNames.test(name) || keptNames.test(name)

/**
 * Half of a cluster's data never starts: emptying that broke off is finished by the next one who opens the folder, and has
 * its lock. Nothing to do else.
 */
export function finishEmptying(disk: Disk, dir: string): void {
  const mark = disk.join(dir, emptyingFile)
  if (!disk.exists(mark)) return
  for (const { name } of disk.list(dir)) if (isData(name)) disk.remove(disk.join(dir, name))
  disk.remove(mark)
}
