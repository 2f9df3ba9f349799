/**
 * What of a member is on its disk: hard state, log and snapshots. How they are found at a start, what goes there in which order,
 * and when a snapshot is due.
 *
 * Policy for the disk: a failed one (sync, rename, close, a write that could not be taken back) ends the member. A full one is refused what
 * needs room, and asked again later; snapshots wait.
 */
import { AppError } from '../kernel/errors'
import { said } from '../kernel/said'
import { pause } from '../kernel/waiting'
import type { InstalledSnapshot, Persist } from './core/consensus/durability'
import type { Wanted } from './core/consensus/leadership'
import { entryBytes } from './core/consensus/log-view'
import type { HardState, SnapshotPiece } from './core/consensus/messages'
import { Latency } from './core/latency'
import type { LogEntry } from './core/log-entry'
import { ReplicatedState } from './core/replicated-state'
import type { Sizes } from './core/sizes'
import { HardStateFile } from './hard-state-file'
import { whenRoom } from './member-folder'
import { raftLimits, type EnsembleNodeOptions } from './member-options'
import { SnapshotFile } from './snapshot-file'
import { TxnLog } from './txn-log'
import type { Zxid } from './wire/zxid'

/** After a look that found no room. */
export const roomRetryMs = 1_000
/** The tree is encoded whole for a snapshot: not again and again for a disk that is full. */
const snapshotRetryMs = 10_000
/** Of a snapshot in one turn. */
const znodesPerSlice = 256
const snapshotPieceBytes = 1024 * 1024
/** A batch whose sync the thread may wait for. */
const shortEntriesMax = 4
const shortBytesMax = 16 * 1024

export interface Found {
  /** Of the snapshot: what the state has already. */
  readonly base: Zxid
  /** After it. */
  readonly entries: readonly LogEntry[]
  readonly lastZxid: Zxid
  readonly hardState: HardState
}

/** What the member does when something comes of it. */
export interface StorageEvents {
  /** While it is so, a snapshot that is being written goes on. */
  readonly isServing: () => boolean
  /** A snapshot that came is about to take the place of the state. */
  readonly installing: () => void
  readonly installed: (state: ReplicatedState, bytes: number) => void
  /** A snapshot of this position was written, and the log before it is gone. */
  readonly compactedTo: (zxid: Zxid) => void
  readonly failed: (error: unknown) => void
}

export class MemberStorage {
  readonly #options: EnsembleNodeOptions
  readonly #events: StorageEvents
  readonly #nextIncarnation: () => number
  readonly #txnLog: TxnLog
  readonly #snapshots: SnapshotFile
  readonly #hardState: HardStateFile
  /** How long syncs of the log took. */
  readonly syncs = new Latency()
  /** The disk was full at the last write. */
  #isRefusing = false
  #snapshotting: Promise<void> | undefined
  /** The size of the last one that this process wrote. */
  #snapshotBytes = 0
  /** A snapshot that the disk had no room for: its log is kept, and it is due again at this time. */
  #snapshotOwedAtMs: number | undefined

  constructor(options: EnsembleNodeOptions, nextIncarnation: () => number, events: StorageEvents) {
    this.#options = options
    this.#events = events
    this.#nextIncarnation = nextIncarnation
    const files = { disk: options.disk, checksum: options.checksum, directory: options.dataDir }
    this.#txnLog = new TxnLog({ ...files, whenFull: () => this.roomMayBe() })
    this.#snapshots = new SnapshotFile(files)
    this.#hardState = new HardStateFile(files)
  }

  /** Of the entries that went to the log, since they were forgotten last. */
  get entrySizes(): Sizes {
    return this.#txnLog.entrySizes
  }

  get isRefusing(): boolean {
    return this.#isRefusing
  }

  /** Of the log, that a start would read. */
  get entryCount(): number {
    return this.#txnLog.entryCount
  }

