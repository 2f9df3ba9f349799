/** What ZooKeeper tells of a machine and a process by `envi`, where this process has such a thing. */
import { arch, freemem, homedir, release, totalmem, type as osName } from 'node:os'

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
