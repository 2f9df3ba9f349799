/** A small Kafka client: it finds leaders, asks them again when they are others, and never gives up by itself. */
import { fetchRequest, fetchResponse } from '../../../src-main/protocol/api/01-fetch'
import { initProducerIdRequest, initProducerIdResponse } from '../../../src-main/protocol/api/22-init-producer-id'
import { listOffsetsRequest, listOffsetsResponse } from '../../../src-main/protocol/api/02-list-offsets'
import { metadataRequest, metadataResponse } from '../../../src-main/protocol/api/03-metadata'
import { electLeadersRequest, electLeadersResponse } from '../../../src-main/protocol/api/43-elect-leaders'
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse
} from '../../../src-main/protocol/api/45-alter-partition-reassignments'
import { produceRequest, produceResponse } from '../../../src-main/protocol/api/00-produce'
import { BrokerChannel, type BrokerCall } from '../../../src-main/broker/broker-channel'
import { expectAppError } from '../../../src-main/kernel/errors'
import { pause } from '../../../src-main/kernel/waiting'
import { errorName, type KafkaError } from '../../../src-main/protocol/wire/error-codes'
import type { InputOf, Message, ValueOf } from '../../../src-main/protocol/wire/schema'
import { ProduceStream } from './produce-stream'
import { topic, type SimCluster, type SimPartition } from './sim-cluster'

const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const fetchCall = { apiKey: 1, version: 12, request: fetchRequest, response: fetchResponse } as const
const listCall = { apiKey: 2, version: 7, request: listOffsetsRequest, response: listOffsetsResponse } as const
const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const initCall = { apiKey: 22, version: 4, request: initProducerIdRequest, response: initProducerIdResponse } as const
const electCall = { apiKey: 43, version: 2, request: electLeadersRequest, response: electLeadersResponse } as const
const reassignCall = {
  apiKey: 45,
  version: 0,
  request: alterPartitionReassignmentsRequest,
  response: alterPartitionReassignmentsResponse
} as const

const requestTimeoutMs = 1_500
const retryMs = 50

export interface Leader {
  readonly id: number
  readonly epoch: number
}

export class SimClient {
  readonly #cluster: SimCluster
  readonly #name: string
  readonly #channels = new Map<number, BrokerChannel>()
  readonly #leaders = new Map<number, Leader>()
  /** The newest leader epoch of each partition that anybody told of: older news is none (KIP-320). */
  readonly #epochs = new Map<number, number>()
  #lastAsked = 0
  isClosed = false

  constructor(cluster: SimCluster, name: string) {
    this.#cluster = cluster
    this.#name = name
  }

