/**
 * Fetch, versions 4 to 16. Long-polls until minBytes are there or maxWaitMs have passed; an error completes it at once.
 * The first partition with data gives at least one whole batch. Fetch sessions (KIP-227) are refused by answering
 * session id 0, which is legal. Without transactions the last stable offset is the high watermark. Record data stays
 * in its files until it is sent. Partitions are served in the order asked for: consumers rotate it themselves.
 */
import { pause } from '../../kernel/waiting'
import type { BrokerEpoch, BrokerId } from '../../kernel/ids'
import { fetchRequest, fetchResponse } from '../../protocol/api/01-fetch'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { Slices } from '../../protocol/wire/codec'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import { zeroUuid } from '../../kernel/uuid'
import type { BrokerServices } from '../broker-services'
import type { PartitionLog } from '../../storage/partition-log'
import type { LogSlice } from '../../storage/log-types'
import { handler, type HandlerRow } from '../server/handler'
import { inSlices, mapInSlices } from '../server/slices'
import { fileBytes } from '../server/file-bytes'
import { leaderHint, nodeEndpoints } from './leader-hint'

type Request = ValueOf<typeof fetchRequest>
type Response = InputOf<typeof fetchResponse>
type AskedTopic = Request['topics'][number]
type AskedPartition = AskedTopic['partitions'][number]
type PartitionAnswer = Response['responses'][number]['partitions'][number]

const readCommitted = 1
/** Session epochs of a fetch that names all its partitions (KIP-227). */
const wholeFetch = 0
const noSession = -1
/** What a client may ask for at once, whatever it says (fetch.max.bytes of the broker, Kafka's default). */
const answerBytesMax = 55 * 1024 * 1024
/** A connection that is silent for longer is closed anyway (connections.max.idle.ms). */
const waitMsMax = 600_000
/** A long poll is asked again with each append to one of its partitions: so many it may have. */
const watchedMax = 10_000

interface Collected {
  readonly responses: Response['responses']
  readonly bytes: number
  readonly hasError: boolean
  readonly leaders: ReadonlySet<BrokerId>
}

export function fetch(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 1,
    served: [4, 16],
    request: fetchRequest,
    response: fetchResponse,
    isBulk: true,
    *handle(request, { header }) {
      const version = header.apiVersion
      // Whatever goes on with a session goes on with one that is not there (Kafka's FetchManager.newContext).
      if (request.sessionEpoch !== wholeFetch && request.sessionEpoch !== noSession) {
        return { errorCode: code('FETCH_SESSION_ID_NOT_FOUND'), responses: [] }
      }
      const first = collectInSlices(broker, request, version, false)
      let mayHaveMissed = false
      let step = first.next()
      while (step.done !== true) {
        yield
        mayHaveMissed = true
        step = first.next()
      }
      if (isEnough(request, step.value)) return answer(broker, step.value)
      const partitions = request.topics.reduce((sum, topic) => sum + topic.partitions.length, 0)
      return partitions > watchedMax
        ? laterPoll(broker, request, version)
        : longPoll(broker, request, version, mayHaveMissed)
    }
  })
}

function isEnough(request: Request, { bytes, hasError }: Collected): boolean {
  return hasError || bytes >= request.minBytes || request.maxWaitMs <= 0 || request.topics.length === 0
}

/** Of more partitions than are watched: looked at once more, when the time is over. */
async function laterPoll(broker: BrokerServices, request: Request, version: number): Promise<Response> {
  const waitMs = Math.min(request.maxWaitMs, waitMsMax)
  await pause(broker.clock, waitMs)
  return answer(broker, await inSlices(broker.clock, collectInSlices(broker, request, version, true)))
}

function longPoll(
  broker: BrokerServices,
  request: Request,
  version: number,
  mayHaveMissed: boolean
): Promise<Response> {
  const { purgatory } = broker.replicas
  // A follower has told what it has: a look that is made later, when it may have more or be asking anew, tells nothing.
  // Names are resolved now: the request's own views of the receive buffer hold no bytes that are needed later.
  const keys = request.topics.flatMap((asked) => {
    const topic = topicOf(broker, asked, version)
    return topic === undefined ? [] : asked.partitions.map(({ partition }) => `${topic}-${partition}`)
  })
  return new Promise((resolve) => {
    const waiter = {
      attempt(isExpired: boolean): boolean {
        const collected = collect(broker, request, version, true)
        if (!isExpired && !isEnough(request, collected)) return false
        timer.cancel()
        resolve(answer(broker, collected))
        return true
      }
    }
    // Of a connection that is lost the waiter stays until then: not for the 24 days that may be asked for.
    const timer = broker.clock.after(Math.min(request.maxWaitMs, waitMsMax), () => purgatory.expired(waiter))
    purgatory.add(waiter, keys)
    // What came while others had their turn during the first look woke nobody.
    if (mayHaveMissed && waiter.attempt(false)) purgatory.remove(waiter)
  })
}

