/**
 * A producer on purpose: makes records at its rate, sends them in batches to each partition's leader, and goes on when a
 * broker dies. What it cannot send waits, bounded in number, bytes and time; what there is no room for, or what waited too
 * long, or is refused for good, is given up and counted. A batch whose answer is lost is sent again: records may be
 * there twice.
 */
import type { ProducerSettings } from '../api/workloads'
import type { KafkaCluster, NewRecord, PartitionMetadata } from '../kernel/cluster-ports'
import { AppError, expectAppError, ignore, messageOf } from '../kernel/errors'
import type { Clock, Random } from '../kernel/ports'
import { said } from '../kernel/said'
import { pause, withinTime } from '../kernel/waiting'
import { partitionOfKey, StickyPartitions } from '../monitor/core/partitioner'
import { kafkaErrorOf } from '../monitor/failure'
import { isPassing } from '../monitor/retrying'
import { Pacer } from './core/pacing'
import { RecordMaker } from './core/record-maker'
import { Errors, type Mode, type Telling } from './core/telling'

/** Records are collected for so long: Kafka's linger.ms, with a view to many small producers on one machine. */
const lingerMs = 50
const batchRecordsMax = 2000
/** Well below max.message.bytes, whose default is 1,048,588. */
const batchBytesMax = 512 * 1024
/** What may wait, over all partitions; Kafka's buffer.memory is 32 MiB. */
const waitingBytesMax = 16 * 1024 * 1024
const waitingRecordsMax = 50_000
const recordOverheadBytes = 32
const requestTimeoutMs = 10_000
const metadataTimeoutMs = 2000
/** Kafka's retry.backoff.ms, delivery.timeout.ms and metadata.max.age.ms. */
const retryMs = 100
/** A topic that is not there is asked for again. */
const missingTopicMs = 1000
/** What is on its way when it stops gets so long. */
const lastWordsMs = 2000
const deliveryTimeoutMs = 120_000
const metadataMaxAgeMs = 300_000

export interface WorkloadPorts {
  readonly clock: Clock
  readonly random: Random
  readonly cluster: KafkaCluster
  /** Something changed that people should see at once. */
  readonly changed: () => void
}

interface Waiting {
  readonly record: NewRecord
  readonly bytes: number
  readonly sinceMs: number
}

type Outcome = 'written' | 'again' | 'refused'

interface Queue {
  records: Waiting[]
  isSending: boolean
}

export class WorkloadProducer {
  readonly #ports: WorkloadPorts
  readonly #settings: ProducerSettings
  readonly #pacer: Pacer
  readonly #maker: RecordMaker
  readonly #sticky = new StickyPartitions()
  readonly #errors = new Errors()
  readonly #queues = new Map<number, Queue>()
  #partitions: readonly PartitionMetadata[] = []
  #metadataAtMs: number | undefined
  #isMetadataStale = true
  #askedMetadataMs = 0
  readonly #sending = new Set<Promise<void>>()
  #waitingRecords = 0
  #waitingBytes = 0
  #records = 0
  #unsent = 0
  #mode: Mode = 'run'
  #slowedBy = 1
  #isStopping = false
  #running: Promise<void> | undefined

  constructor(ports: WorkloadPorts, settings: ProducerSettings) {
    this.#ports = ports
    this.#settings = settings
    this.#pacer = new Pacer(settings, ports.clock.monotonicMs())
    this.#maker = new RecordMaker(settings)
  }

  order(mode: Mode, slowedBy: number): void {
    this.#mode = mode
    this.#slowedBy = slowedBy
    this.#ports.changed()
  }

  telling(): Telling {
    return {
      atMs: this.#ports.clock.monotonicMs(),
      isReady: this.#metadataAtMs !== undefined,
      mode: this.#mode,
      slowedBy: this.#slowedBy,
      records: this.#records,
      errors: this.#errors.count,
      lastError: this.#errors.last,
      unsent: this.#unsent,
      isJoining: false,
      memberId: null,
      generation: null,
      partitions: null,
      lagRecords: null
    }
  }

