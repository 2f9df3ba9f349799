/** What is wrong with the replicas of partitions, counted for all of them. Those without a leader are told of elsewhere. */
import { topicPartitionName } from '../../kernel/ids'
import type { PartitionFacts, TopicFacts } from './snapshot'

const sampleMax = 3

type Replicas = Pick<PartitionFacts, 'leader' | 'isr' | 'replicas'>

export const isUnderReplicated = ({ leader, isr, replicas }: Replicas): boolean =>
  leader !== null && isr.length < replicas.length

/** More than a partition has are never asked for (KAFKA-15583). */
export const effectiveMinIsr = ({ replicas }: Pick<Replicas, 'replicas'>, minIsr: number): number =>
  Math.min(minIsr, replicas.length)

/** acks=all is refused. */
export const isUnderMinIsr = ({ leader, isr, replicas }: Replicas, minIsr: number): boolean =>
  leader !== null && isr.length < effectiveMinIsr({ replicas }, minIsr)

export interface Counted {
  readonly count: number
  /** Names of at most three, those of people before Kafka's own. */
  readonly sample: readonly string[]
  /** Whose replicas are out of sync, ascending. */
  readonly brokers: readonly number[]
}

export interface ReplicationFacts {
  readonly underReplicated: Counted
  /** null while min.insync.replicas of a topic is not known. */
  readonly underMinIsr: Counted | null
}

export function replicationFacts(topics: Iterable<TopicFacts>): ReplicationFacts {
  const underReplicated = new Found()
  const underMinIsr = new Found()
  let isMinIsrKnown = true
  for (const { name: topic, isInternal, partitions, minIsr } of topics) {
    if (minIsr === undefined) isMinIsrKnown = false
    for (const facts of partitions) {
      if (isUnderReplicated(facts)) underReplicated.add(topic, facts, isInternal)
      if (minIsr !== undefined && isUnderMinIsr(facts, minIsr)) underMinIsr.add(topic, facts, isInternal)
    }
  }
  return { underReplicated: underReplicated.counted(), underMinIsr: isMinIsrKnown ? underMinIsr.counted() : null }
}

class Found {
  readonly #people: string[] = []
  readonly #internal: string[] = []
  readonly #brokers = new Set<number>()
  #count = 0

  add(topic: string, { partition, replicas, isr }: PartitionFacts, isInternal: boolean): void {
    this.#count++
    for (const id of replicas) if (!isr.includes(id)) this.#brokers.add(id)
    const names = isInternal ? this.#internal : this.#people
    if (names.length < sampleMax) names.push(topicPartitionName({ topic, partition }))
  }

  counted(): Counted {
    return {
      count: this.#count,
      sample: [...this.#people, ...this.#internal].slice(0, sampleMax),
      brokers: [...this.#brokers].sort((a, b) => a - b)
    }
  }
}
