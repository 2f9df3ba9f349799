/**
 * Takes samples of the cluster: metadata from any live broker, groups and their offsets from each coordinator, end and
 * start offsets from each leader, sizes from each broker. Brokers are asked side by side, each request with its own
 * time-out, so that a dead or stopped one leaves only its own facts unknown. One sample at a time.
 *
 * Committed offsets are read before end offsets, as Kafka's own tool does: a lag is never too small by that.
 * Of a large cluster only `offsetsPerSampleMax` partitions are asked per sample: those that groups read and that
 * somebody looks at each time, the others in turn; until then they keep what was told last.
 */
import type { ClusterMetadata, DescribedGroup, GroupOffsets, KafkaCluster, ReplicaRules } from '../kernel/cluster-ports'
import { expectAppError, ignore } from '../kernel/errors'
import type { TopicPartition } from '../kernel/ids'
import type { Clock } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import { readAssignment } from './core/consumer-protocol'
import { OffsetTable } from './core/offset-table'
import {
  unknownState,
  type EnsembleFacts,
  type GroupFacts,
  type MemberFacts,
  type PartitionFacts,
  type Snapshot,
  type TopicFacts
} from './core/snapshot'

const requestTimeoutMs = 800
export const offsetsPerSampleMax = 6000
const groupsPerRequest = 200
/** Sizes of so many partitions are asked only every `sizesEvery` samples. */
const manyPartitions = 3000
const sizesEvery = 5
/**
 * Metadata of a large cluster is costly to read: on the beat it is used again for as many times as long as it took, but
 * never when it was quick, when a leader did not answer, or when the ensemble told of a change.
 */
const metadataRestFactor = 5
const metadataCostlyMs = 50
const metadataAgeMsMax = 3000
/**
 * A partition whose leader is being replaced has none for a moment (ADR 50): what has just lost its leader is looked at again, so long
 * after the look before, until it has one; one that has none still, has none.
 */
const leaderlessAgainMs = [50, 100, 200, 400]

/** Rules of replicas: of so many topics a sample, and again after so long, or at once when they were changed here. */
const rulesPerSample = 500
const rulesAgeMsMax = 15_000

export interface SamplerPorts {
  readonly clock: Clock
  readonly cluster: Pick<
    KafkaCluster,
    'metadata' | 'offsets' | 'sizes' | 'groups' | 'describeGroups' | 'committed' | 'replicaRules'
  >
  readonly ensemble: () => EnsembleFacts | null
  /** Topics that somebody looks at. */
  readonly watchedTopics: () => ReadonlySet<string>
}

export class Sampler {
  readonly #ports: SamplerPorts
  readonly #offsets = new OffsetTable()
  #topicsAtMs: number | null = null
  #metadata: ClusterMetadata | undefined
  #metadataRead = { atMs: 0, tookMs: 0, ensemble: null as EnsembleFacts | null }
  #isReadAnew = true
  #groups: ReadonlyMap<string, GroupFacts> | null = null
  readonly #rules = new Map<string, { readonly rules: ReplicaRules; readonly atMs: number }>()
  #samples = 0
  #running: Promise<Snapshot> | undefined
  #next: Promise<Snapshot> | undefined

  constructor(ports: SamplerPorts) {
    this.#ports = ports
  }

