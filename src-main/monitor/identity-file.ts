/**
 * Which cluster the monitor belongs to, kept in its folder: after a restart too, a port that another cluster has taken is
 * seen for what it is. A file that is empty, zeros or half (a power cut) says nothing: the id is learned anew, from the
 * first broker that answers, and written again.
 */
import { ClusterIdentity } from '../kernel/cluster-identity'
import { expectAppError } from '../kernel/errors'
import type { Disk, Log } from '../kernel/ports'

const fileName = 'cluster-id'
/** Kafka's: 16 bytes in URL-safe base64 without padding. Others have been seen: one word is what counts. */
const idPattern = /^[\w.-]{1,100}$/
const fileBytesMax = 1000

export interface IdentityPorts {
  readonly disk: Disk
  readonly log: Log
}

export function clusterIdentity({ disk, log }: IdentityPorts, dir: string): ClusterIdentity {
  const path = disk.join(dir, fileName)
  return new ClusterIdentity(readId(disk, path), (id) => {
    write({ disk, log }, dir, `${id}\n`).catch((error: unknown) => {
      expectAppError(error)
      log('warn', 'the id of the cluster could not be kept', { path, reason: error.message })
    })
  })
}

async function write({ disk }: IdentityPorts, dir: string, text: string): Promise<void> {
  disk.makeDirectory(dir)
  await disk.replace(disk.join(dir, fileName), new TextEncoder().encode(text))
}

function readId(disk: Disk, path: string): string | undefined {
  if (!disk.exists(path) || (disk.sizeOf(path) ?? 0) > fileBytesMax) return undefined
  const text = new TextDecoder().decode(disk.read(path))
  // The end of the line is what says that all of it is there.
  const id = text.endsWith('\n') ? text.slice(0, -1) : ''
  return idPattern.test(id) ? id : undefined
}
