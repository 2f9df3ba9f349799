/**
 * Copies everything that one other broker leads and this one follows, with the Fetch API that consumers use (Kafka's
 * ReplicaFetcherThread): one connection, one request under way, all partitions in it. What is answered is appended before the
 * next request leaves, so that a fetch says what this broker has.
 *
 * Deviations from Kafka: a partition that joins does not wait until the long poll under way has ended, which is given up
 * (ADR 31); what could not be reached is tried again at once when the controller tells of it anew.
 */
import { expectAppError, type AppError } from '../kernel/errors'
import type { BrokerEpoch, BrokerId, Offset } from '../kernel/ids'
import type { Address, Clock, Log, Network, Timer } from '../kernel/ports'
import { fetchRequest, fetchResponse } from '../protocol/api/01-fetch'
import { listOffsetsRequest, listOffsetsResponse } from '../protocol/api/02-list-offsets'
import type { Slices } from '../protocol/wire/codec'
import { errorName } from '../protocol/wire/error-codes'
import type { ValueOf } from '../protocol/wire/schema'
import { BrokerChannel } from './broker-channel'
import type { FollowerAnswer, FollowerRequest } from './core/partition-follower'
import type { FollowerReplica } from './follower-replica'
import { inSlices } from './server/slices'

/** replica.fetch.wait.max.ms */
const waitMaxMs = 500
/** replica.fetch.min.bytes */
const minBytes = 1
/** replica.fetch.response.max.bytes */
const answerBytesMax = 10 * 1024 * 1024
/** replica.fetch.max.bytes, of one partition. */
const partitionBytesMax = 1024 * 1024
/** replica.fetch.backoff.ms */
const backoffMs = 1000
/** replica.socket.timeout.ms */
const answerTimeoutMs = 30_000
/** A poll that has brought nothing for so long waits for records that may not come: one that joins does not wait with it. */
const pollPatienceMs = 5

const fetchCall = { apiKey: 1, version: 16, request: fetchRequest, response: fetchResponse }
const listCall = { apiKey: 2, version: 7, request: listOffsetsRequest, response: listOffsetsResponse }
const earliest = -2n
const latest = -1n

export interface FetcherPorts {
  readonly clock: Clock
  readonly network: Network
  readonly log: Log
  /** A broken invariant or a failed disk. */
  readonly failed: (error: unknown) => void
}

export interface FetcherOptions {
  readonly brokerId: BrokerId
  /** Of this broker's registration: its leaders tell the controller of it (KIP-903). */
  readonly brokerEpoch: () => BrokerEpoch
  readonly leader: BrokerId
  /** Where the leader is; undefined while nobody has told. */
  readonly addressOf: (leader: BrokerId) => Address | undefined
}

interface Asked {
  readonly replica: FollowerReplica
  readonly request: FollowerRequest
}

type FetchAnswer = ValueOf<typeof fetchResponse>
type PartitionAnswer = FetchAnswer['responses'][number]['partitions'][number]

export class ReplicaFetcher {
  readonly #ports: FetcherPorts
  readonly #options: FetcherOptions
  /** In the order in which they are asked for: what has brought records goes to the end. By topic id and index. */
  readonly #followed = new Map<string, FollowerReplica>()
  readonly #resting = new Set<FollowerReplica>()
  #channel: BrokerChannel | undefined
  /** What is asked of each partition in the request under way. */
  #asked: ReadonlyMap<string, Asked> | undefined
  /** From a request until all of its answer is dealt with. */
  #isBusy = false
  #isScheduled = false
  #restTimer: Timer | undefined
  #joinTimer: Timer | undefined
  /** Until then it is not asked: it could not be reached, or answered nothing of use. */
  #retryTimer: Timer | undefined
  /** The request under way was given up by us. */
  #isGivenUp = false
  #isClosed = false

  constructor(ports: FetcherPorts, options: FetcherOptions) {
    this.#ports = ports
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#followed.size === 0
  }

