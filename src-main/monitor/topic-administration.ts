/** Changes of topics: configs, more partitions, purging. What could not be done is named beside what was. */
import { ApiError } from '../api/api'
import type { CommandInput, CommandOutput } from '../api/commands'
import type { ChangedPartition, KafkaCluster, PartitionMetadata } from '../kernel/cluster-ports'
import { AppError, messageOf } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import { kafkaErrorOf, unknownTopic } from './failure'
import { retrying } from './retrying'

const changeTimeoutMs = 15_000
const readTimeoutMs = 3000
const toTheEnd = -1

type PurgeInput = CommandInput<'topic.purge'>
type PurgeOutput = CommandOutput<'topic.purge'>

export class TopicAdministration {
  readonly #clock: Clock
  readonly #cluster: KafkaCluster

  constructor({ clock, cluster }: { readonly clock: Clock; readonly cluster: KafkaCluster }) {
    this.#clock = clock
    this.#cluster = cluster
  }

  async alter({ topic, set = {}, remove = [] }: CommandInput<'topic.alter'>): Promise<CommandOutput<'topic.alter'>> {
    const twice = remove.find((name) => Object.hasOwn(set, name))
    if (twice !== undefined)
      throw new ApiError({ code: 'INVALID_INPUT', message: `${twice} is to be set and to be removed: choose one.` })
    await retrying(this.#clock, changeTimeoutMs, () =>
      this.#cluster.alterTopicConfigs(topic, { set, remove }, changeTimeoutMs)
    )
    return { topic, configs: await this.#cluster.topicConfigs(topic, readTimeoutMs) }
  }

  async addPartitions({
    topic,
    to
  }: CommandInput<'topic.addPartitions'>): Promise<CommandOutput<'topic.addPartitions'>> {
    await retrying(this.#clock, changeTimeoutMs, async () => {
      await this.#cluster.metadata({ timeoutMs: readTimeoutMs, topics: [] })
      await this.#cluster.createPartitions(topic, to, changeTimeoutMs)
    })
    return { topic, partitions: to }
  }

  /** Partition by partition: one without a leader holds up no other. */
  async purge({ topic, partition, before }: PurgeInput): Promise<PurgeOutput> {
    const partitions = await this.#partitionsOf(topic, partition)
    const outcomes = await Promise.all(partitions.map((one) => this.#purgeOne(topic, one, before)))
    return {
      topic,
      partitions: outcomes.flatMap(({ partition: index, offset, problem }) =>
        problem === null && offset !== null ? [{ partition: index, startOffset: offset }] : []
      ),
      failed: outcomes.flatMap(({ partition: index, problem }) =>
        problem === null ? [] : [{ partition: index, kafkaError: problem.name, message: problem.message }]
      )
    }
  }

  async #partitionsOf(topic: string, partition: number | undefined): Promise<readonly PartitionMetadata[]> {
    const { topics } = await retrying(this.#clock, changeTimeoutMs, () =>
      this.#cluster.metadata({ timeoutMs: readTimeoutMs, topics: [topic] })
    )
    const found = topics.find(({ name }) => name === topic)
    if (found === undefined) throw unknownTopic(topic)
    if (partition === undefined) return found.partitions
    const one = found.partitions.find((known) => known.partition === partition)
    if (one !== undefined) return [one]
    const message = `Topic ${topic} has no partition ${partition}.`
    throw new ApiError({ code: 'NOT_FOUND', message, kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
  }

  async #purgeOne(
    topic: string,
    { partition, leader: knownLeader }: PartitionMetadata,
    before: PurgeInput['before']
  ): Promise<ChangedPartition> {
    let leader = knownLeader
    const failed = (name: string, message: string): ChangedPartition => {
      return { topic, partition, offset: null, problem: { name, message } }
    }
    try {
      return await retrying(this.#clock, changeTimeoutMs, async () => {
        leader ??= (await this.#partitionsOf(topic, partition))[0]?.leader ?? null
        if (leader === null) return failed('LEADER_NOT_AVAILABLE', 'There is no leader at the moment.')
        const broker = leader
        // Asked anew when this one turns out not to lead it any more.
        leader = null
        const offset = await this.#offsetBefore(broker, { topic, partition }, before)
        const [answer] = await this.#cluster.deleteRecords(broker, [{ topic, partition, offset }], changeTimeoutMs)
        if (answer === undefined) return failed('UNKNOWN_SERVER_ERROR', 'There was no answer.')
        if (answer.problem !== null) throw problemOf(answer.problem.name, answer.problem.message)
        return answer
      })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return failed(kafkaErrorOf(error) ?? error.code, messageOf(error))
    }
  }

  async #offsetBefore(
    leader: number,
    at: { readonly topic: string; readonly partition: number },
    before: PurgeInput['before']
  ): Promise<number> {
    if (before === undefined) return toTheEnd
    if (before.type === 'offset') return before.offset
    const [found] = await this.#cluster.offsetsAtTime(leader, before.timestampMs, [at], readTimeoutMs)
    if (found?.problem) throw problemOf(found.problem.name, found.problem.message)
    // All records are older.
    return found?.offset ?? toTheEnd
  }
}

function problemOf(name: string, message: string): AppError {
  return new AppError('KAFKA', message, { details: { kafkaError: name } })
}
