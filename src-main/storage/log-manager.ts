/**
 * The log directory of one broker: whose it is, which partitions it holds, when they are checkpointed, trimmed and
 * removed (Kafka's LogManager, one directory). Partitions open at first use, and a crash is recovered partition by
 * partition at that moment, so that a start costs one directory listing however many there are; the clean-stop file is
 * gone from the first moment on, so a second crash loses nothing of that.
 *
 * A failed disk (fsync, rename, close; not a full one) is told once to the owner, who stops the process: then there is
 * no clean-stop file and the next start recovers.
 */
import { AppError } from '../kernel/errors'
import { topicPartitionName } from '../kernel/ids'
import type { TopicPartition } from '../kernel/ids'
import type { Disk, FolderLock, Timer } from '../kernel/ports'
import { CheckpointFile } from './checkpoint-file'
import {
  decodeMetaProperties,
  decodePartitionMetadata,
  encodeMetaProperties,
  encodePartitionMetadata
} from './core/checkpoint-text'
import type { MetaProperties } from './core/checkpoint-text'
import { deletedFolderName, isDeletedFolder, partitionOfFolder } from './core/file-names'
import { DeferredRemovals } from './deferred-removals'
import { asDiskFailure, isDiskFull, scratchBytes } from './log-context'
import type { LogConfig, StoragePorts } from './log-types'
import { PartitionLog } from './partition-log'

export interface LogManagerIntervals {
  readonly retentionFirstMs: number
  readonly retentionMs: number
  readonly highWatermarkCheckpointMs: number
  readonly recoveryPointCheckpointMs: number
}

/** Kafka's. */
export const defaultIntervals: LogManagerIntervals = {
  retentionFirstMs: 30_000,
  retentionMs: 300_000,
  highWatermarkCheckpointMs: 5_000,
  recoveryPointCheckpointMs: 60_000
}

export interface LogManagerOptions {
  readonly dir: string
  readonly brokerId: number
  /** 22 characters of URL-safe base64. A folder with another one is refused. */
  readonly clusterId: string
  readonly defaults: LogConfig
  /** Config of a partition found on disk; `defaults` when absent. */
  readonly configOf?: (topic: string) => LogConfig
  /** Called once, when the log directory can no longer be trusted: the owner stops the process. */
  readonly failed: (error: AppError) => void
  readonly intervals?: Partial<LogManagerIntervals>
}

/** Logs that one turn of retention may open. */
const logsPerTurn = 32
/** Their fdatasyncs share the threads that there are. */
const logsClosedAtOnce = 16
const cleanShutdownFile = '.kafka_cleanshutdown'

/** Whose log directory this is, before it is opened; undefined when nobody's yet. Throws FOREIGN_FOLDER. */
export function readMetaProperties(disk: Disk, dir: string): MetaProperties | undefined {
  const path = disk.join(dir, 'meta.properties')
  if (!disk.exists(path)) return undefined
  const meta = decodeMetaProperties(disk.read(path))
  if (meta === undefined)
    throw new AppError('FOREIGN_FOLDER', `${path} is no broker's meta.properties. Choose another folder.`)
  return meta
}

export class LogManager {
  /** True when the last stop of this folder was a clean one, or the folder is new. */
  readonly wasClean: boolean
  readonly #ports: StoragePorts
  readonly #options: LogManagerOptions
  readonly #intervals: LogManagerIntervals
  readonly #lock: FolderLock
  readonly #removals: DeferredRemovals
  readonly #scratch = new Uint8Array(scratchBytes)
  /** Every partition on disk; undefined until it is opened. */
  readonly #logs = new Map<string, { readonly of: TopicPartition; log: PartitionLog | undefined }>()
  readonly #recoveryPoints: CheckpointFile
  readonly #logStarts: CheckpointFile
  readonly #highWatermarks: CheckpointFile
  /** What the checkpoints said at start, for partitions that are not open yet. */
  readonly #recoveryPointsRead: ReadonlyMap<string, number>
  readonly #logStartsRead: ReadonlyMap<string, number>
  readonly #highWatermarksRead: ReadonlyMap<string, number>
  readonly #timers = new Set<Timer>()
  /** Partition folders came or went since the log directory itself was last synced. */
  #isDirDirty = false
  #failure: AppError | undefined
  #closing: Promise<void> | undefined

