/**
 * The files that exports are written to before they have their name. A process that was killed leaves its own behind, of
 * any size; the next export to that folder takes it away. Only what bears our name, is a plain file of this user, and whose
 * writer is known to be dead: by its identity when it was written on this machine, else by its age.
 */
import { createHash, randomBytes } from 'node:crypto'
import { lstat, readdir, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expectSystemError, ignore } from '../kernel/errors'
import { identityOf, isAlive } from './process-liveness'

/** An export that has not written for so long, and whose process cannot be asked, is none any more. */
const abandonedMs = 7 * 86_400_000
/** Names that are looked at in a folder. */
const namesMax = 100_000
const pattern = /^\.lagoon-(?:([0-9a-f]{8})-(\d{1,10})-(\d{0,20})-)?[0-9a-f]{12}\.part$/

/** Folders may be shared between machines, where a process of the other one has a number of its own. */
const machine = (): string => createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

/** .lagoon-machine-pid-startedAt-random.part */
export function partName({ pid, startedAt } = identityOf(process.pid)): string {
  return `.lagoon-${machine()}-${pid}-${startedAt}-${randomBytes(6).toString('hex')}.part`
}

/** Answers what was taken away. What cannot be looked at or removed stays: it is in nobody's way. */
export async function sweepParts(folder: string, nowMs = Date.now()): Promise<readonly string[]> {
  const swept: string[] = []
  for (const name of await namesIn(folder)) {
    const [isOurs, where, pid, startedAt = ''] = pattern.exec(name) ?? []
    if (isOurs === undefined) continue
    const path = join(folder, name)
    try {
      const stats = await lstat(path)
      if (!stats.isFile() || (process.getuid !== undefined && stats.uid !== process.getuid())) continue
      const isLeft =
        where === machine() ? !isAlive({ pid: Number(pid), startedAt }) : nowMs - stats.mtimeMs > abandonedMs
      if (!isLeft) continue
      await unlink(path)
      swept.push(path)
    } catch (error) {
      expectSystemError(error)
      ignore(error, 'gone already, or not ours to remove')
    }
  }
  return swept
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).slice(0, namesMax)
  } catch (error) {
    expectSystemError(error)
    ignore(error, 'a folder that may be written to and not listed')
    return []
  }
}
