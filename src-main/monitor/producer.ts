/**
 * Writes records for app and CLI: chooses partitions, sends one batch after the other to each partition's leader, all
 * partitions side by side. A leader that moved is looked up and asked again; records that nobody placed go elsewhere when
 * theirs is away. After anything else no more of that partition is sent, and each record is told its own fate.
 */
import { ApiError, type ApiErrorBody } from '../api/api'
import type { CommandInput, CommandOutput } from '../api/commands'
import type { Codec, Serdes } from '../api/formats'
import type { ClusterReader, ClusterWriter, NewRecord, PartitionMetadata } from '../kernel/cluster-ports'
import { AppError, expectAppError } from '../kernel/errors'
import { topicPartitionName } from '../kernel/ids'
import type { Clock, Random } from '../kernel/ports'
import { said } from '../kernel/said'
import { partitionOfKey, StickyPartitions } from './core/partitioner'
import { failureOf, kafkaErrorOf, unknownTopic } from './failure'
import { isPassing, retrying } from './retrying'
import { newRecord, recordBytes, typedBytes } from './typed-records'

const produceTimeoutMs = 10_000
const withinMs = 15_000
const readTimeoutMs = 2000
const timeReachMs = 2n ** 31n - 1n
/** Well below max.message.bytes, whose default is 1,048,588. */
export const batchBytesMax = 512 * 1024

type ProduceInput = CommandInput<'records.produce'>
type ProduceOutput = CommandOutput<'records.produce'>

export interface ProducerPorts {
  readonly clock: Clock
  readonly random: Random
  readonly serdes: Serdes
  readonly cluster: Pick<ClusterReader, 'metadata'> & Pick<ClusterWriter, 'produce'>
}

export interface Destination {
  readonly topic: string
  readonly acks: 0 | 1 | -1
  readonly codec: Codec
  readonly partition: number | undefined
  /** How long a leader that is away is looked for. */
  readonly withinMs?: number
}

export interface Fate {
  readonly partition: number
  /** null: not told (acks 0), or not written. */
  readonly offset: number | null
  readonly error?: ApiErrorBody
}

interface Placed {
  /** Place in the list of all. */
  readonly index: number
  readonly record: NewRecord
  readonly bytes: number
}

interface Target extends Destination {
  readonly partition: number
  /** Nobody said where: neither a partition nor a key. */
  readonly mayMove: boolean
}

interface Written {
  readonly partition: number
  readonly offset: number | null
}

export class Producer {
  readonly #ports: ProducerPorts
  readonly #sticky = new StickyPartitions()

  constructor(ports: ProducerPorts) {
    this.#ports = ports
  }

  /** Rejects when no record was written, with what the first was told. */
  async produce(input: ProduceInput): Promise<ProduceOutput> {
    const { topic, acks, partition, codec = 'none', records } = input
    const { serdes } = this.#ports
    this.refuseCodec(codec)
    const ready = records.map((typed, i) => newRecord(serdes, input, typed, records.length === 1 ? undefined : i + 1))
    const fates = await this.send({ topic, acks, codec, partition }, ready)
    const first = fates[0]?.error
    if (first !== undefined && fates.every(({ error }) => error !== undefined)) throw new ApiError(first)
    return { records: fates.map((fate) => ({ topic, ...fate })) }
  }

  async check(input: CommandInput<'records.check'>): Promise<CommandOutput<'records.check'>> {
    const { serdes } = this.#ports
    const partitions = await this.#partitionsOf(input.topic)
    const key = typedBytes(serdes, input.keyFormat, input.key)
    const value = typedBytes(serdes, input.valueFormat, input.value)
    const part = (bytes: typeof key): CommandOutput<'records.check'>['key'] =>
      bytes === null || bytes instanceof Uint8Array
        ? { bytes: bytes?.length ?? null, problem: null }
        : { bytes: null, problem: { code: bytes.code, params: { ...bytes.params } } }
    const byKey = key instanceof Uint8Array ? partitionOfKey(key, partitions.length) : null
    return {
      partitionCount: partitions.length,
      partition: input.partition ?? byKey,
      key: part(key),
      value: part(value),
      codecsMissing: { ...serdes.codecsMissing }
    }
  }

  /** Throws ApiError for a codec that this process cannot write. */
  refuseCodec(codec: Codec): void {
    const message = this.#ports.serdes.codecsMissing[codec]
    if (message !== undefined) throw new ApiError({ code: 'INVALID_INPUT', message })
  }

  /** One fate a record, in their order. Rejects when nothing was sent. */
  async send(to: Destination, records: readonly NewRecord[]): Promise<readonly Fate[]> {
    const partitions = await this.#partitionsOf(to.topic, to.withinMs)
    const byPartition = new Map<number, Placed[]>()
    for (const [index, record] of records.entries()) {
      const target = to.partition ?? this.#partitionFor(to.topic, record, partitions)
      const placed = { index, record, bytes: recordBytes(record) }
      const others = byPartition.get(target)
      if (others === undefined) byPartition.set(target, [placed])
      else others.push(placed)
    }
    const fates = new Array<Fate>(records.length)
    await Promise.all(
      [...byPartition].map(async ([target, all]) => {
        let failed: ApiErrorBody | undefined
        for (const batch of batches(all)) {
          const result = failed === undefined ? await this.#sendBatch(to, target, batch) : notSent(target, failed)
          if (result.error !== undefined) failed ??= result.error
          for (const [i, { index }] of batch.entries()) {
            fates[index] = { ...result, offset: result.offset === null ? null : result.offset + i }
          }
        }
      })
    )
    return fates
  }