  private constructor(ports: StoragePorts, options: LogManagerOptions, lock: FolderLock, wasClean: boolean) {
    const { disk, log, clock } = ports
    this.#ports = ports
    this.#options = options
    this.#intervals = { ...defaultIntervals, ...options.intervals }
    this.#lock = lock
    this.wasClean = wasClean
    this.#removals = new DeferredRemovals(clock, disk, log)
    const checkpoint = (name: string): CheckpointFile => new CheckpointFile(disk, log, disk.join(options.dir, name))
    this.#recoveryPoints = checkpoint('recovery-point-offset-checkpoint')
    this.#logStarts = checkpoint('log-start-offset-checkpoint')
    this.#highWatermarks = checkpoint('replication-offset-checkpoint')
    this.#recoveryPointsRead = this.#recoveryPoints.read()
    this.#logStartsRead = this.#logStarts.read()
    this.#highWatermarksRead = this.#highWatermarks.read()
  }

  /** Throws AppError LOCKED, FOREIGN_FOLDER, ACCESS_DENIED, DISK_FULL or DISK_FAILED with one sentence for people. */
  static async open(ports: StoragePorts, options: LogManagerOptions): Promise<LogManager> {
    const { disk } = ports
    const { dir, brokerId, clusterId } = options
    disk.makeDirectory(dir)
    const isNew = refuseForeign(disk, options)
    const lock = disk.lock(disk.join(dir, '.lock'))
    try {
      if (isNew) await disk.replace(disk.join(dir, 'meta.properties'), encodeMetaProperties(brokerId, clusterId))
      const cleanPath = disk.join(dir, cleanShutdownFile)
      const wasClean = isNew || disk.exists(cleanPath)
      // Gone before the first append: from here on a stop is unclean unless close() says otherwise.
      disk.remove(cleanPath)
      await disk.syncDirectory(dir)
      const manager = new LogManager(ports, options, lock, wasClean)
      manager.#findPartitions()
      manager.#startTimers()
      return manager
    } catch (error) {
      lock.release()
      throw error
    }
  }

  #findPartitions(): void {
    const { disk } = this.#ports
    for (const { name, isDirectory } of disk.list(this.#options.dir)) {
      if (!isDirectory) continue
      if (isDeletedFolder(name)) {
        this.#removals.removeLater(disk.join(this.#options.dir, name), this.#options.defaults.fileDeleteDelayMs)
        continue
      }
      const of = partitionOfFolder(name)
      if (of !== undefined) this.#logs.set(name, { of, log: undefined })
    }
  }

  // ── partitions ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Opens (and, after a crash, recovers) the partition at first use. Throws DISK_FULL or DISK_FAILED. */
  partition(topic: string, partition: number): PartitionLog | undefined {
    const name = topicPartitionName({ topic, partition })
    const entry = this.#logs.get(name)
    if (entry === undefined) return undefined
    entry.log ??= this.#open(name, entry.of, this.#options.configOf?.(topic) ?? this.#options.defaults, this.wasClean)
    return entry.log
  }

