/**
 * Reads a topic for app and CLI: as a member of a group, or without one from a place. It ends after `maxRecords`, when a
 * poll of `pollTimeoutMs` brought nothing (joining does not count), when it is closed, or with an error that does not
 * pass by itself. Leaders that are away are tried again; meanwhile the other partitions go on.
 *
 * What is committed is never ahead of what the client has taken (`consumer.take`), and no more than `untakenMax` pushes
 * wait to be taken: then reading stops. A record may come twice, none is skipped.
 */
import { ApiError } from '../api/api'
import type { CommandInput } from '../api/commands'
import type { RecordView } from '../api/views'
import type { BegunElsewhere, ConsumerPush } from '../api/watch'
import type { FetchedPartition, FetchPosition, KafkaCluster, PartitionOffset } from '../kernel/cluster-ports'
import { AppError, expectAppError, ignore, messageOf } from '../kernel/errors'
import type { TopicPartition } from '../kernel/ids'
import type { Clock, Log } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import { AddedPartitions } from './added-partitions'
import { Untaken } from './core/untaken'
import { kafkaErrorOf, unknownTopic } from './failure'
import { GroupMember } from './group-member'
import { isPassing } from './retrying'

const requestTimeoutMs = 5000
const idleWaitMs = 200
const fetchGraceMs = 3000
const partitionBytesMax = 1024 * 1024
const answerBytesMax = 8 * 1024 * 1024
const recordsPerPush = 500
const autoCommitEveryMs = 5000
const retryMs = 200
const namedPartitionsMax = 10
/** Pushes that may be under way to the client. */
const untakenMax = 4
/** Before its partitions go to others a client gets so long to take what it was sent. */
const takeBeforeRejoinMs = 2000

export interface ConsumerPorts {
  readonly clock: Clock
  readonly log: Log
  readonly cluster: KafkaCluster
  readonly push: (push: ConsumerPush) => Promise<void>
}

export class Consumer {
  readonly #ports: ConsumerPorts
  readonly #options: CommandInput<'consumer.open'>
  readonly #lane: string
  readonly #member: GroupMember | undefined
  /** Next offset to read by partition. */
  #positions = new Map<number, number>()
  readonly #untaken = new Untaken()
  /** Next offset to commit by partition, where it is not committed yet. */
  readonly #taken = new Map<number, number>()
  #wake: () => void = () => undefined
  /** Partitions whose start is not known yet, because their leader is away. */
  #unplaced: readonly TopicPartition[] = []
  #leaders = new Map<number, number | null>()
  /** Without a group. */
  readonly #addedPartitions: AddedPartitions
  /** Partitions that did not answer the last time they were asked. */
  #silent = new Set<number>()
  #recordsLeft: number
  #lastCommitMs = 0
  /** What it could not look at when it ended for want of records. */
  #shortfall: string | null = null
  #isClosing = false
  #running: Promise<void> | undefined

