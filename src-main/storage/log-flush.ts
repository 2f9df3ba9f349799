/**
 * Makes a log safe from a power cut, off the thread, and knows how far it is: the recovery point. A flush writes the producer
 * state first, so that recovery begins there and reads nothing before. One flush runs at a time.
 */
import type { Offset } from '../kernel/ids'
import { ignore } from '../kernel/errors'
import type { LeaderEpochs } from './core/leader-epochs'
import type { LogOffsets } from './core/log-offsets'
import type { ProducerState } from './core/producer-state'
import { asDiskFailure } from './disk-failure'
import type { EpochFile } from './epoch-file'
import type { LogContext } from './log-context'
import type { LogFolder } from './log-folder'
import type { ProducerSnapshots } from './producer-snapshots'
import type { SegmentList } from './segment-list'

/** So much may be written before an fdatasync starts by itself: a small dirty window keeps later ones short. */
const unsyncedBytesMax = 268_435_456

/** What is made safe. */
interface FlushedParts {
  readonly offsets: LogOffsets
  readonly segments: SegmentList
  readonly folder: LogFolder
  readonly epochs: LeaderEpochs
  readonly epochFile: EpochFile
  readonly producers: ProducerState
  readonly snapshots: ProducerSnapshots
}

export class LogFlush {
  readonly #context: LogContext
  readonly #parts: FlushedParts
  readonly #unsyncedBytesMax: number
  #recoveryPoint: Offset
  #unsyncedBytes = 0
  #flushing: Promise<void> | undefined
  /** Counted, so that an fdatasync that a truncation overtook does not vouch for what was written after it. */
  #truncations = 0
  #hasEnded = false

  constructor(context: LogContext, parts: FlushedParts, recoveryPoint: Offset, bytesMax = unsyncedBytesMax) {
    this.#context = context
    this.#parts = parts
    this.#recoveryPoint = recoveryPoint
    this.#unsyncedBytesMax = bytesMax
  }

  /** All below is safe. */
  get recoveryPoint(): Offset {
    return this.#recoveryPoint
  }

  /** Enough of them start a flush. */
  appended(sizeBytes: number): void {
    this.#unsyncedBytes += sizeBytes
    if (this.#unsyncedBytes >= this.#unsyncedBytesMax) this.flushInBackground()
  }

  wentBackTo(endOffset: Offset): void {
    this.#truncations += 1
    this.#recoveryPoint = Math.min(this.#recoveryPoint, endOffset)
  }

  /** The log is closed, or its folder is called otherwise now: what still runs ends without a word. */
  end(): void {
    this.#hasEnded = true
  }

  takeSnapshot(): void {
    const { snapshots, offsets, producers, segments } = this.#parts
    snapshots.take(offsets.end, producers)
    snapshots.prune(segments.all.map(({ baseOffset }) => baseOffset))
  }

  /** fdatasync of all that is not yet safe; then the recovery point is there. Rejects with DISK_FAILED. */
  async flush(): Promise<void> {
    const target = this.#parts.offsets.end
    while (this.#flushing !== undefined) await this.#flushing
    if (this.#recoveryPoint >= target || this.#hasEnded) return
    this.#flushing = this.#sync()
    try {
      await this.#flushing
    } finally {
      this.#flushing = undefined
    }
  }

  flushInBackground(): void {
    if (this.#flushing !== undefined) return
    this.flush().catch((error: unknown) => this.#context.failed(asDiskFailure(error, this.#context.folder)))
  }

  async #sync(): Promise<void> {
    const { offsets, segments, folder, epochs, epochFile } = this.#parts
    const target = offsets.end
    const truncations = this.#truncations
    this.#unsyncedBytes = 0
    this.takeSnapshot()
    try {
      const syncs = segments.all.filter(({ isDirty }) => isDirty).map((segment) => segment.sync())
      await Promise.all([...syncs, folder.sync()])
      if (!this.#hasEnded) await epochFile.makeSafe(epochs)
    } catch (error) {
      if (!this.#hasEnded) throw error
      ignore(error, 'the partition was deleted meanwhile, and its folder is called otherwise')
    }
    if (this.#hasEnded || !epochFile.isSafe || this.#truncations !== truncations) return
    // Index files below the recovery point are trusted: it waits for those that the disk had no room for.
    const incomplete = segments.all.find(({ areIndexesOwed }) => areIndexesOwed)
    const safe = Math.min(target, incomplete?.baseOffset ?? target)
    this.#recoveryPoint = Math.max(this.#recoveryPoint, safe)
    this.#context.flushed?.()
  }
}
