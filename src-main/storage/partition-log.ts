/**
 * One partition's log on disk. Interface first; the body follows in the next commit.
 */
import type { AppendResult, EpochEndOffset, LogConfig, LogSlice, OffsetAndTimestamp, ProducerView } from './log-types'

export declare class PartitionLog {
  readonly topic: string
  readonly partition: number
  /** 22 characters of URL-safe base64, as partition.metadata holds it; undefined when the file is absent. */
  get topicId(): string | undefined
  get config(): LogConfig
  get logStartOffset(): number
  get logEndOffset(): number
  /** Equals the log end offset while this is the sole replica (the default). */
  get highWatermark(): number
  /** Newest leader epoch in the log's cache, -1 when none. */
  get latestEpoch(): number
  /** Bytes of all .log files. */
  get sizeBytes(): number
  get segmentCount(): number

  /** Takes effect from the next append, roll or retention on. */
  updateConfig(config: LogConfig): void
  /** With false the high watermark moves only through advanceHighWatermark (Replication). */
  setSoleReplica(sole: boolean): void
  /** Never past the log end offset nor below the log start offset; never back. */
  advanceHighWatermark(offset: number): void
  /** Records that leader epoch `epoch` begins at the current log end offset; older or equal epochs change nothing. */
  assignLeaderEpoch(epoch: number): void

  /**
   * Validates, numbers, stamps and writes one batch, synchronously. The bytes are changed in place (base offset,
   * leader epoch; time and CRC on LogAppendTime topics) and are not needed after the call returns. A full disk answers
   * KAFKA_STORAGE_ERROR and leaves the log as it was; a failed disk throws AppError DISK_FAILED.
   */
  appendAsLeader(
    batch: Uint8Array,
    options: { readonly leaderEpoch: number; /** 9 when absent. */ readonly produceVersion?: number }
  ): AppendResult

  /**
   * Where the bytes for a fetch lie: from the batch that holds `offset`, at most maxBytes, only batches below upToOffset
   * (a batch border: the high watermark). With minOneBatch the first batch comes whole even when it is larger; without,
   * nothing comes unless a whole batch fits. 'OFFSET_OUT_OF_RANGE' below the start or above the end.
   */
  locate(offset: number, maxBytes: number, upToOffset: number, minOneBatch: boolean): LogSlice[] | 'OFFSET_OUT_OF_RANGE'

  /** First record with timestamp >= the given one (ListOffsets); undefined when none. Decompresses one batch. */
  offsetForTime(timestamp: bigint): OffsetAndTimestamp | undefined
  /** The record with the largest timestamp (ListOffsets -3). */
  offsetOfMaxTimestamp(): OffsetAndTimestamp | undefined
  endOffsetForEpoch(epoch: number): EpochEndOffset
  producers(): readonly ProducerView[]

  /** Removes everything at and above `offset`. */
  truncateTo(offset: number): void
  /** DeleteRecords: moves the log start offset; 'OFFSET_OUT_OF_RANGE' above the high watermark. -1 = high watermark. */
  deleteRecordsBefore(offset: number): number | 'OFFSET_OUT_OF_RANGE'
  roll(): void
  /** Deletes what retention (time, size, log start) has released; returns the number of segments. */
  applyRetention(): number
  /** fdatasync of all that is not yet safe, off the thread. Rejects with DISK_FAILED. */
  flush(): Promise<void>
  close(): Promise<void>
}
