/**
 * Files that are whole or not there: written beside their place under a name of their own, synced, then named. A file of
 * that name that is there stays, unless it is to be replaced.
 */
import { constants } from 'node:fs'
import { link, open, rename, stat, unlink, type FileHandle } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { AppError, ignore } from '../kernel/errors'
import type { FileSink, FileSinks, Log } from '../kernel/ports'
import { said } from '../kernel/said'
import { partName, sweepParts } from './export-parts'
import { diskError, syncFolder } from './node-disk'

const writeOnly = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError) throw error
    throw diskError(error, path)
  }
}

class NamedLater implements FileSink {
  readonly #path: string
  readonly #temporary: string
  readonly #isReplacing: boolean
  #handle: FileHandle | undefined
  #isNamed = false

  constructor(path: string, temporary: string, isReplacing: boolean, handle: FileHandle) {
    this.#path = path
    this.#temporary = temporary
    this.#isReplacing = isReplacing
    this.#handle = handle
  }

  write(texts: readonly (string | Uint8Array)[]): Promise<number> {
    return attempt(this.#path, async () => {
      const bytes = Buffer.concat(texts.map((one) => (typeof one === 'string' ? Buffer.from(one, 'utf8') : one)))
      // `write` may take a part of it: a disk that is full in the middle.
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.#open.write(bytes, at)
        at += bytesWritten
      }
      return bytes.length
    })
  }

  get #open(): FileHandle {
    if (this.#handle !== undefined) return this.#handle
    throw new AppError('FAILED', said`${this.#path} is closed already.`)
  }

  finish(): Promise<string> {
    return attempt(this.#path, async () => {
      await this.#open.sync()
      await this.#close()
      if (this.#isReplacing) await rename(this.#temporary, this.#path)
      else await this.#nameNew()
      this.#isNamed = true
      await syncFolder(dirname(this.#path))
      return this.#path
    })
  }

  /** A rename would replace a file that came meanwhile. */
  async #nameNew(): Promise<void> {
    try {
      await link(this.#temporary, this.#path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') throw error
      // File systems without links.
      if (await isThere(this.#path)) throw new AppError('EXISTS', said`${this.#path} exists already.`, { cause: error })
      await rename(this.#temporary, this.#path)
      return
    }
    await unlink(this.#temporary)
  }

  async #close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  async discard(): Promise<void> {
    if (this.#isNamed) return
    try {
      await this.#close()
      await unlink(this.#temporary)
    } catch (error) {
      ignore(error, 'gone already, or its folder is: nothing of it has the name that was asked for')
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    ignore(error, 'then there is none')
    return false
  }
}

/** `log` is told what was taken away of earlier ones. */
export const fileSinks = (log: Log): FileSinks => ({
  async create(given, isReplacing) {
    const path = given.startsWith('~/') ? join(homedir(), given.slice(2)) : given
    if (!isAbsolute(path) || path.includes('\0')) {
      throw new AppError('USAGE', said`Give the whole path of the file, as in /home/me/orders.jsonl or ~/orders.jsonl.`)
    }
    const whole = resolve(path)
    const folder = dirname(whole)
    if (/[/\\]$/.test(path) || (await isFolder(whole))) {
      throw new AppError('EXISTS', said`${whole} is a folder. Give the path of a file.`)
    }
    if (!(await isFolder(folder))) throw new AppError('NOT_FOUND', said`The folder ${folder} does not exist.`)
    if (!isReplacing && (await isThere(whole))) throw new AppError('EXISTS', said`${whole} exists already.`)
    const swept = await sweepParts(folder)
    if (swept.length > 0) log('warn', 'what exports had left that were killed was removed', { paths: swept })
    const temporary = join(folder, partName())
    const handle = await attempt(folder, () => open(temporary, writeOnly, 0o666))
    return new NamedLater(whole, temporary, isReplacing, handle)
  }
})

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    ignore(error, 'what is not there is no folder')
    return false
  }
}
