/**
 * leader-epoch-checkpoint of one log. It is written at once when an epoch begins, and made safe from a power cut at the next
 * flush, before the recovery point passes the epoch's batches: until then recovery finds the epoch in the batches. A full disk
 * leaves it owed.
 */
import { decodeEpochs, encodeEpochs } from './core/checkpoint-text'
import type { EpochStart, LeaderEpochs } from './core/leader-epochs'
import { asDiskFailure, isDiskFull } from './disk-failure'
import type { LogContext } from './log-context'

export class EpochFile {
  readonly #context: LogContext
  readonly #path: string
  /** What the file has of the present epochs: nothing for want of room, all but for a power cut, or all. */
  #state: 'owed' | 'written' | 'safe' = 'written'
  #isBeingReplaced = false

  constructor(context: LogContext) {
    this.#context = context
    this.#path = context.ports.disk.join(context.folder, 'leader-epoch-checkpoint')
  }

  get isOwed(): boolean {
    return this.#state === 'owed'
  }

  get isSafe(): boolean {
    return this.#state === 'safe'
  }

  /** Undefined when it is missing or unreadable: then the epochs come from the batches. */
  read(): EpochStart[] | undefined {
    const { disk, log } = this.#context.ports
    if (!disk.exists(this.#path)) return undefined
    const starts = decodeEpochs(disk.read(this.#path))
    if (starts === undefined)
      log('warn', 'leader-epoch-checkpoint is unreadable and is rebuilt', { folder: this.#context.folder })
    return starts
  }

  /** Throws DISK_FAILED. */
  store(epochs: LeaderEpochs): void {
    this.#state = 'owed'
    // Two replacements of one file at once would leave the older one: this one follows.
    if (this.#isBeingReplaced) return
    try {
      this.#context.ports.disk.rewriteUnsynced(this.#path, encodeEpochs(epochs.starts))
      this.#state = 'written'
    } catch (error) {
      this.#reportFull(error)
    }
  }

  /** Rejects with DISK_FAILED. */
  async makeSafe(epochs: LeaderEpochs): Promise<void> {
    if (this.#state === 'safe') return
    const bytes = encodeEpochs(epochs.starts)
    this.#state = 'safe'
    this.#isBeingReplaced = true
    try {
      await this.#context.ports.disk.replace(this.#path, bytes)
    } catch (error) {
      this.#state = 'owed'
      this.#reportFull(error)
      return
    } finally {
      this.#isBeingReplaced = false
    }
    // An epoch that began meanwhile has the last word.
    if (this.isOwed) this.store(epochs)
  }

  #reportFull(error: unknown): void {
    if (!isDiskFull(error)) throw asDiskFailure(error, this.#path)
    this.#context.ports.log('warn', 'the disk is full: a file of the log was not written', { path: this.#path })
  }
}
