/**
 * A consumer on purpose: a member of its group that takes a time for each record. It goes on when brokers die. Paused it
 * stays a member and reads nothing; as a zombie it does nothing at all, not even a heartbeat, until it is told to go on.
 *
 * What is committed was processed. What a fetch brought and was not processed when the group rebalances is dropped: whoever
 * gets the partition next reads it.
 */
import type { ConsumerSettings } from '../api/workloads'
import type { FetchedPartition, FetchPosition, PartitionOffset } from '../kernel/cluster-ports'
import { AppError, expectAppError, messageOf } from '../kernel/errors'
import type { TopicPartition } from '../kernel/ids'
import { said } from '../kernel/said'
import { pause } from '../kernel/waiting'
import { kafkaErrorOf } from '../monitor/failure'
import { GroupMember } from '../monitor/group-member'
import { isPassing } from '../monitor/retrying'
import { Errors, type Mode, type Telling } from './core/telling'
import type { WorkloadPorts } from './workload-producer'

/** Kafka's clients beat every 3 s; a group that people watch while it fills is to be whole within a second or two. */
const heartbeatEveryMs = 1000
const requestTimeoutMs = 5000
const fetchWaitMs = 250
const fetchGraceMs = 3000
const retryMs = 200
/** Small: what is fetched and not processed is thrown away at each rebalance. */
const partitionBytesMax = 128 * 1024
const answerBytesMax = 2 * 1024 * 1024
/** Nobody looks at them here. */
const payloadBytesMax = 1
/** Kafka's auto.commit.interval.ms. */
const autoCommitEveryMs = 5000
const lagEveryMs = 1000
/** Shorter waits are taken together: a timer has whole milliseconds. */
const processingSliceMs = 5
const fetchLane = 'fetch'
const groupLane = 'group'
/** What "slow" multiplies when a record takes no time by its settings. */
export const slowBaseMs = 2
/** Not worth a count: that is how a group rebalances. */
const ordinary = new Set(['REBALANCE_IN_PROGRESS', 'MEMBER_ID_REQUIRED'])
/** The first group of a cluster has to wait for its coordinator: nothing went wrong. */
const ordinaryAtFirst = new Set(['COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR'])

export class WorkloadConsumer {
  readonly #ports: WorkloadPorts
  readonly #settings: ConsumerSettings
  readonly #member: GroupMember
  readonly #errors = new Errors()
  /** Next offset to process, by partition. */
  #positions = new Map<number, number>()
  /** Next offset to commit, where it is not committed yet. */
  readonly #processed = new Map<number, number>()
  #unplaced: readonly TopicPartition[] = []
  #leaders = new Map<number, number | null>()
  #assigned: readonly number[] | null = null
  #isJoining = true
  #hasJoined = false
  #records = 0
  #lag: number | null = null
  #mode: Mode = 'run'
  #slowedBy = 1
  #lastCommitMs = 0
  /** Processing time that is still to be waited for. */
  #owedMs = 0
  #isStopping = false
  #leavesForGood = false
  #wake: () => void = () => undefined
  #running: Promise<void> | undefined

