/**
 * What a log directory does by itself: retention, checkpoints, and reading all that is there once, each at its interval (Kafka's
 * LogManager schedules the first two alike). A full disk is no failure: what can wait is written at a later turn.
 */
import { expectAppError, type AppError } from '../kernel/errors'
import { topicPartitionName, type TopicPartition } from '../kernel/ids'
import type { Clock, Log, Timer } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import { asDiskFailure, isDiskFull } from './disk-failure'
import { giveWay } from './in-turns'
import type { LogCheckpoints } from './log-checkpoints'
import type { PartitionLog } from './partition-log'

export interface LogUpkeepIntervals {
  readonly retentionFirstMs: number
  readonly retentionMs: number
  readonly highWatermarkCheckpointMs: number
  readonly recoveryPointCheckpointMs: number
  /** All that is there is read once, so long after the start; Infinity: it is not. */
  readonly verificationMs: number
}

/** Kafka's, which reads nothing but what a crash has left. */
export const defaultIntervals: LogUpkeepIntervals = {
  retentionFirstMs: 30_000,
  retentionMs: 300_000,
  highWatermarkCheckpointMs: 5_000,
  recoveryPointCheckpointMs: 60_000,
  verificationMs: Infinity
}

/** Recovery points that have moved are on disk so soon: a crash reads again what came after them. */
const recoveryPointsDelayMs = 1_000
/** Between two pieces of 256 KiB that are read to verify them: at most 64 MB/s, beside everything else. */
const verificationPauseMs = 4

/** The directory whose logs are looked after. */
export interface KeptLogs {
  readonly isClosing: boolean
  names(): readonly TopicPartition[]
  opened(topic: string, partition: number): PartitionLog | undefined
  allOpened(): readonly PartitionLog[]
  load(topic: string, partition: number): Promise<PartitionLog | undefined>
  /** That log cannot be used; `isOffline`: that is known. */
  failed(of: TopicPartition, error: AppError): void
  isOffline(of: TopicPartition): boolean
  dirFailed(error: unknown): void
  deletionsSafe(): Promise<void>
}

export class LogUpkeep {
  readonly #ports: { readonly clock: Clock; readonly log: Log }
  readonly #logs: KeptLogs
  readonly #checkpoints: LogCheckpoints
  readonly #timers = new Set<Timer>()
  #recoveryPointsTimer: Timer | undefined

  constructor(ports: { readonly clock: Clock; readonly log: Log }, logs: KeptLogs, checkpoints: LogCheckpoints) {
    this.#ports = ports
    this.#logs = logs
    this.#checkpoints = checkpoints
  }

