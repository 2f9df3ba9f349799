/**
 * Writes records for app and CLI: chooses partitions, sends one batch after the other to each partition's leader, all
 * partitions side by side. A leader that moved is looked up and asked again; records that nobody placed go elsewhere when
 * theirs is away. Anything else fails the command, and what was written until then stays written.
 */
import type { CommandInput, CommandOutput } from '../api/commands'
import type { ClusterReader, ClusterWriter, NewRecord, PartitionMetadata } from '../kernel/cluster-ports'
import { ApiError } from '../api/api'
import type { Clock, Random } from '../kernel/ports'
import { partitionOfKey, StickyPartitions } from './core/partitioner'
import { kafkaErrorOf, unknownTopic } from './failure'
import { isPassing, retrying } from './retrying'

const produceTimeoutMs = 10_000
const withinMs = 15_000
const readTimeoutMs = 2000
/** Well below max.message.bytes, whose default is 1,048,588. */
const batchBytesMax = 512 * 1024
const recordOverheadBytes = 32

type ProduceInput = CommandInput<'records.produce'>
type ProduceOutput = CommandOutput<'records.produce'>

export interface ProducerPorts {
  readonly clock: Clock
  readonly random: Random
  readonly cluster: Pick<ClusterReader, 'metadata'> & Pick<ClusterWriter, 'produce' | 'payloadBytes'>
}

interface Placed {
  /** Place in the command's list. */
  readonly index: number
  readonly record: NewRecord
  readonly bytes: number
}

interface Target {
  readonly topic: string
  readonly partition: number
  readonly acks: 0 | 1 | -1
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

  async produce({ topic, acks, partition, records }: ProduceInput): Promise<ProduceOutput> {
    const partitions = await this.#partitionsOf(topic)
    const byPartition = new Map<number, Placed[]>()
    for (const [index, { key, value, headers }] of records.entries()) {
      const record = { key, value, headers: headers ?? [] }
      const target = partition ?? this.#partitionFor(topic, record, partitions)
      const placed = { index, record, bytes: this.#bytesOf(record) }
      const others = byPartition.get(target)
      if (others === undefined) byPartition.set(target, [placed])
      else others.push(placed)
    }
    const written = new Array<ProduceOutput['records'][number]>(records.length)
    await Promise.all(
      [...byPartition].map(async ([target, all]) => {
        for (const batch of batches(all)) {
          const mayMove = partition === undefined && batch.every(({ record }) => record.key === null)
          const at = await this.#send({ topic, partition: target, acks, mayMove }, batch)
          for (const [i, { index }] of batch.entries()) {
            written[index] = { topic, partition: at.partition, offset: at.offset === null ? null : at.offset + i }
          }
        }
      })
    )
    return { records: written }
  }

  /** A topic that is not there is made by asking only where the cluster allows that to producers; here it is an error. */
  async #partitionsOf(topic: string): Promise<readonly PartitionMetadata[]> {
    const { clock, cluster } = this.#ports
    const { topics } = await retrying(clock, withinMs, () =>
      cluster.metadata({ timeoutMs: readTimeoutMs, topics: [topic] })
    )
    const found = topics.find(({ name }) => name === topic)
    if (found === undefined) throw unknownTopic(topic)
    return found.partitions
  }

  #partitionFor(topic: string, { key }: NewRecord, partitions: readonly PartitionMetadata[]): number {
    const bytes = this.#ports.cluster.payloadBytes(key)
    if (bytes !== null) return partitionOfKey(bytes, partitions.length)
    const led = partitions.filter(({ leader }) => leader !== null).map(({ partition }) => partition)
    const available = led.length > 0 ? led : partitions.map(({ partition }) => partition)
    return this.#sticky.next(topic, available, this.#ports.random.uint32())
  }

  #bytesOf({ key, value, headers }: NewRecord): number {
    const { payloadBytes } = this.#ports.cluster
    let bytes = recordOverheadBytes + (payloadBytes(key)?.length ?? 0) + (payloadBytes(value)?.length ?? 0)
    for (const header of headers) bytes += header.key.length * 3 + (payloadBytes(header.value)?.length ?? 0)
    return bytes
  }

  #send(to: Target, batch: readonly Placed[]): Promise<Written> {
    const { clock, cluster } = this.#ports
    const avoided = new Set<number>()
    return retrying(clock, withinMs, async () => {
      const partitions = await this.#partitionsOf(to.topic)
      const partition = this.#place(to, partitions, avoided)
      if (partition === undefined) throw noPartition(to.topic, to.partition)
      const { leader, partition: index } = partition
      if (leader === null) throw noLeader(to.topic, index)
      const records = batch.map(({ record }) => record)
      try {
        const { topic, acks } = to
        const offset = await cluster.produce(leader, { topic, acks, partition: index, records }, produceTimeoutMs)
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
    if (batch.length > 0 && bytes + record.bytes > batchBytesMax) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(record)
    bytes += record.bytes
  }
  if (batch.length > 0) yield batch
}

function noPartition(topic: string, partition: number): ApiError {
  return new ApiError({
    code: 'NOT_FOUND',
    message: `Topic ${topic} has no partition ${partition}.`,
    kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION'
  })
}

/** Said at once: a partition whose only replica is on a dead broker has no leader until that one is back. */
function noLeader(topic: string, partition: number): ApiError {
  return new ApiError({
    code: 'KAFKA',
    message: `Partition ${topic}-${partition} has no leader at the moment.`,
    kafkaError: 'LEADER_NOT_AVAILABLE'
  })
}
