/**
 * Where the control socket of a cluster folder is: `lagoon.sock` in it, whatever the folder is called by (a link, a
 * relative path). A Unix socket's path may have about 100 characters; a folder with a longer one is reached through a short
 * link of our own, which lives only as long as it is needed, so that the socket is the same for any TMPDIR. Windows has
 * pipes instead, which live in a name space of their own.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { AppError, messageOf } from '../kernel/errors'

/** sun_path has 104 bytes on macOS and 108 on Linux, the closing NUL included. */
const pathBytesMax = 100
const socketFile = 'lagoon.sock'

export interface ControlPath {
  /** To listen at or connect to, until it is released. */
  readonly path: string
  readonly release: () => void
}

/** Throws AppError when no link can be made. */
export function controlPath(dir: string): ControlPath {
  const folder = realFolder(dir)
  if (process.platform === 'win32') {
    const digest = createHash('sha256').update(folder).digest('hex').slice(0, 16)
    return { path: `\\\\.\\pipe\\lagoon-${digest}`, release: () => undefined }
  }
  const path = join(folder, socketFile)
  return isShort(path) ? { path, release: () => undefined } : linkedPath(folder)
}

/** The folder by its one real name; of what is not there yet the real name of the nearest folder that is. */
export function realFolder(dir: string): string {
  const path = resolve(dir)
  try {
    return realpathSync(path)
  } catch (error) {
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) return path
    return join(realFolder(parent), basename(path))
  }
}

function linkedPath(folder: string): ControlPath {
  const prefix = 'lagoon-'
  const linkOf = (private_: string): string => join(private_, 'd')
  const temporary = isShort(join(linkOf(join(tmpdir(), `${prefix}123456`)), socketFile)) ? tmpdir() : '/tmp'
  const own = linkTo(folder, join(temporary, prefix), linkOf)
  return { path: join(linkOf(own), socketFile), release: () => rmSync(own, { recursive: true, force: true }) }
}

/** The private folder of the link. */
function linkTo(folder: string, prefix: string, linkOf: (private_: string) => string): string {
  let own: string | undefined
  try {
    own = mkdtempSync(prefix)
    symlinkSync(folder, linkOf(own))
    return own
  } catch (error) {
    if (own !== undefined) rmSync(own, { recursive: true, force: true })
    const message = `The path of ${folder} is too long for a socket, and no short link to it can be made (${messageOf(error)}). Set TMPDIR to a folder that can be written to, or use a shorter path.`
    throw new AppError('FAILED', message, { cause: error })
  }
}

const isShort = (path: string): boolean => Buffer.byteLength(path) <= pathBytesMax