  /** From now on it is copied. The controller says that its leader is there: it is asked at once. */
  add(replica: FollowerReplica): void {
    this.#followed.set(keyOf(replica), replica)
    this.#retryTimer?.cancel()
    this.#retryTimer = undefined
    if (!this.#isBusy) this.#soon()
    else this.#joinTimer ??= this.#ports.clock.after(pollPatienceMs, () => this.#endPollForJoined())
  }

  /** What is answered to the request under way does nothing to it. */
  remove(replica: FollowerReplica): void {
    if (this.#followed.get(keyOf(replica)) === replica) this.#followed.delete(keyOf(replica))
    this.#resting.delete(replica)
    if (this.isIdle) this.#giveUp()
  }

  /** The controller has told of brokers: what failed before is tried at once, at the address that the leader has now. */
  leaderTold(): void {
    const address = this.#options.addressOf(this.#options.leader)
    const known = this.#channel?.address
    if (address === undefined || (known?.host === address.host && known.port === address.port)) return
    this.#giveUp()
    this.#retryTimer?.cancel()
    this.#retryTimer = undefined
    this.#soon()
  }

  close(): void {
    this.#isClosed = true
    for (const timer of [this.#restTimer, this.#joinTimer, this.#retryTimer]) timer?.cancel()
    this.#channel?.close()
  }

  /** With all that joins in one turn. */
  #soon(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#ports.clock.soon(() => {
      this.#isScheduled = false
      this.#next()
    })
  }

  #endPollForJoined(): void {
    this.#joinTimer = undefined
    if (this.#asked === undefined) return
    for (const [key, replica] of this.#followed) {
      if (replica.state !== 'fetching' || this.#asked.get(key)?.replica === replica) continue
      this.#giveUp()
      return
    }
  }

  #giveUp(): void {
    this.#isGivenUp = true
    this.#channel?.interrupt()
    this.#isGivenUp = this.#isBusy
  }

  // ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #next(): void {
    if (this.#isClosed || this.#isBusy || this.#retryTimer !== undefined) return
    const channel = this.#open()
    if (channel === undefined) return
    const lost = [...this.#followed.values()].filter(({ state }) => state === 'asking')
    if (lost.length > 0) {
      this.#isBusy = true
      this.#askOffsets(channel, lost).then(() => this.#done(), this.#ports.failed)
      return
    }
    const asked = new Map<string, Asked>()
    for (const [key, replica] of this.#followed) {
      const request = replica.nextRequest()
      if (request !== undefined) asked.set(key, { replica, request })
    }
    if (asked.size === 0) return
    this.#isBusy = true
    this.#asked = asked
    const { brokerId, brokerEpoch } = this.#options
    const value = {
      replicaState: { replicaId: brokerId, replicaEpoch: brokerEpoch() },
      maxWaitMs: waitMaxMs,
      minBytes,
      maxBytes: answerBytesMax,
      topics: topicsOf(asked.values()),
      forgottenTopicsData: []
    }
    channel.exchange(fetchCall, value, answerTimeoutMs, {
      answered: (answer, isOwn) => this.#answered(answer, isOwn),
      failed: (error) => this.#failed(error)
    })
  }

  /** Undefined while nobody has told where the leader is: then `leaderTold` goes on. */
  #open(): BrokerChannel | undefined {
    const address = this.#options.addressOf(this.#options.leader)
    if (address === undefined) return undefined
    const known = this.#channel?.address
    if (known?.host === address.host && known.port === address.port) return this.#channel
    this.#channel?.close()
    this.#channel = new BrokerChannel(this.#ports, address, `broker-${this.#options.brokerId}-fetcher`)
    return this.#channel
  }

  // ── what was answered ──────────────────────────────────────────────────────────────────────────────────────────

  #answered(answer: FetchAnswer, isOwn: boolean): void {
    if (this.#isClosed) return
    const error = errorName(answer.errorCode)
    if (error !== 'NONE') {
      this.#wait(error)
      this.#done()
      return
    }
    const taking = this.#take(answer)
    try {
      // What lies in the receive buffer is dealt with now.
      if (!isOwn) while (taking.next().done !== true);
      const taken = inSlices(this.#ports.clock, taking, { isWanted: () => !this.#isClosed })
      if (taken instanceof Promise) taken.then(() => this.#done()).catch(this.#ports.failed)
      else this.#done()
    } catch (error) {
      this.#ports.failed(error)
    }
  }

  *#take(answer: FetchAnswer): Slices<void> {
    for (const { topicId, partitions } of answer.responses)
      for (const partition of partitions) {
        this.#takePartition(`${topicId} ${partition.partitionIndex}`, partition)
        yield
      }
  }

  #takePartition(key: string, answer: PartitionAnswer): void {
    const asked = this.#asked?.get(key)
    // It may have another leader or none since it was asked for.
    if (asked === undefined || this.#followed.get(key) !== asked.replica) return
    const { replica, request } = asked
    const told = answerOf(answer)
    replica.answered(request, told)
    if (told.type === 'records' && told.records.length > 0) {
      this.#followed.delete(key)
      this.#followed.set(key, replica)
    }
    if (told.type === 'error') {
      const { leader } = this.#options
      this.#ports.log('debug', 'a leader answered an error', { leader, partition: replica.name, error: told.error })
    }
    this.#restIfNeeded(replica)
  }

  #restIfNeeded(replica: FollowerReplica): void {
    if (replica.state !== 'resting') return
    this.#resting.add(replica)
    this.#restTimer ??= this.#ports.clock.after(backoffMs, () => {
      this.#restTimer = undefined
      for (const rested of this.#resting) rested.rested()
      this.#resting.clear()
      this.#next()
    })
  }