  start(intervals: LogUpkeepIntervals): void {
    const { retentionFirstMs, retentionMs, highWatermarkCheckpointMs, recoveryPointCheckpointMs } = intervals
    this.#repeat(retentionFirstMs, retentionMs, () => this.applyRetention())
    this.#repeat(highWatermarkCheckpointMs, highWatermarkCheckpointMs, () => this.checkpointOffsets())
    this.#repeat(recoveryPointCheckpointMs, recoveryPointCheckpointMs, () => this.checkpointRecoveryPoints())
    if (intervals.verificationMs === Infinity) return
    this.#once(intervals.verificationMs, () => {
      this.verify().catch((error: unknown) => this.#logs.dirFailed(error))
    })
  }

  /** Nothing begins any more; what is under way ends by itself. */
  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  #once(afterMs: number, task: () => void): Timer {
    const timer = this.#ports.clock.after(afterMs, () => {
      this.#timers.delete(timer)
      task()
    })
    this.#timers.add(timer)
    return timer
  }

  #repeat(firstMs: number, thenMs: number, task: () => Promise<void>): void {
    this.#once(firstMs, () => {
      const run = async (): Promise<void> => task()
      run()
        .catch((error: unknown) => this.#failedUnlessFull(error))
        .finally(() => {
          if (!this.#logs.isClosing) this.#repeat(thenMs, thenMs, task)
        })
    })
  }

  /** The next turn of the periodic work tries again what there was no room for. */
  #failedUnlessFull(error: unknown): void {
    if (!isDiskFull(error)) this.#logs.dirFailed(error)
    else this.#ports.log('warn', 'the disk is full: periodic work waits for room', { reason: error.message })
  }

  // ── retention ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Runs every log's retention, opening them; other work gets its turn after each. A full disk ends one log's only. */
  async applyRetention(): Promise<void> {
    for (const { topic, partition } of this.#logs.names()) {
      if (this.#logs.isClosing) return
      await giveWay(this.#ports.clock)
      const segments = await this.retain(topic, partition)
      if (segments > 0)
        this.#ports.log('info', 'retention deleted segments', {
          log: topicPartitionName({ topic, partition }),
          segments
        })
    }
  }

  /** Segments that went; retention makes room, so that one log without any must not keep the others from it. */
  async retain(topic: string, partition: number): Promise<number> {
    const of = { topic, partition }
    try {
      // Whoever needs what failed asks for it.
      if (this.#logs.isOffline(of)) return 0
      const log = await this.#logs.load(topic, partition)
      return log === undefined || this.#logs.isClosing ? 0 : log.applyRetention()
    } catch (error) {
      if (isDiskFull(error)) this.#failedUnlessFull(error)
      else this.#logs.failed(of, asDiskFailure(error, topicPartitionName(of)))
      return 0
    }
  }

  // ── checkpoints ────────────────────────────────────────────────────────────────────────────────────────────────

  /** replication-offset-checkpoint and log-start-offset-checkpoint. */
  async checkpointOffsets(): Promise<void> {
    await this.#checkpoints.writeHighWatermarks()
    await this.#checkpoints.writeLogStarts()
  }

  /** Resolves when the checkpoint says where logs start by now, or when the disk has no room for it. */
  async checkpointLogStarts(): Promise<void> {
    try {
      await this.#checkpoints.writeLogStarts()
    } catch (error) {
      this.#failedUnlessFull(error)
    }
  }

  /** Makes everything safe, one log after the other, then writes recovery-point-offset-checkpoint. */
  async checkpointRecoveryPoints(): Promise<void> {
    for (const log of this.#logs.allOpened()) {
      try {
        await log.flush()
      } catch (error) {
        if (isDiskFull(error)) throw error
        this.#logs.failed(log, asDiskFailure(error, topicPartitionName(log)))
      }
    }
    await this.#logs.deletionsSafe()
    await this.#checkpoints.writeRecoveryPoints()
  }

  /** A log went back: what was written of it would vouch for other records than those that it takes next. */
  truncated(): void {
    Promise.all([this.#checkpoints.writeRecoveryPoints(), this.checkpointOffsets()]).catch((error: unknown) =>
      this.#failedUnlessFull(error)
    )
  }

  /** More of a log is safe. */
  flushed(): void {
    if (this.#recoveryPointsTimer !== undefined || this.#logs.isClosing) return
    this.#recoveryPointsTimer = this.#once(recoveryPointsDelayMs, () => {
      this.#recoveryPointsTimer = undefined
      this.#checkpoints.writeRecoveryPoints().catch((error: unknown) => this.#failedUnlessFull(error))
    })
  }

  // ── verification ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Reads all logs that are there, one after the other and slowly: one with a spoilt batch is offline from then on. */
  async verify(): Promise<void> {
    for (const { topic, partition } of this.#logs.names()) {
      if (this.#logs.isClosing) return
      try {
        const log = await this.#logs.load(topic, partition)
        if (log !== undefined) await this.#verify(log)
      } catch (error) {
        expectAppError(error)
        const log = this.#logs.opened(topic, partition)
        if (!isDiskFull(error) && log !== undefined) this.#logs.failed(log, error)
      }
    }
  }

  async #verify(log: PartitionLog): Promise<void> {
    const steps = log.findBadBatch()
    for (;;) {
      const step = steps.next()
      if (step.done !== true) {
        await pause(this.#ports.clock, verificationPauseMs)
        if (!this.#logs.isClosing) continue
        steps.return(undefined)
        return
      }
      if (step.value === undefined || this.#logs.opened(log.topic, log.partition) !== log) return
      log.noteBadBatch(step.value)
      this.#logs.failed(log, log.badBatchError(step.value))
      return
    }
  }
}