  async #sendBatch(to: Destination, partition: number, batch: readonly Placed[]): Promise<Fate> {
    const mayMove = to.partition === undefined && batch.every(({ record }) => record.key === null)
    try {
      return await this.#send({ ...to, partition, mayMove }, batch)
    } catch (error) {
      if (!(error instanceof ApiError)) expectAppError(error)
      return { partition, offset: null, error: withDoubt(error) }
    }
  }

  /** A topic that is not there is made by asking only where the cluster allows that to producers; here it is an error. */
  async #partitionsOf(topic: string, lookForMs = withinMs): Promise<readonly PartitionMetadata[]> {
    const { clock, cluster } = this.#ports
    const { topics } = await retrying(clock, lookForMs, () =>
      cluster.metadata({ timeoutMs: readTimeoutMs, topics: [topic] })
    )
    const found = topics.find(({ name }) => name === topic)
    if (found === undefined) throw unknownTopic(topic)
    return found.partitions
  }

  #partitionFor(topic: string, { key }: NewRecord, partitions: readonly PartitionMetadata[]): number {
    if (key !== null) return partitionOfKey(key, partitions.length)
    const led = partitions.filter(({ leader }) => leader !== null).map(({ partition }) => partition)
    const available = led.length > 0 ? led : partitions.map(({ partition }) => partition)
    return this.#sticky.next(topic, available, this.#ports.random.uint32())
  }

  #send(to: Target, batch: readonly Placed[]): Promise<Written> {
    const { clock, cluster } = this.#ports
    const avoided = new Set<number>()
    return retrying(clock, to.withinMs ?? withinMs, async () => {
      const partitions = await this.#partitionsOf(to.topic, to.withinMs)
      const partition = this.#place(to, partitions, avoided)
      if (partition === undefined) throw noPartition(to.topic, to.partition)
      const { leader, partition: index } = partition
      if (leader === null) throw noLeader(to.topic, index)
      const records = batch.map(({ record }) => record)
      try {
        const { topic, acks, codec } = to
        const offset = await cluster.produce(
          leader,
          { topic, acks, codec, partition: index, records },
          produceTimeoutMs
        )
        return { partition: index, offset }
      } catch (error) {
        if (kafkaErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') throw unknownTopic(to.topic)
        // Refused before anything was sent: written elsewhere it is not written twice.
        if (to.mayMove && isPassing(error)) avoided.add(index)
        throw error
      }
    })
  }

  #place(
    to: Target,
    partitions: readonly PartitionMetadata[],
    avoided: ReadonlySet<number>
  ): PartitionMetadata | undefined {
    const chosen = partitions.find(({ partition }) => partition === to.partition)
    if (!to.mayMove || (chosen !== undefined && chosen.leader !== null && !avoided.has(to.partition))) return chosen
    const led = partitions.filter(({ leader, partition }) => leader !== null && !avoided.has(partition))
    const indexes = led.map(({ partition }) => partition)
    if (indexes.length === 0) return chosen
    const next = this.#sticky.next(to.topic, indexes, this.#ports.random.uint32())
    return led.find(({ partition }) => partition === next)
  }
}

function* batches(records: readonly Placed[]): Iterable<readonly Placed[]> {
  let batch: Placed[] = []
  let bytes = 0
  for (const record of records) {
    if (batch.length > 0 && (bytes + record.bytes > batchBytesMax || isOutOfReach(record, batch[0]))) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(record)
    bytes += record.bytes
  }
  if (batch.length > 0) yield batch
}

/**
 * Times in a batch are differences from its first. The library writes those below 0, and from 2^31 on (25 days), wrongly, so
 * such a record begins another batch; and so does one that is of now, whenever that will be.
 */
function isOutOfReach({ record: { timestampMs } }: Placed, first: Placed | undefined): boolean {
  const firstMs = first?.record.timestampMs
  if (timestampMs === undefined || firstMs === undefined) return timestampMs !== firstMs
  return timestampMs < firstMs || timestampMs - firstMs > timeReachMs
}

/** Order is kept: what follows a record that was refused would stand where that one should. */
function notSent(partition: number, { message, ...error }: ApiErrorBody): Fate {
  return {
    partition,
    offset: null,
    error: { ...error, message: said`Not sent, since what stood before it failed: ${message}` }
  }
}

/** A broker that did not answer may have written all the same. */
function withDoubt(error: ApiError | AppError): ApiErrorBody {
  const body = failureOf(error)
  const isOpen = error instanceof AppError && (error.code === 'TIMED_OUT' || error.code === 'CONNECTION_LOST')
  return isOpen ? { ...body, message: said`${body.message} Whether it wrote the records is not known.` } : body
}

function noPartition(topic: string, partition: number): ApiError {
  return new ApiError({
    code: 'NOT_FOUND',
    message: said`Topic ${topic} has no partition ${partition}.`,
    kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION'
  })
}

/** Said at once: a partition whose only replica is on a dead broker has no leader until that one is back. */
function noLeader(topic: string, partition: number): ApiError {
  return new ApiError({
    code: 'KAFKA',
    message: said`Partition ${topicPartitionName({ topic, partition })} has no leader at the moment.`,
    kafkaError: 'LEADER_NOT_AVAILABLE'
  })
}