  #done(): void {
    this.#isBusy = false
    this.#isGivenUp = false
    this.#asked = undefined
    this.#joinTimer?.cancel()
    this.#joinTimer = undefined
    this.#next()
  }

  #failed(error: AppError): void {
    if (this.#isClosed) return
    if (!this.#isGivenUp) this.#wait(error.message)
    this.#done()
  }

  #wait(reason: string): void {
    this.#ports.log('info', 'a leader cannot be fetched from', { leader: this.#options.leader, reason })
    this.#retryTimer?.cancel()
    this.#retryTimer = this.#ports.clock.after(backoffMs, () => {
      this.#retryTimer = undefined
      this.#next()
    })
  }

  // ── a log that its leader's does not reach ─────────────────────────────────────────────────────────────────────

  async #askOffsets(channel: BrokerChannel, replicas: readonly FollowerReplica[]): Promise<void> {
    try {
      const starts = await this.#offsetsAt(channel, replicas, earliest)
      const ends = await this.#offsetsAt(channel, replicas, latest)
      for (const replica of replicas) {
        const startOffset = starts.get(replica.name)
        const endOffset = ends.get(replica.name)
        if (startOffset === undefined || endOffset === undefined) replica.interrupted()
        else if (this.#followed.get(keyOf(replica)) === replica) replica.offsetsAnswered({ startOffset, endOffset })
        this.#restIfNeeded(replica)
      }
    } catch (error) {
      expectAppError(error)
      if (error.code === 'DISK_FAILED') throw error
      if (!this.#isGivenUp) this.#wait(error.message)
    }
  }

  /** Of those that the leader answered for. */
  async #offsetsAt(
    channel: BrokerChannel,
    replicas: readonly FollowerReplica[],
    timestamp: bigint
  ): Promise<ReadonlyMap<string, Offset>> {
    const topics = byTopic(replicas, ({ topic }) => topic).map(([name, held]) => ({
      name,
      partitions: held.map(({ index, term }) => {
        return { partitionIndex: index, currentLeaderEpoch: term.leaderEpoch, timestamp }
      })
    }))
    const { brokerId } = this.#options
    const answer = await channel.ask(listCall, { replicaId: brokerId, isolationLevel: 0, topics }, answerTimeoutMs)
    const offsets = new Map<string, Offset>()
    for (const { name, partitions } of answer.topics)
      for (const { partitionIndex, errorCode, offset } of partitions)
        if (errorCode === 0) offsets.set(`${name}-${partitionIndex}`, offset)
    return offsets
  }
}

const keyOf = ({ topicId, index }: FollowerReplica): string => `${topicId} ${index}`

function byTopic<T>(items: Iterable<T>, topicOf: (item: T) => string): readonly (readonly [string, readonly T[]])[] {
  const topics = new Map<string, T[]>()
  for (const item of items) {
    const topic = topicOf(item)
    const known = topics.get(topic)
    if (known === undefined) topics.set(topic, [item])
    else known.push(item)
  }
  return [...topics]
}

function topicsOf(asked: Iterable<Asked>) {
  return byTopic(asked, ({ replica }) => replica.topicId).map(([topicId, of]) => ({
    topicId,
    partitions: of.map(({ replica, request }) => ({
      partition: replica.index,
      currentLeaderEpoch: request.leaderEpoch,
      fetchOffset: request.fetchOffset,
      lastFetchedEpoch: request.lastFetchedEpoch,
      logStartOffset: replica.logStartOffset,
      partitionMaxBytes: partitionBytesMax
    }))
  }))
}

function answerOf({
  errorCode,
  divergingEpoch,
  records,
  highWatermark,
  logStartOffset
}: PartitionAnswer): FollowerAnswer {
  const error = errorName(errorCode)
  if (error !== 'NONE') return { type: 'error', error }
  if (divergingEpoch.endOffset >= 0)
    return { type: 'diverging', leaderEpoch: divergingEpoch.epoch, endOffset: divergingEpoch.endOffset }
  return { type: 'records', records: records ?? noRecords, highWatermark, logStartOffset }
}

const noRecords = new Uint8Array(0)