function answer(broker: BrokerServices, { responses, leaders, bytes }: Collected): Response {
  broker.replicas.traffic.bytesOut += bytes
  return leaders.size === 0 ? { responses } : { responses, nodeEndpoints: nodeEndpoints(broker.image, leaders) }
}

function topicOf(broker: BrokerServices, asked: AskedTopic, version: number): string | undefined {
  return version >= 13 ? broker.image.topicName(asked.topicId) : asked.topic
}

function collect(broker: BrokerServices, request: Request, version: number, isAgain: boolean): Collected {
  const collecting = collectInSlices(broker, request, version, isAgain)
  for (;;) {
    const step = collecting.next()
    if (step.done === true) return step.value
  }
}

function* collectInSlices(
  broker: BrokerServices,
  request: Request,
  version: number,
  isAgain: boolean
): Slices<Collected> {
  const leaders = new Set<BrokerId>()
  let bytes = 0
  let hasError = false
  const responses = []
  for (const asked of request.topics) {
    const topic = topicOf(broker, asked, version)
    const partitions = yield* mapInSlices(asked.partitions, (wanted) => {
      const room = Math.min(request.maxBytes, answerBytesMax) - bytes
      const read = readPartition(broker, request, {
        asked,
        topic,
        wanted,
        version,
        room,
        isFirst: bytes === 0,
        isAgain
      })
      if (read.type === 'error') hasError = true
      if (read.type === 'error') return failed(broker, { topic, wanted, version }, read.error, leaders)
      // Told at once, as an error is.
      if (read.isDiverging === true) hasError = true
      bytes += read.bytes
      return read.answer
    })
    responses.push(version >= 13 ? { topicId: asked.topicId, partitions } : { topic: asked.topic, partitions })
  }
  return { responses, bytes, hasError, leaders }
}

interface Wanted {
  readonly asked: AskedTopic
  readonly topic: string | undefined
  readonly wanted: AskedPartition
  readonly version: number
  readonly room: number
  readonly isFirst: boolean
  /** It has waited since it was looked at first. */
  readonly isAgain: boolean
}

type Read =
  | { readonly type: 'error'; readonly error: KafkaError }
  | {
      readonly type: 'data'
      readonly answer: PartitionAnswer
      readonly bytes: number
      readonly isDiverging?: true
    }

/** The broker that asks as a follower; undefined for consumers (-1) and for tools that only look on (-2). */
function followerOf({ replicaId, replicaState }: Request): BrokerId | undefined {
  const id = Math.max(replicaId, replicaState.replicaId)
  return id >= 0 ? id : undefined
}

/** Undefined when it does not say. */
function brokerEpochOf({ replicaState }: Request): { readonly brokerEpoch?: BrokerEpoch } {
  return replicaState.replicaEpoch < 0n ? {} : { brokerEpoch: replicaState.replicaEpoch }
}

