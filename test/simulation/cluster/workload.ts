/** Clients of a simulated cluster: producers, readers and lookers at the end, who write down what they were told. */
import { nodeChecksum } from '../../../src-main/adapters/node-checksum'
import { buildBatch } from '../../../src-main/protocol/record/batch-builder'
import type { KafkaError } from '../../../src-main/protocol/wire/error-codes'
import type { HistoryEntry, ProducerPromise } from '../../chaos/history-checker'
import type { SimRandom } from '../world/sim-random'
import { GroupWorkload } from './group-workload'
import { recordsIn } from './replica-log'
import { SimClient, type Leader } from './sim-client'
import { nameOf, topic, type SimCluster } from './sim-cluster'

const retryMs = 30
/** Clients do less by so much while nothing happens in the cluster: it would be the same again. */
const quietFactor = 4
const quietReadMs = 50
const encoder = new TextEncoder()
/** max.in.flight.requests.per.connection of an idempotent producer. */
const pipelinedMax = 5

interface Batch {
  readonly values: readonly string[]
  readonly bytes: Uint8Array
}

/** What a producer takes for "it may or may not be there, ask again" (retriable in Kafka's Errors). */
const retriable: ReadonlySet<KafkaError> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'REQUEST_TIMED_OUT',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS'
])

export interface WorkloadObserver {
  readonly entry: (entry: HistoryEntry) => void
  readonly told: (who: string, what: string) => void
  readonly violated: (what: string) => void
  /** Before anything else happens: acks=all was answered for all up to this offset. */
  readonly acked: (partition: number, lastOffset: number) => void
}

export class Workload {
  readonly promises = new Map<string, ProducerPromise>()
  readonly #cluster: SimCluster
  readonly #random: SimRandom
  readonly #observer: WorkloadObserver
  readonly #clients: SimClient[] = []
  readonly #producing: Promise<void>[] = []
  readonly #reading: Promise<void>[] = []
  /** Where each reader is, by reader and partition. */
  readonly #positions = new Map<string, number>()
  readonly #group: GroupWorkload
  #isProducing = true

