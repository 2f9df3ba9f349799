/**
 * The .snapshot files of one log: the producer state as of the offset that names them. Recovery and truncation begin at the
 * newest whole one. The list and the files are the same at any time: an unreadable file leaves both.
 */
import type { Offset } from '../kernel/ids'
import { offsetName, snapshotSuffix } from './core/file-names'
import { ProducerState } from './core/producer-state'
import { asDiskFailure, isDiskFull } from './disk-failure'
import type { LogContext } from './log-context'

export class ProducerSnapshots {
  readonly #context: LogContext
  /** Ascending. */
  #offsets: readonly Offset[]

  constructor(context: LogContext, offsets: readonly Offset[]) {
    this.#context = context
    this.#offsets = offsets
  }

  get offsets(): readonly Offset[] {
    return this.#offsets
  }

  #path(offset: Offset): string {
    return this.#context.ports.disk.join(this.#context.folder, offsetName(offset) + snapshotSuffix)
  }

  /**
   * Writes the state as of the log's end, unless such a file is there. It can be rebuilt: a full disk costs a warning. Throws
   * DISK_FAILED.
   */
  take(endOffset: Offset, producers: ProducerState): void {
    if (this.#offsets.at(-1) === endOffset || endOffset === 0) return
    const { disk, checksum, log } = this.#context.ports
    const path = this.#path(endOffset)
    try {
      disk.replaceUnsynced(path, producers.encodeSnapshot(checksum))
      this.#offsets = [...this.#offsets, endOffset]
    } catch (error) {
      if (!isDiskFull(error)) throw asDiskFailure(error, path)
      log('warn', 'the disk is full: a file of the log was not written', { path })
    }
  }

  /** Fills `producers` from the newest whole file at or below `end`; the offset of it, 0 and no producers without any. */
  load(end: Offset, producers: ProducerState): Offset {
    for (const offset of this.#offsets.filter((one) => one <= end).reverse())
      if (this.#isWhole(offset, producers)) return offset
    producers.clear()
    return 0
  }

  /**
   * Of those that no flush has vouched for, a crash may have spoilt any: one that stayed in the list would stand for the
   * state that the next flush has to write, and outlive the older ones that recovery needs.
   */
  removeUnreadable(aboveOffset: Offset): void {
    const producers = new ProducerState()
    for (const offset of this.#offsets) if (offset > aboveOffset) this.#isWhole(offset, producers)
  }

  /** Fills `producers` from the file; one that is unreadable goes. */
  #isWhole(offset: Offset, producers: ProducerState): boolean {
    const { disk, checksum, log } = this.#context.ports
    const path = this.#path(offset)
    if (producers.decodeSnapshot(disk.read(path), checksum)) return true
    log('warn', 'a producer snapshot is unreadable and is rebuilt from the log', { path })
    this.#remove((one) => one === offset)
    return false
  }

  /** They speak of what the log no longer has. */
  removeAbove(endOffset: Offset): void {
    this.#remove((offset) => offset > endOffset)
  }

  removeAll(): void {
    this.#remove(() => true)
  }

  /** Keeps the newest and those at the base of a segment, from which recovery can start. */
  prune(baseOffsets: readonly Offset[]): void {
    const newest = this.#offsets.at(-1)
    const bases = new Set(baseOffsets)
    this.#remove((offset) => offset !== newest && !bases.has(offset))
  }

  #remove(isGone: (offset: Offset) => boolean): void {
    for (const offset of this.#offsets.filter(isGone)) this.#context.ports.disk.remove(this.#path(offset))
    this.#offsets = this.#offsets.filter((offset) => !isGone(offset))
  }
}
