/** What ZooKeeper tells of a machine and a process by `envi`, where this process has such a thing. */
import { readdirSync, readFileSync } from 'node:fs'
import { arch, freemem, homedir, release, totalmem, type as osName } from 'node:os'

import type { Descriptors } from '../coordination/core/admin-words'
import { ignore } from '../kernel/errors'

const megabytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)}MB`

export function processEnvironment(host: string): Readonly<Record<string, string>> {
  // Asked of the system, it fails for a user without an entry.
  const user = process.env['USER']
  return {
    'host.name': host,
    'node.version': process.versions.node,
    'os.name': osName(),
    'os.arch': arch(),
    'os.version': release(),
    ...(user === undefined ? {} : { 'user.name': user }),
    'user.home': homedir(),
    'user.dir': process.cwd(),
    'os.memory.free': megabytes(freemem()),
    'os.memory.total': megabytes(totalmem())
  }
}

/** Of this process, as Linux tells it; undefined elsewhere. */
export function descriptors(): Descriptors | undefined {
  try {
    // One of them is of this look itself.
    const open = readdirSync('/proc/self/fd').length - 1
    const max = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return max === undefined ? undefined : { open, max: Number(max) }
  } catch (error) {
    ignore(error, 'another system, or no descriptor left to look with')
    return undefined
  }
}