  roomMayBe(): Promise<void> {
    return pause(this.#options.clock, roomRetryMs)
  }

  /** Lets a snapshot that is being written end, and closes the log. */
  async close(): Promise<void> {
    await this.#snapshotting
    this.#txnLog.close()
  }

  // ── a start ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Into an empty state, as far as the snapshot goes; `loaded` is called when it is. Throws CORRUPT and the disk's own. */
  async recover(state: ReplicatedState, isFirstVersion: boolean, loaded: () => void): Promise<Found> {
    const { log } = this.#options
    const received = this.#snapshots.received()
    if (received !== undefined) {
      await this.#txnLog.beginAnew(received)
      this.#txnLog.close()
      await this.#snapshots.accept(received)
    }
    const passedOver = this.#snapshots.load(state, (after) => this.#txnLog.reachesBackTo(after))
    loaded()
    const base = state.lastApplied
    const hardState = this.#hardState.read()
    const hasHardState = hardState !== undefined
    const { entries, lastZxid, truncatedBytes } = await this.#txnLog.recover(base, { passedOver, hasHardState })
    if (passedOver !== undefined)
      log('warn', 'a damaged snapshot was passed over; the log told everything', {
        reason: passedOver.damage.message
      })
    if (truncatedBytes > 0) log('warn', 'cut off a write that was never answered', { bytes: truncatedBytes })
    return { base, entries, lastZxid, hardState: await this.#hardStateAt(hardState, lastZxid, isFirstVersion) }
  }

  /** As it is on disk; of a folder that has none yet, one that goes on from its log. */
  async #hardStateAt(found: HardState | undefined, lastZxid: Zxid, isFirstVersion: boolean): Promise<HardState> {
    if (found !== undefined) {
      if (found.term < lastZxid.epoch) throw this.#hardState.damaged(said`the log has entries of a later term`)
      return found
    }
    if (lastZxid.epoch > 0 && !isFirstVersion)
      throw this.#hardState.damaged(said`it is missing, and entries of the log are never without it`)
    const isVoter = lastZxid.epoch > 0 || this.#options.peers?.isFounding !== false
    const hardState = { term: lastZxid.epoch, vote: 0, isVoter, incarnation: this.#nextIncarnation() }
    // What a learner is called must not change with its next start.
    if (isFirstVersion || this.#options.peers !== undefined)
      await whenRoom(
        () => this.#hardState.write(hardState),
        () => this.roomMayBe()
      )
    return hardState
  }

  // ── what goes there ────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * False when the disk is full, and then no entry of it is in the log. What can be synced is what was written at once. `mayHoldThread`:
   * nobody waits for this thread meanwhile.
   */
  async persist(persist: Persist, mayHoldThread: boolean): Promise<boolean> {
    const { hardState, snapshot, truncateAfter, entries } = persist
    try {
      if (hardState !== undefined) await this.#hardState.write(hardState)
      if (snapshot !== undefined) await this.#install(snapshot)
      if (truncateAfter !== undefined) this.#txnLog.truncateAfter(truncateAfter)
      if (entries.length > 0) this.#txnLog.append(entries)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
      if (!this.#isRefusing)
        this.#options.log('warn', 'the disk is full: writes are refused', { reason: error.message })
      this.#isRefusing = true
      return false
    }
    const isHeld = mayHoldThread && isShort(persist)
    const { clock } = this.#options
    const beganMs = clock.monotonicMs()
    if (truncateAfter !== undefined || entries.length > 0) await this.#txnLog.sync({ mayHoldThread: isHeld })
    if (entries.length > 0) this.syncs.add(clock.monotonicMs() - beganMs)
    this.#isRefusing = false
    return true
  }

  /** Everything is another. */
  async #install({ last, bytes }: InstalledSnapshot): Promise<void> {
    this.#events.installing()
    await this.#snapshotting
    await this.#snapshots.receive(last, bytes)
    await this.#txnLog.beginAnew(last)
    await this.#snapshots.accept(last)
    const state = new ReplicatedState()
    this.#snapshots.load(state, () => false)
    this.#events.installed(state, bytes.byteLength)
  }

  // ── snapshots ──────────────────────────────────────────────────────────────────────────────────────────────────

  isSnapshotDue(state: ReplicatedState): boolean {
    if (this.#snapshotting !== undefined) return false
    const { snapshotEntriesMax = 50_000, snapshotBytesMax = 32 * 1024 * 1024, clock } = this.#options
    if (this.#snapshotOwedAtMs !== undefined) return clock.monotonicMs() >= this.#snapshotOwedAtMs
    // One of a large tree is not written for every few changes of it: a start reads the log a good deal faster.
    const isLong = this.#txnLog.entryCount >= Math.max(snapshotEntriesMax, state.tree.count / 2)
    return isLong || this.#txnLog.sizeBytes >= Math.max(snapshotBytesMax, this.#snapshotBytes / 2)
  }

  /** Begun when this resolves; it is of the state as it is then. */
  async snapshot(state: ReplicatedState): Promise<void> {
    this.#snapshotOwedAtMs = undefined
    try {
      // The next segment is there before the snapshot: a snapshot without a log after it would hide a lost log.
      await this.#txnLog.roll()
    } catch (error) {
      this.#snapshotFailed(error)
      return
    }
    this.#snapshotting = this.#written(state)
      .catch((error: unknown) => this.#snapshotFailed(error))
      .finally(() => {
        this.#snapshotting = undefined
      })
  }

  /** Of the state as it is now, while it goes on; a member that stops leaves it. */
  async #written(state: ReplicatedState): Promise<void> {
    const { clock, log } = this.#options
    const zxid = state.lastApplied
    const znodes = state.tree.count
    const bytes = await this.#snapshots.write(state, znodesPerSlice, async () => {
      await new Promise<void>((resolve) => clock.soon(resolve))
      return this.#events.isServing()
    })
    if (bytes === undefined) return
    this.#snapshotBytes = bytes
    this.#txnLog.deleteUpTo(zxid)
    this.#snapshots.deleteBefore(zxid)
    this.#events.compactedTo(zxid)
    log('info', 'snapshot written', { bytes, znodes })
  }

  /** Without a snapshot the log only grows: a start has more to read. */
  #snapshotFailed(error: unknown): void {
    if (!(error instanceof AppError) || error.code !== 'DISK_FULL') {
      this.#events.failed(error)
      return
    }
    this.#snapshotOwedAtMs = this.#options.clock.monotonicMs() + snapshotRetryMs
    this.#options.log('warn', 'the disk is full: a snapshot waits for room', { reason: error.message })
  }

  // ── what others lack ───────────────────────────────────────────────────────────────────────────────────────────

  /** Of the log; undefined: it does not reach back so far. */
  entries(
    { after }: Extract<Wanted, { type: 'entries' }>,
    isNext: (after: Zxid, next: Zxid) => boolean
  ): readonly LogEntry[] | undefined {
    return this.#txnLog.read(after, raftLimits.append, isNext)
  }

  /** Of a snapshot; undefined: there is none. */
  piece({ last, offsetBytes }: Extract<Wanted, { type: 'snapshotPiece' }>): SnapshotPiece | undefined {
    return this.#snapshots.piece(last, offsetBytes, snapshotPieceBytes)
  }
}

/** So little that its sync is over before anything else could be done. */
export function isShort({ hardState, snapshot, truncateAfter, entries }: Persist): boolean {
  if (hardState !== undefined || snapshot !== undefined || truncateAfter !== undefined) return false
  if (entries.length === 0 || entries.length > shortEntriesMax) return false
  return entries.reduce((bytes, entry) => bytes + entryBytes(entry), 0) <= shortBytesMax
}
