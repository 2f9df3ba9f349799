/**
 * Copies everything that one other broker leads and this one follows, with the Fetch API that consumers use (Kafka's
 * ReplicaFetcherThread): one connection, one request under way, all partitions in it. What is answered is appended before the
 * next request leaves, so that a fetch says what this broker has.
 *
 * Deviations from Kafka: a partition that joins does not wait until the long poll under way has ended, which is given up
 * (ADR 31); what could not be reached is tried again at once when the controller tells of it anew.
 */
import { expectAppError, type AppError } from '../kernel/errors'
import { ownFrameBytesMin } from '../kernel/frame-splitter'
import type { BrokerEpoch, BrokerId } from '../kernel/ids'
import type { Address, Clock, Log, Network, Timer } from '../kernel/ports'
import { fetchRequest, fetchResponse } from '../protocol/api/01-fetch'
import type { Slices } from '../protocol/wire/codec'
import { errorName } from '../protocol/wire/error-codes'
import type { ValueOf } from '../protocol/wire/schema'
import { BrokerChannel } from './broker-channel'
import { FetchSessionClient } from './core/fetch-session-client'
import { askedTopics, forgottenTopics, isSame, leaderOffsets, toldBy, type Asked } from './follower-messages'
import type { ReplicationQuota } from './core/replication-quota'
import type { FollowerReplica } from './follower-replica'
import { RestingReplicas } from './resting-replicas'
import { inSlices } from './server/slices'

/** replica.fetch.wait.max.ms */
const waitMaxMs = 500
/** replica.fetch.min.bytes */
const minBytes = 1
/**
 * replica.fetch.response.max.bytes, which is ten times as much in Kafka: an answer that fits with all that is around its
 * records lies in a buffer that is used again, and a megabyte is asked for anew in no time.
 */
const answerBytesMax = ownFrameBytesMin - 128 * 1024
/** replica.fetch.max.bytes, of one partition. */
const partitionBytesMax = 1024 * 1024
/**
 * The same where others are written to that are in sync: what catches up takes its share in small pieces, between which nobody's acks
 * wait for long. An answer with one of them has room left for all others.
 */
const sharedPartitionBytesMax = 128 * 1024
const sharedAnswerBytesMax = 256 * 1024
/** For so long after those in sync have had records. */
const sharedMs = 1000
/** replica.fetch.backoff.ms, of a leader that cannot be reached. */
const backoffMs = 1000
/** replica.socket.timeout.ms */
const answerTimeoutMs = 30_000
/** What is held back by the quota is looked at again so soon. */
const heldBackMs = 100
/** A poll that has brought nothing for so long waits for records that may not come: one that joins does not wait with it. */
const pollPatienceMs = 5
/**
 * To give a poll up is to name all partitions anew, which takes both brokers some microseconds of each: not again before this much
 * time for each of them has passed. The poll may be over by itself until then, and takes those that joined with the others unnamed.
 */
const giveUpPauseMsOfEach = 0.2

const fetchCall = { apiKey: 1, version: 16, request: fetchRequest, response: fetchResponse }

export interface FetcherPorts {
  readonly clock: Clock
  readonly network: Network
  readonly log: Log
  /** Of what this broker copies. */
  readonly quota: ReplicationQuota
  /** Resolves when where logs start would be known after a kill. */
  readonly logStartsSafe: () => Promise<void>
  /** The log of that replica cannot be written: nobody here follows with it any more. */
  readonly storageFailed: (replica: FollowerReplica, error: AppError) => void
  /** A broken invariant. */
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

type FetchAnswer = ValueOf<typeof fetchResponse>
type PartitionAnswer = FetchAnswer['responses'][number]['partitions'][number]

export class ReplicaFetcher {
  readonly #ports: FetcherPorts
  readonly #options: FetcherOptions
  /** In the order in which they are asked for: what has brought records goes to the end. By topic id and index. */
  readonly #followed = new Map<string, FollowerReplica>()
  readonly #resting: RestingReplicas
  #channel: BrokerChannel | undefined
  readonly #session = new FetchSessionClient()
  /** What the leader was asked last of each partition, and has not answered: in this request or an earlier one of the session. */
  readonly #asked = new Map<string, Asked>()
  /** To be asked anew with the next request. */
  readonly #due = new Set<string>()
  /** The leader's session still has them. */
  readonly #forgotten = new Map<string, FollowerReplica>()
  /** They have all that was committed when they were answered last: the quota does not hold them back. */
  readonly #inSync = new Set<string>()
  /** Until then those that catch up share with those that are in sync. */
  #sharedUntilMs = 0
  /** By the quota: not in the next request. */
  readonly #heldBack = new Set<string>()
  #heldBackTimer: Timer | undefined
  /** From a request until all of its answer is dealt with. */
  #isBusy = false
  #isScheduled = false
  #joinTimer: Timer | undefined
  /** Until then it is not asked: it could not be reached, or answered nothing of use. */
  #retryTimer: Timer | undefined
  /** Of what was answered, records were deleted: the leader hears of it when that would survive a kill. */
  #hasDeleted = false
  /** The request under way was given up by us. */
  #isGivenUp = false
  /** For those that joined, the last time. */
  #gaveUpForJoinedMs = -Infinity
  #isClosed = false

