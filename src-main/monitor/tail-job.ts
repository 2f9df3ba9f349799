/**
 * A live tail: the newest records as they come, as many as a person can see. What comes faster is skipped and counted by
 * offsets, without being read: a topic of any rate costs the same. Whatever arrived is shown, or fits no criterion, or is
 * counted as skipped; of more than can be shown the oldest are skipped.
 */
import type { JobState, SearchCriterion } from '../api/search'
import type { RecordView } from '../api/views'
import { ApiError } from '../api/api'
import type { RawPartition, RecordMatcher, ScanReading } from '../kernel/cluster-ports'
import { AppError, expectAppError, ignore } from '../kernel/errors'
import { said } from '../kernel/said'
import { pause } from '../kernel/waiting'
import { unknownTopic } from './failure'
import type { JobPorts, RecordJob } from './record-job'
import { matcherOf, problemText } from './topic-scan'

const tickMs = 200
const requestTimeoutMs = 2000
const payloadBytesMax = 16 * 1024
/** Shown of one tick. */
const recordsPerTick = 100
/** With criteria so much is read of a partition in a tick. */
const partitionBytesMax = 1024 * 1024
const answerBytesMax = 8 * 1024 * 1024
/** Offsets behind the end that are still read when only some of them are wanted; behind by more, it goes to the last. */
const behindOffsetsMax = 200_000
/** Leaders are looked up so often at least, so that new partitions are seen. */
const leadersEveryMs = 5000

interface TailQuery {
  readonly topic: string
  readonly partitions?: readonly number[] | undefined
  readonly criteria: readonly SearchCriterion[]
}

interface Followed {
  position: number
  end: number
}

export class TailJob implements RecordJob {
  readonly #ports: JobPorts
  readonly #query: TailQuery
  readonly #lane: string
  readonly #matcher: RecordMatcher
  readonly #followed = new Map<number, Followed>()
  /** Partitions that were there when it began. */
  #firstOnes: ReadonlySet<number> | undefined
  #leaders = new Map<number, number | null>()
  #topicId: string | undefined
  #leadersAtMs = Number.NEGATIVE_INFINITY
  #silent = new Set<number>()
  #fresh: RecordView[] = []
  #arrived = 0
  #skipped = 0
  #unreadableCount = 0
  #isPaused = false
  #state: JobState = 'running'
  #lastTick = { atMs: 0, arrived: 0 }
  #recordsPerSecond = 0

  /** Throws ApiError INVALID_INPUT. */
  constructor(ports: JobPorts, query: TailQuery, lane: string) {
    this.#ports = ports
    this.#query = query
    this.#lane = lane
    this.#matcher = matcherOf(ports.cluster, query.criteria)
  }

  stop(): void {
    this.#state = 'stopped'
  }