  constructor(ports: WorkloadPorts, name: string, settings: ConsumerSettings) {
    this.#ports = ports
    this.#settings = settings
    const { clock, cluster } = ports
    this.#member = new GroupMember(
      {
        clock,
        log: () => undefined,
        membership: cluster,
        partitionCounts: (topics) => this.#partitionCounts(topics),
        troubled: (error) => this.#count(error)
      },
      settings.group,
      settings.topic,
      groupLane,
      {
        sessionTimeoutMs: settings.sessionTimeoutMs,
        heartbeatEveryMs,
        ...(settings.staticId ? { groupInstanceId: name } : {})
      }
    )
  }

  order(mode: Mode, slowedBy: number, leavesForGood: boolean): void {
    this.#leavesForGood = leavesForGood
    this.#slowedBy = slowedBy
    if (mode !== this.#mode) {
      this.#mode = mode
      if (mode === 'zombie') this.#member.fallSilent()
      else this.#member.speakAgain()
    }
    this.#wake()
    this.#ports.changed()
  }

  telling(): Telling {
    const { membership } = this.#member
    return {
      atMs: this.#ports.clock.monotonicMs(),
      isReady: this.#hasJoined,
      mode: this.#mode,
      slowedBy: this.#slowedBy,
      records: this.#records,
      errors: this.#errors.count,
      lastError: this.#errors.last,
      unsent: 0,
      isJoining: this.#isJoining,
      memberId: membership?.memberId ?? null,
      generation: membership?.generation ?? null,
      partitions: this.#assigned,
      lagRecords: this.#mode === 'zombie' ? null : this.#lag
    }
  }

  /** Until it is stopped; rejects with AppError for what does not pass by itself (another one has its static id). */
  run(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  /** Commits, leaves its group. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#wake()
    await this.#running
    // A zombie says nothing when it ends, either.
    await this.#commit()
    if (this.#mode !== 'zombie') await this.#member.leave(this.#leavesForGood)
    await this.#ports.cluster.close()
  }

  // ── the loop ───────────────────────────────────────────────────────────────────────────────────────────────────

  async #run(): Promise<void> {
    this.#watchLag()
    while (!this.#isStopping) {
      if (this.#mode === 'zombie') {
        await this.#untilOrdered()
      } else if (this.#member.needsJoin) {
        await this.#join()
      } else if (this.#mode === 'pause') {
        // Stays a member: it follows a rebalance, as a consumer that polls with all its partitions paused.
        await this.#commitWhenDue()
        await this.#untilOrdered(retryMs)
      } else {
        await this.#process(await this.#fetch())
      }
    }
  }

  /** Until somebody says something, or for so long. */
  #untilOrdered(timeoutMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : this.#ports.clock.after(timeoutMs, resolve)
      this.#wake = () => {
        timer?.cancel()
        resolve()
      }
    })
  }

  #mayGoOn(): boolean {
    return !this.#isStopping && this.#mode === 'run' && !this.#member.needsJoin
  }

  async #join(): Promise<void> {
    this.#isJoining = true
    this.#ports.changed()
    await this.#commit()
    this.#processed.clear()
    this.#positions.clear()
    this.#unplaced = []
    this.#lag = null
    const assigned = await this.#member.join(() => !this.#isStopping && this.#mode !== 'zombie')
    if (assigned === undefined) return
    this.#assigned = assigned.map(({ partition }) => partition).sort((a, b) => a - b)
    this.#isJoining = false
    this.#hasJoined = true
    this.#ports.changed()
    await this.#place(assigned)
  }

  /** Where to go on: the group's commits, else where the settings say. */
  async #place(assigned: readonly TopicPartition[]): Promise<void> {
    const { group, topic } = this.#settings
    const { cluster, clock } = this.#ports
    this.#lastCommitMs = clock.monotonicMs()
    if (assigned.length === 0) return
    const committed = await this.#untilThere(async () => {
      const coordinator = await cluster.coordinator(group, requestTimeoutMs)
      return (await cluster.committed(coordinator, [group], requestTimeoutMs))[0]?.committed ?? []
    })
    const mine = new Set(assigned.map(({ partition }) => partition))
    for (const at of committed ?? []) {
      if (at.topic === topic && at.offset !== null && mine.has(at.partition))
        this.#positions.set(at.partition, at.offset)
    }
    this.#unplaced = assigned.filter(({ partition }) => !this.#positions.has(partition))
    await this.#refreshLeaders()
    await this.#placeRest()
  }

  /** Partitions whose leader is away stay unplaced until it is back. */
  async #placeRest(): Promise<void> {
    const rest = this.#unplaced
    const left: TopicPartition[] = []
    for (const [leader, led] of this.#byLeader(rest, left)) {
      const at = this.#settings.from
      const offsets = await this.#tried(() => this.#ports.cluster.offsets(leader, at, led, requestTimeoutMs))
      const known = new Map(offsets?.map(({ partition, offset }) => [partition, offset]))
      for (const place of led) {
        const offset = known.get(place.partition) ?? null
        if (offset === null) left.push(place)
        else {
          this.#positions.set(place.partition, offset)
          this.#processed.set(place.partition, offset)
        }
      }
    }
    this.#unplaced = left
  }

  async #untilThere<T>(work: () => Promise<T>): Promise<T | undefined> {
    while (!this.#isStopping && !this.#member.needsJoin) {
      const done = await this.#tried(async () => ({ value: await work() }))
      if (done !== undefined) return done.value
      await pause(this.#ports.clock, retryMs)
    }
    return undefined
  }

  /** Undefined when it failed with what may pass, which is counted. */
  async #tried<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.#count(error)
      if (kafkaErrorOf(error) !== undefined && !isPassing(error)) throw error
      return undefined
    }
  }

  #count(error: unknown): void {
    expectAppError(error)
    const kafkaError = kafkaErrorOf(error)
    const isOrdinary = ordinary.has(kafkaError ?? '') || (!this.#hasJoined && ordinaryAtFirst.has(kafkaError ?? ''))
    if (!isOrdinary) this.#errors.add(kafkaError, messageOf(error))
  }

  // ── leaders ────────────────────────────────────────────────────────────────────────────────────────────────────

  async #refreshLeaders(): Promise<void> {
    const { topic } = this.#settings
    const metadata = await this.#tried(() =>
      this.#ports.cluster.metadata({ timeoutMs: requestTimeoutMs, topics: [topic] })
    )
    if (metadata === undefined) return
    const found = metadata.topics.find(({ name }) => name === topic)
    if (found === undefined) this.#errors.add('UNKNOWN_TOPIC_OR_PARTITION', said`There is no topic ${topic}.`)
    this.#leaders = new Map(found?.partitions.map(({ partition, leader }) => [partition, leader]))
  }

  #byLeader<Place extends TopicPartition>(places: readonly Place[], leaderless: Place[]): ReadonlyMap<number, Place[]> {
    const byLeader = new Map<number, Place[]>()
    for (const place of places) {
      const leader = this.#leaders.get(place.partition) ?? null
      const led = leader === null ? leaderless : (byLeader.get(leader) ?? [])
      led.push(place)
      if (leader !== null) byLeader.set(leader, led)
    }
    return byLeader
  }

  /** Of the topics that the members of the group read: asked when this member leads the group. */
  async #partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const metadata = await this.#ports.cluster.metadata({ timeoutMs: requestTimeoutMs, topics })
    return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]))
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────

  async #fetch(): Promise<readonly FetchedPartition[]> {
    const { topic } = this.#settings
    if (this.#unplaced.length > 0) {
      await this.#refreshLeaders()
      await this.#placeRest()
    }
    const places = [...this.#positions].map(([partition, offset]): FetchPosition => ({ topic, partition, offset }))
    const leaderless: FetchPosition[] = []
    const byLeader = this.#byLeader(places, leaderless)
    const options = { partitionBytesMax, answerBytesMax, payloadBytesMax, lane: fetchLane }
    let isAway = leaderless.length > 0
    const answers = await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        const waits = { maxWaitMs: fetchWaitMs, timeoutMs: fetchWaitMs + fetchGraceMs }
        const answer = await this.#tried(() => this.#ports.cluster.fetch(leader, led, { ...options, ...waits }))
        isAway ||= answer === undefined
        return answer ?? []
      })
    )
    const fetched = answers.flat()
    for (const { topic: of, partition, problem } of fetched) {
      if (problem === null) continue
      isAway = true
      this.#errors.add(problem.name, problem.message)
      if (problem.name !== 'OFFSET_OUT_OF_RANGE') continue
      this.#positions.delete(partition)
      this.#unplaced = [...this.#unplaced, { topic: of, partition }]
    }
    if (isAway) await this.#refreshLeaders()
    if (isAway || byLeader.size === 0) await this.#untilOrdered(retryMs)
    return fetched
  }

  async #process(fetched: readonly FetchedPartition[]): Promise<void> {
    for (const { partition, records, nextOffset, problem, unreadable } of fetched) {
      if (problem !== null) continue
      for (const { offset } of records) {
        if (!this.#mayGoOn()) return
        await this.#takeTime()
        this.#records += 1
        this.#moveTo(partition, offset + 1)
        if (this.#settings.commit === 'each') await this.#commit()
        else await this.#commitWhenDue()
      }
      for (const { fromOffset, reason } of unreadable)
        this.#errors.add(undefined, said`Offset ${fromOffset} of partition ${partition} cannot be read: ${reason}.`)
      if (nextOffset > (this.#positions.get(partition) ?? nextOffset)) this.#moveTo(partition, nextOffset)
    }
    if (this.#settings.commit === 'batch') await this.#commit()
    else await this.#commitWhenDue()
  }

  #moveTo(partition: number, nextOffset: number): void {
    this.#positions.set(partition, nextOffset)
    this.#processed.set(partition, nextOffset)
  }

  async #takeTime(): Promise<void> {
    const { clock } = this.#ports
    const { processingMs } = this.#settings
    const ms = this.#slowedBy === 1 ? processingMs : Math.max(processingMs, slowBaseMs) * this.#slowedBy
    this.#owedMs += ms
    while (this.#owedMs >= processingSliceMs && this.#mayGoOn()) {
      const beganMs = clock.monotonicMs()
      await this.#untilOrdered(this.#owedMs)
      this.#owedMs -= clock.monotonicMs() - beganMs
    }
  }

  async #commitWhenDue(): Promise<void> {
    if (this.#settings.commit !== 'auto') return
    if (this.#ports.clock.monotonicMs() - this.#lastCommitMs >= autoCommitEveryMs) await this.#commit()
  }

  /** A zombie commits nothing: it would be heard of. */
  async #commit(): Promise<void> {
    if (this.#mode === 'zombie') return
    this.#lastCommitMs = this.#ports.clock.monotonicMs()
    if (this.#settings.commit === 'never' || this.#processed.size === 0) return
    const { topic } = this.#settings
    const offsets = [...this.#processed].map(([partition, offset]) => ({ topic, partition, offset }))
    try {
      if (await this.#member.commit(offsets)) {
        for (const { partition, offset } of offsets)
          if (this.#processed.get(partition) === offset) this.#processed.delete(partition)
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      // The next commit has it, too.
      this.#count(error)
    }
  }

  // ── lag ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #watchLag(): void {
    const { clock } = this.#ports
    const look = async (): Promise<void> => {
      if (this.#mode !== 'zombie' && !this.#isJoining) this.#lag = await this.#lagNow()
    }
    const again = (): void => {
      if (this.#isStopping) return
      clock.after(lagEveryMs, () => void look().finally(again))
    }
    again()
  }

  /** Null while some partition cannot be asked. */
  async #lagNow(): Promise<number | null> {
    const assigned = this.#assigned ?? []
    if (assigned.length === 0) return 0
    const { topic } = this.#settings
    const leaderless: TopicPartition[] = []
    const places = assigned.map((partition) => ({ topic, partition }))
    const answers: PartitionOffset[] = []
    for (const [leader, led] of this.#byLeader(places, leaderless)) {
      const ends = await this.#endsOf(leader, led)
      if (ends === undefined) return null
      answers.push(...ends)
    }
    if (leaderless.length > 0) return null
    let lag = 0
    for (const { partition, offset } of answers) {
      const position = this.#positions.get(partition)
      if (offset === null || position === undefined) return null
      lag += Math.max(0, offset - position)
    }
    return lag
  }

  async #endsOf(leader: number, led: readonly TopicPartition[]): Promise<readonly PartitionOffset[] | undefined> {
    try {
      return await this.#ports.cluster.offsets(leader, 'latest', led, requestTimeoutMs)
    } catch (error) {
      this.#count(error)
      return undefined
    }
  }
}
