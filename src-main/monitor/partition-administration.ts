/** Elections and reassignments that people ask for. What single partitions were refused is named beside what was done. */
import { ApiError } from '../api/api'
import type { CommandInput, CommandOutput } from '../api/commands'
import { PLAN_MAX, type PartitionState, type ReassignmentPlan } from '../api/failures'
import type { ClusterMetadata, KafkaCluster, PartitionResult } from '../kernel/cluster-ports'
import { expectAppError, ignore } from '../kernel/errors'
import { topicPartitionName, type BrokerId, type TopicPartition } from '../kernel/ids'
import type { Clock } from '../kernel/ports'
import { said } from '../kernel/said'
import { pause } from '../kernel/waiting'
import { LeaderEnds } from './core/caught-up'
import { planned } from './core/reassignment-plan'
import type { Snapshot } from './core/snapshot'
import { noBroker, unknownTopic } from './failure'
import type { MoveThrottle } from './move-throttle'
import { retrying } from './retrying'

const changeTimeoutMs = 15_000
const readTimeoutMs = 3000
/** What was decided is known to every broker soon after. */
const seenWithinMs = 5000
const seenEveryMs = 50
/** Partitions whose leader's log is remembered. */
const followedMax = 100

type Elect = CommandInput<'partition.elect'>
type Reassign = CommandInput<'partition.reassign'>
type States = CommandOutput<'partition.elect'>

export class PartitionAdministration {
  readonly #clock: Clock
  readonly #cluster: KafkaCluster
  readonly #throttle: Pick<MoveThrottle, 'limited'>
  /** By partition; who was looked at last is at the end. */
  readonly #leaderEnds = new Map<string, LeaderEnds>()

  constructor(ports: {
    readonly clock: Clock
    readonly cluster: KafkaCluster
    readonly throttle: Pick<MoveThrottle, 'limited'>
  }) {
    this.#clock = ports.clock
    this.#cluster = ports.cluster
    this.#throttle = ports.throttle
  }

  async elect({ partitions, isUnclean = false }: Elect): Promise<States> {
    refuseTwice(partitions)
    const results = await this.#atController(() =>
      this.#cluster.electLeaders(isUnclean ? 'unclean' : 'preferred', partitions, changeTimeoutMs)
    )
    // Whoever leads already need not be elected. An unclean election where a leader lives is refused, as Kafka does.
    const isDone = ({ problem }: PartitionResult): boolean =>
      problem === null || (problem.name === 'ELECTION_NOT_NEEDED' && !isUnclean)
    const done = answered(partitions, results, isDone)
    const isSeen = ({ leader, replicas }: PartitionState): boolean =>
      isUnclean ? leader !== null : leader === replicas[0]
    return { partitions: await this.#states(done, isSeen), failed: failures(results, isDone) }
  }