  constructor(ports: ConsumerPorts, options: CommandInput<'consumer.open'>, lane: string) {
    this.#ports = ports
    this.#options = options
    this.#lane = lane
    this.#recordsLeft = options.maxRecords ?? Number.POSITIVE_INFINITY
    const { clock, log, cluster } = ports
    const { groupId, topic } = options
    this.#addedPartitions = new AddedPartitions(clock, async () => {
      const { topics } = await cluster.metadata({ timeoutMs: requestTimeoutMs, topics: [topic] })
      return topics.find(({ name }) => name === topic)?.partitions.map(({ partition }) => partition) ?? []
    })
    if (groupId !== undefined) {
      const partitionCounts = (topics: readonly string[]): Promise<ReadonlyMap<string, number>> =>
        countPartitions(cluster, topics)
      const memberPorts = { clock, log, membership: cluster, partitionCounts }
      this.#member = new GroupMember(memberPorts, groupId, topic, `${lane}-group`)
    }
  }

  get hasBegun(): boolean {
    return this.#running !== undefined
  }

  /** Resolves when it has ended and that was pushed; rejects with programmer errors only. */
  run(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  /** The client has taken all pushes up to this one: they are printed, shown or stored. */
  take(sequence: number): void {
    for (const [partition, offset] of this.#untaken.take(sequence)) this.#taken.set(partition, offset)
    this.#wake()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    this.#wake()
    await this.#running
  }

  async #run(): Promise<void> {
    let problem: string | null = null
    let failure: unknown
    try {
      await this.#consume()
      await this.#untilTaken(0)
    } catch (error) {
      failure = error
      const kafkaError = kafkaErrorOf(error)
      problem = `${kafkaError === undefined ? '' : `${kafkaError}: `}${messageOf(error)}`
    }
    try {
      if (problem === null) await this.#commit()
      // Said when all is committed that could be read: this is no failure of what was.
      problem ??= this.#shortfall
    } catch (error) {
      failure = error
      problem = messageOf(error)
    }
    await this.#member?.leave()
    await this.#ports.cluster.closeLane(this.#lane)
    await this.#ports.cluster.closeLane(`${this.#lane}-group`)
    await this.#ports.push({ type: 'ended', error: problem }).catch((error: unknown) => {
      ignore(error, 'the host is gone')
    })
    if (failure !== undefined && !(failure instanceof ApiError)) expectAppError(failure)
  }

  #isWanted(): boolean {
    return !this.#isClosing && this.#recordsLeft > 0
  }

  async #consume(): Promise<void> {
    const { clock } = this.#ports
    const pollMs = this.#options.pollTimeoutMs ?? Number.POSITIVE_INFINITY
    if (this.#member === undefined) await this.#takeOver(await this.#allPartitions())
    let pollSinceMs = clock.monotonicMs()
    let isIdle = false
    while (this.#isWanted()) {
      if (this.#member?.needsJoin === true) {
        await this.#rejoin(this.#member)
        pollSinceMs = clock.monotonicMs()
      }
      const leftMs = pollSinceMs + pollMs - clock.monotonicMs()
      if (leftMs <= 0) {
        this.#shortfall = this.#silentPartitions()
        return
      }
      if (this.#member === undefined) this.#takeOverAdded()
      const fetched = await this.#fetch(isIdle ? Math.max(1, Math.min(idleWaitMs, leftMs)) : 0)
      isIdle = !(await this.#deliver(fetched))
      if (!isIdle) pollSinceMs = clock.monotonicMs()
      if (this.#options.commit === 'auto' && clock.monotonicMs() - this.#lastCommitMs >= autoCommitEveryMs) {
        await this.#commit()
      }
    }
  }

  /** A poll that brought nothing says nothing of partitions that did not answer. */
  #silentPartitions(): string | null {
    const silent = new Set([...this.#unplaced.map(({ partition }) => partition), ...this.#silent])
    if (silent.size === 0) return null
    const names = [...silent].sort((a, b) => a - b).slice(0, namedPartitionsMax)
    const more = silent.size > names.length ? ` and ${silent.size - names.length} more` : ''
    return `Partition ${names.join(', ')}${more} of ${this.#options.topic} did not answer: what is in there was not read.`
  }

  // ── where to read ──────────────────────────────────────────────────────────────────────────────────────────────

  async #rejoin(member: GroupMember): Promise<void> {
    // Before others get our partitions they should know how far we came.
    await this.#untilTaken(0, takeBeforeRejoinMs)
    await this.#commit()
    this.#untaken.forget()
    this.#taken.clear()
    this.#positions.clear()
    const assigned = await member.join(() => this.#isWanted())
    if (assigned !== undefined) await this.#takeOver(assigned)
  }

  async #allPartitions(): Promise<readonly TopicPartition[]> {
    const { topic } = this.#options
    const partitions = await this.#refreshLeaders()
    if (partitions === undefined) throw unknownTopic(topic)
    this.#addedPartitions.begin(partitions)
    return partitions.map((partition) => ({ topic, partition }))
  }

  #takeOverAdded(): void {
    const { topic } = this.#options
    const added = this.#addedPartitions.take().map((partition) => ({ topic, partition }))
    if (added.length > 0) this.#unplaced = [...this.#unplaced, ...added]
  }

  /** Positions of new partitions: the group's commit, else where the options say. Waits for leaders that are away. */
  async #takeOver(assigned: readonly TopicPartition[]): Promise<void> {
    const positions = await this.#committedPositions(assigned)
    const missing = assigned.filter(({ partition }) => !positions.has(partition))
    this.#positions = positions
    this.#lastCommitMs = this.#ports.clock.monotonicMs()
    await this.#refreshLeaders()
    this.#unplaced = await this.#startPositions(missing)
  }

  async #committedPositions(assigned: readonly TopicPartition[]): Promise<Map<number, number>> {
    const { groupId, topic } = this.#options
    const positions = new Map<number, number>()
    if (groupId === undefined || assigned.length === 0) return positions
    const { cluster } = this.#ports
    const coordinator = await this.#untilThere(() => cluster.coordinator(groupId, requestTimeoutMs))
    if (coordinator === undefined) return positions
    const groups = await this.#untilThere(() => cluster.committed(coordinator, [groupId], requestTimeoutMs))
    const wanted = new Set(assigned.map(({ partition }) => partition))
    for (const at of groups?.[0]?.committed ?? []) {
      if (at.topic === topic && at.offset !== null && wanted.has(at.partition)) positions.set(at.partition, at.offset)
    }
    return positions
  }

  /** Sets the positions that can be known now; gives back the partitions of leaders that are away. */
  async #startPositions(partitions: readonly TopicPartition[]): Promise<readonly TopicPartition[]> {
    const { cluster } = this.#ports
    const { from } = this.#options
    const unplaced: TopicPartition[] = []
    const elsewhere: BegunElsewhere[] = []
    const byLeader = this.#byLeader(partitions, unplaced)
    await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        try {
          const [starts, ends] = await Promise.all([
            cluster.offsets(leader, 'earliest', led, requestTimeoutMs),
            cluster.offsets(leader, 'latest', led, requestTimeoutMs)
          ])
          const [startOf, endOf] = [starts, ends].map(offsetsByIndex) as [OffsetsByIndex, OffsetsByIndex]
          for (const at of led) {
            const start = startOf.get(at.partition) ?? null
            const end = endOf.get(at.partition) ?? null
            if (start === null || end === null) unplaced.push(at)
            else if (from === 'earliest' || this.#addedPartitions.has(at.partition)) this.#beginAt(at.partition, start)
            else if (from === 'latest') this.#beginAt(at.partition, end)
            else {
              const begun = Math.min(end, Math.max(start, from))
              this.#beginAt(at.partition, begun)
              if (begun !== from) elsewhere.push({ ...at, asked: from, begun })
            }
          }
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          ignore(error, 'tried again with the next poll')
          unplaced.push(...led)
        }
      })
    )
    if (elsewhere.length > 0) await this.#ports.push({ type: 'begunElsewhere', places: elsewhere })
    return unplaced
  }

  /**
   * A place that we chose is committed like any other, as Kafka's consumers do: whoever begins at the end of an empty
   * partition finds what came meanwhile when it goes on.
   */
  #beginAt(partition: number, offset: number): void {
    this.#positions.set(partition, offset)
    this.#taken.set(partition, offset)
  }

  #byLeader<Place extends TopicPartition>(
    places: readonly Place[],
    leaderless: Place[]
  ): ReadonlyMap<number, readonly Place[]> {
    const byLeader = new Map<number, Place[]>()
    for (const place of places) {
      const leader = this.#leaders.get(place.partition) ?? null
      if (leader === null) leaderless.push(place)
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), place])
    }
    return byLeader
  }

  /** All partitions of the topic; undefined when there is no such topic. */
  async #refreshLeaders(): Promise<readonly number[] | undefined> {
    const { topic } = this.#options
    const metadata = await this.#untilThere(() =>
      this.#ports.cluster.metadata({ timeoutMs: requestTimeoutMs, topics: [topic] })
    )
    const found = metadata?.topics.find(({ name }) => name === topic)
    this.#leaders = new Map(found?.partitions.map(({ partition, leader }) => [partition, leader]))
    return found?.partitions.map(({ partition }) => partition)
  }

  /** Tries again what passes; undefined when the consumer is closed meanwhile. */
  async #untilThere<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { clock } = this.#ports
    // Without a broker at all a poll can bring nothing either. A group may be a while in the making.
    const isBounded = this.#member === undefined
    const endMs = clock.monotonicMs() + (isBounded ? (this.#options.pollTimeoutMs ?? Infinity) : Infinity)
    while (!this.#isClosing) {
      try {
        return await work()
      } catch (error) {
        const isAway = error instanceof AppError && (error.code === 'TIMED_OUT' || error.code === 'CONNECTION_LOST')
        if (!isAway && !isPassing(error)) throw error
        if (clock.monotonicMs() >= endMs) throw error
        await pause(this.#ports.clock, retryMs)
      }
    }
    return undefined
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────

  async #fetch(maxWaitMs: number): Promise<readonly FetchedPartition[]> {
    const { clock } = this.#ports
    const { topic } = this.#options
    if (this.#unplaced.length > 0) {
      await this.#refreshLeaders()
      this.#unplaced = await this.#startPositions(this.#unplaced)
    }
    const places = [...this.#positions].map(([partition, offset]): FetchPosition => ({ topic, partition, offset }))
    const leaderless: FetchPosition[] = []
    const byLeader = this.#byLeader(places, leaderless)
    let isAway = leaderless.length > 0
    this.#silent = new Set(leaderless.map(({ partition }) => partition))
    const answers = await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        try {
          return await this.#fetchFrom(leader, led, maxWaitMs)
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          ignore(error, 'its leader is looked up and tried again')
          isAway = true
          for (const { partition } of led) this.#silent.add(partition)
          return []
        }
      })
    )
    const fetched = answers.flat()
    if (isAway || fetched.some(({ problem }) => problem !== null)) {
      await this.#recover(fetched)
      if (fetched.every(({ records }) => records.length === 0)) await pause(clock, Math.max(maxWaitMs, 50))
    } else if (byLeader.size === 0) await pause(clock, Math.max(maxWaitMs, 50))
    return fetched
  }

  #fetchFrom(leader: number, led: readonly FetchPosition[], maxWaitMs: number): Promise<readonly FetchedPartition[]> {
    return this.#ports.cluster.fetch(leader, led, {
      maxWaitMs,
      partitionBytesMax,
      answerBytesMax,
      timeoutMs: maxWaitMs + fetchGraceMs,
      lane: this.#lane
    })
  }

  async #recover(fetched: readonly FetchedPartition[]): Promise<void> {
    for (const { topic, partition, problem } of fetched) {
      if (problem === null) continue
      if (problem.name === 'OFFSET_OUT_OF_RANGE') {
        // The log was cut before or behind us: begin again where the options say.
        this.#positions.delete(partition)
        this.#unplaced = [...this.#unplaced, { topic, partition }]
      }
    }
    const known = await this.#refreshLeaders()
    if (known === undefined && !this.#isClosing) throw unknownTopic(this.#options.topic)
  }

  /** True when it handed something over. */
  async #deliver(fetched: readonly FetchedPartition[]): Promise<boolean> {
    let isAny = false
    for (const { topic, partition, records, unreadable, nextOffset, problem } of fetched) {
      if (problem !== null) continue
      const perPush = this.#options.commit === 'each' && this.#member !== undefined ? 1 : recordsPerPush
      for (let at = 0; at < records.length;) {
        if (!this.#isWanted()) return isAny
        const taken = records.slice(at, at + Math.min(perPush, this.#recordsLeft))
        const last = taken.at(-1)
        if (last === undefined) break
        await this.#handOver(
          partition,
          last.offset + 1,
          taken.map((record): RecordView => {
            const { headers, ...rest } = record
            return { topic, partition, ...rest, headers: [...headers] }
          })
        )
        isAny = true
        at += taken.length
        this.#positions.set(partition, last.offset + 1)
        await this.#untilTaken(
          perPush === 1 ? 0 : untakenMax - 1,
          Number.POSITIVE_INFINITY,
          () => this.#member?.needsJoin !== true
        )
        if (perPush === 1) await this.#commit()
        if (this.#member?.needsJoin === true) return isAny
      }
      if (unreadable.length > 0) {
        const places = unreadable.map((place) => ({ topic, partition, ...place }))
        await this.#ports.push({ type: 'unreadable', places })
        isAny = true
      }
      this.#positions.set(partition, nextOffset)
      if (!this.#untaken.extend(partition, nextOffset) && nextOffset > (this.#taken.get(partition) ?? nextOffset)) {
        this.#taken.set(partition, nextOffset)
      }
    }
    return isAny
  }

  async #handOver(partition: number, nextOffset: number, records: RecordView[]): Promise<void> {
    this.#recordsLeft -= records.length
    const sequence = this.#untaken.add(partition, nextOffset)
    await this.#ports.push({ type: 'records', sequence, records })
  }

  /** Until no more than so many pushes wait to be taken, the time is over, or nobody will take any. */
  async #untilTaken(
    countMax: number,
    withinMs = Number.POSITIVE_INFINITY,
    isWaiting: () => boolean = () => true
  ): Promise<void> {
    const { clock } = this.#ports
    const endMs = clock.monotonicMs() + withinMs
    while (this.#untaken.count > countMax && !this.#isClosing && isWaiting() && clock.monotonicMs() < endMs) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(retryMs, resolve)
        this.#wake = () => {
          timer.cancel()
          resolve()
        }
      })
    }
  }

  async #commit(): Promise<void> {
    this.#lastCommitMs = this.#ports.clock.monotonicMs()
    if (this.#member === undefined || this.#options.commit === 'never' || this.#taken.size === 0) return
    const { topic } = this.#options
    const offsets = [...this.#taken].map(([partition, offset]) => ({ topic, partition, offset }))
    if (!(await this.#member.commit(offsets))) return
    for (const { partition, offset } of offsets) {
      if (this.#taken.get(partition) === offset) this.#taken.delete(partition)
    }
  }
}

type OffsetsByIndex = ReadonlyMap<number, number | null>

/** A broker may answer in any order, and leave partitions out. */
function offsetsByIndex(offsets: readonly PartitionOffset[]): OffsetsByIndex {
  return new Map(offsets.map(({ partition, offset }) => [partition, offset]))
}

async function countPartitions(cluster: KafkaCluster, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const metadata = await cluster.metadata({ timeoutMs: requestTimeoutMs, topics })
  return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]))
}