  constructor(cluster: SimCluster, random: SimRandom, groupRandom: SimRandom, observer: WorkloadObserver) {
    this.#cluster = cluster
    this.#random = random
    this.#observer = observer
    this.#group = new GroupWorkload({
      ...observer,
      cluster,
      random: groupRandom,
      client: (name) => this.#client(name),
      isSettling: () => !this.#isProducing
    })
  }

  begin(): void {
    const { idempotentProducers, pipelinedProducers, plainProducers, readers, partitions } = this.#cluster.options
    for (let i = 1; i <= idempotentProducers; i++) this.#producing.push(this.#produce(`idem-${i}`, true))
    for (let i = 1; i <= pipelinedProducers; i++) this.#producing.push(this.#pipeline(`piped-${i}`))
    for (let i = 1; i <= plainProducers; i++) this.#producing.push(this.#produce(`plain-${i}`, false))
    for (let i = 1; i <= readers; i++)
      for (let partition = 0; partition < partitions; partition++)
        this.#reading.push(this.#read(`reader-${i}`, partition))
    for (let partition = 0; partition < partitions; partition++) this.#reading.push(this.#look('looker', partition))
    this.#group.begin()
  }

  /** What is under way is still brought to its end. */
  stopProducing(): void {
    this.#isProducing = false
  }

  /** Resolves when every producer knows what became of its last record. */
  async produced(): Promise<void> {
    await Promise.all(this.#producing)
  }

  /** What the group has still to do when these are the ends; undefined when it has done all. */
  groupUnrest(ends: readonly number[]): string | undefined {
    return this.#group.unrest(ends)
  }

  /** Whether every reader has read up to `end`. */
  haveRead(partition: number, end: number): boolean {
    const { readers } = this.#cluster.options
    for (let i = 1; i <= readers; i++) if ((this.#positions.get(`reader-${i} ${partition}`) ?? 0) < end) return false
    return true
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  #client(name: string): SimClient {
    const client = new SimClient(this.#cluster, name)
    this.#clients.push(client)
    return client
  }

  /** One batch under way, asked again until it is known to be there. */
  async #produce(producer: string, isIdempotent: boolean): Promise<void> {
    this.promises.set(producer, { isDurable: true, isIdempotent })
    const client = this.#client(producer)
    const identity = isIdempotent ? await client.producerId() : undefined
    const sequences = new Map<number, number>()
    const { partitions } = this.#cluster.options
    for (let n = 1; this.#isProducing && !client.isClosed; n++) {
      const partition = this.#random.below(partitions)
      const baseSequence = sequences.get(partition) ?? 0
      const batch = this.#batch(producer, n, partition, identity && { ...identity, baseSequence })
      const offset = await this.#deliver(client, producer, partition, batch.bytes)
      if (offset === undefined) return
      sequences.set(partition, baseSequence + batch.values.length)
      this.#acked(producer, partition, batch, offset)
      await this.#pace(client)
    }
  }

  /** Up to five batches of one partition under way; after an error all that are open are sent again, in order. */
  async #pipeline(producer: string): Promise<void> {
    this.promises.set(producer, { isDurable: true, isIdempotent: true })
    const client = this.#client(producer)
    const identity = await client.producerId()
    const partition = this.#random.below(this.#cluster.options.partitions)
    const open: Batch[] = []
    let [n, baseSequence] = [0, 0]
    while (identity !== undefined && !client.isClosed && (this.#isProducing || open.length > 0)) {
      if (open.length === 0) {
        for (let count = 1 + this.#random.below(pipelinedMax); count > 0; count--) {
          const batch = this.#batch(producer, ++n, partition, { ...identity, baseSequence })
          baseSequence += batch.values.length
          open.push(batch)
        }
      }
      const leader = await client.leader(partition)
      if (leader === undefined) return
      const said = await this.#deliverAll(client, leader, producer, partition, open)
      if (said === 'violated') return
      if (open.length === 0) await this.#pace(client)
      else {
        this.#observer.told(producer, `broker ${leader.id} says ${said} for ${nameOf(partition)}`)
        client.forgetLeader(partition)
        await client.wait(retryMs)
      }
    }
  }

  /** Takes away what is acknowledged, from the front. What was said of the first that is left. */
  async #deliverAll(
    client: SimClient,
    leader: Leader,
    producer: string,
    partition: number,
    open: Batch[]
  ): Promise<string> {
    const stream = await client.stream(leader)
    if (stream === undefined) return 'nothing'
    for (const { bytes } of open) stream.send(topic, partition, bytes.slice())
    try {
      for (let [batch] = open; batch !== undefined; [batch] = open) {
        const answer = await stream.answer()
        if (answer === undefined) return 'nothing'
        if (answer.isMixedUp) {
          this.#observer.violated(`broker ${leader.id} answers ${producer} in another order than that of its requests`)
          return 'violated'
        }
        if (answer.error !== 'NONE' && answer.error !== 'DUPLICATE_SEQUENCE_NUMBER') {
          if (retriable.has(answer.error)) return answer.error
          this.#observer.violated(`${producer} is told ${answer.error} for ${nameOf(partition)} by broker ${leader.id}`)
          return 'violated'
        }
        open.shift()
        this.#acked(producer, partition, batch, answer.error === 'NONE' ? answer.offset : -1)
      }
      return 'NONE'
    } finally {
      stream.close()
    }
  }

  #batch(
    producer: string,
    n: number,
    partition: number,
    from: { readonly id: bigint; readonly epoch: number; readonly baseSequence: number } | undefined
  ): Batch {
    const count = 1 + this.#random.below(3)
    const values = Array.from({ length: count }, (_, index) => `${producer}:${n}.${index}`)
    for (const value of values) this.#observer.entry({ type: 'sent', producer, partition: nameOf(partition), value })
    const timestamp = BigInt(this.#cluster.clock.nowMs())
    const records = values.map((value) => ({ timestamp, key: null, value: encoder.encode(value) }))
    const options = from === undefined ? {} : { producer: { ...from, id: Number(from.id) } }
    return { values, bytes: buildBatch(records, nodeChecksum, options) }
  }

  /** `offset` of its first record; -1 where that was not told. */
  #acked(producer: string, partition: number, { values }: Batch, offset: number): void {
    if (offset >= 0) this.#observer.acked(partition, offset + values.length - 1)
    for (const [index, value] of values.entries())
      this.#observer.entry({
        type: 'acked',
        producer,
        partition: nameOf(partition),
        value,
        offset: offset < 0 ? -1 : offset + index
      })
  }

  #pace(client: SimClient): Promise<void> {
    const { sendEveryMs } = this.#cluster.options
    const everyMs = this.#cluster.isQuiet ? quietFactor * sendEveryMs : sendEveryMs
    return client.wait(1 + this.#random.below(2 * everyMs))
  }

  /** The offset; undefined when this client is closed, or was told what it must never be told. */
  async #deliver(
    client: SimClient,
    producer: string,
    partition: number,
    batch: Uint8Array
  ): Promise<number | undefined> {
    while (!client.isClosed) {
      const leader = await client.leader(partition)
      if (leader === undefined) return undefined
      // The broker writes its offset into the bytes that it was sent.
      const answer = await client.produce(leader, partition, batch.slice())
      if (answer?.error === 'NONE') return answer.offset
      if (answer?.error === 'DUPLICATE_SEQUENCE_NUMBER') return -1
      if (answer !== undefined && !retriable.has(answer.error)) {
        this.#observer.violated(`${producer} is told ${answer.error} for ${nameOf(partition)} by broker ${leader.id}`)
        return undefined
      }
      this.#observer.told(producer, `broker ${leader.id} says ${answer?.error ?? 'nothing'} for ${nameOf(partition)}`)
      client.forgetLeader(partition)
      await client.wait(retryMs)
    }
    return undefined
  }

  /** From the beginning, without end. */
  async #read(reader: string, partition: number): Promise<void> {
    const client = this.#client(`${reader}-${partition}`)
    let offset = 0
    while (!client.isClosed) {
      const leader = await client.leader(partition)
      if (leader === undefined) return
      const answer = await client.fetch(leader, partition, offset)
      if (answer?.error !== 'NONE') {
        if (answer?.error === 'OFFSET_OUT_OF_RANGE')
          this.#observer.violated(`${reader} has read up to ${offset} of ${nameOf(partition)}, which is out of range`)
        client.forgetLeader(partition)
        await client.wait(retryMs)
        continue
      }
      for (const record of recordsIn(answer.records)) {
        if (record.offset < offset) continue
        this.#observer.entry({ type: 'read', reader, partition: nameOf(partition), ...record })
        offset = record.offset + 1
        this.#positions.set(`${reader} ${partition}`, offset)
      }
      if (this.#cluster.isQuiet) await client.wait(quietReadMs)
    }
  }

  /** Asks where the partition ends, again and again. */
  async #look(looker: string, partition: number): Promise<void> {
    const client = this.#client(`${looker}-${partition}`)
    while (!client.isClosed) {
      const leader = await client.leader(partition)
      if (leader === undefined) return
      const answer = await client.endOffset(leader, partition)
      if (answer?.error === 'NONE')
        this.#observer.entry({ type: 'ended', client: looker, partition: nameOf(partition), offset: answer.offset })
      else client.forgetLeader(partition)
      await client.wait((this.#cluster.isQuiet ? 200 : 50) + this.#random.below(200))
    }
  }
}
