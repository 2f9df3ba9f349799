/**
 * Reads a topic once from one place to another, all partitions in parallel, and hands over what fits. It ends where the
 * log ended when it began. What could not be read is named by partition and offsets, whatever happened to it: a leader
 * that is away is waited for a while, a topic that is deleted is not.
 *
 * Newest first is read in windows from the end back; within a window forwards, as a log can only be read. A fetch is under
 * way to each leader while the answer before it is looked through; that is all that is held.
 */
import { ApiError } from '../api/api'
import type { NotReadView, ScanProgress, ScanQuery } from '../api/search'
import type { UnreadableView } from '../api/views'
import type {
  Criterion,
  KafkaCluster,
  RawPartition,
  RecordMatcher,
  RecordScanner,
  ScannedRecords
} from '../kernel/cluster-ports'
import { AppError, expectAppError, ignore, messageOf } from '../kernel/errors'
import type { TopicPartition } from '../kernel/ids'
import type { Clock } from '../kernel/ports'
import { said } from '../kernel/said'
import { pause } from '../kernel/waiting'
import { PartitionShare, type Why } from './core/partition-share'
import { kafkaErrorOf, unknownTopic } from './failure'

const requestTimeoutMs = 5000
const fetchTimeoutMs = 10_000
/** Of one fetch, over all its partitions. */
const answerBytesMax = 4 * 1024 * 1024
const partitionsPerFetch = 8
const emptyWaitMs = 100
const retryMs = 250
/** What does not answer for so long, while nothing else is left to read, is named as not read. */
const graceMs = 10_000
/** A leader that has nothing at an offset below the end that it told. */
const emptyAnswersMax = 30
const unreadableMax = 100

export interface ScanPorts {
  readonly clock: Clock
  readonly cluster: KafkaCluster & RecordScanner
}

/** What is asked for, with what the group has committed whose commits it begins at. */
export interface PlacedQuery extends ScanQuery {
  readonly committed?: ReadonlyMap<number, number> | undefined
}

export interface ScanOptions {
  readonly lane: string
  /** Of one hand-over; while `isWhole` the rest comes in further ones, else it is counted only. */
  readonly recordsMax: () => number
  readonly isWhole: () => boolean
  readonly payloadBytesMax?: number
  readonly hasBatch?: boolean
  /** Reading waits for it. The last hand-over of a window says so: what comes next of the partition is older. */
  readonly taken: (partition: number, scanned: ScannedRecords, isWindowEnd: boolean) => Promise<void>
}

const why = {
  silent: { code: 'silent', reason: 'Its leader did not answer.' },
  leaderless: { code: 'leaderless', reason: 'It has no leader now.' },
  topicDeleted: { code: 'topicDeleted', reason: 'The topic was deleted meanwhile.' },
  logCut: { code: 'logCut', reason: 'It was deleted from the log meanwhile.' },
  uncommitted: { code: 'uncommitted', reason: 'The group has committed nothing there.' },
  nothingMore: { code: 'nothingMore', reason: 'Its leader gave nothing more: its log was cut meanwhile.' }
} as const satisfies Record<string, Why>
const notLeader = (broker: number): Why => ({ code: 'notLeader', reason: `Broker ${broker} does not lead it.` })
const other = (reason: string): Why => ({ code: 'other', reason })

export class TopicScan {
  readonly #ports: ScanPorts
  readonly #query: PlacedQuery
  readonly #options: ScanOptions
  readonly #matcher: RecordMatcher
  readonly #beganMs: number
  #endedMs: number | undefined
  #topicId: string | undefined
  #shares: readonly PartitionShare[] = []
  #leaders = new Map<number, number | null>()
  readonly #reasons = new Map<number, Why>()
  readonly #unreadable: UnreadableView[] = []
  #unreadableCount = 0
  #recordsScanned = 0
  #bytesScanned = 0
  #found = 0
  #isStopped = false

  /** Throws ApiError INVALID_INPUT when a criterion cannot be read. */
  constructor(ports: ScanPorts, query: PlacedQuery, options: ScanOptions) {
    this.#ports = ports
    this.#query = query
    this.#options = options
    this.#matcher = matcherOf(ports.cluster, [...query.criteria, ...timeWindow(query)])
    this.#beganMs = ports.clock.monotonicMs()
  }

