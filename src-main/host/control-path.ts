/**
 * Where the control socket of a cluster folder is: `lagoon.sock` in it. A Unix socket's path may have about 100
 * characters; a folder with a longer one gets a socket in the temporary folder, named by a digest of the folder's path.
 * Windows has pipes instead, which live in a name space of their own.
 */
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const pathBytesMax = 100

export function controlPath(dir: string): string {
  const digest = createHash('sha256').update(realPath(dir)).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\lagoon-${digest}`
  const path = join(resolve(dir), 'lagoon.sock')
  return Buffer.byteLength(path) <= pathBytesMax ? path : join(tmpdir(), `lagoon-${digest}.sock`)
}

function realPath(dir: string): string {
  try {
    return realpathSync(dir)
  } catch {
    return resolve(dir)
  }
}
