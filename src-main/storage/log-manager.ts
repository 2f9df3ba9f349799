/**
 * The log directory of one broker: whose it is, which partitions it holds, when they are checkpointed, trimmed and
 * removed (Kafka's LogManager, one directory). After a clean stop partitions open at first use, so that a start costs one
 * directory listing however many there are; after a crash the owner has all of them recovered before it serves. Either
 * gives way to other work. The clean-stop file is gone from the first moment on.
 *
 * What cannot be written or read (fsync, rename, close, a read) takes the log out of service that it is of, and all of them when it
 * is a file of the directory itself (ADR 42). Whoever wants such a log tries it again: it is recovered like after a crash, and
 * a stop without it is no clean one. One with a spoilt batch waits for somebody to decide. A full disk is no failure: what needs
 * room is refused, what can wait is written when there is room (at the latest by the periodic work), and a stop that could not
 * write all is no clean one.
 */
import { AppError, expectAppError, ignore } from '../kernel/errors'
import { topicPartitionName } from '../kernel/ids'
import type { TopicPartition } from '../kernel/ids'
import type { Disk, FolderLock } from '../kernel/ports'
import { said } from '../kernel/said'
import { badBatchOf } from './bad-batch-survey'
import { badBatchFile } from './core/bad-batch'
import { decodePartitionMetadata, encodePartitionMetadata } from './core/checkpoint-text'
import { deletedFolderName, isDeletedFolder, partitionOfFolder } from './core/file-names'
import type { Steps } from './core/steps'
import { DeferredRemovals } from './deferred-removals'
import { asDiskFailure, isDiskFull } from './disk-failure'
import { giveWay, inTurns } from './in-turns'
import { LogCheckpoints } from './log-checkpoints'
import { scratchBytes } from './log-context'
import { LogDirHealth } from './log-dir-health'
import { identityOf, noteCleanStop, takeCleanStop, writeIdentity, type LogDirOwner } from './log-dir-identity'
import { rewriteUnsafe } from './log-rewrite'
import type { LogConfig, LogProblem, StoragePorts } from './log-types'
import { defaultIntervals, LogUpkeep, type KeptLogs, type LogUpkeepIntervals } from './log-upkeep'
import { PartitionLog } from './partition-log'

export interface LogManagerOptions extends LogDirOwner {
  readonly defaults: LogConfig
  /** Config of a partition found on disk; `defaults` when absent. */
  readonly configOf?: (topic: string) => LogConfig
  /** These logs cannot be used any more, all for the same reason; told once, until one is back. */
  readonly offline: (partitions: readonly TopicPartition[], problem: LogProblem) => void
  /** It can be used again. */
  readonly back?: (partition: TopicPartition) => void
  readonly intervals?: Partial<LogUpkeepIntervals>
}

/** Folders that are measured in one turn. */
const foldersPerTurn = 16
/** Their fdatasyncs share the threads that there are. */
const logsClosedAtOnce = 16
const partitionMetadataFile = 'partition.metadata'

/** Of recovering what a crash has left. */
export interface RecoveryProgress {
  /** Partitions that are open. */
  readonly done: number
  readonly total: number
}

interface Entry {
  readonly of: TopicPartition
  log: PartitionLog | undefined
  /** While it opens. */
  opening: Promise<PartitionLog> | undefined
  /** Bytes of its .log files before it was opened; undefined until they were measured. */
  measuredBytes: number | undefined
  /** Why it cannot be used. */
  problem: LogProblem | undefined
  /** It was in use when it failed: how it was left is to be looked at as after a crash. */
  mustRecover: boolean
  /** An fdatasync failed: what it was to keep is written anew. */
  mustRewrite: boolean
}

const newEntry = (of: TopicPartition): Entry => ({
  of,
  log: undefined,
  opening: undefined,
  measuredBytes: undefined,
  problem: undefined,
  mustRecover: false,
  mustRewrite: false
})

export class LogManager {
  /** True when the last stop of this folder was a clean one, or the folder is new. */
  readonly wasClean: boolean
  readonly #ports: StoragePorts
  readonly #options: LogManagerOptions
  readonly #lock: FolderLock
  readonly #removals: DeferredRemovals
  readonly #scratch = new Uint8Array(scratchBytes)
  /** Every partition on disk. */
  readonly #logs = new Map<string, Entry>()
  readonly #checkpoints: LogCheckpoints
  readonly #health: LogDirHealth
  /** What it does by itself. */
  readonly upkeep: LogUpkeep
  /** Partition folders came or went since the log directory itself was last synced. */
  #isDirDirty = false
  #syncingDir: Promise<void> | undefined
  /** There was no room to say whose this folder is: until there is, nothing is put into it. */
  #isIdentityOwed = false
  /** False while recoverAll is at work. */
  #isRecovered = true
  #closing: Promise<void> | undefined

