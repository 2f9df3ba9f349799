/**
 * One checkpoint file of a log directory. Writes replace the whole file atomically and durably, one at a time; equal
 * content is not written again, so an idle broker leaves the disk alone. A full disk is reported and tried again at the
 * next turn (an old checkpoint only means more recovery); any other failure goes to the owner.
 */
import { AppError } from '../kernel/errors'
import type { Disk, Log } from '../kernel/ports'
import { decodeOffsets, encodeOffsets } from './core/checkpoint-text'
import type { OffsetsByPartition } from './core/checkpoint-text'

export class CheckpointFile {
  readonly #disk: Disk
  readonly #log: Log
  readonly #path: string
  #written: Uint8Array | undefined
  #tail: Promise<void> = Promise.resolve()

  constructor(disk: Disk, log: Log, path: string) {
    this.#disk = disk
    this.#log = log
    this.#path = path
  }

  /** Empty when the file is absent or unreadable: offsets then come from the logs themselves. */
  read(): Map<string, number> {
    if (!this.#disk.exists(this.#path)) return new Map()
    const bytes = this.#disk.read(this.#path)
    const offsets = decodeOffsets(bytes)
    if (offsets === undefined) {
      this.#log('warn', 'a checkpoint file is unreadable and counts as empty', { path: this.#path })
      return new Map()
    }
    this.#written = bytes
    return offsets
  }

  /** Rejects with AppError DISK_FAILED. */
  write(offsets: OffsetsByPartition): Promise<void> {
    const bytes = encodeOffsets(offsets)
    const written = this.#tail.then(() => this.#replace(bytes))
    // The next write waits for this one whatever became of it; the failure itself belongs to this caller.
    this.#tail = written.catch(() => undefined)
    return written
  }

  async #replace(bytes: Uint8Array): Promise<void> {
    if (this.#written !== undefined && areEqual(this.#written, bytes)) return
    try {
      await this.#disk.replace(this.#path, bytes)
      this.#written = bytes
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
      this.#log('warn', 'the disk is full: a checkpoint was not written', { path: this.#path })
    }
  }
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i])
}