  /**
   * A sample that begins after this call; calls that wait for the same one share it. Rejects with programmer errors only. That of a command
   * sees all that was done before it.
   */
  sample(why: 'beat' | 'command' = 'command'): Promise<Snapshot> {
    if (why === 'command') this.#isReadAnew = true
    if (this.#running === undefined) return this.#begin()
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      return this.#begin()
    })
    return this.#next
  }

  #begin(): Promise<Snapshot> {
    const running = this.#take().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #take(): Promise<Snapshot> {
    const atMs = this.#ports.clock.nowMs()
    this.#samples++
    const metadata = await this.#readMetadata()
    const live = metadata?.brokers.map(({ id }) => id) ?? []
    await Promise.all([this.#sampleGroups(live), metadata === undefined ? undefined : this.#sampleRules(metadata)])
    if (metadata === undefined) this.#offsets.forgetAll()
    else await this.#samplePartitions(metadata, atMs)
    const topics = this.#topicFacts(metadata !== undefined)
    if (metadata !== undefined) this.#topicsAtMs = atMs
    return {
      atMs,
      hasMetadata: metadata !== undefined,
      topicsAtMs: this.#topicsAtMs,
      topics,
      toldControllerId: metadata?.controllerId ?? null,
      liveBrokers: live,
      groups: this.#groups,
      ensemble: this.#ports.ensemble()
    }
  }

  async #readMetadata(): Promise<ClusterMetadata | undefined> {
    const { clock, cluster } = this.#ports
    const ensemble = this.#ports.ensemble()
    const { atMs, tookMs, ensemble: earlier } = this.#metadataRead
    const ageMs = clock.monotonicMs() - atMs
    const isFresh = tookMs > metadataCostlyMs && ageMs < Math.min(metadataAgeMsMax, tookMs * metadataRestFactor)
    if (isFresh && !this.#isReadAnew && ensemble === earlier) return this.#metadata
    this.#isReadAnew = false
    try {
      for (let looks = 0; ; looks++) {
        const begunMs = clock.monotonicMs()
        const registered = ensemble?.brokerIds ?? null
        const metadata = await cluster.metadata({ timeoutMs: requestTimeoutMs, registered })
        const againMs = leaderlessAgainMs[looks]
        if (againMs === undefined || !isNewlyLeaderless(this.#metadata, metadata)) {
          const readMs = clock.monotonicMs()
          this.#metadataRead = { atMs: readMs, tookMs: readMs - begunMs, ensemble }
          this.#metadata = metadata
          return metadata
        }
        await pause(clock, againMs)
      }
    } catch (error) {
      this.#isReadAnew = true
      return unreachable(error)
    }
  }

  /** Their rules may have been changed: they are read anew. */
  configsChanged(topic: string | undefined): void {
    if (topic === undefined) this.#rules.clear()
    else this.#rules.delete(topic)
  }

  /** Those that are not known first, then those known longest. What is not told stays as it was known, or unknown. */
  async #sampleRules({ topics }: ClusterMetadata): Promise<void> {
    const { clock, cluster } = this.#ports
    const names = new Set(topics.map(({ name }) => name))
    for (const name of this.#rules.keys()) if (!names.has(name)) this.#rules.delete(name)
    const nowMs = clock.monotonicMs()
    const due = [...names].filter((name) => nowMs - (this.#rules.get(name)?.atMs ?? -Infinity) > rulesAgeMsMax)
    if (due.length === 0) return
    const knownAt = (name: string): number => this.#rules.get(name)?.atMs ?? -1
    const asked = due.sort((a, b) => knownAt(a) - knownAt(b)).slice(0, rulesPerSample)
    try {
      const told = await cluster.replicaRules(asked, requestTimeoutMs)
      for (const [name, rules] of told) this.#rules.set(name, { rules, atMs: clock.monotonicMs() })
    } catch (error) {
      unreachable(error)
    }
  }

  // ── partitions ─────────────────────────────────────────────────────────────────────────────────────────────────

  async #samplePartitions(metadata: ClusterMetadata, atMs: number): Promise<void> {
    this.#offsets.keepOnly(metadata.topics)
    const chosen = this.#offsets.choose(this.#neededTopics(), offsetsPerSampleMax)
    const isSizeTurn = this.#offsets.size <= manyPartitions || this.#samples % sizesEvery === 1
    const live = new Set(metadata.brokers.map(({ id }) => id))
    const work: Promise<void>[] = []
    for (const [leader, partitions] of chosen) {
      if (live.has(leader)) work.push(this.#sampleOffsets(leader, partitions, atMs))
      else this.#offsets.leaderUnreachable(leader)
    }
    for (const broker of isSizeTurn ? live : []) work.push(this.#sampleSizes(broker))
    await Promise.all(work)
  }

  #neededTopics(): ReadonlySet<string> {
    const needed = new Set(this.#ports.watchedTopics())
    for (const { committed, members } of this.#groups?.values() ?? []) {
      for (const topic of committed?.keys() ?? []) needed.add(topic)
      for (const { assigned } of members ?? []) for (const { topic } of assigned) needed.add(topic)
    }
    return needed
  }

  async #sampleOffsets(leader: number, partitions: readonly TopicPartition[], atMs: number): Promise<void> {
    const { cluster } = this.#ports
    try {
      const [ends, starts] = await Promise.all([
        cluster.offsets(leader, 'latest', partitions, requestTimeoutMs),
        cluster.offsets(leader, 'earliest', partitions, requestTimeoutMs)
      ])
      this.#offsets.answered('end', ends, atMs)
      this.#offsets.answered('start', starts, atMs)
    } catch (error) {
      unreachable(error)
      this.#isReadAnew = true
      this.#offsets.leaderUnreachable(leader)
    }
  }

  async #sampleSizes(broker: number): Promise<void> {
    try {
      this.#offsets.sized(broker, await this.#ports.cluster.sizes(broker, requestTimeoutMs))
    } catch (error) {
      unreachable(error)
    }
  }

  #topicFacts(hasMetadata: boolean): ReadonlyMap<string, TopicFacts> {
    const facts = new Map<string, TopicFacts>()
    for (const { name, topicId, isInternal, partitions } of this.#metadata?.topics ?? []) {
      const rows = partitions.map((partition): PartitionFacts => {
        const leader = hasMetadata ? partition.leader : null
        return { ...partition, leader, ...this.#offsets.of(name, partition.partition) }
      })
      const recordsInPerSecond = hasMetadata ? this.#offsets.recordsInPerSecond(name) : null
      const knownRecordsInPerSecond = hasMetadata ? this.#offsets.knownRecordsInPerSecond(name) : null
      facts.set(name, {
        name,
        topicId,
        isInternal,
        ...this.#rules.get(name)?.rules,
        partitions: rows,
        recordsInPerSecond,
        knownRecordsInPerSecond
      })
    }
    return facts
  }

  // ── groups ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What a coordinator does not tell is not known; a group goes when its own coordinator no longer lists it. */
  async #sampleGroups(live: readonly number[]): Promise<void> {
    const told = await Promise.all(live.map(async (broker) => ({ broker, groups: await this.#groupsOf(broker) })))
    const answered = new Map(told.flatMap(({ broker, groups }) => (groups === undefined ? [] : [[broker, groups]])))
    if (answered.size === 0 && this.#groups === null) return
    const groups = new Map<string, GroupFacts>()
    for (const known of this.#groups?.values() ?? []) {
      if (!answered.has(known.lastCoordinatorId)) groups.set(known.groupId, unknownNow(known))
    }
    for (const listed of answered.values()) for (const group of listed) groups.set(group.groupId, group)
    this.#groups = groups
  }

  /** undefined when the broker does not answer, or is still loading what it coordinates. */
  async #groupsOf(broker: number): Promise<readonly GroupFacts[] | undefined> {
    const { cluster } = this.#ports
    try {
      const listed = await cluster.groups(broker, requestTimeoutMs)
      const described = new Map<string, DescribedGroup>()
      const committed = new Map<string, GroupOffsets>()
      for (let at = 0; at < listed.length; at += groupsPerRequest) {
        const groupIds = listed.slice(at, at + groupsPerRequest).map(({ groupId }) => groupId)
        const [descriptions, offsets] = await Promise.all([
          cluster.describeGroups(broker, groupIds, requestTimeoutMs).catch((error: unknown) => unreachable(error)),
          cluster.committed(broker, groupIds, requestTimeoutMs).catch((error: unknown) => unreachable(error))
        ])
        for (const group of descriptions ?? []) described.set(group.groupId, group)
        for (const group of offsets ?? []) committed.set(group.groupId, group)
      }
      return listed.map(({ groupId, state }) => {
        const description = described.get(groupId)
        return groupFacts({ broker, groupId, state, description, offsets: committed.get(groupId) })
      })
    } catch (error) {
      return unreachable(error)
    }
  }
}

/** The policy for a broker that does not answer: what it would have told stays unknown. */
function unreachable(error: unknown): undefined {
  expectAppError(error)
  ignore(error, 'shown as unknown')
  return undefined
}

function unknownNow(group: GroupFacts): GroupFacts {
  return { ...group, coordinatorId: null, state: unknownState, members: null, committed: null }
}

interface ToldGroup {
  readonly broker: number
  readonly groupId: string
  readonly state: string
  readonly description: DescribedGroup | undefined
  readonly offsets: GroupOffsets | undefined
}

function groupFacts({ broker, groupId, state: listedState, description, offsets }: ToldGroup): GroupFacts {
  const state = description?.state ?? listedState
  return {
    groupId,
    coordinatorId: broker,
    lastCoordinatorId: broker,
    state,
    lastState: state,
    protocol: description?.protocol ?? '',
    members: description === undefined ? null : memberFacts(description),
    committed: offsets === undefined ? null : committedByTopic(offsets)
  }
}

function memberFacts({ protocolType, members }: DescribedGroup): readonly MemberFacts[] {
  return members.map(({ memberId, clientId, clientHost, assignment }) => {
    const assigned = protocolType === 'consumer' ? readAssignment(assignment) : undefined
    const who = { memberId, clientId, clientHost }
    return assigned === undefined ? { ...who, assigned: [], isAssignmentUnknown: true } : { ...who, assigned }
  })
}

function committedByTopic({ committed }: GroupOffsets): ReadonlyMap<string, ReadonlyMap<number, number | null>> {
  const topics = new Map<string, Map<number, number | null>>()
  for (const { topic, partition, offset } of committed) {
    const partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, new Map([[partition, offset]]))
    else partitions.set(partition, offset)
  }
  return topics
}

/** Something has no leader that had one when it was looked at before. */
function isNewlyLeaderless(before: ClusterMetadata | undefined, now: ClusterMetadata): boolean {
  const leaderless = now.topics.filter(({ partitions }) => partitions.some(({ leader }) => leader === null))
  if (before === undefined || leaderless.length === 0) return false
  const names = new Set(leaderless.map(({ name }) => name))
  const known = new Map(before.topics.filter(({ name }) => names.has(name)).map((topic) => [topic.name, topic]))
  return leaderless.some(({ name, topicId, partitions }) => {
    const topic = known.get(name)
    if (topic?.topicId !== topicId) return false
    const led = new Set(topic.partitions.filter(({ leader }) => leader !== null).map(({ partition }) => partition))
    return partitions.some(({ leader, partition }) => leader === null && led.has(partition))
  })
}
