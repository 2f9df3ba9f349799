/** A cluster of its own for tests of single requests, and what they do again and again. */
import type { RecordContent } from '../../src-main/protocol/record/record'
import { LabCluster, until, type LabOptions } from './lab-cluster'
import { RawClient, type AnswerOf, type ApiName, type RequestOf } from './raw-client'

export type TopicMetadata = AnswerOf<'metadata'>['topics'][number]

export interface NewTopic {
  readonly partitions?: number
  /** 1 when left out. */
  readonly replicationFactor?: number
  readonly configs?: Readonly<Record<string, string>>
}

export class RawCluster {
  readonly lab: LabCluster
  readonly #clients = new Map<number, RawClient>()

  private constructor(lab: LabCluster) {
    this.lab = lab
  }

  static async start(options: LabOptions = {}): Promise<RawCluster> {
    return new RawCluster(await LabCluster.start(options))
  }

  /** One connection a broker, made anew when it was lost. */
  async client(brokerId: number): Promise<RawClient> {
    const known = this.#clients.get(brokerId)
    if (known !== undefined && !known.isClosed) return known
    const client = await RawClient.connect(this.lab.port(brokerId))
    this.#clients.set(brokerId, client)
    return client
  }

  /** A connection for this test alone. */
  connect(brokerId = 1): Promise<RawClient> {
    return RawClient.connect(this.lab.port(brokerId))
  }

  async ask<Name extends ApiName>(
    brokerId: number,
    name: Name,
    version: number,
    value: RequestOf<Name>
  ): Promise<AnswerOf<Name>> {
    return (await this.client(brokerId)).ask(name, version, value)
  }

  /** The first broker that can be reached, as a client with a list of bootstrap servers takes it. */
  async #reachableId(): Promise<number> {
    let refused: unknown
    for (const id of this.lab.brokerIds) {
      try {
        await this.client(id)
        return id
      } catch (error) {
        refused = error
      }
    }
    throw refused
  }

  async metadata(topics: readonly string[] | null, brokerId?: number): Promise<AnswerOf<'metadata'>> {
    const asked = topics === null ? null : topics.map((name) => ({ name }))
    const id = brokerId ?? (await this.#reachableId())
    return this.ask(id, 'metadata', 12, { topics: asked, allowAutoTopicCreation: false })
  }

  async topic(name: string, brokerId?: number): Promise<TopicMetadata> {
    const [topic] = (await this.metadata([name], brokerId)).topics
    if (topic === undefined) throw new Error(`no answer about ${name}`)
    return topic
  }

  controllerId(): Promise<number> {
    return until('a live controller is known', async () => {
      const { controllerId } = await this.metadata([])
      return controllerId > 0 && controllerId
    })
  }

  /** Without `configs` it keeps its records whatever their times are: tests write some of 1970 and of 2023. */
  async createTopic(
    name: string,
    { partitions = 1, replicationFactor = 1, configs = { 'retention.ms': '-1' } }: NewTopic = {}
  ): Promise<TopicMetadata> {
    const asked = {
      name,
      numPartitions: partitions,
      replicationFactor,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    }
    const answer = await this.ask(await this.controllerId(), 'createTopics', 7, { topics: [asked], timeoutMs: 20_000 })
    if (answer.topics[0]?.errorCode !== 0) throw new Error(`${name} was not created: ${JSON.stringify(answer)}`)
    return this.topic(name)
  }

  async deleteTopic(name: string): Promise<void> {
    const request = { topics: [{ name }], timeoutMs: 20_000 }
    const answer = await this.ask(await this.controllerId(), 'deleteTopics', 6, request)
    if (answer.responses[0]?.errorCode !== 0) throw new Error(`${name} was not deleted: ${JSON.stringify(answer)}`)
  }

  async leaderId(topic: string, partition = 0): Promise<number> {
    const { partitions } = await this.topic(topic)
    const id = partitions.find(({ partitionIndex }) => partitionIndex === partition)?.leaderId
    if (id === undefined || id < 0) throw new Error(`${topic}-${partition} has no leader`)
    return id
  }

  async leader(topic: string, partition = 0): Promise<RawClient> {
    return this.client(await this.leaderId(topic, partition))
  }

  /** Any broker but that one. */
  otherThan(brokerId: number): number {
    const other = this.lab.brokerIds.find((id) => id !== brokerId)
    if (other === undefined) throw new Error('there is no other broker')
    return other
  }

  /** The broker that coordinates a group, once there is one. */
  coordinatorId(groupId: string): Promise<number> {
    return until(`${groupId} has a coordinator`, async () => {
      const answer = await this.ask(await this.#reachableId(), 'findCoordinator', 2, { key: groupId, keyType: 0 })
      return answer.errorCode === 0 && answer.nodeId
    })
  }

  async coordinator(groupId: string): Promise<RawClient> {
    return this.client(await this.coordinatorId(groupId))
  }

  async discard(): Promise<number | null> {
    for (const client of this.#clients.values()) client.close()
    return (await this.lab.discard()).code
  }
}

export interface ProduceOptions {
  readonly version?: number
  readonly acks?: number
  readonly partition?: number
  readonly transactionalId?: string
}

export function produceRequestOf(
  topic: string,
  records: Uint8Array | null,
  { acks = -1, partition = 0, transactionalId }: ProduceOptions = {}
): RequestOf<'produce'> {
  return {
    transactionalId: transactionalId ?? null,
    acks,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: partition, records }] }]
  }
}

export type ProduceAnswer = AnswerOf<'produce'>['responses'][number]['partitionResponses'][number]

/** One batch to one partition; what the broker says about it. */
export async function produceTo(
  client: RawClient,
  topic: string,
  records: Uint8Array | null,
  options: ProduceOptions = {}
): Promise<ProduceAnswer> {
  const answer = await client.ask('produce', options.version ?? 9, produceRequestOf(topic, records, options))
  const partition = answer.responses[0]?.partitionResponses[0]
  if (partition === undefined) throw new Error('no answer about the partition')
  return partition
}

export interface FetchOptions {
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly partition?: number
  readonly partitionMaxBytes?: number
  readonly currentLeaderEpoch?: number
  readonly sessionId?: number
  readonly sessionEpoch?: number
  readonly isolationLevel?: number
  readonly topicId?: string
}

export function fetchRequestOf(topic: string, fetchOffset: number, options: FetchOptions = {}): RequestOf<'fetch'> {
  const { partition = 0, partitionMaxBytes = 1024 * 1024, currentLeaderEpoch = -1, topicId } = options
  const { maxWaitMs = 0, minBytes = 1, maxBytes = 50 * 1024 * 1024, isolationLevel = 0 } = options
  const wanted = { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch }
  const asked = topicId === undefined ? { topic, partitions: [wanted] } : { topicId, partitions: [wanted] }
  const session = { sessionId: options.sessionId ?? 0, sessionEpoch: options.sessionEpoch ?? -1 }
  return { maxWaitMs, minBytes, maxBytes, isolationLevel, ...session, topics: [asked], forgottenTopicsData: [] }
}

export type FetchAnswer = AnswerOf<'fetch'>['responses'][number]['partitions'][number]

export async function fetchFrom(
  client: RawClient,
  topic: string,
  fetchOffset: number,
  options: FetchOptions & { readonly version?: number } = {}
): Promise<FetchAnswer> {
  const answer = await client.ask('fetch', options.version ?? 11, fetchRequestOf(topic, fetchOffset, options))
  const partition = answer.responses[0]?.partitions[0]
  if (partition === undefined) throw new Error('no answer about the partition')
  return partition
}

export type { RecordContent }
