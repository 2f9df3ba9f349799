/**
 * A cluster in memory for tests of the monitor's services: topics with leaders and logs, groups with a coordinator. A
 * broker in `away` does not answer; what was asked is in `asked`.
 */
import type {
  ClusterMetadata,
  ConfigFacts,
  FetchedPartition,
  FetchedRecord,
  ChangedPartition,
  KafkaCluster,
  NewRecord,
  PartitionOffset,
  PartitionResult,
  PayloadText,
  Reassignment,
  StoredCommit,
  TopicMetadata
} from '../../../../src-main/kernel/cluster-ports'
import { AppError } from '../../../../src-main/kernel/errors'
import type { TopicPartition } from '../../../../src-main/kernel/ids'
import type { TopicFacts } from '../../../../src-main/monitor/core/snapshot'
import type { Clock } from '../../../../src-main/kernel/ports'

export interface FakePartition {
  leader: number | null
  readonly replica: number
  startOffset: number
  records: FetchedRecord[]
}

export interface FakeGroup {
  readonly coordinator: number
  state: string
  readonly committed: Map<string, number>
}

const placeOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`

export function kafkaError(name: string, details: Readonly<Record<string, unknown>> = {}): AppError {
  return new AppError('KAFKA', name, { details: { kafkaError: name, ...details } })
}

export class FakeCluster implements KafkaCluster {
  readonly brokers = [1, 2, 3]
  readonly away = new Set<number>()
  readonly topics = new Map<string, FakePartition[]>()
  readonly fakeGroups = new Map<string, FakeGroup>()
  readonly asked: string[] = []
  readonly commits: Record<number, number>[] = []
  /** Answered in turn by produce instead of writing. */
  readonly produceFailures: Error[] = []
  readonly heartbeatFailures: Error[] = []
  controllerId: number | null = 1
  left = 0
  readonly #clock: Clock | undefined

  /** "topic partition offset" of records that compaction took. */
  readonly compacted = new Set<string>()

  /** With a clock an empty fetch waits as long as it may. */
  constructor(clock?: Clock) {
    this.#clock = clock
  }

  topic(name: string, leaders: readonly (number | null)[]): FakePartition[] {
    const partitions = leaders.map((leader, i) => ({ leader, replica: leader ?? i + 1, startOffset: 0, records: [] }))
    this.topics.set(name, partitions)
    return partitions
  }

  /** A topic as a sample has it. */
  facts(name: string): TopicFacts {
    return {
      name,
      topicId: 'id',
      isInternal: false,
      recordsInPerSecond: null,
      knownRecordsInPerSecond: null,
      partitions: (this.topics.get(name) ?? []).map(({ leader, startOffset, records }, partition) => ({
        partition,
        leader,
        leaderEpoch: 0,
        replicas: [partition + 1],
        isr: [],
        startOffset: leader === null ? null : startOffset,
        endOffset: leader === null ? null : startOffset + records.length,
        sizeBytes: null
      }))
    }
  }

  append(topic: string, partition: number, values: readonly string[], timestampMs = 0): void {
    const log = this.#log(topic, partition)
    for (const value of values) {
      const offset = log.startOffset + log.records.length
      log.records.push({ offset, timestampMs, key: null, value, headers: [] })
    }
  }

  #log(topic: string, partition: number): FakePartition {
    const log = this.topics.get(topic)?.[partition]
    if (log === undefined) throw kafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    return log
  }

  #ask(broker: number, what: string): void {
    this.asked.push(`${broker} ${what}`)
    if (this.away.has(broker)) throw new AppError('TIMED_OUT', `broker ${broker} does not answer`)
  }

  metadata(options: { readonly topics?: readonly string[] }): Promise<ClusterMetadata> {
    const broker = this.brokers.find((id) => !this.away.has(id))
    if (broker === undefined) return Promise.reject(new AppError('CONNECTION_REFUSED', 'nobody there'))
    this.asked.push('metadata')
    const wanted = [...this.topics].filter(([name]) => options.topics?.includes(name) ?? true)
    return Promise.resolve({
      brokers: this.brokers.map((id) => ({ id, host: 'h', port: id })),
      controllerId: this.controllerId,
      topics: wanted.map(([name, partitions]): TopicMetadata => ({
        name,
        topicId: `id of ${name}`,
        isInternal: false,
        partitions: partitions.map(({ leader, replica }, partition) => ({
          partition,
          leader,
          leaderEpoch: 0,
          replicas: [replica],
          isr: [replica]
        }))
      }))
    })
  }

  async offsets(
    broker: number,
    at: 'latest' | 'earliest',
    partitions: readonly { readonly topic: string; readonly partition: number }[]
  ) {
    await Promise.resolve()
    this.#ask(broker, at)
    return partitions.map(({ topic, partition }) => {
      const { leader, startOffset, records } = this.#log(topic, partition)
      const offset = at === 'earliest' ? startOffset : startOffset + records.length
      return { topic, partition, offset: leader === broker ? offset : null }
    })
  }

  async sizes(broker: number) {
    await Promise.resolve()
    this.#ask(broker, 'sizes')
    return [...this.topics].flatMap(([topic, partitions]) =>
      partitions.flatMap(({ leader, records }, partition) =>
        leader === broker ? [{ topic, partition, sizeBytes: records.length * 100 }] : []
      )
    )
  }

  async groups(broker: number) {
    await Promise.resolve()
    this.#ask(broker, 'groups')
    return [...this.fakeGroups]
      .filter(([, { coordinator }]) => coordinator === broker)
      .map(([groupId, { state }]) => ({ groupId, state }))
  }

  async describeGroups(broker: number, groupIds: readonly string[]) {
    await Promise.resolve()
    this.#ask(broker, 'describe')
    return groupIds.map((groupId) => ({
      groupId,
      state: this.fakeGroups.get(groupId)?.state ?? 'Dead',
      protocolType: 'consumer',
      protocol: 'range',
      members: []
    }))
  }

  async committed(broker: number, groupIds: readonly string[]) {
    await Promise.resolve()
    this.#ask(broker, 'committed')
    return groupIds.map((groupId) => ({
      groupId,
      committed: [...(this.fakeGroups.get(groupId)?.committed ?? [])].map(([place, offset]) => {
        const [topic = '', partition = ''] = place.split(' ')
        return { topic, partition: Number(partition), offset }
      })
    }))
  }

  topicConfigs() {
    return Promise.resolve({})
  }

  /** Topics without a word here have one replica to be in sync, and no unclean elections. */
  readonly minIsr = new Map<string, number>()
  replicaRules(topics: readonly string[]) {
    return Promise.resolve(
      new Map(topics.map((name) => [name, { minIsr: this.minIsr.get(name) ?? 1, isUncleanAllowed: false }]))
    )
  }

  electLeaders(): Promise<readonly PartitionResult[]> {
    return Promise.resolve([])
  }

  reassign(): Promise<readonly PartitionResult[]> {
    return Promise.resolve([])
  }

  /** Being moved, as the controller says. */
  moving: readonly Reassignment[] = []
  reassignments(): Promise<readonly Reassignment[]> {
    return Promise.resolve(this.moving)
  }

  /** By broker; one that is not here does not answer. */
  readonly ends = new Map<number, number>()
  logEnds(broker: number, partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
    const offset = this.ends.get(broker)
    if (offset === undefined) return Promise.reject(new AppError('TIMED_OUT', 'no answer'))
    return Promise.resolve(partitions.map((at) => ({ ...at, offset })))
  }

  createTopic() {
    return Promise.reject(kafkaError('NOT_CONTROLLER'))
  }

  deleteTopic() {
    return Promise.resolve()
  }

  alterConfigs() {
    return Promise.resolve()
  }

  describeConfigs(resource?: Parameters<KafkaCluster['describeConfigs']>[0]): Promise<readonly ConfigFacts[]> {
    void resource
    return Promise.resolve([])
  }

  createPartitions() {
    return Promise.resolve()
  }

  async deleteRecords(broker: number, positions: readonly { topic: string; partition: number; offset: number }[]) {
    await Promise.resolve()
    this.#ask(broker, 'deleteRecords')
    return positions.map(({ topic, partition, offset }): ChangedPartition => {
      const log = this.#log(topic, partition)
      if (log.leader !== broker) {
        const name = 'NOT_LEADER_OR_FOLLOWER'
        return { topic, partition, offset: null, problem: { name, message: name } }
      }
      return { topic, partition, offset: offset < 0 ? log.startOffset + log.records.length : offset, problem: null }
    })
  }

  async offsetsAtTime(
    broker: number,
    timestampMs: number,
    partitions: readonly { readonly topic: string; readonly partition: number }[]
  ) {
    await Promise.resolve()
    this.#ask(broker, 'offsetsAtTime')
    return partitions.map(({ topic, partition }): ChangedPartition => {
      const found = this.#log(topic, partition).records.find((record) => Number(record.timestampMs) >= timestampMs)
      return { topic, partition, offset: found?.offset ?? null, problem: null }
    })
  }

  async describeGroup(coordinator: number, groupId: string) {
    const [group] = await this.describeGroups(coordinator, [groupId])
    if (group === undefined) throw kafkaError('COORDINATOR_NOT_AVAILABLE')
    return group
  }

  async committedOffsets(coordinator: number, groupId: string) {
    const offsets = (await this.committed(coordinator, [groupId])).flatMap(({ committed }) => committed)
    return offsets.map((one) => ({ ...one, leaderEpoch: -1, metadata: '', ...this.commitDetails.get(placeOf(one)) }))
  }

  deleteGroup(_coordinator: number, groupId: string) {
    this.fakeGroups.delete(groupId)
    return Promise.resolve()
  }

  /** What stands beside a commit, by "topic partition". */
  readonly commitDetails = new Map<string, { readonly leaderEpoch: number; readonly metadata: string }>()
  /** Of commits and of taking them back, by "topic partition". */
  readonly refused = new Map<string, string>()

  storeOffsets(_coordinator: number, groupId: string, commits: readonly StoredCommit[]) {
    const { committed } = this.fakeGroups.get(groupId) ?? {}
    return Promise.resolve(
      commits.map(({ topic, partition, offset, leaderEpoch, metadata }): PartitionResult => {
        const place = placeOf({ topic, partition })
        const name = this.refused.get(place)
        if (name !== undefined) return { topic, partition, problem: { name, message: `${name}!` } }
        committed?.set(place, offset)
        this.commitDetails.set(place, { leaderEpoch, metadata })
        return { topic, partition, problem: null }
      })
    )
  }

  deleteOffsets(_coordinator: number, groupId: string, partitions: readonly TopicPartition[]) {
    const { committed } = this.fakeGroups.get(groupId) ?? {}
    if (committed === undefined) return Promise.reject<ChangedPartition[]>(kafkaError('GROUP_ID_NOT_FOUND'))
    return Promise.resolve(
      partitions.map(({ topic, partition }): ChangedPartition => {
        const place = placeOf({ topic, partition })
        const name = this.refused.get(place)
        if (name === undefined) committed.delete(place)
        const problem = name === undefined ? null : { name, message: `${name}!` }
        return { topic, partition, offset: null, problem }
      })
    )
  }

  async produce(
    broker: number,
    batch: { topic: string; partition: number; acks: 0 | 1 | -1; records: readonly NewRecord[] }
  ) {
    await Promise.resolve()
    this.#ask(broker, `produce ${batch.topic}-${batch.partition} ${batch.records.length}`)
    const failure = this.produceFailures.shift()
    if (failure !== undefined) throw failure
    const log = this.#log(batch.topic, batch.partition)
    if (log.leader !== broker) throw kafkaError('NOT_LEADER_OR_FOLLOWER')
    const base = log.startOffset + log.records.length
    for (const [i, { key, value, timestampMs = 0n }] of batch.records.entries()) {
      const text = (bytes: Uint8Array | null): PayloadText => (bytes === null ? null : new TextDecoder().decode(bytes))
      log.records.push({
        offset: base + i,
        timestampMs: Number(timestampMs),
        key: text(key),
        value: text(value),
        headers: []
      })
    }
    return batch.acks === 0 ? null : base
  }

  async fetch(
    broker: number,
    positions: readonly { topic: string; partition: number; offset: number }[],
    { maxWaitMs }: { readonly maxWaitMs: number }
  ) {
    await Promise.resolve()
    this.#ask(broker, 'fetch')
    const answer = (): FetchedPartition[] => positions.map((position) => this.#fetchOne(broker, position))
    const isEmpty = answer().every(({ records, problem }) => records.length === 0 && problem === null)
    if (isEmpty && maxWaitMs > 0) await new Promise<void>((resolve) => void this.#clock?.after(maxWaitMs, resolve))
    return answer()
  }

  #fetchOne(
    broker: number,
    { topic, partition, offset }: { topic: string; partition: number; offset: number }
  ): FetchedPartition {
    const { leader, startOffset, records } = this.#log(topic, partition)
    const problem = (name: string): FetchedPartition => {
      return { topic, partition, records: [], unreadable: [], nextOffset: offset, problem: { name, message: name } }
    }
    if (leader !== broker) return problem('NOT_LEADER_OR_FOLLOWER')
    if (offset < startOffset || offset > startOffset + records.length) return problem('OFFSET_OUT_OF_RANGE')
    const found = records.slice(offset - startOffset, offset - startOffset + 3)
    const kept = found.filter((record) => !this.compacted.has(`${topic} ${partition} ${record.offset}`))
    return { topic, partition, records: kept, unreadable: [], nextOffset: offset + found.length, problem: null }
  }

  closeLane() {
    return Promise.resolve()
  }

  // ── membership: this consumer is the only member of its group ──────────────────────────────────────────────────

  coordinator(groupId: string) {
    const group = this.fakeGroups.get(groupId)
    return group === undefined
      ? Promise.reject(kafkaError('COORDINATOR_NOT_AVAILABLE'))
      : Promise.resolve(group.coordinator)
  }

  #generation = 0
  #metadata: Uint8Array = new Uint8Array(0)
  #assignment: Uint8Array = new Uint8Array(0)

  join(
    at: { readonly memberId: string },
    { protocols }: { readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[] }
  ) {
    if (at.memberId === '') return Promise.reject(kafkaError('MEMBER_ID_REQUIRED', { memberId: 'm-1' }))
    this.asked.push(`join ${at.memberId}`)
    this.#metadata = protocols[0]?.metadata ?? this.#metadata
    this.#generation++
    return Promise.resolve({
      generation: this.#generation,
      memberId: at.memberId,
      isLeader: true,
      protocol: 'range',
      members: [{ memberId: at.memberId, metadata: this.#metadata }]
    })
  }

  sync(_at: unknown, { assignments }: { readonly assignments: readonly { readonly assignment: Uint8Array }[] }) {
    this.#assignment = assignments[0]?.assignment ?? this.#assignment
    return Promise.resolve(this.#assignment)
  }

  heartbeat() {
    const failure = this.heartbeatFailures.shift()
    return failure === undefined ? Promise.resolve() : Promise.reject(failure)
  }

  leave() {
    this.left++
    return Promise.resolve()
  }

  commit(
    at: { readonly groupId: string },
    _generation: number,
    offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]
  ) {
    const group = this.fakeGroups.get(at.groupId)
    for (const at of offsets) {
      group?.committed.set(placeOf(at), at.offset)
      this.commitDetails.delete(placeOf(at))
    }
    this.commits.push(Object.fromEntries(offsets.map(({ partition, offset }) => [partition, offset])))
    return Promise.resolve()
  }

  close() {
    return Promise.resolve()
  }
}
