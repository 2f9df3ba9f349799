/**
 * The words the storage room shares with its callers: what a log is configured with, what it needs from the machine,
 * and what its calls answer. Offsets, sizes and times are plain safe integers; record timestamps are bigint, because
 * nanosecond stamps (1.7e18) are legal and lookups by time must stay exact.
 */
import type { Offset, FilePosition, LeaderEpoch } from '../kernel/ids'
import type { BadBatch } from './core/bad-batch'
import type { Checksum, Clock, Compression, Disk, DiskFile, Log, Random } from '../kernel/ports'

/** What the storage room asks of the machine. */
export interface StoragePorts {
  readonly disk: Disk
  readonly clock: Clock
  readonly checksum: Checksum
  readonly compression: Compression
  readonly random: Random
  readonly log: Log
}

/** Why a partition's log cannot be used on this broker. */
export interface LogProblem {
  /** failed: the disk did, and is tried again. corrupt: a batch is spoilt, and somebody has to say what is to become of it. */
  readonly cause: 'failed' | 'corrupt'
  /** A sentence for people. */
  readonly message: string
  /** Of a log that is corrupt. */
  readonly badBatch?: BadBatch
}

/** The topic configs that a log obeys; -1 means "no limit" for both retentions, as in Kafka. */
export interface LogConfig {
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly segmentMs: number
  readonly segmentBytes: number
  readonly maxMessageBytes: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly indexIntervalBytes: number
  readonly fileDeleteDelayMs: number
  readonly cleanupPolicy: 'delete' | 'compact'
  /** For the log's partition: so many replicas have a record before it counts as written with acks=all. */
  readonly minInSyncReplicas: number
}

/** Kafka 3.9's defaults. */
export const defaultLogConfig: LogConfig = {
  retentionMs: 604_800_000,
  retentionBytes: -1,
  segmentMs: 604_800_000,
  segmentBytes: 1_073_741_824,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  indexIntervalBytes: 4_096,
  fileDeleteDelayMs: 60_000,
  cleanupPolicy: 'delete',
  minInSyncReplicas: 1
}

/** Names of Kafka's error codes that an append may answer. */
export type AppendErrorName =
  | 'CORRUPT_MESSAGE'
  | 'INVALID_RECORD'
  | 'MESSAGE_TOO_LARGE'
  | 'RECORD_LIST_TOO_LARGE'
  | 'INVALID_TIMESTAMP'
  | 'UNSUPPORTED_COMPRESSION_TYPE'
  | 'UNKNOWN_SERVER_ERROR'
  | 'OUT_OF_ORDER_SEQUENCE_NUMBER'
  | 'INVALID_PRODUCER_EPOCH'
  | 'KAFKA_STORAGE_ERROR'
  | 'NOT_ENOUGH_REPLICAS'

export interface Appended {
  readonly type: 'appended'
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  /** The time stamped on the batch, -1 for CreateTime topics (as ProduceResponse wants it). */
  readonly logAppendTimeMs: number
  readonly logStartOffset: Offset
}

/** The same batch of the same producer is in the log already: answer success with where it is (KIP-98). */
export interface AppendedBefore {
  readonly type: 'duplicate'
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  readonly logAppendTimeMs: number
  readonly logStartOffset: Offset
}

export interface AppendRefused {
  readonly type: 'error'
  readonly error: AppendErrorName
  readonly message: string
  /** Where an idempotent producer's batch does not follow: the leader epoch of its newest batch here, -1 unknown. */
  readonly newestEpoch?: LeaderEpoch
}

export type AppendResult = Appended | AppendedBefore | AppendRefused

/** What a follower made of the bytes that its leader sent. */
export type FollowerAppendResult =
  | { readonly type: 'appended'; readonly logEndOffset: Offset }
  /** All before the refused batch was appended. */
  | {
      readonly type: 'error'
      readonly error: 'CORRUPT_MESSAGE' | 'KAFKA_STORAGE_ERROR'
      readonly message: string
      readonly logEndOffset: Offset
    }

/**
 * A piece of a segment file: `lengthBytes` from `position`, in order, starting at a batch border. The last piece may end
 * inside a batch, as Kafka's fetch answers may. The file stays readable for at least five minutes, also when retention
 * deletes the segment or the topic goes meanwhile; after that readAt throws.
 */
export interface LogSlice {
  readonly file: DiskFile
  readonly position: FilePosition
  readonly lengthBytes: number
}

export interface OffsetAndTimestamp {
  readonly offset: Offset
  readonly timestamp: bigint
  /** Epoch of the batch that holds it, -1 when none is known. */
  readonly leaderEpoch: LeaderEpoch
}

/** Answer of OffsetForLeaderEpoch (KIP-101, KIP-279); both -1 when the epoch is unknown. */
export interface EpochEndOffset {
  readonly leaderEpoch: LeaderEpoch
  readonly endOffset: Offset
}

/** One active producer of a partition, for people (DescribeProducers). */
export interface ProducerView {
  readonly producerId: number | bigint
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestampMs: number
}
