/**
 * Files on their way out: a path is removed after file.delete.delay.ms, an open handle is closed after a minute, so that
 * a fetch answer that is still being sent can finish. Both are dropped when the owner closes; the names tell the next
 * start what to remove (`.deleted`, `-delete`).
 */
import { AppError } from '../kernel/errors'
import type { Clock, Disk, DiskFile, Log, Timer } from '../kernel/ports'
import { asDiskFailure, isDiskFull } from './disk-failure'

export const handleGraceMs = 60_000

export class DeferredRemovals {
  readonly #clock: Clock
  readonly #disk: Disk
  readonly #log: Log
  readonly #timers = new Set<Timer>()
  readonly #files = new Set<DiskFile>()

  constructor(clock: Clock, disk: Disk, log: Log) {
    this.#clock = clock
    this.#disk = disk
    this.#log = log
  }

  /** On a disk that has no room even for a name, it goes at once: open handles can still read it. */
  renameAndRemoveLater(from: string, to: string, delayMs: number): void {
    try {
      this.#disk.rename(from, to)
    } catch (error) {
      if (!isDiskFull(error)) throw asDiskFailure(error, from)
      this.#disk.remove(from)
      return
    }
    this.removeLater(to, delayMs)
  }

  removeLater(path: string, delayMs: number): void {
    this.#after(delayMs, () => {
      try {
        this.#disk.remove(path)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        this.#log('warn', 'a deleted file could not be removed; the next start tries again', {
          path,
          error: error.message
        })
      }
    })
  }

  closeLater(file: DiskFile): void {
    this.#files.add(file)
    this.#after(handleGraceMs, () => {
      this.#files.delete(file)
      file.close()
    })
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    for (const file of this.#files) file.close()
    this.#files.clear()
  }

  #after(delayMs: number, task: () => void): void {
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer)
      task()
    })
    this.#timers.add(timer)
  }
}