  constructor(ports: FetcherPorts, options: FetcherOptions) {
    this.#ports = ports
    this.#options = options
    this.#resting = new RestingReplicas(ports.clock, (replica, isSoon) => {
      this.#due.add(keyOf(replica))
      if (isSoon) this.#join()
      else this.#next()
    })
  }

  get isIdle(): boolean {
    return this.#followed.size === 0
  }

  /** From now on it is copied. The controller says that its leader is there: it is asked at once. */
  add(replica: FollowerReplica): void {
    const key = keyOf(replica)
    this.#followed.set(key, replica)
    // The answer to its first request will say; a new epoch holds up nobody who was in sync before (Kafka's does).
    this.#inSync.add(key)
    this.#due.add(key)
    this.#retryTimer?.cancel()
    this.#retryTimer = undefined
    this.#join()
  }

  /** What is answered to the request under way does nothing to it. */
  remove(replica: FollowerReplica): void {
    const key = keyOf(replica)
    this.#resting.delete(replica)
    if (this.#followed.get(key) !== replica) return
    this.#followed.delete(key)
    this.#heldBack.delete(key)
    this.#inSync.delete(key)
    this.#forget(key, replica)
    if (this.isIdle) this.#giveUp()
  }

  /**
   * The controller has told of brokers: what failed before is tried at once where the leader has moved. Where it is known again at its
   * old address, what stopped for want of one goes on.
   */
  leaderTold(): void {
    const address = this.#options.addressOf(this.#options.leader)
    if (address === undefined) return
    const known = this.#channel?.address
    if (known?.host !== address.host || known.port !== address.port) {
      this.#giveUp()
      this.#retryTimer?.cancel()
      this.#retryTimer = undefined
    }
    this.#soon()
  }

  close(): void {
    this.#isClosed = true
    for (const timer of [this.#joinTimer, this.#retryTimer, this.#heldBackTimer]) timer?.cancel()
    this.#resting.close()
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

  /** Something is due that the poll under way, if there is one, must not hold up. */
  #join(): void {
    if (!this.#isBusy) {
      this.#soon()
      return
    }
    const { clock } = this.#ports
    const nextMs = this.#gaveUpForJoinedMs + giveUpPauseMsOfEach * this.#followed.size
    const waitMs = Math.max(pollPatienceMs, nextMs - clock.monotonicMs())
    this.#joinTimer ??= clock.after(waitMs, () => this.#endPollForJoined())
  }

  #endPollForJoined(): void {
    this.#joinTimer = undefined
    const isWaiting = [...this.#due].some(
      (key) => this.#followed.get(key)?.state === 'fetching' && !this.#asked.has(key)
    )
    if (isWaiting && this.#isBusy && this.#giveUp()) this.#gaveUpForJoinedMs = this.#ports.clock.monotonicMs()
  }

  #forget(key: string, replica: FollowerReplica): void {
    this.#due.delete(key)
    if (this.#asked.delete(key)) this.#forgotten.set(key, replica)
  }

  /** False when there was nothing to give up. */
  #giveUp(): boolean {
    this.#isGivenUp = true
    const hasInterrupted = this.#channel?.interrupt() === true
    this.#isGivenUp = this.#isBusy
    return hasInterrupted
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
    const named = this.#named()
    if (this.#asked.size === 0) return
    this.#isBusy = true
    const { brokerId, brokerEpoch } = this.#options
    const isShared = this.#inSync.size < this.#followed.size && this.#ports.clock.monotonicMs() < this.#sharedUntilMs
    const bytesMaxOf = (replica: FollowerReplica): number =>
      isShared && !this.#inSync.has(keyOf(replica)) ? sharedPartitionBytesMax : partitionBytesMax
    const value = {
      replicaState: { replicaId: brokerId, replicaEpoch: brokerEpoch() },
      maxWaitMs: waitMaxMs,
      minBytes,
      maxBytes: isShared ? sharedAnswerBytesMax : answerBytesMax,
      sessionId: this.#session.id,
      sessionEpoch: this.#session.epoch,
      topics: askedTopics(named, bytesMaxOf),
      forgottenTopicsData: this.#session.isWhole ? [] : forgottenTopics(this.#forgotten.values())
    }
    this.#forgotten.clear()
    channel.exchange(fetchCall, value, answerTimeoutMs, {
      answered: (answer, isOwn) => this.#answered(answer, isOwn),
      failed: (error) => this.#failed(error)
    })
  }

  /** Those that the next request names: what changed, or all. */
  #named(): readonly Asked[] {
    if (this.#session.isWhole) {
      this.#asked.clear()
      this.#forgotten.clear()
      for (const key of this.#followed.keys()) this.#due.add(key)
    }
    const named: Asked[] = []
    for (const key of this.#session.isWhole ? this.#followed.keys() : this.#due) {
      const replica = this.#followed.get(key)
      if (replica === undefined) continue
      if (this.#isHeldBack(key, replica)) {
        this.#forget(key, replica)
        this.#heldBack.add(key)
        continue
      }
      const request = replica.nextRequest()
      if (request === undefined) {
        this.#forget(key, replica)
        continue
      }
      const before = this.#asked.get(key)
      const asked = { replica, request, logStartOffset: replica.logStartOffset }
      this.#asked.set(key, asked)
      this.#forgotten.delete(key)
      if (before === undefined || !isSame(before, asked)) named.push(asked)
    }
    this.#due.clear()
    if (this.#heldBack.size > 0)
      this.#heldBackTimer ??= this.#ports.clock.after(heldBackMs, () => this.#lookAtHeldBack())
    return named
  }

  #isHeldBack(key: string, { topic, index }: FollowerReplica): boolean {
    if (this.#inSync.has(key)) return false
    return this.#ports.quota.isExceeded(topic, index, this.#ports.clock.monotonicMs())
  }

  #lookAtHeldBack(): void {
    this.#heldBackTimer = undefined
    for (const key of this.#heldBack) this.#due.add(key)
    this.#heldBack.clear()
    this.#next()
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
      this.#refused(error)
      return
    }
    this.#session.answered(answer.sessionId)
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

  #refused(error: string): void {
    if (error === 'FETCH_SESSION_ID_NOT_FOUND') this.#session.lost()
    else this.#session.failed()
    if (!sessionErrors.has(error)) this.#wait(error)
    this.#done()
  }

  *#take(answer: FetchAnswer): Slices<void> {
    for (const { topicId, partitions } of answer.responses)
      for (const partition of partitions) {
        this.#takePartition(`${topicId} ${partition.partitionIndex}`, partition)
        yield
      }
  }

  #takePartition(key: string, answer: PartitionAnswer): void {
    const asked = this.#asked.get(key)
    // It may have another leader or none since it was asked for; or it is followed anew, and the leader takes it for told.
    if (asked === undefined || this.#followed.get(key) !== asked.replica) return this.#session.failed()
    const { replica, request } = asked
    const told = toldBy(answer)
    const startBefore = replica.logStartOffset
    if (!this.#isWritten(replica, () => replica.answered(request, told))) {
      this.#restIfNeeded(replica)
      return
    }
    if (replica.logStartOffset > startBefore) this.#hasDeleted = true
    this.#due.add(key)
    if (told.type === 'records') {
      const nowMs = this.#ports.clock.monotonicMs()
      this.#ports.quota.copied(replica.topic, replica.index, told.records.length, nowMs)
      if (told.records.length > 0 && this.#inSync.has(key)) this.#sharedUntilMs = nowMs + sharedMs
      if (told.highWatermark <= replica.logEndOffset) this.#inSync.add(key)
      else this.#inSync.delete(key)
    }
    if (told.type === 'records' && told.records.length > 0) {
      this.#followed.delete(key)
      this.#followed.set(key, replica)
    }
    // What else was in that answer nobody has looked at, and leaders of Kafka's take it for told.
    if (told.type === 'diverging') this.#session.failed()
    if (told.type === 'error') {
      const { leader } = this.#options
      this.#ports.log('debug', 'a leader answered an error', { leader, partition: replica.name, error: told.error })
    }
    this.#restIfNeeded(replica)
  }

  /** False when its log failed: it is followed no more. */
  #isWritten(replica: FollowerReplica, write: () => void): boolean {
    try {
      write()
      return true
    } catch (error) {
      expectAppError(error)
      if (error.code === 'DISK_FULL') replica.interrupted()
      else this.#ports.storageFailed(replica, error)
      return false
    }
  }

  #restIfNeeded(replica: FollowerReplica): void {
    if (replica.state === 'resting') this.#resting.add(replica)
    else this.#resting.delete(replica)
  }

  #done(): void {
    if (this.#hasDeleted) {
      this.#hasDeleted = false
      this.#ports.logStartsSafe().then(() => this.#done(), this.#ports.failed)
      return
    }
    this.#isBusy = false
    this.#isGivenUp = false
    this.#joinTimer?.cancel()
    this.#joinTimer = undefined
    this.#next()
  }

  #failed(error: AppError): void {
    if (this.#isClosed) return
    this.#session.failed()
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
      const offsets = await leaderOffsets(channel, this.#options.brokerId, replicas, answerTimeoutMs)
      for (const replica of replicas) {
        if (this.#followed.get(keyOf(replica)) !== replica) continue
        const told = offsets.get(replica.name)
        if (told === undefined) replica.interrupted()
        else this.#isWritten(replica, () => replica.offsetsAnswered(told))
        if (this.#followed.get(keyOf(replica)) !== replica) continue
        this.#due.add(keyOf(replica))
        this.#restIfNeeded(replica)
      }
    } catch (error) {
      expectAppError(error)
      if (!this.#isGivenUp) this.#wait(error.message)
    }
  }
}

/** The session is not what we take it for: all is asked anew, at once. */
const sessionErrors: ReadonlySet<string> = new Set([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR'
])

const keyOf = ({ topicId, index }: FollowerReplica): string => `${topicId} ${index}`
