/** Changes of topics: configs, more partitions, purging. What could not be done is named beside what was. */
import { ApiError } from '../api/api'
import type { CommandInput, CommandOutput } from '../api/commands'
import type {
  ChangedPartition,
  FetchPosition,
  KafkaCluster,
  KafkaProblem,
  PartitionMetadata
} from '../kernel/cluster-ports'
import { AppError, messageOf } from '../kernel/errors'
import type { BrokerId, TopicPartition } from '../kernel/ids'
import type { Clock } from '../kernel/ports'
import { said } from '../kernel/said'
import { ConfigAdministration } from './config-administration'
import { kafkaErrorOf, unknownTopic } from './failure'
import { isPassing, retrying } from './retrying'

const changeTimeoutMs = 15_000
const readTimeoutMs = 3000
const toTheEnd = -1

type PurgeInput = CommandInput<'topic.purge'>
type PurgeOutput = CommandOutput<'topic.purge'>

export class TopicAdministration {
  readonly #clock: Clock
  readonly #cluster: KafkaCluster
  readonly #configs: ConfigAdministration

  constructor(ports: { readonly clock: Clock; readonly cluster: KafkaCluster }) {
    this.#clock = ports.clock
    this.#cluster = ports.cluster
    this.#configs = new ConfigAdministration(ports)
  }

  async alter({ topic, set = {}, remove = [] }: CommandInput<'topic.alter'>): Promise<CommandOutput<'topic.alter'>> {
    await this.#configs.alter({ resource: { type: 'topic', topic }, set, remove })
    return { topic, configs: await this.#cluster.topicConfigs(topic, readTimeoutMs) }
  }

  async addPartitions({
    topic,
    to
  }: CommandInput<'topic.addPartitions'>): Promise<CommandOutput<'topic.addPartitions'>> {
    let attempts = 0
    await retrying(this.#clock, changeTimeoutMs, async () => {
      await this.#cluster.metadata({ timeoutMs: readTimeoutMs, topics: [] })
      attempts += 1
      try {
        await this.#cluster.createPartitions(topic, to, changeTimeoutMs)
      } catch (error) {
        // Told that it failed, it may have been done all the same.
        const isDone = attempts > 1 && kafkaErrorOf(error) === 'INVALID_PARTITIONS'
        if (!isDone || (await this.#partitionsOf(topic, undefined)).length !== to) throw error
      }
    })
    return { topic, partitions: to }
  }

  /** One request for each leader; what fails in passing is tried again, and holds up no other partition. */
  async purge({ topic, partition, before }: PurgeInput): Promise<PurgeOutput> {
    const wanted = await this.#partitionsOf(topic, partition)
    const purged = new Map<number, number>()
    const failed = new Map<number, KafkaProblem>()
    const settle = ({ partition: index, offset, problem }: ChangedPartition): void => {
      if (problem !== null) failed.set(index, problem)
      else if (offset === null) failed.set(index, noAnswer)
      else {
        failed.delete(index)
        purged.set(index, offset)
      }
    }
    let otherwise = noAnswer
    try {
      await retrying(this.#clock, changeTimeoutMs, async () => {
        const left = (await this.#partitionsOf(topic, partition)).filter(({ partition: index }) => !purged.has(index))
        const answers = await Promise.all(byLeader(left).map((some) => this.#purgeSome(topic, some, before)))
        for (const answer of answers.flat()) settle(answer)
        for (const problem of failed.values()) {
          const error = problemOf(problem.name, problem.message)
          if (isPassing(error)) throw error
        }
      })
    } catch (error) {
      if (!(error instanceof AppError) || !isPassing(error)) throw error
      // Told for each partition, those that were not even asked for, too.
      otherwise = { name: kafkaErrorOf(error) ?? error.code, message: messageOf(error) }
    }
    return {
      topic,
      partitions: wanted.flatMap(({ partition: index }) => {
        const startOffset = purged.get(index)
        return startOffset === undefined ? [] : [{ partition: index, startOffset }]
      }),
      failed: wanted.flatMap(({ partition: index }) => {
        if (purged.has(index)) return []
        const { name, message } = failed.get(index) ?? otherwise
        return [{ partition: index, kafkaError: name, message }]
      })
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
    const message = said`Topic ${topic} has no partition ${partition}.`
    throw new ApiError({ code: 'NOT_FOUND', message, kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
  }

  async #purgeSome(
    topic: string,
    { leader, partitions }: Led,
    before: PurgeInput['before']
  ): Promise<readonly ChangedPartition[]> {
    const at = partitions.map((partition) => ({ topic, partition }))
    const all = (problem: KafkaProblem): readonly ChangedPartition[] =>
      at.map((one) => ({ ...one, offset: null, problem }))
    if (leader === null) return all({ name: 'LEADER_NOT_AVAILABLE', message: said`There is no leader at the moment.` })
    try {
      const positions = await this.#positionsBefore(leader, at, before)
      return await this.#cluster.deleteRecords(leader, positions, changeTimeoutMs)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const isAway = kafkaErrorOf(error) === undefined && isPassing(error)
      return all({
        name: isAway ? 'LEADER_NOT_AVAILABLE' : (kafkaErrorOf(error) ?? error.code),
        message: messageOf(error)
      })
    }
  }

  async #positionsBefore(
    leader: BrokerId,
    at: readonly TopicPartition[],
    before: PurgeInput['before']
  ): Promise<readonly FetchPosition[]> {
    if (before === undefined) return at.map((one) => ({ ...one, offset: toTheEnd }))
    if (before.type === 'offset') return at.map((one) => ({ ...one, offset: before.offset }))
    // The end first: what is written from now on is not older, whatever the look-up by time does not find.
    const ends = await this.#cluster.offsets(leader, 'latest', at, readTimeoutMs)
    const times = await this.#cluster.offsetsAtTime(leader, before.timestampMs, at, readTimeoutMs)
    return at.map((one) => {
      const found = times.find(({ partition }) => partition === one.partition)
      const end = ends.find(({ partition }) => partition === one.partition)?.offset ?? null
      if (found?.problem) throw problemOf(found.problem.name, found.problem.message)
      if (found === undefined || end === null) throw problemOf('NOT_LEADER_OR_FOLLOWER', said`The leader moved.`)
      return { ...one, offset: found.offset ?? end }
    })
  }
}

interface Led {
  readonly leader: BrokerId | null
  readonly partitions: readonly number[]
}

function byLeader(partitions: readonly PartitionMetadata[]): readonly Led[] {
  const led = new Map<BrokerId | null, number[]>()
  for (const { leader, partition } of partitions) {
    const others = led.get(leader)
    if (others === undefined) led.set(leader, [partition])
    else others.push(partition)
  }
  return [...led].map(([leader, indexes]) => ({ leader, partitions: indexes }))
}

const noAnswer: KafkaProblem = { name: 'UNKNOWN_SERVER_ERROR', message: said`There was no answer.` }

function problemOf(name: string, message: string): AppError {
  return new AppError('KAFKA', message, { details: { kafkaError: name } })
}