  /** What has been found by then stays; the rest is not named, since somebody wanted it so. */
  stop(): void {
    this.#isStopped = true
  }

  progress(): ScanProgress {
    const { clock } = this.#ports
    const elapsedMs = (this.#endedMs ?? clock.monotonicMs()) - this.#beganMs
    const totals = this.#shares.map((share) => share.total)
    return {
      recordsTotal: totals.length === 0 ? null : totals.reduce<number>((sum, total) => sum + (total ?? 0), 0),
      recordsScanned: this.#recordsScanned,
      bytesScanned: this.#bytesScanned,
      found: this.#found,
      elapsedMs,
      bytesPerSecond: elapsedMs <= 0 ? 0 : (this.#bytesScanned * 1000) / elapsedMs,
      partitions: this.#shares.map((share) => share.view()),
      unreadableCount: this.#unreadableCount,
      unreadable: [...this.#unreadable],
      notRead: this.#notRead()
    }
  }

  #notRead(): NotReadView[] {
    return this.#shares.flatMap((share) => share.notRead())
  }

  /**
   * Resolves when all that can be read is. Rejects with ApiError when there is no such topic or partition, or with what
   * `taken` rejected with.
   */
  async run(): Promise<void> {
    try {
      await this.#find()
      await this.#read()
    } finally {
      this.#endedMs = this.#ports.clock.monotonicMs()
      await this.#ports.cluster.closeLane(this.#options.lane)
    }
  }

  async #find(): Promise<void> {
    const { topic, partitions, order } = this.#query
    const found = await this.#refreshLeaders()
    if (found === undefined) throw unknownTopic(topic)
    const missing = partitions?.find((partition) => !found.includes(partition))
    if (missing !== undefined) {
      const message = said`Topic ${topic} has no partition ${missing}: it has ${found.length}, from 0 on.`
      throw new ApiError({ code: 'NOT_FOUND', message, kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
    }
    const wanted = partitions === undefined ? found : [...new Set(partitions)].sort((a, b) => a - b)
    this.#shares = wanted.map((partition) => new PartitionShare(partition, order))
  }

  async #read(): Promise<void> {
    const { clock } = this.#ports
    let quietSinceMs: number | undefined
    for (;;) {
      const before = this.#open()
      if (before.length === 0 || this.#isStopped) return
      const readBefore = this.#recordsScanned + this.#placedCount()
      await Promise.all(
        [...this.#byLeader(before)].map(async ([leader, shares]) => {
          await this.#place(leader, shares)
          await this.#readFrom(leader, shares)
        })
      )
      const after = this.#open()
      if (after.length === 0 || this.#isStopped) return
      const nowMs = clock.monotonicMs()
      const isQuiet = after.length === before.length && readBefore === this.#recordsScanned + this.#placedCount()
      quietSinceMs = isQuiet ? (quietSinceMs ?? nowMs) : undefined
      if (quietSinceMs !== undefined && nowMs - quietSinceMs > graceMs) {
        for (const share of after) share.giveUp(this.#reasons.get(share.partition) ?? why.silent)
        return
      }
      await pause(clock, retryMs)
      await this.#followLeaders(after)
    }
  }

  #open(): readonly PartitionShare[] {
    return this.#shares.filter((share) => share.isOpen)
  }

  #placedCount(): number {
    return this.#shares.filter(({ isPlaced }) => isPlaced).length
  }

  /** Leaderless ones wait for the next round. */
  #byLeader(shares: readonly PartitionShare[]): ReadonlyMap<number, readonly PartitionShare[]> {
    const byLeader = new Map<number, PartitionShare[]>()
    for (const share of shares) {
      const leader = this.#leaders.get(share.partition) ?? null
      if (leader === null) this.#reasons.set(share.partition, why.leaderless)
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), share])
    }
    return byLeader
  }

  async #followLeaders(open: readonly PartitionShare[]): Promise<void> {
    try {
      const found = await this.#refreshLeaders()
      if (found !== undefined) return
      for (const share of open) share.giveUp(why.topicDeleted)
    } catch (error) {
      expectAppError(error)
      for (const { partition } of open) this.#reasons.set(partition, other(error.message))
    }
  }

  /** Undefined when there is no such topic, or another one of its name by now. */
  async #refreshLeaders(): Promise<readonly number[] | undefined> {
    const { topic } = this.#query
    const { topics } = await this.#ports.cluster.metadata({ timeoutMs: requestTimeoutMs, topics: [topic] })
    const found = topics.find(({ name }) => name === topic)
    if (found === undefined) return undefined
    this.#topicId ??= found.topicId
    if (found.topicId !== this.#topicId) return undefined
    this.#leaders = new Map(found.partitions.map(({ partition, leader }) => [partition, leader]))
    return found.partitions.map(({ partition }) => partition)
  }

  /** Where each partition's part begins and ends; what is not known is asked again in the next round. */
  async #place(leader: number, shares: readonly PartitionShare[]): Promise<void> {
    const unplaced = shares.filter(({ isPlaced, isCut }) => !isPlaced || isCut)
    if (unplaced.length === 0) return
    const { topic, from, to } = this.#query
    const { cluster } = this.#ports
    const places: readonly TopicPartition[] = unplaced.map(({ partition }) => ({ topic, partition }))
    try {
      const [starts, ends] = await Promise.all([
        cluster.offsets(leader, 'earliest', places, requestTimeoutMs),
        cluster.offsets(leader, 'latest', places, requestTimeoutMs)
      ])
      const times =
        from?.type === 'time' ? await cluster.offsetsAtTime(leader, from.timestampMs, places, requestTimeoutMs) : []
      for (const share of unplaced) {
        const at = <T extends { readonly partition: number }>(list: readonly T[]): T | undefined =>
          list.find(({ partition }) => partition === share.partition)
        const [start, end] = [at(starts)?.offset ?? null, at(ends)?.offset ?? null]
        const time = at(times)
        if (start === null || end === null || (time !== undefined && time.problem !== null)) {
          this.#reasons.set(share.partition, time?.problem == null ? notLeader(leader) : other(time.problem.message))
          continue
        }
        if (share.isCut) {
          share.resume(start, end, why.logCut)
          continue
        }
        const wantedFrom = this.#startIn(share, { start, end, time: time?.offset ?? null })
        share.place(Math.max(start, wantedFrom ?? start), to?.type === 'offset' ? Math.min(end, to.offset) : end)
        if (wantedFrom === undefined) share.giveUp(why.uncommitted)
      }
    } catch (error) {
      expectAppError(error)
      for (const { partition } of unplaced) this.#reasons.set(partition, other(error.message))
    }
  }

  /** Undefined where it is to begin at a commit and there is none. */
  #startIn(
    { partition }: PartitionShare,
    log: { readonly start: number; readonly end: number; readonly time: number | null }
  ): number | undefined {
    const { from, committed } = this.#query
    switch (from?.type) {
      case undefined:
        return log.start
      case 'offset':
        return from.offset
      case 'time':
        return log.time ?? log.end
      case 'group':
        return committed?.get(partition)
    }
  }

  /** Ends when all of them are read, or the leader does not answer: then they are still open. */
  async #readFrom(leader: number, shares: readonly PartitionShare[]): Promise<void> {
    let turn = shares.filter((share) => share.isPlaced && share.isOpen && !share.isCut)
    const next = (): Promise<readonly RawPartition[]> | undefined => {
      turn = turn.filter((share) => share.isOpen)
      if (turn.length === 0 || this.#isStopped) return undefined
      const asked = this.#fetch(leader, turn.slice(0, partitionsPerFetch))
      asked.catch((error: unknown) => ignore(error, 'told where it is awaited'))
      return asked
    }
    for (let ahead = next(); ahead !== undefined;) {
      let answer: readonly RawPartition[]
      try {
        answer = await ahead
      } catch (error) {
        expectAppError(error)
        for (const { partition } of turn) this.#reasons.set(partition, other(error.message))
        return
      }
      const asked = new Map(turn.slice(0, partitionsPerFetch).map((share) => [share.partition, share]))
      const pieces = answer.flatMap((raw) => {
        const share = asked.get(raw.partition)
        return share === undefined ? [] : this.#advance(share, raw)
      })
      // Who got nothing is first in the next one, which holds a batch of the first in any case.
      const got = new Set(pieces.map(({ share }) => share))
      const troubled = new Set(answer.filter(({ problem }) => problem !== null).map(({ partition }) => partition))
      turn = [...turn.filter((share) => !got.has(share)), ...got].filter(({ partition }) => !troubled.has(partition))
      ahead = next()
      for (const piece of pieces) await this.#look(piece)
    }
  }

  #fetch(leader: number, shares: readonly PartitionShare[]): Promise<readonly RawPartition[]> {
    const { topic } = this.#query
    const partitionBytesMax = Math.floor(answerBytesMax / shares.length)
    for (const share of shares) share.expect(partitionBytesMax)
    const positions = shares.map((share) => ({ topic, partition: share.partition, offset: share.position }))
    return this.#ports.cluster.fetchRaw(leader, positions, {
      maxWaitMs: emptyWaitMs,
      partitionBytesMax,
      answerBytesMax,
      timeoutMs: fetchTimeoutMs,
      lane: this.#options.lane
    })
  }

  #advance(share: PartitionShare, raw: RawPartition): readonly Piece[] {
    const { problem, bytes, nextOffset } = raw
    if (problem !== null) {
      this.#reasons.set(share.partition, other(problem.message))
      // Purged or past its retention meanwhile: it goes on with what is left.
      if (problem.name === 'OFFSET_OUT_OF_RANGE') share.cut()
      return []
    }
    const [from, until] = [share.position, share.windowEnd]
    if (nextOffset <= from) {
      if (share.gotNothing() > emptyAnswersMax) share.giveUp(why.nothingMore)
      return []
    }
    share.advance(nextOffset, bytes.length)
    return [{ share, bytes, from, until: Math.min(until, nextOffset), isWindowEnd: nextOffset >= until }]
  }

  async #look({ share, bytes, from, until, isWindowEnd }: Piece): Promise<void> {
    const { payloadBytesMax, hasBatch, recordsMax, taken } = this.#options
    const { partition } = share
    for (let at = from; at < until;) {
      const isWhole = this.#options.isWhole()
      const scanned = this.#ports.cluster.scan(bytes, {
        partition,
        fromOffset: at,
        untilOffset: until,
        matcher: this.#matcher,
        recordsMax: recordsMax(),
        stopsWhenFull: isWhole,
        ...(payloadBytesMax === undefined ? {} : { payloadBytesMax }),
        ...(hasBatch === undefined ? {} : { hasBatch })
      })
      this.#found += scanned.foundCount
      this.#recordsScanned += scanned.recordCount
      this.#bytesScanned += scanned.byteCount
      this.#unreadableCount += scanned.unreadable.length
      for (const place of scanned.unreadable) {
        if (this.#unreadable.length >= unreadableMax) break
        this.#unreadable.push({ topic: this.#query.topic, partition, ...place })
      }
      if (this.#isStopped && !isWhole) return
      const isLast = !isWhole || scanned.nextOffset <= at || scanned.nextOffset >= until
      await taken(partition, scanned, isWindowEnd && isLast)
      if (isLast) return
      at = scanned.nextOffset
    }
  }
}

interface Piece {
  readonly share: PartitionShare
  readonly bytes: Uint8Array
  readonly from: number
  /** Exclusive. */
  readonly until: number
  readonly isWindowEnd: boolean
}

function timeWindow({ from, to }: ScanQuery): readonly Criterion[] {
  if (from?.type !== 'time' && to?.type !== 'time') return []
  return [
    {
      type: 'time',
      fromMs: from?.type === 'time' ? from.timestampMs : undefined,
      untilMs: to?.type === 'time' ? to.timestampMs : undefined
    }
  ]
}

/** What people wrote wrongly is theirs to be told. */
export function matcherOf(scanner: RecordScanner, criteria: readonly Criterion[]): RecordMatcher {
  try {
    return scanner.matcher(criteria)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'USAGE') throw error
    throw new ApiError({ code: 'INVALID_INPUT', message: error.message })
  }
}

/** One sentence, Kafka's name of the error before it. */
export function problemText(error: unknown): string {
  const kafkaError = kafkaErrorOf(error)
  return `${kafkaError === undefined ? '' : `${kafkaError}: `}${messageOf(error)}`
}