  /** Undefined when nobody answered, or not in time. */
  async ask<Request extends Message, Response extends Message>(
    brokerId: number,
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>
  ): Promise<ValueOf<Response> | undefined> {
    const { clock } = this.#cluster
    let channel = this.#channels.get(brokerId)
    if (channel === undefined) {
      const ports = { clock, network: this.#cluster.networkOf(this.#name) }
      channel = new BrokerChannel(ports, this.#cluster.addressOf(brokerId), this.#name)
      this.#channels.set(brokerId, channel)
    }
    try {
      return await channel.ask(call, value, requestTimeoutMs)
    } catch (error) {
      expectAppError(error)
      return undefined
    }
  }

  get registeredBrokers(): ReadonlySet<number> {
    return this.#cluster.registeredBrokers
  }

  wasJustReplaced(brokerId: number): boolean {
    return this.#cluster.wasJustReplaced(brokerId)
  }

  close(): void {
    this.isClosed = true
    for (const channel of this.#channels.values()) channel.close()
  }

  wait(ms: number): Promise<void> {
    return pause(this.#cluster.clock, ms)
  }

  /** One broker after another, as clients ask their bootstrap servers. */
  anyBroker(): number {
    return (this.#lastAsked++ % this.#cluster.options.brokers) + 1
  }

  forgetLeader(partition: number): void {
    this.#leaders.delete(partition)
  }

  /** Undefined once this client is closed. */
  async leader(partition: number): Promise<Leader | undefined> {
    while (!this.isClosed) {
      const known = this.#leaders.get(partition)
      if (known !== undefined) return known
      await this.learnLeaders()
      if (!this.#leaders.has(partition)) await this.wait(retryMs)
    }
    return undefined
  }

  /** Undefined when nobody has told of it. */
  knownLeader(partition: number): Leader | undefined {
    return this.#leaders.get(partition)
  }

  /** Asks one broker. */
  async learnLeaders(): Promise<void> {
    const answer = await this.metadata(this.anyBroker())
    for (const { partitionIndex, leaderId, leaderEpoch } of answer?.topics[0]?.partitions ?? [])
      if (leaderId > 0 && leaderEpoch >= this.#epochOf(partitionIndex)) {
        this.#epochs.set(partitionIndex, leaderEpoch)
        this.#leaders.set(partitionIndex, { id: leaderId, epoch: leaderEpoch })
      }
  }

  #epochOf(partition: number): number {
    return this.#epochs.get(partition) ?? -1
  }

  async producerId(): Promise<{ readonly id: bigint; readonly epoch: number } | undefined> {
    while (!this.isClosed) {
      const answer = await this.ask(this.anyBroker(), initCall, { transactionalId: null, transactionTimeoutMs: 1000 })
      if (answer?.errorCode === 0) return { id: answer.producerId, epoch: answer.producerEpoch }
      await this.wait(retryMs)
    }
    return undefined
  }

  /** Undefined when nobody answered: it may be there. */
  async produce(
    leader: Leader,
    partition: number,
    records: Uint8Array
  ): Promise<{ readonly error: KafkaError; readonly offset: number } | undefined> {
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    const request = { transactionalId: null, acks: -1, timeoutMs: 1_000, topicData }
    const answer = await this.ask(leader.id, produceCall, request)
    const answered = answer?.responses[0]?.partitionResponses[0]
    return answered === undefined ? undefined : { error: errorName(answered.errorCode), offset: answered.baseOffset }
  }

  /** Undefined when it cannot be reached. Whoever opens it closes it. */
  stream(leader: Leader): Promise<ProduceStream | undefined> {
    const { clock } = this.#cluster
    return ProduceStream.open(clock, this.#cluster.networkOf(this.#name), this.#cluster.addressOf(leader.id))
  }

  async fetch(leader: Leader, partition: number, offset: number, maxWaitMs = 100) {
    const partitions = [
      {
        partition,
        fetchOffset: offset,
        partitionMaxBytes: 64 * 1024,
        currentLeaderEpoch: leader.epoch,
        logStartOffset: -1
      }
    ]
    const request = {
      maxWaitMs,
      minBytes: 1,
      maxBytes: 64 * 1024,
      topics: [{ topic, partitions }],
      forgottenTopicsData: []
    }
    const answer = await this.ask(leader.id, fetchCall, request)
    const answered = answer?.responses[0]?.partitions[0]
    if (answered === undefined) return undefined
    const { records } = answered
    return {
      error: errorName(answered.errorCode),
      records: records instanceof Uint8Array ? records : new Uint8Array(0)
    }
  }

  /** What a broker tells of the topic and of who lives; undefined when it tells nothing. */
  metadata(brokerId: number) {
    return this.ask(brokerId, metadataCall, { topics: [{ name: topic }] })
  }

  /** The controller is to make the first of these replicas the leader. What it says is nobody's. */
  async move({ topic, index }: SimPartition, replicas: readonly number[]): Promise<void> {
    const controllerId = (await this.metadata(this.anyBroker()))?.controllerId ?? -1
    if (controllerId < 0) return
    const partitions = [{ partitionIndex: index, replicas }]
    await this.ask(controllerId, reassignCall, { timeoutMs: 1_000, topics: [{ name: topic, partitions }] })
    const topicPartitions = [{ topic, partitions: [index] }]
    await this.ask(controllerId, electCall, { electionType: 0, topicPartitions, timeoutMs: 1_000 })
  }

  async endOffset(leader: Leader, partition: number) {
    const partitions = [{ partitionIndex: partition, currentLeaderEpoch: leader.epoch, timestamp: -1n }]
    const answer = await this.ask(leader.id, listCall, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions }]
    })
    const answered = answer?.topics[0]?.partitions[0]
    return answered === undefined
      ? undefined
      : { error: errorName(answered.errorCode), offset: Number(answered.offset) }
  }
}