  /** Until it is stopped; rejects with programmer errors only. */
  run(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
    await withinTime(this.#ports.clock, lastWordsMs, Promise.all(this.#sending))
    await this.#ports.cluster.close()
  }

  async #run(): Promise<void> {
    const { clock } = this.#ports
    while (!this.#isStopping) {
      await this.#refreshMetadata()
      this.#makeDue(clock.monotonicMs())
      for (const [partition, queue] of this.#queues) this.#send(partition, queue)
      await pause(clock, lingerMs)
    }
  }

  async #refreshMetadata(): Promise<void> {
    const { clock, cluster } = this.#ports
    const age = clock.monotonicMs() - (this.#metadataAtMs ?? 0)
    if (!this.#isMetadataStale && age < metadataMaxAgeMs) return
    if (clock.monotonicMs() - this.#askedMetadataMs < retryMs) return
    this.#askedMetadataMs = clock.monotonicMs()
    this.#isMetadataStale = false
    try {
      const { topics } = await cluster.metadata({ timeoutMs: metadataTimeoutMs, topics: [this.#settings.topic] })
      const found = topics.find(({ name }) => name === this.#settings.topic)
      if (found === undefined || found.partitions.length === 0) {
        this.#errors.add('UNKNOWN_TOPIC_OR_PARTITION', said`There is no topic ${this.#settings.topic}.`)
        this.#staleIn(missingTopicMs)
        return
      }
      this.#partitions = found.partitions
      const isFirst = this.#metadataAtMs === undefined
      this.#metadataAtMs = clock.monotonicMs()
      if (isFirst) this.#ports.changed()
    } catch (error) {
      this.#failed(error)
      this.#staleIn(retryMs)
    }
  }

  #staleIn(delayMs: number): void {
    this.#ports.clock.after(delayMs, () => (this.#isMetadataStale = true))
  }

  #failed(error: unknown): void {
    expectAppError(error)
    this.#errors.add(kafkaErrorOf(error), messageOf(error))
  }

  #makeDue(nowMs: number): void {
    if (this.#mode !== 'run' || this.#partitions.length === 0) {
      this.#pacer.skip(nowMs)
      return
    }
    const due = this.#pacer.due(nowMs, this.#slowedBy)
    for (let i = 0; i < due; i++) {
      const bytes = recordOverheadBytes + this.#settings.valueBytes
      if (this.#waitingRecords >= waitingRecordsMax || this.#waitingBytes + bytes > waitingBytesMax) {
        this.#unsent += due - i
        return
      }
      const record = this.#maker.next(this.#ports.clock.nowMs(), this.#ports.random.uint32())
      const partition = this.#partitionOf(record)
      const queue = this.#queues.get(partition) ?? { records: [], isSending: false }
      this.#queues.set(partition, queue)
      queue.records.push({ record, bytes, sinceMs: nowMs })
      this.#waitingRecords += 1
      this.#waitingBytes += bytes
    }
  }

  #partitionOf({ key }: NewRecord): number {
    if (key !== null) return partitionOfKey(key, this.#partitions.length)
    const led = this.#partitions.filter(({ leader }) => leader !== null).map(({ partition }) => partition)
    const available = led.length > 0 ? led : this.#partitions.map(({ partition }) => partition)
    return this.#sticky.next(this.#settings.topic, available, this.#ports.random.uint32())
  }

  /** One batch of a partition at a time, so that its records stay in order. */
  #send(partition: number, queue: Queue): void {
    if (queue.isSending || queue.records.length === 0) return
    queue.isSending = true
    const sending = this.#sendBatches(partition, queue).finally(() => {
      queue.isSending = false
      this.#sending.delete(sending)
    })
    this.#sending.add(sending)
  }

  async #sendBatches(partition: number, queue: Queue): Promise<void> {
    while (queue.records.length > 0) {
      const batch = firstBatch(queue.records)
      const leader = this.#partitions.find((one) => one.partition === partition)?.leader ?? null
      const outcome: Outcome = leader === null ? 'again' : await this.#sendBatch(leader, partition, batch)
      if (outcome === 'again') {
        if (leader === null) this.#isMetadataStale = true
        const oldest = batch[0]?.sinceMs ?? 0
        if (this.#ports.clock.monotonicMs() - oldest < deliveryTimeoutMs) {
          if (this.#isStopping) return
          await pause(this.#ports.clock, retryMs)
          continue
        }
        this.#errors.add(undefined, said`Records were given up: no leader took them for ${deliveryTimeoutMs / 1000} s.`)
      }
      if (outcome === 'written') this.#records += batch.length
      else this.#unsent += batch.length
      queue.records = queue.records.slice(batch.length)
      this.#waitingRecords -= batch.length
      for (const { bytes } of batch) this.#waitingBytes -= bytes
    }
  }

  async #sendBatch(leader: number, partition: number, batch: readonly Waiting[]): Promise<Outcome> {
    const { topic, acks } = this.#settings
    const records = batch.map(({ record }) => record)
    try {
      const wanted = acks === '0' ? 0 : acks === '1' ? 1 : -1
      const batchOf = { topic, partition, acks: wanted, codec: 'none', records } as const
      await this.#ports.cluster.produce(leader, batchOf, requestTimeoutMs)
      return 'written'
    } catch (error) {
      this.#failed(error)
      this.#isMetadataStale = true
      return mayPass(error) ? 'again' : 'refused'
    }
  }
}

/** As Kafka's producer (RetriableException): a topic that is not known yet, or not any more, may be there soon. */
const retriable = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS',
  'KAFKA_STORAGE_ERROR'
])

function mayPass(error: unknown): boolean {
  const kafkaError = kafkaErrorOf(error)
  if (kafkaError !== undefined) return retriable.has(kafkaError) || isPassing(error)
  ignore(error, 'counted by the caller')
  return error instanceof AppError
}

function firstBatch(records: readonly Waiting[]): readonly Waiting[] {
  let [count, bytes] = [0, 0]
  for (const one of records) {
    if (count > 0 && (count >= batchRecordsMax || bytes + one.bytes > batchBytesMax)) break
    count += 1
    bytes += one.bytes
  }
  return records.slice(0, count)
}