  #open(name: string, { topic, partition }: TopicPartition, config: LogConfig, isClean: boolean): PartitionLog {
    const folder = this.#ports.disk.join(this.#options.dir, name)
    const context = {
      ports: this.#ports,
      folder,
      removals: this.#removals,
      scratch: this.#scratch,
      failed: (error: AppError): void => this.#fail(error),
      config
    }
    return PartitionLog.open(context, {
      topic,
      partition,
      topicId: this.#topicIdIn(folder),
      isClean,
      recoveryPoint: this.#recoveryPointsRead.get(name) ?? 0,
      logStartOffset: this.#logStartsRead.get(name) ?? 0,
      highWatermark: this.#highWatermarksRead.get(name) ?? 0
    })
  }

  #topicIdIn(folder: string): string | undefined {
    const path = this.#ports.disk.join(folder, 'partition.metadata')
    return this.#ports.disk.exists(path) ? decodePartitionMetadata(this.#ports.disk.read(path)) : undefined
  }

  /**
   * The log that is there already (its topicId may differ: the topic was deleted and made anew while this broker was
   * away; the caller deletes and creates) or a new empty one. Throws AppError DISK_FULL or DISK_FAILED, nothing left
   * behind.
   */
  create(topic: string, partition: number, topicId: string, config: LogConfig = this.#options.defaults): PartitionLog {
    const existing = this.partition(topic, partition)
    if (existing !== undefined) return existing
    const { disk } = this.#ports
    const name = topicPartitionName({ topic, partition })
    const folder = disk.join(this.#options.dir, name)
    try {
      disk.makeDirectory(folder)
      disk.replaceUnsynced(disk.join(folder, 'partition.metadata'), encodePartitionMetadata(topicId))
      this.#forget(name)
      const log = this.#open(name, { topic, partition }, config, true)
      this.#logs.set(name, { of: { topic, partition }, log })
      this.#isDirDirty = true
      return log
    } catch (error) {
      disk.remove(folder)
      throw asDiskFailure(error, folder)
    }
  }

  /** What the checkpoints of an earlier partition of this name said does not hold for a new one. */
  #forget(name: string): void {
    for (const read of [this.#recoveryPointsRead, this.#logStartsRead, this.#highWatermarksRead])
      (read as Map<string, number>).delete(name)
  }

  /** Gone from here at once; the folder is renamed now and removed after file.delete.delay.ms. */
  delete(topic: string, partition: number): void {
    const name = topicPartitionName({ topic, partition })
    const entry = this.#logs.get(name)
    if (entry === undefined) return
    const { disk, random } = this.#ports
    const config = entry.log?.config ?? this.#options.configOf?.(topic) ?? this.#options.defaults
    entry.log?.abandon()
    this.#logs.delete(name)
    this.#forget(name)
    const hex = [...random.bytes(16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const to = disk.join(this.#options.dir, deletedFolderName(entry.of, hex))
    try {
      disk.rename(disk.join(this.#options.dir, name), to)
    } catch (error) {
      throw asDiskFailure(error, to)
    }
    this.#isDirDirty = true
    this.#removals.removeLater(to, config.fileDeleteDelayMs)
  }

  /** Names of all partitions on disk, without opening them. */
  names(): readonly TopicPartition[] {
    return [...this.#logs.values()].map(({ of }) => of)
  }

  /** All logs; opens the ones that are not open yet. */
  all(): readonly PartitionLog[] {
    return this.names()
      .map(({ topic, partition }) => this.partition(topic, partition))
      .filter((log) => log !== undefined)
  }

  #opened(): PartitionLog[] {
    return [...this.#logs.values()].map(({ log }) => log).filter((log) => log !== undefined)
  }

  updateConfig(topic: string, config: LogConfig): void {
    for (const log of this.#opened()) if (log.topic === topic) log.updateConfig(config)
  }

  /** Bytes of all .log files; opens the logs that are not open yet. */
  get totalBytes(): number {
    return this.all().reduce((sum, log) => sum + log.sizeBytes, 0)
  }

  // ── periodic work ──────────────────────────────────────────────────────────────────────────────────────────────

  #startTimers(): void {
    const { retentionFirstMs, retentionMs, highWatermarkCheckpointMs, recoveryPointCheckpointMs } = this.#intervals
    this.#repeat(retentionFirstMs, retentionMs, () => this.applyRetention())
    this.#repeat(highWatermarkCheckpointMs, highWatermarkCheckpointMs, () => this.checkpointOffsets())
    this.#repeat(recoveryPointCheckpointMs, recoveryPointCheckpointMs, () => this.checkpointRecoveryPoints())
  }

  #repeat(firstMs: number, thenMs: number, task: () => void | Promise<void>): void {
    const timer = this.#ports.clock.after(firstMs, () => {
      this.#timers.delete(timer)
      const run = async (): Promise<void> => task()
      run()
        .catch((error: unknown) => this.#fail(asDiskFailure(error, this.#options.dir)))
        .finally(() => {
          if (this.#closing === undefined && this.#failure === undefined) this.#repeat(thenMs, thenMs, task)
        })
    })
    this.#timers.add(timer)
  }

  /** Runs every log's retention, opening them; other work gets a turn every few logs. */
  async applyRetention(): Promise<void> {
    for (const [i, { topic, partition }] of this.names().entries()) {
      if (i % logsPerTurn === logsPerTurn - 1) await new Promise<void>((resolve) => this.#ports.clock.soon(resolve))
      if (this.#closing !== undefined) return
      const log = this.partition(topic, partition)
      const segments = log?.applyRetention() ?? 0
      if (segments > 0)
        this.#ports.log('info', 'retention deleted segments', {
          log: topicPartitionName({ topic, partition }),
          segments
        })
    }
  }

  /** replication-offset-checkpoint and log-start-offset-checkpoint. */
  async checkpointOffsets(): Promise<void> {
    await this.#highWatermarks.write(this.#offsets((log) => log.highWatermark, this.#highWatermarksRead))
    const starts = this.#offsets((log) => log.logStartOffset, this.#logStartsRead)
    await this.#logStarts.write(new Map([...starts].filter(([, start]) => start > 0)))
  }

  /** Makes everything safe, one log after the other, then writes recovery-point-offset-checkpoint. */
  async checkpointRecoveryPoints(): Promise<void> {
    for (const log of this.#opened()) await log.flush()
    if (this.#isDirDirty) {
      this.#isDirDirty = false
      await this.#ports.disk.syncDirectory(this.#options.dir)
    }
    await this.#recoveryPoints.write(this.#offsets((log) => log.recoveryPoint, this.#recoveryPointsRead))
  }

  #offsets(of: (log: PartitionLog) => number, read: ReadonlyMap<string, number>): Map<string, number> {
    const offsets = new Map<string, number>()
    for (const [name, { log }] of this.#logs) {
      const value = log === undefined ? read.get(name) : of(log)
      if (value !== undefined) offsets.set(name, value)
    }
    return offsets
  }

  #fail(error: AppError): void {
    if (this.#failure !== undefined) return
    this.#failure = isDiskFull(error) ? new AppError('DISK_FULL', error.message, { cause: error }) : error
    this.#ports.log('error', 'the log directory failed', { dir: this.#options.dir, error: error.message })
    this.#options.failed(this.#failure)
  }

  // ── close ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Clean stop: indexes, snapshots, fdatasync, checkpoints, .kafka_cleanshutdown, lock released. After a failed disk
   * only the lock is released and the next start recovers. Idempotent.
   */
  close(brokerEpoch = -1): Promise<void> {
    this.#closing ??= this.#close(brokerEpoch)
    return this.#closing
  }

  async #close(brokerEpoch: number): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    try {
      if (this.#failure === undefined) await this.#closeCleanly(brokerEpoch)
    } catch (error) {
      // A full disk, too, leaves the folder without the clean-stop file: the next start recovers.
      this.#ports.log('error', 'the log directory could not be closed cleanly', { error: String(error) })
      if (!isDiskFull(error)) throw asDiskFailure(error, this.#options.dir)
    } finally {
      this.#removals.close()
      this.#lock.release()
    }
  }

  async #closeCleanly(brokerEpoch: number): Promise<void> {
    // A clean stop speaks for all partitions: what a crash has left unrecovered is recovered now.
    const logs = this.wasClean ? this.#opened() : this.all()
    for (let i = 0; i < logs.length; i += logsClosedAtOnce)
      await Promise.all(logs.slice(i, i + logsClosedAtOnce).map((log) => log.close()))
    await this.checkpointOffsets()
    await this.#recoveryPoints.write(this.#offsets((log) => log.recoveryPoint, this.#recoveryPointsRead))
    const { disk } = this.#ports
    const text = JSON.stringify({ version: 0, brokerEpoch })
    await disk.replace(disk.join(this.#options.dir, cleanShutdownFile), new TextEncoder().encode(text))
  }
}

/** True for a folder that is nobody's yet. Touches nothing. */
function refuseForeign(disk: Disk, { dir, brokerId, clusterId }: LogManagerOptions): boolean {
  const meta = readMetaProperties(disk, dir)
  if (meta === undefined) {
    const alien = disk.list(dir).find(({ name, isDirectory }) => isDirectory && !isOfLogDirectory(name))
    if (alien === undefined) return true
    throw new AppError(
      'FOREIGN_FOLDER',
      `${dir} is no broker's log directory: it holds ${alien.name} and no meta.properties. Choose an empty folder.`
    )
  }
  if (meta.clusterId !== undefined && meta.clusterId !== clusterId)
    throw new AppError(
      'FOREIGN_FOLDER',
      `${dir} belongs to cluster ${meta.clusterId}, not to ${clusterId}. Choose another folder.`
    )
  if (meta.brokerId !== undefined && meta.brokerId !== brokerId)
    throw new AppError(
      'FOREIGN_FOLDER',
      `${dir} belongs to broker ${meta.brokerId}, not to ${brokerId}. Choose another folder.`
    )
  return false
}

function isOfLogDirectory(name: string): boolean {
  return partitionOfFolder(name) !== undefined || isDeletedFolder(name) || name === 'lost+found'
}