  async reassign({ moves, throttle }: Reassign): Promise<States> {
    refuseTwice(moves)
    const wanted = moves.map(({ replicas = null, ...at }) => ({ ...at, replicas }))
    const ask = () => this.#atController(() => this.#cluster.reassign(wanted, changeTimeoutMs))
    const results = await (throttle === undefined ? ask() : this.#throttle.limited(wanted, throttle, ask))
    const isDone = ({ problem }: PartitionResult): boolean => problem === null
    const done = answered(moves, results, isDone)
    const targets = new Map(wanted.map(({ replicas, ...at }) => [topicPartitionName(at), replicas]))
    const isSeen = (state: PartitionState): boolean => {
      const target = targets.get(topicPartitionName(state)) ?? null
      const isMoving = state.adding.length + state.removing.length > 0
      return target === null ? !isMoving : isMoving || target.join() === state.replicas.join()
    }
    return { partitions: await this.#states(done, isSeen), failed: failures(results, isDone) }
  }

  /** Rejects with ApiError for a factor that the live brokers cannot hold, as Kafka refuses it. */
  async plan({ goal, topics }: CommandInput<'partition.plan'>, snapshot: Snapshot): Promise<ReassignmentPlan> {
    if (snapshot.topicsAtMs === null || !snapshot.hasMetadata) throw noBroker()
    const asked = topics === undefined ? undefined : new Set(topics)
    const known = [...snapshot.topics.values()].filter(({ name }) => asked?.has(name) !== false)
    const unknown = topics?.find((topic) => !snapshot.topics.has(topic))
    if (unknown !== undefined) throw unknownTopic(unknown)
    if (goal.type === 'given') {
      refuseTwice(goal.moves)
      const gone = goal.moves.find((at) => !isKnown(snapshot, at))
      if (gone !== undefined)
        throw new ApiError({
          code: 'NOT_FOUND',
          message: said`There is no partition ${topicPartitionName(gone)}. Take it out of the plan.`,
          kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION'
        })
    }
    const live = snapshot.liveBrokers.filter((id) => goal.type !== 'away' || id !== goal.broker)
    if (goal.type === 'factor' && goal.factor > live.length)
      throw new ApiError({
        code: 'KAFKA',
        kafkaError: 'INVALID_REPLICATION_FACTOR',
        message: said`Replication factor ${goal.factor} is larger than the ${live.length} brokers that are live.`
      })
    const moving = await this.#cluster.reassignments(undefined, readTimeoutMs)
    return planned(goal, known, live, new Set(moving.map(topicPartitionName)))
  }

  async moves(): Promise<CommandOutput<'partition.moves'>> {
    const moving = await this.#cluster.reassignments(undefined, readTimeoutMs)
    const moves = moving.slice(0, PLAN_MAX).map(({ topic, partition, replicas, adding, removing }) => ({
      topic,
      partition,
      replicas: [...replicas],
      adding: [...adding],
      removing: [...removing]
    }))
    return { moves, count: moving.length }
  }

  async replicas(at: CommandInput<'partition.replicas'>): Promise<CommandOutput<'partition.replicas'>> {
    const metadata = await this.#cluster.metadata({ timeoutMs: readTimeoutMs, topics: [at.topic] })
    const found = partitionOf(metadata, at)
    if (found === undefined) throw unknownTopic(at.topic)
    const { leader, replicas } = found
    const inOrder = [...replicas].sort((a, b) => Number(b === leader) - Number(a === leader))
    const askedMs = this.#clock.nowMs()
    const logEnds = await Promise.all(inOrder.map((broker) => this.#logEnd(broker, at)))
    const nowMs = this.#clock.nowMs()
    const leaderEnd = leader === null ? null : (logEnds[inOrder.indexOf(leader)] ?? null)
    const seen = this.#seen(topicPartitionName(at))
    if (leader !== null && leaderEnd !== null) seen.seen(leader, leaderEnd, askedMs)
    return {
      replicas: inOrder.map((broker, index) => {
        const logEnd = logEnds[index] ?? null
        // Without a leader there is nothing to be behind of.
        const behind = logEnd === null || leaderEnd === null ? null : (seen.behind(logEnd, nowMs) ?? null)
        return { broker, logEnd, behind }
      })
    }
  }

  #seen(name: string): LeaderEnds {
    const ends = this.#leaderEnds.get(name) ?? new LeaderEnds()
    this.#leaderEnds.delete(name)
    this.#leaderEnds.set(name, ends)
    const [oldest] = this.#leaderEnds.keys()
    if (this.#leaderEnds.size > followedMax && oldest !== undefined) this.#leaderEnds.delete(oldest)
    return ends
  }

  async #logEnd(broker: BrokerId, at: TopicPartition): Promise<number | null> {
    try {
      const [answer] = await this.#cluster.logEnds(broker, [at], readTimeoutMs)
      return answer?.offset ?? null
    } catch (error) {
      expectAppError(error)
      ignore(error, 'a broker that does not answer says nothing of its log')
      return null
    }
  }

  /** The controller may have moved: then its place is looked up again. */
  #atController<T>(ask: () => Promise<T>): Promise<T> {
    return retrying(this.#clock, changeTimeoutMs, async () => {
      await this.#cluster.metadata({ timeoutMs: readTimeoutMs, topics: [] })
      return await ask()
    })
  }

  /** As they are once they are seen to be as asked, or after a while as they are. */
  async #states(
    partitions: readonly TopicPartition[],
    isSeen: (state: PartitionState) => boolean
  ): Promise<PartitionState[]> {
    if (partitions.length === 0) return []
    const endMs = this.#clock.monotonicMs() + seenWithinMs
    for (;;) {
      const states = await this.#read(partitions)
      if (states.every(isSeen) || this.#clock.monotonicMs() >= endMs) return states
      await pause(this.#clock, seenEveryMs)
    }
  }

  async #read(partitions: readonly TopicPartition[]): Promise<PartitionState[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))]
    const metadata = await this.#cluster.metadata({ timeoutMs: readTimeoutMs, topics })
    const moving = await this.#cluster.reassignments(partitions, readTimeoutMs)
    const moves = new Map(moving.map((one) => [topicPartitionName(one), one]))
    return partitions.flatMap((at) => {
      const found = partitionOf(metadata, at)
      if (found === undefined) return []
      const move = moves.get(topicPartitionName(at))
      return {
        topic: at.topic,
        partition: at.partition,
        leader: found.leader,
        replicas: [...(move?.replicas ?? found.replicas)],
        isr: [...found.isr],
        adding: [...(move?.adding ?? [])],
        removing: [...(move?.removing ?? [])]
      }
    })
  }
}

function isKnown({ topics }: Snapshot, { topic, partition }: TopicPartition): boolean {
  return topics.get(topic)?.partitions.some((one) => one.partition === partition) === true
}

function refuseTwice(partitions: readonly TopicPartition[]): void {
  const seen = new Set<string>()
  for (const at of partitions) {
    const name = topicPartitionName(at)
    if (seen.has(name))
      throw new ApiError({ code: 'INVALID_INPUT', message: said`${name} is named twice. Name each partition once.` })
    seen.add(name)
  }
}

const noAnswer = { name: 'UNKNOWN_SERVER_ERROR', message: said`The controller said nothing of this partition.` }

/** Those that something was said of, and good. */
function answered(
  partitions: readonly TopicPartition[],
  results: readonly PartitionResult[],
  isDone: (result: PartitionResult) => boolean
): readonly TopicPartition[] {
  const done = new Set(results.filter(isDone).map(topicPartitionName))
  return partitions.filter((at) => done.has(topicPartitionName(at)))
}

function failures(results: readonly PartitionResult[], isDone: (result: PartitionResult) => boolean): States['failed'] {
  const failed = results.filter((result) => !isDone(result))
  const [only] = failed
  if (only !== undefined && results.length === 1) {
    const { name, message } = only.problem ?? noAnswer
    throw new ApiError({ code: 'KAFKA', kafkaError: name, message })
  }
  return failed.map(({ topic, partition, problem }) => {
    const { name, message } = problem ?? noAnswer
    return { topic, partition, kafkaError: name, message }
  })
}

function partitionOf({ topics }: ClusterMetadata, { topic, partition }: TopicPartition) {
  return topics.find(({ name }) => name === topic)?.partitions.find((one) => one.partition === partition)
}
