/**
 * Where a cluster serves its screens, kept in its folder so that a tab that is open survives a restart of the host: the
 * port, and the secret of the cookie. The token of the printed address is not kept; each start has its own. Only the
 * user can read the file, as they can open the control socket beside it.
 */
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ignore } from '../kernel/errors'
import { portMax } from '../kernel/ports'

const fileName = 'web.json'
const ownerOnly = 0o600
/** 32 bytes in base64url. */
const secretPattern = /^[A-Za-z0-9_-]{43}$/

export interface WebPlace {
  readonly port: number
  readonly secret: string
}

/** undefined when there is none, and for one that is empty, half or not ours: then another is made. */
export function readWebPlace(dir: string): WebPlace | undefined {
  try {
    const stored = JSON.parse(readFileSync(join(dir, fileName), 'utf8')) as Partial<WebPlace> | null
    const { port, secret } = stored ?? {}
    const isWhole =
      Number.isInteger(port) && port !== undefined && port > 0 && port <= portMax && secretPattern.test(secret ?? '')
    return isWhole && secret !== undefined ? { port, secret } : undefined
  } catch (error) {
    if (!isOfFile(error)) throw error
    ignore(error, 'a place is made anew')
    return undefined
  }
}

/** Whole or absent. A place that cannot be kept costs only that an open tab has to be opened again. */
export function keepWebPlace(dir: string, place: WebPlace): void {
  const path = join(dir, fileName)
  try {
    writeFileSync(`${path}.tmp`, JSON.stringify(place), { mode: ownerOnly })
    chmodSync(`${path}.tmp`, ownerOnly)
    renameSync(`${path}.tmp`, path)
  } catch (error) {
    if (!isOfFile(error)) throw error
    ignore(error, 'the next start has another place')
  }
}

/** The file system's errors have a code; what is no JSON is a syntax error. */
const isOfFile = (error: unknown): boolean =>
  error instanceof SyntaxError || (error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string')