  private constructor(
    ports: StoragePorts,
    options: LogManagerOptions,
    lock: FolderLock,
    found: { readonly wasClean: boolean; readonly isIdentityOwed: boolean }
  ) {
    const { disk, log, clock } = ports
    this.#ports = ports
    this.#options = options
    this.#lock = lock
    this.wasClean = found.wasClean
    this.#isIdentityOwed = found.isIdentityOwed
    this.#removals = new DeferredRemovals(clock, disk, log)
    this.#health = new LogDirHealth(ports, options.dir)
    this.#checkpoints = new LogCheckpoints(ports, options.dir, () => this.#logsByName())
    this.upkeep = new LogUpkeep(ports, this.#keptLogs(), this.#checkpoints)
  }

  /** Throws AppError LOCKED, FOREIGN_FOLDER, ACCESS_DENIED or DISK_FAILED with one sentence for people. */
  static async open(ports: StoragePorts, options: LogManagerOptions): Promise<LogManager> {
    const { disk } = ports
    const { dir } = options
    disk.makeDirectory(dir)
    const identity = identityOf(ports, options)
    const lock = disk.lock(disk.join(dir, '.lock'))
    try {
      const isIdentityOwed = identity !== 'known' && !(await writeIdentity(disk, options))
      // Gone before the first append: from here on a stop is unclean unless close() says otherwise.
      const saysClean = takeCleanStop(disk, dir)
      const wasClean = identity === 'none' || saysClean
      await disk.syncDirectory(dir)
      const manager = new LogManager(ports, options, lock, { wasClean, isIdentityOwed })
      manager.#findPartitions()
      manager.upkeep.start({ ...defaultIntervals, ...options.intervals })
      manager.#measure().catch((error: unknown) => manager.#dirFailed(asDiskFailure(error, dir)))
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
      if (of !== undefined) this.#logs.set(name, newEntry(of))
    }
  }

  *#logsByName(): Iterable<readonly [string, PartitionLog | undefined]> {
    for (const [name, { log }] of this.#logs) yield [name, log]
  }

  #keptLogs(): KeptLogs {
    const isClosing = (): boolean => this.#closing !== undefined
    return {
      get isClosing(): boolean {
        return isClosing()
      },
      names: () => this.names(),
      opened: (topic, partition) => this.opened(topic, partition),
      allOpened: () => this.#allOpened(),
      load: (topic, partition) => this.load(topic, partition),
      failed: (of, error) => this.failed(of, error),
      isOffline: ({ topic, partition }) => this.problemOf(topic, partition) !== undefined,
      dirFailed: (error) => this.#dirFailed(asDiskFailure(error, this.#options.dir)),
      deletionsSafe: () => this.deletionsSafe()
    }
  }

  // ── partitions ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** The log, when it is open. */
  opened(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(topicPartitionName({ topic, partition }))?.log
  }

  /** True when there is such a partition on disk, open or not. */
  has(topic: string, partition: number): boolean {
    return this.#logs.has(topicPartitionName({ topic, partition }))
  }

