/**
 * What one broker knows of the cluster: live brokers, topics, leaders. It is filled by the controller's
 * UpdateMetadata requests alone (Kafka's ZkMetadataCache) and answers clients' Metadata. It never changes replica roles.
 */
import type { LeaderEpoch, BrokerId } from '../../kernel/ids'
import { zeroUuid, type Uuid } from '../../kernel/uuid'
import type { Slices } from '../../protocol/wire/codec'
import { TopicMap } from './topic-name'

export interface BrokerEndpoint {
  readonly id: BrokerId
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface PartitionMetadata {
  readonly partition: number
  /** -1: none. */
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
  readonly replicas: readonly BrokerId[]
  readonly isr: readonly BrokerId[]
  /** Of brokers that live: they cannot use its log. */
  readonly offlineReplicas: readonly BrokerId[]
}

export interface TopicMetadata {
  readonly name: string
  readonly topicId: Uuid
  /**
   * By ascending index. Not every index need be there: a partition none of whose brokers has ever been alive has no state
   * to be told of.
   */
  readonly partitions: readonly PartitionMetadata[]
}

/** As it is kept: whatever index a request names costs one entry. */
interface KnownTopic {
  readonly name: string
  readonly topicId: Uuid
  readonly byIndex: Map<number, PartitionMetadata>
  /** Made when it is asked for, thrown away by the next change. */
  view: TopicMetadata | undefined
}

/** Leader of a partition of a topic that is being deleted (UpdateMetadata). */
export const leaderDuringDelete: BrokerId = -2
export const noLeader: BrokerId = -1

export interface MetadataChange {
  readonly controllerId: BrokerId
  readonly brokers: readonly BrokerEndpoint[]
  /** Topics that it does not name are gone. */
  readonly isComplete?: boolean
  readonly partitions: readonly (PartitionMetadata & { readonly topic: string; readonly topicId: Uuid })[]
}

export class MetadataImage {
  #controllerId: BrokerId = -1
  #brokers = new Map<BrokerId, BrokerEndpoint>()
  readonly #topics = new TopicMap<KnownTopic>()
  readonly #names = new Map<Uuid, string>()
  #version = 0

  /** Counts changes: equal versions, equal image. */
  get version(): number {
    return this.#version
  }

  /** -1 while the controller is unknown or not among the live brokers. */
  get controllerId(): BrokerId {
    return this.#brokers.has(this.#controllerId) ? this.#controllerId : -1
  }

  /** By ascending id. */
  brokers(): readonly BrokerEndpoint[] {
    return [...this.#brokers.values()].sort((a, b) => a.id - b.id)
  }

  broker(id: BrokerId): BrokerEndpoint | undefined {
    return this.#brokers.get(id)
  }

  isAlive(id: BrokerId): boolean {
    return this.#brokers.has(id)
  }

  topic(name: string): TopicMetadata | undefined {
    const known = this.#topics.get(name)
    return known === undefined ? undefined : viewOf(known)
  }

  /** A topic that this name would collide with. */
  collidingTopic(name: string): string | undefined {
    return this.#topics.colliding(name)
  }

  topicIdOf(name: string): Uuid | undefined {
    return this.#topics.get(name)?.topicId
  }

  topicName(topicId: Uuid): string | undefined {
    return this.#names.get(topicId)
  }

  partition(topic: string, partition: number): PartitionMetadata | undefined {
    return this.#topics.get(topic)?.byIndex.get(partition)
  }

  /** Sorted by name: clients compare answers for change in what they know. */
  topics(): readonly TopicMetadata[] {
    return [...this.#topics.values()].map(viewOf).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** At once, as applyInSlices. */
  apply(change: MetadataChange): readonly string[] {
    const applying = this.applyInSlices(change)
    for (;;) {
      const step = applying.next()
      if (step.done === true) return step.value
    }
  }

  /**
   * The brokers of a change replace all; its partitions replace those of the same name. Returns deleted topics. Between two
   * steps the image is one that clients may see: of each topic the old or the new, since a producer that sees fewer
   * partitions than there are takes other ones for its keys.
   */
  *applyInSlices(change: MetadataChange): Slices<readonly string[]> {
    this.#version += 1
    this.#controllerId = change.controllerId
    this.#brokers = new Map(change.brokers.map((broker) => [broker.id, broker]))
    const deleted = new Set<string>()
    let previous: string | undefined
    for (const { topic, topicId, ...partition } of change.partitions) {
      if (topic !== previous) yield
      previous = topic
      if (partition.leader === leaderDuringDelete) {
        // Of an earlier topic of that name it says nothing new.
        if (topicId !== zeroUuid && (this.topicIdOf(topic) ?? topicId) !== topicId) continue
        this.#forget(topic)
        deleted.add(topic)
        continue
      }
      const known = this.#adopt(topic, topicId)
      known.byIndex.set(partition.partition, partition)
      known.view = undefined
    }
    const named = change.isComplete === true ? new Set(change.partitions.map(({ topic }) => topic)) : undefined
    for (const topic of named === undefined ? [] : [...this.#topics.keys()]) {
      yield
      if (named?.has(topic) === true) continue
      this.#forget(topic)
      deleted.add(topic)
    }
    // What was seen in between was no image to be kept.
    this.#version += 1
    return [...deleted]
  }

  /** The same name with another id is another topic. */
  #adopt(name: string, topicId: Uuid): KnownTopic {
    const before = this.#topics.get(name)
    if (before?.topicId === topicId) return before
    this.#forget(name)
    const known: KnownTopic = { name, topicId, byIndex: new Map(), view: undefined }
    this.#topics.set(name, known)
    this.#names.set(topicId, name)
    return known
  }

  #forget(topic: string): void {
    const known = this.#topics.get(topic)
    if (known === undefined) return
    this.#topics.delete(topic)
    this.#names.delete(known.topicId)
  }
}

function viewOf(known: KnownTopic): TopicMetadata {
  const { name, topicId, byIndex } = known
  known.view ??= { name, topicId, partitions: [...byIndex.values()].sort((a, b) => a.partition - b.partition) }
  return known.view
}
