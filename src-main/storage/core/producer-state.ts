/**
 * What a partition remembers of its idempotent producers (KIP-98): for each producer id the epoch and the last five
 * batches, so that a retry is recognised and a gap refused. Validated by the leader; rebuilt from the
 * batches of the log by everyone. Survives restarts in .snapshot files, which keep the newest batch of each producer,
 * in Kafka's format.
 */
import type { Offset } from '../../kernel/ids'
import type { Checksum } from '../../kernel/ports'
import type { ProducerId } from '../../protocol/record/batch-header'
import {
  bigInt64At,
  int16At,
  int32At,
  int64At,
  putBigInt64,
  putInt16,
  putInt32,
  uint32At
} from '../../protocol/record/big-endian'
import type { ProducerView } from '../log-types'

export const rememberedBatches = 5
/** producer.id.expiration.ms */
export const producerExpirationMs = 86_400_000

const sequenceMax = 0x7fff_ffff
const noSequence = -1

/** Sequences run 0 … 2^31-1 and start over. */
export function sequencePlus(sequence: number, increment: number): number {
  return sequence > sequenceMax - increment ? increment - (sequenceMax - sequence) - 1 : sequence + increment
}

const follows = (last: number, next: number): boolean => next === last + 1 || (next === 0 && last === sequenceMax)

interface RememberedBatch {
  lastSequence: number
  lastOffset: Offset
  offsetDelta: number
  timestampMs: number
}

interface Producer {
  epoch: number
  /** Oldest first, at most rememberedBatches. */
  readonly batches: RememberedBatch[]
  lastTimestampMs: number
  coordinatorEpoch: number
  /** First offset of the open transaction, -1 none. */
  transactionFirstOffset: Offset
}

/** The batch of an idempotent producer, as its header tells. */
export interface ProducerBatch {
  readonly id: ProducerId
  readonly epoch: number
  readonly baseSequence: number
  readonly lastOffsetDelta: number
}

/** Of a batch that is not written now, and may be when it is sent again. */
export type PassingRefusal = 'KAFKA_STORAGE_ERROR' | 'NOT_ENOUGH_REPLICAS'

export type SequenceCheck =
  | { readonly type: 'next' }
  | {
      readonly type: 'duplicate'
      readonly baseOffset: Offset
      readonly lastOffset: Offset
      readonly timestampMs: number
    }
  | {
      readonly type: 'error'
      readonly error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' | 'INVALID_PRODUCER_EPOCH' | PassingRefusal
      readonly message: string
    }

const isNext: SequenceCheck = { type: 'next' }
/** Of more producers it is not remembered that a batch was refused. */
const refusedMax = 1000

export class ProducerState {
  readonly #producers = new Map<ProducerId, Producer>()
  /** The next batch of each that was refused for now, until it is there. */
  readonly #refused = new Map<
    ProducerId,
    { readonly epoch: number; readonly baseSequence: number; readonly error: PassingRefusal }
  >()

  get count(): number {
    return this.#producers.size
  }