  /** What has come meanwhile is skipped. */
  pause(isPaused: boolean): void {
    if (this.#isPaused && !isPaused) for (const at of this.#followed.values()) this.#skipTo(at, at.end)
    this.#isPaused = isPaused
  }

  async run(): Promise<void> {
    const { clock, cluster } = this.#ports
    let failure: unknown
    try {
      while (this.#state === 'running') {
        const beganMs = clock.monotonicMs()
        await this.#tick()
        await this.#push(null)
        await pause(clock, Math.max(0, tickMs - (clock.monotonicMs() - beganMs)))
      }
    } catch (error) {
      failure = error
      this.#state = 'failed'
    }
    // Nothing is looked at any more.
    for (const at of this.#followed.values()) this.#skipTo(at, at.end)
    await cluster.closeLane(this.#lane)
    await this.#push(failure === undefined ? null : problemText(failure))
    if (failure !== undefined && !(failure instanceof ApiError)) expectAppError(failure)
  }

  async #tick(): Promise<void> {
    const { clock } = this.#ports
    if (this.#silent.size > 0 || clock.monotonicMs() - this.#leadersAtMs >= leadersEveryMs) await this.#findLeaders()
    await Promise.all([...this.#byLeader()].map(([leader, partitions]) => this.#follow(leader, partitions)))
    const nowMs = clock.monotonicMs()
    const seconds = (nowMs - this.#lastTick.atMs) / 1000
    if (seconds >= 1) {
      if (this.#lastTick.atMs > 0) this.#recordsPerSecond = (this.#arrived - this.#lastTick.arrived) / seconds
      this.#lastTick = { atMs: nowMs, arrived: this.#arrived }
    }
  }

  async #findLeaders(): Promise<void> {
    const { topic, partitions: wanted } = this.#query
    const { clock, cluster } = this.#ports
    try {
      const metadata = await cluster.metadata({ timeoutMs: requestTimeoutMs, topics: [topic] })
      const found = metadata.topics.find(({ name }) => name === topic)
      if (found === undefined || (this.#topicId ?? found.topicId) !== found.topicId) {
        throw this.#topicId === undefined
          ? unknownTopic(topic)
          : new ApiError({ code: 'NOT_FOUND', message: said`Topic ${topic} was deleted.` })
      }
      this.#topicId = found.topicId
      this.#leadersAtMs = clock.monotonicMs()
      const followed = found.partitions.filter(({ partition }) => wanted?.includes(partition) ?? true)
      this.#firstOnes ??= new Set(found.partitions.map(({ partition }) => partition))
      this.#leaders = new Map(followed.map(({ partition, leader }) => [partition, leader]))
    } catch (error) {
      expectAppErrorUnlessApi(error)
      for (const partition of this.#leaders.keys()) this.#silent.add(partition)
    }
  }

  #byLeader(): ReadonlyMap<number, readonly number[]> {
    const byLeader = new Map<number, number[]>()
    this.#silent = new Set([...this.#silent].filter((partition) => this.#leaders.has(partition)))
    for (const [partition, leader] of this.#leaders) {
      if (leader === null) this.#silent.add(partition)
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
    }
    return byLeader
  }

  async #follow(leader: number, partitions: readonly number[]): Promise<void> {
    try {
      const behind = await this.#ends(leader, partitions)
      if (!this.#isPaused && behind.length > 0) await this.#read(leader, behind)
    } catch (error) {
      expectAppError(error)
      for (const partition of partitions) this.#silent.add(partition)
    }
  }

  /** Partitions that have more than was looked at. */
  async #ends(leader: number, partitions: readonly number[]): Promise<readonly number[]> {
    const { topic } = this.#query
    const places = partitions.map((partition) => ({ topic, partition }))
    const ends = await this.#ports.cluster.offsets(leader, 'latest', places, requestTimeoutMs)
    await this.#begin(leader, partitions)
    return ends.flatMap(({ partition, offset }) => {
      if (offset === null) {
        this.#silent.add(partition)
        return []
      }
      this.#silent.delete(partition)
      const at = this.#followed.get(partition)
      if (at === undefined && this.#firstOnes?.has(partition) === false) {
        this.#silent.add(partition)
        return []
      }
      // It begins at the end. A log that was cut begins there anew: what was not looked at by then is lost.
      if (at === undefined || offset < at.end) {
        if (at !== undefined) this.#skipTo(at, at.end)
        this.#followed.set(partition, { position: offset, end: offset })
        return []
      }
      this.#arrived += offset - at.end
      at.end = offset
      return at.position < at.end ? [partition] : []
    })
  }

  /** A partition that was made meanwhile is followed from its start: all that is in it came since the tail began. */
  async #begin(leader: number, partitions: readonly number[]): Promise<void> {
    const { topic } = this.#query
    const later = partitions.filter((one) => !this.#followed.has(one) && this.#firstOnes?.has(one) === false)
    if (later.length === 0) return
    const places = later.map((partition) => ({ topic, partition }))
    const starts = await this.#ports.cluster.offsets(leader, 'earliest', places, requestTimeoutMs)
    for (const { partition, offset } of starts) {
      if (offset !== null) this.#followed.set(partition, { position: offset, end: offset })
    }
  }

  async #read(leader: number, partitions: readonly number[]): Promise<void> {
    const { topic, criteria } = this.#query
    const room = this.#room()
    const positions = partitions.flatMap((partition) => {
      const at = this.#followed.get(partition)
      if (at === undefined) return []
      const offsetsMax = criteria.length === 0 ? room : behindOffsetsMax
      if (at.end - at.position > offsetsMax) this.#skipTo(at, at.end - (criteria.length === 0 ? room : recordsPerTick))
      return at.position < at.end ? [{ topic, partition, offset: at.position }] : []
    })
    if (positions.length === 0) return
    const answer = await this.#ports.cluster.fetchRaw(leader, positions, {
      maxWaitMs: 0,
      partitionBytesMax,
      answerBytesMax,
      timeoutMs: requestTimeoutMs,
      lane: this.#lane
    })
    for (const raw of answer) this.#take(raw)
  }

  /** Of a partition, when every record is wanted. */
  #room(): number {
    return Math.max(1, Math.floor(recordsPerTick / this.#leaders.size))
  }

  #take({ partition, problem, bytes, nextOffset }: RawPartition): void {
    const at = this.#followed.get(partition)
    if (at === undefined) return
    if (problem !== null) {
      this.#silent.add(partition)
      if (problem.name === 'OFFSET_OUT_OF_RANGE') this.#skipTo(at, at.end)
      return
    }
    // More may have come since its end was told: what is too much of it is skipped without being looked at.
    if (this.#query.criteria.length === 0) this.#skipTo(at, nextOffset - this.#room())
    const reading: ScanReading = {
      partition,
      fromOffset: at.position,
      untilOffset: Math.max(at.end, nextOffset),
      matcher: this.#matcher,
      recordsMax: recordsPerTick,
      payloadBytesMax,
      hasBatch: true
    }
    const first = this.#ports.cluster.scan(bytes, reading)
    const excess = first.foundCount - first.records.length
    const { records, unreadable } =
      excess === 0 ? first : this.#ports.cluster.scan(bytes, { ...reading, skipsFound: excess })
    this.#skipped += excess
    this.#unreadableCount += unreadable.length
    for (const { headers, ...record } of records) {
      this.#fresh.push({ topic: this.#query.topic, partition, ...record, headers: [...headers] })
    }
    if (nextOffset > at.position) at.position = nextOffset
    // What the answer held beyond the end that was told has arrived, too.
    if (at.position > at.end) {
      this.#arrived += at.position - at.end
      at.end = at.position
    }
  }

  #skipTo(at: Followed, offset: number): void {
    this.#skipped += Math.max(0, offset - at.position)
    at.position = Math.max(at.position, offset)
  }

  /** Of what was found more than is shown in a tick is skipped as well: the oldest. */
  async #push(error: string | null): Promise<void> {
    const records = this.#fresh.sort(byTime).slice(-recordsPerTick)
    this.#skipped += this.#fresh.length - records.length
    this.#fresh = []
    let waiting = 0
    if (this.#isPaused) for (const { position, end } of this.#followed.values()) waiting += end - position
    await this.#ports
      .push({
        type: 'tail',
        state: this.#state,
        records,
        arrived: this.#arrived,
        skipped: this.#skipped,
        waiting,
        isPaused: this.#isPaused,
        recordsPerSecond: this.#recordsPerSecond,
        unreadableCount: this.#unreadableCount,
        silentPartitions: [...this.#silent].sort((a, b) => a - b),
        error
      })
      .catch((error: unknown) => ignore(error, 'the host is gone'))
  }
}

function byTime(a: RecordView, b: RecordView): number {
  return Number(a.timestampMs) - Number(b.timestampMs) || a.partition - b.partition || a.offset - b.offset
}

function expectAppErrorUnlessApi(error: unknown): asserts error is AppError {
  if (error instanceof ApiError) throw error
  expectAppError(error)
}