  /**
   * Opens the partition when it is not open yet (after a crash: recovers it), in turns; undefined when there is none.
   * Rejects with DISK_FULL, DISK_FAILED or CORRUPT: problemOf() says more, and the next call tries again what failed.
   */
  async load(topic: string, partition: number): Promise<PartitionLog | undefined> {
    const entry = this.#logs.get(topicPartitionName({ topic, partition }))
    if (entry === undefined) return undefined
    if (entry.log !== undefined) return entry.log
    this.#refuseOffline(entry)
    const config = this.#options.configOf?.(topic) ?? this.#options.defaults
    // A turn of its own for each: many small logs are long work, too.
    entry.opening ??= giveWay(this.#ports.clock)
      .then(() => this.#rewriteIfDue(entry))
      .then(() =>
        inTurns(this.#ports.clock, this.#open(entry.of, config, { isClean: this.wasClean && !entry.mustRecover }))
      )
      .then(
        (log) => this.#adopt(entry, log),
        (error: unknown) => this.#notOpened(entry, error)
      )
      .finally(() => (entry.opening = undefined))
    return entry.opening
  }

  /** While it opened its configs may have changed: only open logs are told of that. */
  #adopt(entry: Entry, log: PartitionLog): PartitionLog {
    entry.log = log
    entry.mustRecover = false
    entry.mustRewrite = false
    if (entry.problem !== undefined) {
      entry.problem = undefined
      this.#ports.log('info', 'a log can be used again', { ...entry.of })
      this.#options.back?.(entry.of)
    }
    const config = this.#options.configOf?.(log.topic)
    if (config !== undefined && !areEqual(config, log.config)) log.updateConfig(config)
    return log
  }

  /**
   * After a crash: recovers every partition, one after the other. What cannot be opened for want of room stays closed
   * and is tried again when it is needed; what failed, or is spoilt, is offline.
   */
  async recoverAll(told: (progress: RecoveryProgress) => void): Promise<void> {
    const total = this.#logs.size
    let done = 0
    told({ done, total })
    this.#isRecovered = false
    for (const { topic, partition } of this.names()) {
      try {
        await this.load(topic, partition)
      } catch (error) {
        expectAppError(error)
        // The others are told of by `offline`.
        if (isDiskFull(error))
          this.#ports.log('warn', 'the disk is full: a log waits for room to be opened', { topic, partition })
      }
      if (this.#closing !== undefined) return
      told({ done: ++done, total })
    }
    this.#isRecovered = true
  }

  #open(
    { topic, partition }: TopicPartition,
    config: LogConfig,
    { isClean, newTopicId }: { readonly isClean: boolean; readonly newTopicId?: string }
  ): Steps<PartitionLog> {
    const name = topicPartitionName({ topic, partition })
    const folder = this.#ports.disk.join(this.#options.dir, name)
    const context = {
      ports: this.#ports,
      folder,
      removals: this.#removals,
      scratch: this.#scratch,
      failed: (error: AppError): void => this.failed({ topic, partition }, error),
      flushed: (): void => this.upkeep.flushed(),
      truncated: (): void => this.upkeep.truncated(),
      identityPath: this.#ports.disk.join(folder, partitionMetadataFile),
      config
    }
    return PartitionLog.open(context, {
      topic,
      partition,
      topicId: newTopicId ?? this.#topicIdIn(folder),
      isClean,
      isNew: newTopicId !== undefined,
      ...this.#checkpoints.known(name)
    })
  }

  #topicIdIn(folder: string): string | undefined {
    const path = this.#ports.disk.join(folder, partitionMetadataFile)
    if (!this.#ports.disk.exists(path)) return undefined
    const topicId = decodePartitionMetadata(this.#ports.disk.read(path))
    if (topicId === undefined)
      this.#ports.log('warn', 'a partition.metadata is unreadable and is written anew', { path })
    return topicId
  }

  /**
   * The log that is there already (its topicId may be another topic's of that name, which the caller refuses; when it is
   * unknown the partition is this topic's from now on) or a new empty one. Rejects with AppError DISK_FULL, DISK_FAILED or
   * CORRUPT, nothing left behind.
   */
  async create(
    topic: string,
    partition: number,
    topicId: string,
    config: LogConfig = this.#options.defaults
  ): Promise<PartitionLog> {
    const existing = await this.load(topic, partition)
    const { disk } = this.#ports
    const name = topicPartitionName({ topic, partition })
    const folder = disk.join(this.#options.dir, name)
    if (existing !== undefined) {
      if (existing.topicId === undefined) await this.#identify(existing, folder, topicId)
      return existing
    }
    this.#health.probe()
    await this.#settleIdentity()
    // Two logs that write one folder would spoil it.
    if (this.#logs.has(name)) return this.create(topic, partition, topicId, config)
    const entry: Entry = { ...newEntry({ topic, partition }), measuredBytes: 0 }
    entry.opening = this.#create(entry, folder, topicId, config).finally(() => (entry.opening = undefined))
    this.#logs.set(name, entry)
    try {
      return await entry.opening
    } catch (error) {
      if (this.#logs.get(name) === entry) this.#logs.delete(name)
      throw asDiskFailure(error, folder)
    }
  }

  /** What it has made goes again when it fails. */
  async #create(entry: Entry, folder: string, topicId: string, config: LogConfig): Promise<PartitionLog> {
    const { disk, clock } = this.#ports
    // Files of a file system that is busy are long work: a turn of their own.
    await giveWay(clock)
    if (!disk.makeDirectory(folder)) return this.#takeOver(entry, folder, topicId, config)
    this.#checkpoints.forget(topicPartitionName(entry.of))
    try {
      // Safe from a power cut with the log's first flush: two syncs for each new partition are most of what creating it costs.
      // Lost before that, or half written by a kill, the log is this topic's all the same: its name is not given again before this
      // broker has said that it holds none of it, and then its folder's other name is safe (deletionsSafe).
      writeNew(disk, disk.join(folder, partitionMetadataFile), encodePartitionMetadata(topicId))
      const log = await inTurns(clock, this.#open(entry.of, config, { isClean: true, newTopicId: topicId }))
      this.#isDirDirty = true
      return this.#adopt(entry, log)
    } catch (error) {
      this.#tidy(folder)
      throw error
    }
  }

  /**
   * A folder that was not there when this process began: somebody put it back, or it is another name's to a file system that does
   * not tell capitals apart. Nobody vouches for what is in it, and nothing of it goes.
   */
  async #takeOver(entry: Entry, folder: string, topicId: string, config: LogConfig): Promise<PartitionLog> {
    const { disk, clock } = this.#ports
    const found = this.#topicIdIn(folder)
    if (found !== undefined && found !== topicId)
      throw new AppError('DISK_FAILED', said`${folder} is there already, and is another topic’s. Move it away.`)
    if (found === undefined)
      disk.replaceUnsynced(disk.join(folder, partitionMetadataFile), encodePartitionMetadata(topicId))
    this.#checkpoints.forget(topicPartitionName(entry.of))
    const log = await inTurns(clock, this.#open(entry.of, config, { isClean: false }))
    this.#isDirDirty = true
    return this.#adopt(entry, log)
  }

  /** A power cut took the file that says which topic the log is of. */
  async #identify(log: PartitionLog, folder: string, topicId: string): Promise<void> {
    const path = this.#ports.disk.join(folder, partitionMetadataFile)
    try {
      await this.#ports.disk.replace(path, encodePartitionMetadata(topicId))
      log.identified(topicId)
    } catch (error) {
      if (!isDiskFull(error)) {
        const failure = asDiskFailure(error, path)
        this.failed(log, failure)
        throw failure
      }
      this.#ports.log('warn', 'the disk is full: a partition.metadata was not written', { path })
    }
  }

  /** Throws DISK_FULL while nobody could tell whose this folder is. */
  async #settleIdentity(): Promise<void> {
    if (!this.#isIdentityOwed) return
    this.#isIdentityOwed = !(await writeIdentity(this.#ports.disk, this.#options))
    if (this.#isIdentityOwed)
      throw new AppError('DISK_FULL', said`The disk is full: ${this.#options.dir} takes no partition yet.`)
  }

  /**
   * Gone from here, without being opened for that; the folder is renamed and removed after file.delete.delay.ms. Somebody who
   * is opening it at the moment (retention does) comes to an end first. Rejects with DISK_FAILED.
   */
  async delete(topic: string, partition: number): Promise<void> {
    const name = topicPartitionName({ topic, partition })
    const entry = this.#logs.get(name)
    if (entry === undefined) return
    while (entry.opening !== undefined) await Promise.allSettled([entry.opening])
    if (this.#logs.get(name) !== entry) return
    const { disk, random } = this.#ports
    const config = entry.log?.config ?? this.#options.configOf?.(topic) ?? this.#options.defaults
    const hex = [...random.bytes(16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const to = disk.join(this.#options.dir, deletedFolderName(entry.of, hex))
    entry.log?.abandon()
    try {
      this.#removals.renameAndRemoveLater(disk.join(this.#options.dir, name), to, config.fileDeleteDelayMs)
    } catch (error) {
      // It is still there, and its owner asks again.
      const failure = asDiskFailure(error, name)
      this.failed(entry.of, failure)
      throw failure
    }
    this.#logs.delete(name)
    this.#checkpoints.forget(name)
    this.#isDirDirty = true
  }

  /**
   * Resolves when a power cut brings back no folder that was deleted: after that its name may be given to another topic,
   * which must not find it. Once for all of an order. Rejects with DISK_FAILED: then the directory is offline.
   */
  async deletionsSafe(): Promise<void> {
    // Somebody else's sync may have begun before what we wait for.
    while (this.#syncingDir !== undefined) await this.#syncingDir
    if (!this.#isDirDirty) return
    this.#isDirDirty = false
    const syncing = this.#ports.disk.syncDirectory(this.#options.dir)
    // Whoever waits for its end looks again; its failure is for whoever asked for it.
    this.#syncingDir = Promise.allSettled([syncing]).then(() => undefined)
    try {
      await syncing
    } catch (error) {
      this.#isDirDirty = true
      const failure = asDiskFailure(error, this.#options.dir)
      if (!isDiskFull(failure)) this.#dirFailed(failure)
      throw failure
    } finally {
      this.#syncingDir = undefined
    }
  }

  /** Names of all partitions on disk, without opening them. */
  names(): readonly TopicPartition[] {
    return [...this.#logs.values()].map(({ of }) => of)
  }

  #allOpened(): PartitionLog[] {
    return [...this.#logs.values()].map(({ log }) => log).filter((log) => log !== undefined)
  }

  /**
   * Gives the open logs (of one topic, or all) their configs anew, in turns; what retention may take by them goes at once,
   * since whoever lowers a limit waits for that.
   */
  async updateConfigs(configOf: (topic: string) => LogConfig, onlyTopic?: string): Promise<void> {
    for (const log of this.#allOpened()) {
      if (onlyTopic !== undefined && log.topic !== onlyTopic) continue
      await giveWay(this.#ports.clock)
      if (this.#closing !== undefined) return
      const config = configOf(log.topic)
      if (areEqual(config, log.config)) continue
      log.updateConfig(config)
      await this.upkeep.retain(log.topic, log.partition)
    }
  }

  /** Bytes of all .log files; undefined until those that are not open have been measured. Opens nothing. */
  get totalBytes(): number | undefined {
    let sum = 0
    for (const { log, measuredBytes } of this.#logs.values()) {
      const bytes = log?.sizeBytes ?? measuredBytes
      if (bytes === undefined) return undefined
      sum += bytes
    }
    return sum
  }

  /** Sizes of the logs that nobody has opened, a few folders a turn. */
  async #measure(): Promise<void> {
    const { disk, clock } = this.#ports
    for (const [i, [name, entry]] of [...this.#logs].entries()) {
      if (i % foldersPerTurn === foldersPerTurn - 1) await giveWay(clock)
      if (this.#closing !== undefined) return
      if (entry.log !== undefined || this.#logs.get(name) !== entry) continue
      const folder = disk.join(this.#options.dir, name)
      try {
        const logs = disk.list(folder).filter((file) => file.name.endsWith('.log'))
        entry.measuredBytes = logs.reduce((sum, file) => sum + (disk.sizeOf(disk.join(folder, file.name)) ?? 0), 0)
      } catch (error) {
        this.failed(entry.of, asDiskFailure(error, folder))
      }
    }
  }

  // ── what cannot be used ────────────────────────────────────────────────────────────────────────────────────────

  /** Why that log cannot be used here; undefined when it can, or nobody has tried. */
  problemOf(topic: string, partition: number): LogProblem | undefined {
    return this.#logs.get(topicPartitionName({ topic, partition }))?.problem
  }

  /** All that cannot be used. */
  *problems(): Iterable<TopicPartition & { readonly problem: LogProblem }> {
    for (const { of, problem } of this.#logs.values()) if (problem !== undefined) yield { ...of, problem }
  }

  /** Whoever used that log could not: it is offline until it can be opened again. */
  failed(of: TopicPartition, error: AppError): void {
    const entry = this.#logs.get(topicPartitionName(of))
    const problem = problemFrom(error)
    if (entry === undefined || !this.#takeOffline(entry, problem, error.details['isOfSync'] === true)) return
    const { topic, partition } = entry.of
    this.#ports.log('error', 'a log cannot be used', { topic, partition, error: problem.message })
    this.#options.offline([{ topic, partition }], problem)
  }

  #dirFailed(error: AppError): void {
    const problem = problemFrom(error)
    if (!this.#health.failed(problem)) return
    const gone = [...this.#logs.values()].filter((entry) => this.#takeOffline(entry, problem, false))
    if (gone.length > 0)
      this.#options.offline(
        gone.map(({ of }) => of),
        problem
      )
  }

  /** False when it was offline. */
  #takeOffline(entry: Entry, problem: LogProblem, isOfSync: boolean): boolean {
    if (isOfSync) entry.mustRewrite = true
    if (entry.problem !== undefined) return false
    entry.problem = problem
    const { log } = entry
    if (log === undefined) return true
    // What the checkpoints say of it goes on being what was known.
    this.#checkpoints.remember(log)
    entry.measuredBytes = log.sizeBytes
    entry.mustRecover = true
    entry.log = undefined
    log.abandon()
    return true
  }

  #refuseOffline({ of, problem }: Entry): void {
    this.#health.probe()
    if (problem?.cause !== 'corrupt') return
    const { disk } = this.#ports
    // What its folder says is bad is looked at again by opening it: the file may be back from a copy.
    if (disk.exists(disk.join(this.#options.dir, topicPartitionName(of), badBatchFile))) return
    throw new AppError('CORRUPT', problem.message, { details: { badBatch: problem.badBatch } })
  }

  /** A log that could not be opened; a full disk is no reason to give it up. */
  #notOpened(entry: Entry, error: unknown): never {
    if (error instanceof AppError && !isDiskFull(error)) this.failed(entry.of, error)
    throw error
  }

  async #rewriteIfDue(entry: Entry): Promise<void> {
    if (!entry.mustRewrite) return
    const name = topicPartitionName(entry.of)
    const folder = this.#ports.disk.join(this.#options.dir, name)
    await rewriteUnsafe(this.#ports, folder, this.#checkpoints.known(name).recoveryPoint)
  }

  #tidy(folder: string): void {
    try {
      this.#ports.disk.remove(folder)
    } catch (error) {
      expectAppError(error)
      ignore(error, 'what made it fail is told')
    }
  }

  /**
   * What cannot be used of it is given up: the next `create` makes an empty log, to be copied from whoever has it all. Rejects with
   * DISK_FAILED.
   */
  async beginAnew({ topic, partition }: TopicPartition): Promise<void> {
    await this.delete(topic, partition)
    this.#options.back?.({ topic, partition })
  }

  /**
   * Of a log with a spoilt batch all from there on is given up: the next `load` cuts it there, as recovery cuts what was never safe.
   * False when it has none. Throws DISK_FAILED.
   */
  cutAtBadBatch(of: TopicPartition): boolean {
    const name = topicPartitionName(of)
    const entry = this.#logs.get(name)
    const bad = entry?.problem?.badBatch
    if (entry === undefined || bad === undefined) return false
    const { disk } = this.#ports
    disk.remove(disk.join(this.#options.dir, name, badBatchFile))
    this.#checkpoints.lowerRecoveryPoint(name, bad.offset)
    entry.mustRecover = true
    entry.problem = { cause: 'failed', message: entry.problem?.message ?? '' }
    return true
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
    this.upkeep.close()
    try {
      if (!this.#health.isFailed) await this.#closeCleanly(brokerEpoch)
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
    await Promise.allSettled([...this.#logs.values()].flatMap(({ opening }) => opening ?? []))
    const { dir } = this.#options
    // A clean stop speaks for all partitions: what a crash has left unrecovered is recovered now. A stop that came in the
    // middle of recovery does not wait for the rest: the next start recovers.
    const isWhole = this.#isRecovered
    if (!this.wasClean && isWhole)
      for (const { of, problem } of [...this.#logs.values()])
        if (problem === undefined) await this.load(of.topic, of.partition)
    const logs = this.#allOpened()
    let problem: AppError | undefined
    for (let i = 0; i < logs.length; i += logsClosedAtOnce) {
      const closed = await Promise.allSettled(logs.slice(i, i + logsClosedAtOnce).map((log) => log.close()))
      for (const outcome of closed) if (outcome.status === 'rejected') problem ??= asDiskFailure(outcome.reason, dir)
    }
    await this.upkeep.checkpointOffsets()
    await this.#checkpoints.writeRecoveryPoints()
    if (problem !== undefined) throw problem
    // One that is spoilt says so in its folder.
    const isAnyFailed = [...this.#logs.values()].some(({ problem }) => problem?.cause === 'failed')
    if (!isWhole || isAnyFailed) return
    await noteCleanStop(this.#ports.disk, dir, brokerEpoch)
  }
}

/** Of a folder that has just been made. Throws DISK_FULL or DISK_FAILED. */
function writeNew(disk: Disk, path: string, bytes: Uint8Array): void {
  const file = disk.open(path, 'create')
  try {
    file.append(bytes)
  } finally {
    file.close()
  }
}

function problemFrom(error: AppError): LogProblem {
  const badBatch = badBatchOf(error)
  const { message } = error
  return badBatch === undefined ? { cause: 'failed', message } : { cause: 'corrupt', message, badBatch }
}

function areEqual(a: LogConfig, b: LogConfig): boolean {
  return a === b || Object.entries(a).every(([name, value]) => b[name as keyof LogConfig] === value)
}
