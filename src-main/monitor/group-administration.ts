/**
 * Changes of groups: deleted, offsets taken back, offsets reset and put back as they were. A reset reads where the group stands and where the logs
 * begin and end, plans, commits, and reads back what is stored; what it answers is what was read. Refused while members
 * are alive: they would go on from where they are and commit over it.
 */
import { ApiError } from '../api/api'
import type { CommandInput, CommandOutput } from '../api/commands'
import type {
  ChangedPartition,
  CommittedPosition,
  KafkaCluster,
  KafkaProblem,
  PartitionResult,
  StoredCommit,
  TopicMetadata
} from '../kernel/cluster-ports'
import { AppError, messageOf } from '../kernel/errors'
import { topicPartitionName, type BrokerId, type TopicPartition } from '../kernel/ids'
import type { Clock } from '../kernel/ports'
import { said } from '../kernel/said'
import { planReset, type PartitionPosition, type PlannedPartition } from './core/offset-reset'
import { kafkaErrorOf, unknownTopic } from './failure'
import { noGroup } from './group-commits'
import { isPassing, retrying } from './retrying'

const withinMs = 15_000
const readTimeoutMs = 3000
const namedMax = 5
/** Commits of nobody in particular, as Kafka's tools make them. */
const noGeneration = -1

/** A commit is refused with these when somebody is, or was just now, a member (GroupCoordinator.validateOffsetCommit). */
const ofMembers: ReadonlySet<string> = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'])

type RestoreInput = CommandInput<'group.restore'>
type RestoreOutput = CommandOutput<'group.restore'>
type ResetInput = CommandInput<'group.reset'>
type ResetOutput = CommandOutput<'group.reset'>

export class GroupAdministration {
  readonly #clock: Clock
  readonly #cluster: KafkaCluster

  constructor({ clock, cluster }: { readonly clock: Clock; readonly cluster: KafkaCluster }) {
    this.#clock = clock
    this.#cluster = cluster
  }

