/**
 * What one broker knows of the cluster: live brokers, topics, leaders. It is filled by the controller's
 * UpdateMetadata requests alone (kafka.md 6.4) and answers clients' Metadata. It never changes replica roles.
 */
import type { Uuid } from '../../kernel/uuid'

export interface BrokerEndpoint {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface PartitionMetadata {
  readonly partition: number
  /** -1: none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export interface TopicMetadata {
  readonly name: string
  readonly topicId: Uuid
  /** By index; may have holes while a topic is being made known. */
  readonly partitions: readonly PartitionMetadata[]
}

/** Leader of a partition of a topic that is being deleted (UpdateMetadata). */
export const leaderDuringDelete = -2
export const noLeader = -1

export interface MetadataChange {
  readonly controllerId: number
  readonly brokers: readonly BrokerEndpoint[]
  readonly partitions: readonly (PartitionMetadata & { readonly topic: string; readonly topicId: Uuid })[]
}

export class MetadataImage {
  #controllerId = -1
  #brokers = new Map<number, BrokerEndpoint>()
  readonly #topics = new Map<string, TopicMetadata>()
  readonly #names = new Map<Uuid, string>()
  #version = 0

  /** Counts changes: equal versions, equal image. */
  get version(): number {
    return this.#version
  }

  /** -1 while the controller is unknown or not among the live brokers. */
  get controllerId(): number {
    return this.#brokers.has(this.#controllerId) ? this.#controllerId : -1
  }

  /** By ascending id. */
  brokers(): readonly BrokerEndpoint[] {
    return [...this.#brokers.values()].sort((a, b) => a.id - b.id)
  }

  broker(id: number): BrokerEndpoint | undefined {
    return this.#brokers.get(id)
  }

  isAlive(id: number): boolean {
    return this.#brokers.has(id)
  }

  topic(name: string): TopicMetadata | undefined {
    return this.#topics.get(name)
  }

  topicName(topicId: Uuid): string | undefined {
    return this.#names.get(topicId)
  }

  partition(topic: string, partition: number): PartitionMetadata | undefined {
    return this.#topics.get(topic)?.partitions[partition]
  }

  /** Sorted by name: clients compare answers for change (kafka.md 4.3 item 6). */
  topics(): readonly TopicMetadata[] {
    return [...this.#topics.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The brokers of a change replace all; its partitions replace those of the same name. Returns deleted topics. */
  apply(change: MetadataChange): readonly string[] {
    this.#version += 1
    this.#controllerId = change.controllerId
    this.#brokers = new Map(change.brokers.map((broker) => [broker.id, broker]))
    const deleted = new Set<string>()
    const touched = new Map<string, PartitionMetadata[]>()
    for (const { topic, topicId, ...partition } of change.partitions) {
      if (partition.leader === leaderDuringDelete) {
        this.#forget(topic)
        deleted.add(topic)
        continue
      }
      this.#adopt(topic, topicId, touched)[partition.partition] = partition
    }
    return [...deleted]
  }

  #adopt(topic: string, topicId: Uuid, touched: Map<string, PartitionMetadata[]>): PartitionMetadata[] {
    const known = touched.get(topic)
    if (known !== undefined) return known
    const before = this.#topics.get(topic)
    if (before !== undefined && before.topicId !== topicId) this.#forget(topic)
    const partitions = before?.topicId === topicId ? [...before.partitions] : []
    touched.set(topic, partitions)
    this.#topics.set(topic, { name: topic, topicId, partitions })
    this.#names.set(topicId, topic)
    return partitions
  }

  #forget(topic: string): void {
    const known = this.#topics.get(topic)
    if (known === undefined) return
    this.#topics.delete(topic)
    this.#names.delete(known.topicId)
  }
}