function readPartition(broker: BrokerServices, request: Request, at: Wanted): Read {
  const { asked, topic, wanted, version } = at
  if (topic === undefined) return { type: 'error', error: 'UNKNOWN_TOPIC_ID' }
  const partition = broker.replicas.leader(topic, wanted.partition)
  if (typeof partition === 'string') {
    const isKnown = broker.image.partition(topic, wanted.partition) !== undefined
    return { type: 'error', error: isKnown ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_TOPIC_OR_PARTITION' }
  }
  if (version >= 13 && asked.topicId !== zeroUuid && asked.topicId !== partition.topicId) {
    return { type: 'error', error: 'INCONSISTENT_TOPIC_ID' }
  }
  const problem = partition.epochProblem(wanted.currentLeaderEpoch)
  if (problem !== undefined) return { type: 'error', error: problem }
  const { log } = partition
  const follower = followerOf(request)
  const diverging = divergenceOf(log, wanted)
  if (diverging === 'OFFSET_OUT_OF_RANGE') return { type: 'error', error: 'OFFSET_OUT_OF_RANGE' }
  const maxBytes = Math.max(0, Math.min(wanted.partitionMaxBytes, at.room))
  const slices = diverging === undefined ? locate() : []
  if (slices === 'OFFSET_OUT_OF_RANGE') return { type: 'error', error: slices }
  if (follower !== undefined && diverging === undefined) {
    // Before the watermark is looked at: the follower hears at once of what it has just committed.
    const isEligible = broker.image.isAlive(follower)
    const fetched = { offset: wanted.fetchOffset, isEligible, ...brokerEpochOf(request) }
    if (!at.isAgain && !partition.followerFetched(follower, fetched)) {
      // Its order came before ours, when it knows our epoch (Kafka's Partition.followerReplicaOrThrow).
      const isOrdered = wanted.currentLeaderEpoch >= 0
      return { type: 'error', error: isOrdered ? 'UNKNOWN_LEADER_EPOCH' : 'NOT_LEADER_OR_FOLLOWER' }
    }
  }
  const partitionAnswer = {
    partitionIndex: wanted.partition,
    errorCode: 0,
    highWatermark: log.highWatermark,
    lastStableOffset: log.highWatermark,
    logStartOffset: log.logStartOffset,
    abortedTransactions: request.isolationLevel === readCommitted ? [] : null
  }
  if (diverging !== undefined) {
    const answer = { ...partitionAnswer, divergingEpoch: diverging, records: new Uint8Array(0) }
    return { type: 'data', bytes: 0, isDiverging: true, answer }
  }
  const records = fileBytes(slices)
  return {
    type: 'data',
    bytes: records.lengthBytes,
    answer: { ...partitionAnswer, records: records.lengthBytes === 0 ? new Uint8Array(0) : records }
  }

  function locate(): readonly LogSlice[] | 'OFFSET_OUT_OF_RANGE' {
    if (!Number.isSafeInteger(wanted.fetchOffset) || wanted.fetchOffset < 0) return 'OFFSET_OUT_OF_RANGE'
    if (follower !== undefined && wanted.fetchOffset > log.logEndOffset) return 'OFFSET_OUT_OF_RANGE'
    if (at.room <= 0 && !at.isFirst) return []
    const upToOffset = follower === undefined ? log.highWatermark : log.logEndOffset
    return log.locate(wanted.fetchOffset, maxBytes, upToOffset, at.isFirst)
  }
}

/**
 * KIP-595: where the history of who read up to an epoch, and of this log, part; undefined when they do not. An epoch that
 * this log never had is an offset that it does not have (Kafka's Partition.readRecords).
 */
function divergenceOf(
  log: PartitionLog,
  { lastFetchedEpoch, fetchOffset }: AskedPartition
): PartitionAnswer['divergingEpoch'] | 'OFFSET_OUT_OF_RANGE' {
  if (lastFetchedEpoch < 0) return undefined
  const { leaderEpoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch)
  if (leaderEpoch < 0 || endOffset < 0) return 'OFFSET_OUT_OF_RANGE'
  return leaderEpoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch: leaderEpoch, endOffset } : undefined
}

const isUnknown = (error: KafkaError): boolean => error === 'UNKNOWN_TOPIC_OR_PARTITION' || error === 'UNKNOWN_TOPIC_ID'

function failed(
  broker: BrokerServices,
  { topic, wanted, version }: Pick<Wanted, 'topic' | 'wanted' | 'version'>,
  error: KafkaError,
  leaders: Set<BrokerId>
): PartitionAnswer {
  const base = {
    partitionIndex: wanted.partition,
    errorCode: code(error),
    highWatermark: -1,
    // As Kafka: an empty list where the partition is not known, none where it was not read.
    abortedTransactions: isUnknown(error) ? [] : null,
    records: new Uint8Array(0)
  }
  const isMisled = error === 'NOT_LEADER_OR_FOLLOWER' || error === 'FENCED_LEADER_EPOCH'
  const hint =
    isMisled && topic !== undefined && version >= 16 ? leaderHint(broker.image, topic, wanted.partition) : undefined
  if (hint === undefined) return base
  leaders.add(hint.leaderId)
  return { ...base, currentLeader: hint }
}
