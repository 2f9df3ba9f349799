/** What is done to the folders of clusters as wholes: one thing at a time to each, with its lock, and to its end when Lagoon ends. */
import { join } from 'node:path'
import { ApiError } from '../api/api'
import type { KnownCluster } from '../api/clusters'
import { AppError } from '../kernel/errors'
import type { Disk } from '../kernel/ports'
import { said } from '../kernel/said'
import { lockFile } from '../supervisor/cluster-folder'
import type { Place } from './known-places'

export class FolderWork {
  /** By id: those that are being moved, reset or deleted, and how far. */
  readonly busy = new Map<string, KnownCluster['progress']>()
  readonly #disk: Disk
  readonly #changed: () => void
  readonly #works = new Set<Promise<unknown>>()
  readonly #ending = new AbortController()

  constructor(disk: Disk, changed: () => void) {
    this.#disk = disk
    this.#changed = changed
  }

  /** Aborted when Lagoon ends: what takes long and can be given up is. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  get isEnding(): boolean {
    return this.#ending.signal.aborted
  }

  /** Nothing begins any more; resolves when what is under way has come to its end. */
  async end(): Promise<void> {
    this.#ending.abort(new AppError('ABORTED', said`Lagoon is ending.`))
    await Promise.allSettled([...this.#works])
  }

  /** Throws ApiError CONFLICT. */
  refuseBusy(id: string, name: string): void {
    if (this.busy.has(id))
      throw new ApiError({ code: 'CONFLICT', message: said`${name} is being moved, reset or deleted. Wait for that.` })
  }

  /** Throws ApiError CONFLICT, AppError ABORTED; rejects with what `work` rejects with. */
  exclusively<T>({ id, name }: Place, work: () => Promise<T>): Promise<T> {
    this.refuseBusy(id, name)
    if (this.isEnding) throw new AppError('ABORTED', said`Lagoon is ending.`)
    this.busy.set(id, null)
    this.#changed()
    const running = work().finally(() => {
      this.busy.delete(id)
      this.#works.delete(running)
      this.#changed()
    })
    this.#works.add(running)
    return running
  }

  /** Nobody else opens it meanwhile. */
  async locked<T>({ dir }: Place, work: () => Promise<T>): Promise<T> {
    const lock = this.#disk.lock(join(dir, lockFile))
    try {
      return await work()
    } finally {
      lock.release()
    }
  }
}
