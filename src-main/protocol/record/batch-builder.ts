/**
 * Builds whole batches: what a broker writes by itself (__consumer_offsets, later transaction markers) and what tests
 * and the app's producer send.
 */
import type { Offset, LeaderEpoch } from '../../kernel/ids'
import { invariant } from '../../kernel/invariant'
import type { Checksum, CompressionCodec } from '../../kernel/ports'
import { attributeBits, batchHeaderBytes, writeBatchHeader } from './batch-header'
import type { ProducerId } from './batch-header'
import { putInt16, putInt32 } from './big-endian'
import { encodeRecords } from './record'
import type { RecordContent } from './record'

export interface BatchOptions {
  /** 0 when absent: the leader patches it. */
  readonly baseOffset?: Offset
  /** -1 when absent: the leader patches it. */
  readonly partitionLeaderEpoch?: LeaderEpoch
  readonly producer?: { readonly id: ProducerId; readonly epoch: number; readonly baseSequence: number }
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  readonly timestampType?: 'CreateTime' | 'LogAppendTime'
  readonly compressed?: { readonly codec: CompressionCodec; readonly compress: (block: Uint8Array) => Uint8Array }
}

const noProducer = { id: -1, epoch: -1, baseSequence: -1 } as const

/** One batch of at least one record. */
export function buildBatch(
  records: readonly RecordContent[],
  checksum: Checksum,
  options: BatchOptions = {}
): Uint8Array<ArrayBuffer> {
  const first = records[0]
  invariant(first !== undefined, 'a batch has records')
  const plain = encodeRecords(records, first.timestamp)
  const block = options.compressed === undefined ? plain : options.compressed.compress(plain)
  const bytes = new Uint8Array(batchHeaderBytes + block.length)
  bytes.set(block, batchHeaderBytes)
  const producer = options.producer ?? noProducer
  const fields = {
    baseOffset: options.baseOffset ?? 0,
    partitionLeaderEpoch: options.partitionLeaderEpoch ?? -1,
    attributes: attributesOf(options),
    lastOffsetDelta: records.length - 1,
    baseTimestamp: first.timestamp,
    maxTimestamp: records.reduce((max, { timestamp }) => (timestamp > max ? timestamp : max), first.timestamp),
    producerId: producer.id,
    producerEpoch: producer.epoch,
    baseSequence: producer.baseSequence,
    recordCount: records.length
  }
  writeBatchHeader(bytes, fields, checksum)
  return bytes
}

function attributesOf(options: BatchOptions): number {
  return (
    (options.compressed?.codec ?? 0) |
    (options.timestampType === 'LogAppendTime' ? attributeBits.logAppendTime : 0) |
    (options.isTransactional === true ? attributeBits.transactional : 0) |
    (options.isControl === true ? attributeBits.control : 0)
  )
}

/** Types of control records that brokers of ZooKeeper mode write (KIP-98). */
export const controlTypes = { abort: 0, commit: 1 } as const

/** The marker that ends a transaction: 78 bytes. */
export function buildEndTransactionMarker(
  marker: {
    readonly type: keyof typeof controlTypes
    readonly producerId: ProducerId
    readonly producerEpoch: number
    readonly coordinatorEpoch: number
    readonly timestamp: bigint
  },
  checksum: Checksum
): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(4)
  putInt16(key, 2, controlTypes[marker.type])
  const value = new Uint8Array(6)
  putInt32(value, 2, marker.coordinatorEpoch)
  return buildBatch([{ timestamp: marker.timestamp, key, value }], checksum, {
    producer: { id: marker.producerId, epoch: marker.producerEpoch, baseSequence: -1 },
    isTransactional: true,
    isControl: true
  })
}