  async delete(groupId: string): Promise<void> {
    await this.#atCoordinator(groupId, async (coordinator) => {
      await this.#refuseAlive(coordinator, groupId, said`deleted`)
      await this.#cluster.deleteGroup(coordinator, groupId, readTimeoutMs)
    })
  }

  async deleteOffsets(groupId: string, topic: string): Promise<CommandOutput<'group.deleteOffsets'>> {
    return await this.#atCoordinator(groupId, async (coordinator) => {
      const committed = [...(await this.#committed(coordinator, groupId)).values()].filter((at) => at.topic === topic)
      const answered = await this.#cluster.deleteOffsets(coordinator, groupId, committed, readTimeoutMs)
      throwProblem(answered)
      const partitions = committed.map(({ partition, offset }) => ({ partition, before: offset }))
      return { groupId, topic, partitions }
    })
  }

  async reset({ groupId, to, topics, dryRun = false }: ResetInput): Promise<ResetOutput> {
    // Each part by itself: what is tried again never plans from its own commit.
    const { planned, was } = await this.#atCoordinator(groupId, async (coordinator) => {
      const isThere = await this.#refuseAlive(coordinator, groupId, said`reset`)
      const committed = await this.#committed(coordinator, groupId)
      if (topics === undefined && committed.size === 0) {
        if (!isThere) throw noGroup(groupId)
        const message = said`Group ${groupId} has committed nothing: say which topics are meant.`
        throw new ApiError({ code: 'FAILED', message })
      }
      const scope = await this.#scopeOf(topics, [...committed.values()])
      const positions = await this.#positions(scope, committed, to)
      const { partitions, withoutCommit } = planReset(to, positions)
      if (withoutCommit.length > 0) {
        const message = said`A shift starts from what is committed, and nothing is in ${named(withoutCommit)}. Leave them out, or choose another target.`
        throw new ApiError({ code: 'FAILED', message })
      }
      const was = partitions.flatMap(({ topic, partition }) => {
        const at = committed.get(topicPartitionName({ topic, partition }))
        if (at === undefined || at.offset === null) return []
        return [{ topic, partition, offset: at.offset, leaderEpoch: at.leaderEpoch, metadata: at.metadata }]
      })
      return { planned: partitions, was }
    })
    if (dryRun) return { groupId, applied: false, partitions: [...planned], was }
    await this.#atCoordinator(groupId, (coordinator) => this.#commit(coordinator, groupId, planned))
    const partitions = await this.#atCoordinator(groupId, (coordinator) =>
      this.#readBack(coordinator, groupId, planned)
    )
    return { groupId, applied: true, partitions, was }
  }

  /** A plan does not come into it: a commit outside of its log is committed outside of it again. */
  async restore({ groupId, partitions }: RestoreInput): Promise<RestoreOutput> {
    const before = await this.#atCoordinator(groupId, async (coordinator) => {
      await this.#refuseAlive(coordinator, groupId, said`reset`)
      return await this.#committed(coordinator, groupId)
    })
    const commits = partitions.flatMap(({ topic, partition, commit }) =>
      commit === null ? [] : [{ topic, partition, ...commit }]
    )
    const none = partitions.filter(({ commit }) => commit === null)
    const refused = new Map<string, KafkaProblem>()
    const heard = (answered: readonly PartitionResult[]): void => {
      for (const { problem, ...at } of answered) if (problem !== null) refused.set(topicPartitionName(at), problem)
    }
    if (commits.length > 0)
      heard(await this.#atCoordinator(groupId, (coordinator) => this.#store(coordinator, groupId, commits)))
    if (none.length > 0) heard(await this.#takeBack(groupId, none))
    const stored = await this.#atCoordinator(groupId, (coordinator) => this.#committed(coordinator, groupId))
    const output: RestoreOutput = { groupId, partitions: [], failed: [] }
    for (const { topic, partition, commit } of partitions) {
      const name = topicPartitionName({ topic, partition })
      const now = stored.get(name)
      if (isSameCommit(now, commit)) {
        const stood = before.get(name)?.offset ?? null
        output.partitions.push({ topic, partition, before: stood, after: commit?.offset ?? null })
        continue
      }
      const problem = refused.get(name)
      const message = problem?.message ?? said`Somebody commits for group ${groupId}: it stands elsewhere by now.`
      output.failed.push({ topic, partition, kafkaError: problem?.name ?? null, message })
    }
    return output
  }

  /** Tried again where the coordinator is another by now; members that came between our look and our commit are named. */
  async #store(
    coordinator: BrokerId,
    groupId: string,
    commits: readonly StoredCommit[]
  ): Promise<readonly PartitionResult[]> {
    const answered = await this.#cluster.storeOffsets(coordinator, groupId, commits, readTimeoutMs)
    for (const { problem } of answered) {
      if (problem === null) continue
      const error = new AppError('KAFKA', problem.message, { details: { kafkaError: problem.name } })
      if (isPassing(error)) throw error
    }
    if (answered.some(({ problem }) => problem !== null && ofMembers.has(problem.name)))
      await this.#refuseAlive(coordinator, groupId, said`reset`)
    return answered
  }

  /**
   * Does not reject: what was stored before it shall be told. A group that is none has nothing to take back, nor has a
   * topic that is none.
   */
  async #takeBack(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly PartitionResult[]> {
    try {
      return await this.#atCoordinator(groupId, (coordinator) =>
        this.#cluster.deleteOffsets(coordinator, groupId, partitions, readTimeoutMs)
      )
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'FAILED'
      const problem = { name: kafkaErrorOf(error) ?? code, message: messageOf(error) }
      return partitions.map(({ topic, partition }) => ({ topic, partition, problem }))
    }
  }

  #atCoordinator<T>(groupId: string, work: (coordinator: BrokerId) => Promise<T>): Promise<T> {
    return retrying(this.#clock, withinMs, async () => {
      await this.#cluster.metadata({ timeoutMs: readTimeoutMs, topics: [] })
      return await work(await this.#cluster.coordinator(groupId, readTimeoutMs))
    })
  }

  /** False when there is no such group (a reset makes it). Rejects with NON_EMPTY_GROUP and the members' names. */
  async #refuseAlive(coordinator: BrokerId, groupId: string, what: string): Promise<boolean> {
    const group = await this.#cluster.describeGroup(coordinator, groupId, readTimeoutMs)
    if (group.state === 'Dead') return false
    if (group.state === 'Empty' && group.members.length === 0) return true
    const members = group.members.map(({ clientId, clientHost, memberId }) => `${clientId}${clientHost} (${memberId})`)
    const shown = members.slice(0, namedMax).join(', ') + (members.length > namedMax ? ', …' : '')
    const who = members.length === 0 ? said`it is ${group.state}` : said`${members.length} alive: ${shown}`
    const message = said`Group ${groupId} cannot be ${what} while it has members (${who}). Stop them and try again.`
    throw new ApiError({ code: 'KAFKA', message, kafkaError: 'NON_EMPTY_GROUP' })
  }

  async #committed(coordinator: BrokerId, groupId: string) {
    const committed = await this.#cluster.committedOffsets(coordinator, groupId, readTimeoutMs)
    return new Map(committed.map((at) => [topicPartitionName(at), at]))
  }

  async #scopeOf(
    topics: ResetInput['topics'],
    committed: readonly TopicPartition[]
  ): Promise<ReadonlyMap<TopicMetadata, readonly number[]>> {
    const asked = new Map<string, ReadonlySet<number> | undefined>()
    for (const { topic, partitions } of topics ?? []) {
      const before = asked.get(topic)
      const isAll = partitions === undefined || (asked.has(topic) && before === undefined)
      asked.set(topic, isAll ? undefined : new Set([...(before ?? []), ...partitions]))
    }
    if (topics === undefined)
      for (const { topic, partition } of committed) asked.set(topic, new Set([...(asked.get(topic) ?? []), partition]))
    const { topics: found } = await this.#cluster.metadata({ timeoutMs: readTimeoutMs, topics: [...asked.keys()] })
    const scope = new Map<TopicMetadata, readonly number[]>()
    for (const [name, partitions] of asked) {
      const topic = found.find((one) => one.name === name)
      if (topic === undefined) throw unknownTopic(name)
      const there = topic.partitions.map(({ partition }) => partition)
      const wanted = partitions === undefined ? there : [...partitions].sort((a, b) => a - b)
      const missing = wanted.filter((partition) => !there.includes(partition))
      if (missing.length > 0) throw noPartitions(name, missing)
      scope.set(topic, wanted)
    }
    return scope
  }

  async #positions(
    scope: ReadonlyMap<TopicMetadata, readonly number[]>,
    committed: ReadonlyMap<string, TopicPartition & { readonly offset: number | null }>,
    to: ResetInput['to']
  ): Promise<readonly PartitionPosition[]> {
    const byLeader = new Map<BrokerId, TopicPartition[]>()
    const leaderless: TopicPartition[] = []
    for (const [{ name: topic, partitions }, wanted] of scope) {
      for (const partition of wanted) {
        const leader = partitions.find((one) => one.partition === partition)?.leader ?? null
        if (leader === null) leaderless.push({ topic, partition })
        else byLeader.set(leader, [...(byLeader.get(leader) ?? []), { topic, partition }])
      }
    }
    if (leaderless.length > 0) {
      const message = said`${named(leaderless)} cannot be reset: there is no leader at the moment. Start its broker, or leave it out.`
      throw new ApiError({ code: 'KAFKA', message, kafkaError: 'LEADER_NOT_AVAILABLE' })
    }
    const read = await Promise.all(
      [...byLeader].map(async ([leader, partitions]) => {
        const starts = await this.#cluster.offsets(leader, 'earliest', partitions, readTimeoutMs)
        // The ends before the times: a record that comes in between would be skipped otherwise.
        const ends = await this.#cluster.offsets(leader, 'latest', partitions, readTimeoutMs)
        const times =
          to.type === 'time' ? await this.#cluster.offsetsAtTime(leader, to.timestampMs, partitions, readTimeoutMs) : []
        throwProblem(times)
        return partitions.map((at): PartitionPosition => {
          const find = (answers: readonly (TopicPartition & { readonly offset: number | null })[]) =>
            answers.find(({ topic, partition }) => topic === at.topic && partition === at.partition)?.offset ?? null
          const startOffset = find(starts)
          const endOffset = find(ends)
          if (startOffset === null || endOffset === null) throw movedLeader(at)
          const commit = committed.get(topicPartitionName(at))?.offset ?? null
          return { ...at, committed: commit, startOffset, endOffset, atTime: find(times) }
        })
      })
    )
    return read.flat().sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
  }

  async #commit(coordinator: BrokerId, groupId: string, partitions: readonly PlannedPartition[]): Promise<void> {
    const at = { coordinator, groupId, memberId: '', lane: 'command' }
    const offsets = partitions.map(({ topic, partition, after }) => ({ topic, partition, offset: after }))
    try {
      await this.#cluster.commit(at, noGeneration, offsets, readTimeoutMs)
    } catch (error) {
      // Somebody joined between our look and our commit.
      const name = kafkaErrorOf(error)
      if (name === undefined || !ofMembers.has(name)) throw error
      await this.#refuseAlive(coordinator, groupId, said`reset`)
      throw error
    }
  }

  async #readBack(
    coordinator: BrokerId,
    groupId: string,
    planned: readonly PlannedPartition[]
  ): Promise<ResetOutput['partitions']> {
    const stored = await this.#committed(coordinator, groupId)
    const other = planned.filter((at) => stored.get(topicPartitionName(at))?.offset !== at.after)
    if (other.length === 0) return [...planned]
    const message = said`The reset was committed, but ${named(other)} stands elsewhere by now: somebody commits for group ${groupId}.`
    throw new ApiError({ code: 'FAILED', message })
  }
}