  view(): readonly ProducerView[] {
    return [...this.#producers].map(([producerId, producer]) => ({
      producerId,
      producerEpoch: producer.epoch,
      lastSequence: producer.batches.at(-1)?.lastSequence ?? noSequence,
      lastTimestampMs: producer.lastTimestampMs
    }))
  }

  /** May this batch be appended? Changes nothing. An unknown producer may begin with any sequence. */
  check(batch: ProducerBatch): SequenceCheck {
    const check = this.#checkSequence(batch)
    const refused = this.#refused.get(batch.id)
    const isBehind = refused?.epoch === batch.epoch && refused.baseSequence !== batch.baseSequence
    if (!isBehind || check.type === 'duplicate') return check
    // It was sent before its producer knew. librdkafka takes it for lost sequences, and gives up for good.
    const message = `producer ${batch.id} has sequence ${refused.baseSequence} before it, which was refused`
    return { type: 'error', error: refused.error, message }
  }

  /** Where the newest batch of a producer ends; undefined when none is known. */
  newestOffset(id: ProducerId): Offset | undefined {
    return this.#producers.get(id)?.batches.at(-1)?.lastOffset
  }

  /** A batch that could be next is not written now: what its producer sent behind it is refused in the same words. */
  refused(batch: ProducerBatch, error: PassingRefusal): void {
    const { id, epoch, baseSequence } = batch
    if (this.#refused.size >= refusedMax && !this.#refused.has(id)) return
    if (this.check(batch).type === 'next') this.#refused.set(id, { epoch, baseSequence, error })
  }

  #checkSequence(batch: ProducerBatch): SequenceCheck {
    const producer = this.#producers.get(batch.id)
    if (producer === undefined) return isNext
    if (batch.epoch < producer.epoch)
      return {
        type: 'error',
        error: 'INVALID_PRODUCER_EPOCH',
        message: `producer ${batch.id} is at epoch ${producer.epoch}, the batch has the older ${batch.epoch}`
      }
    if (batch.epoch > producer.epoch)
      return batch.baseSequence === 0 ? isNext : outOfOrder(batch, 'a new epoch begins with sequence 0')
    const lastSequence = sequencePlus(batch.baseSequence, batch.lastOffsetDelta)
    const known = producer.batches.find(
      (one) => one.lastSequence === lastSequence && one.offsetDelta === batch.lastOffsetDelta
    )
    if (known !== undefined)
      return {
        type: 'duplicate',
        baseOffset: known.lastOffset - known.offsetDelta,
        lastOffset: known.lastOffset,
        timestampMs: known.timestampMs
      }
    const last = producer.batches.at(-1)?.lastSequence ?? noSequence
    return follows(last, batch.baseSequence) ? isNext : outOfOrder(batch, `the last sequence here is ${last}`)
  }

  /** A data batch is in the log (as leader, as follower, or found there by recovery). */
  appended(batch: ProducerBatch, lastOffset: Offset, timestampMs: number, isTransactional: boolean): void {
    const producer = this.#producerAt(batch.id, batch.epoch)
    if (this.#refused.size > 0) this.#refused.delete(batch.id)
    // Slots are reused once five are there: no allocation for a batch in steady state.
    const slot = producer.batches.length < rememberedBatches ? newSlot() : (producer.batches.shift() ?? newSlot())
    slot.lastSequence = sequencePlus(batch.baseSequence, batch.lastOffsetDelta)
    slot.lastOffset = lastOffset
    slot.offsetDelta = batch.lastOffsetDelta
    slot.timestampMs = timestampMs
    producer.batches.push(slot)
    producer.lastTimestampMs = timestampMs
    if (isTransactional && producer.transactionFirstOffset < 0)
      producer.transactionFirstOffset = lastOffset - batch.lastOffsetDelta
  }

  /** The marker that ends a transaction is in the log. */
  transactionEnded(id: ProducerId, epoch: number, coordinatorEpoch: number, timestampMs: number): void {
    const producer = this.#producerAt(id, epoch)
    producer.coordinatorEpoch = coordinatorEpoch
    producer.transactionFirstOffset = -1
    producer.lastTimestampMs = timestampMs
  }

  /**
   * A batch that a snapshot forgot because it kept only the newest one: read again from the log, put before the ones
   * that are known. Ignored unless it fits in front.
   */
  rememberOlder(batch: ProducerBatch, lastOffset: Offset, timestampMs: number): void {
    const producer = this.#producers.get(batch.id)
    if (producer?.epoch !== batch.epoch) return
    if (producer.batches.some((one) => one.lastOffset === lastOffset)) return
    const lastSequence = sequencePlus(batch.baseSequence, batch.lastOffsetDelta)
    const before = producer.batches.findIndex((one) => one.lastOffset > lastOffset)
    if (before < 0) return
    producer.batches.splice(before, 0, { lastSequence, lastOffset, offsetDelta: batch.lastOffsetDelta, timestampMs })
    if (producer.batches.length > rememberedBatches) producer.batches.shift()
  }

  /** Forgets producers that wrote nothing for a day and have no open transaction. */
  expire(nowMs: number): void {
    for (const [id, producer] of this.#producers)
      if (producer.transactionFirstOffset < 0 && nowMs - producer.lastTimestampMs >= producerExpirationMs)
        this.#producers.delete(id)
  }

  clear(): void {
    this.#producers.clear()
    this.#refused.clear()
  }

  #producerAt(id: ProducerId, epoch: number): Producer {
    let producer = this.#producers.get(id)
    if (producer === undefined) {
      producer = { epoch, batches: [], lastTimestampMs: -1, coordinatorEpoch: -1, transactionFirstOffset: -1 }
      this.#producers.set(id, producer)
    }
    if (producer.epoch !== epoch) {
      producer.epoch = epoch
      producer.batches.length = 0
    }
    return producer
  }

  // ── snapshot files ─────────────────────────────────────────────────────────────────────────────────────────────

  encodeSnapshot(checksum: Checksum): Uint8Array {
    const bytes = new Uint8Array(snapshotAt.entries + this.#producers.size * snapshotEntryBytes)
    putInt16(bytes, snapshotAt.version, snapshotVersion)
    putInt32(bytes, snapshotAt.count, this.#producers.size)
    let at: number = snapshotAt.entries
    for (const [id, producer] of this.#producers) {
      const last = producer.batches.at(-1)
      putBigInt64(bytes, at, BigInt(id))
      putInt16(bytes, at + 8, producer.epoch)
      putInt32(bytes, at + 10, last?.lastSequence ?? noSequence)
      putBigInt64(bytes, at + 14, BigInt(last?.lastOffset ?? -1))
      putInt32(bytes, at + 22, last?.offsetDelta ?? 0)
      putBigInt64(bytes, at + 26, BigInt(producer.lastTimestampMs))
      putInt32(bytes, at + 34, producer.coordinatorEpoch)
      putBigInt64(bytes, at + 38, BigInt(producer.transactionFirstOffset))
      at += snapshotEntryBytes
    }
    putInt32(bytes, snapshotAt.crc, checksum.crc32c(bytes.subarray(snapshotAt.count)))
    return bytes
  }

  /** Replaces the state; false, and an empty state, when the bytes are no whole snapshot. */
  decodeSnapshot(bytes: Uint8Array, checksum: Checksum): boolean {
    this.#producers.clear()
    if (bytes.length < snapshotAt.entries || int16At(bytes, snapshotAt.version) !== snapshotVersion) return false
    if (checksum.crc32c(bytes.subarray(snapshotAt.count)) !== uint32At(bytes, snapshotAt.crc)) return false
    const count = int32At(bytes, snapshotAt.count)
    if (bytes.length !== snapshotAt.entries + count * snapshotEntryBytes) return false
    for (let at: number = snapshotAt.entries; at < bytes.length; at += snapshotEntryBytes) this.#decodeEntry(bytes, at)
    return true
  }

  #decodeEntry(bytes: Uint8Array, at: number): void {
    const exactId = int64At(bytes, at)
    const lastOffset = int64At(bytes, at + 14)
    const timestampMs = int64At(bytes, at + 26)
    const batch = {
      lastSequence: int32At(bytes, at + 10),
      lastOffset,
      offsetDelta: int32At(bytes, at + 22),
      timestampMs
    }
    this.#producers.set(Number.isSafeInteger(exactId) ? exactId : bigInt64At(bytes, at), {
      epoch: int16At(bytes, at + 8),
      batches: lastOffset >= 0 ? [batch] : [],
      lastTimestampMs: timestampMs,
      coordinatorEpoch: int32At(bytes, at + 34),
      transactionFirstOffset: int64At(bytes, at + 38)
    })
  }
}

const newSlot = (): RememberedBatch => ({ lastSequence: noSequence, lastOffset: -1, offsetDelta: 0, timestampMs: -1 })

function outOfOrder(batch: ProducerBatch, why: string): SequenceCheck {
  return {
    type: 'error',
    error: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    message: `producer ${batch.id} sent sequence ${batch.baseSequence} at epoch ${batch.epoch}: ${why}`
  }
}

const snapshotVersion = 1
const snapshotEntryBytes = 46
const snapshotAt = { version: 0, crc: 2, count: 6, entries: 10 } as const
