/**
 * The log directory of one broker. Interface first; the body follows in the next commit.
 */
import type { TopicPartition } from '../kernel/ids'
import type { AppError } from '../kernel/errors'
import type { LogConfig, StoragePorts } from './log-types'
import type { PartitionLog } from './partition-log'

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

export interface LogManagerIntervals {
  readonly retentionFirstMs: number
  readonly retentionMs: number
  readonly highWatermarkCheckpointMs: number
  readonly recoveryPointCheckpointMs: number
}

export declare class LogManager {
  /** Throws AppError LOCKED, FOREIGN_FOLDER, ACCESS_DENIED, DISK_FULL, DISK_FAILED with one sentence for people. */
  static open(ports: StoragePorts, options: LogManagerOptions): Promise<LogManager>
  /** True when the last stop of this folder was a clean one. */
  readonly wasClean: boolean
  /** Opens (and, after a crash, recovers) the partition at first use. */
  partition(topic: string, partition: number): PartitionLog | undefined
  /** The log that is there already or a new empty one. Throws AppError DISK_FULL or DISK_FAILED. */
  create(topic: string, partition: number, topicId: string, config?: LogConfig): PartitionLog
  /** Gone from here at once; the folder is renamed now and removed after file.delete.delay.ms. */
  delete(topic: string, partition: number): void
  /** Names of all partitions on disk, without opening them. */
  names(): readonly TopicPartition[]
  /** All logs; opens the ones that are not open yet. */
  all(): readonly PartitionLog[]
  updateConfig(topic: string, config: LogConfig): void
  get totalBytes(): number
  applyRetention(): void
  /** Clean stop: flush, snapshots, checkpoints, .kafka_cleanshutdown, lock released. Idempotent. */
  close(): Promise<void>
}