type Commit = RestoreInput['partitions'][number]['commit']

function isSameCommit(stored: CommittedPosition | undefined, asked: Commit): boolean {
  if (stored === undefined || asked === null) return stored === undefined && asked === null
  const { offset, leaderEpoch, metadata } = stored
  return offset === asked.offset && leaderEpoch === asked.leaderEpoch && metadata === asked.metadata
}

function named(partitions: readonly TopicPartition[]): string {
  const names = partitions.slice(0, namedMax).map(topicPartitionName).join(', ')
  return partitions.length > namedMax ? said`${names} and ${partitions.length - namedMax} more` : names
}

function throwProblem(answered: readonly ChangedPartition[]): void {
  const refused = answered.find(({ problem }) => problem !== null)
  if (refused?.problem == null) return
  const { name, message } = refused.problem
  throw new ApiError({ code: 'KAFKA', message: `${topicPartitionName(refused)}: ${message}`, kafkaError: name })
}

function movedLeader(at: TopicPartition): ApiError {
  const message = said`Where ${topicPartitionName(at)} begins and ends could not be read: its leader moved. Try again.`
  return new ApiError({ code: 'KAFKA', message, kafkaError: 'NOT_LEADER_OR_FOLLOWER' })
}

function noPartitions(topic: string, missing: readonly number[]): ApiError {
  const message = said`Topic ${topic} has no partition ${missing.slice(0, namedMax).join(', ')}.`
  return new ApiError({ code: 'NOT_FOUND', message, kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
}
