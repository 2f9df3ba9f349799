/**
 * ListOffsets, versions 1 to 9. By time: the first record at or after it, with its own time and
 * epoch; none gives offset -1. OFFSET_NOT_AVAILABLE while a new leader does not know what was committed (KIP-207). There is
 * no tiered storage: -4 is the log start, -5 is unknown (-1). A leader that cannot know whether it is one asks its followers first
 * (ADR 39).
 */
import type { Offset, LeaderEpoch } from '../../kernel/ids'
import { listOffsetsRequest, listOffsetsResponse } from '../../protocol/api/02-list-offsets'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { Slices } from '../../protocol/wire/codec'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import type { PartitionLog } from '../../storage/partition-log'
import type { BrokerServices } from '../broker-services'
import type { Doubt } from '../leader-proofs'
import type { Partition } from '../partition'
import { handler, type HandlerRow } from '../server/handler'
import { inSlices, mapInSlices } from '../server/slices'
import { consumerReplicaId, debuggingReplicaId } from '../core/replica-ids'

interface Found {
  readonly offset: Offset
  readonly timestamp: bigint
  readonly leaderEpoch: LeaderEpoch
}
/** replicaId of a consumer; others are replicas, or tools that look at them. */
const maxTimestamp = -3n
/** By the first version that knows them: latest, earliest, max timestamp, earliest local, latest tiered. */
const knownTimestamps: ReadonlyMap<bigint, number> = new Map([
  [-1n, 0],
  [-2n, 0],
  [maxTimestamp, 7],
  [-4n, 8],
  [-5n, 9]
])
const nothing: Found = { offset: -1, timestamp: -1n, leaderEpoch: -1 }

export function listOffsets(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 2,
    served: [1, 9],
    request: listOffsetsRequest,
    response: listOffsetsResponse,
    *handle(request, { header, life }) {
      const duplicates = yield* partitionsNamedTwice(request.topics)
      const topics: TopicAnswer[] = []
      const { replicaId } = request
      const asker = {
        version: header.apiVersion,
        isReplica: replicaId !== consumerReplicaId,
        isDebugging: replicaId === debuggingReplicaId
      }
      const doubts: Doubts = new Map()
      for (const topic of request.topics) topics.push(yield* answerTopic(broker, topic, asker, { duplicates, doubts }))
      if (doubts.size === 0) return { topics }
      const proof = broker.replicas.proofs.unproven([...doubts.values()], life)
      return proof.then((unproven) => inSlices(broker.clock, without(topics, doubts, unproven)))
    }
  })
}

/** What stays in doubt is refused instead. */
function* without(topics: readonly TopicAnswer[], doubts: Doubts, unproven: ReadonlySet<Doubt>) {
  if (unproven.size === 0) return { topics }
  const shown: TopicAnswer[] = []
  const answer = (told: PartitionAnswer): PartitionAnswer => {
    const doubt = doubts.get(told)
    const isTold = doubt === undefined || !unproven.has(doubt)
    return isTold ? told : refusal(told.partitionIndex, 'NOT_LEADER_OR_FOLLOWER')
  }
  for (const { name, partitions } of topics) shown.push({ name, partitions: yield* mapInSlices(partitions, answer) })
  return { topics: shown }
}

type Asked = ValueOf<typeof listOffsetsRequest>['topics'][number]
type TopicAnswer = InputOf<typeof listOffsetsResponse>['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]
/** Answers of a leader that could not know, when it looked that up, whether it was one. */
type Doubts = Map<PartitionAnswer, Doubt>

/** Kafka answers INVALID_REQUEST for a partition that is named twice; so no look-up among records is made twice either. */
function* partitionsNamedTwice(topics: readonly Asked[]): Slices<ReadonlyMap<string, ReadonlySet<number>>> {
  const seen = new Map<string, Set<number>>()
  const duplicates = new Map<string, Set<number>>()
  const setOf = (sets: Map<string, Set<number>>, name: string): Set<number> => {
    let set = sets.get(name)
    if (set === undefined) sets.set(name, (set = new Set()))
    return set
  }
  for (const { name, partitions } of topics) {
    const seenHere = setOf(seen, name)
    for (const [i, { partitionIndex }] of partitions.entries()) {
      if (seenHere.has(partitionIndex)) setOf(duplicates, name).add(partitionIndex)
      seenHere.add(partitionIndex)
      if (i % 1000 === 999) yield
    }
  }
  return duplicates
}

function* answerTopic(
  broker: BrokerServices,
  { name, partitions }: Asked,
  { version, ...asker }: Pick<Query, 'isReplica' | 'isDebugging'> & { readonly version: number },
  { duplicates, doubts }: { readonly duplicates: ReadonlyMap<string, ReadonlySet<number>>; readonly doubts: Doubts }
) {
  const duplicatesHere = duplicates.get(name)
  const answer = ({ partitionIndex, currentLeaderEpoch, timestamp }: Asked['partitions'][number]): PartitionAnswer => {
    const refuse = (error: KafkaError) => refusal(partitionIndex, error)
    if (duplicatesHere?.has(partitionIndex) === true) return refuse('INVALID_REQUEST')
    if (!isKnownTimestamp(timestamp, version)) return refuse('UNSUPPORTED_VERSION')
    const found = find(broker, { topic: name, partition: partitionIndex, currentLeaderEpoch, timestamp, ...asker })
    // Clients of before know another word for it (KIP-207).
    if (found === 'OFFSET_NOT_AVAILABLE' && version < 5) return refuse('LEADER_NOT_AVAILABLE')
    if (typeof found === 'string') return refuse(found)
    const { partition, ...told } = found
    const answered = { partitionIndex, errorCode: 0, ...told }
    const { leaderEpoch } = partition
    if (!asker.isReplica && !partition.isSurelyOrdered) doubts.set(answered, { partition, leaderEpoch })
    return answered
  }
  // A look-up by time may unpack a batch: each is a slice of its own.
  return { name, partitions: yield* mapInSlices(partitions, answer, 1) }
}

function refusal(partitionIndex: number, error: KafkaError): PartitionAnswer {
  return { partitionIndex, errorCode: code(error) }
}

/**
 * Negative timestamps are questions of their own, and each came with a version (KIP-734, KIP-405, KIP-1005): Kafka answers
 * UNSUPPORTED_VERSION to those that the request's version does not know.
 */
function isKnownTimestamp(timestamp: bigint, version: number): boolean {
  const knownFrom = knownTimestamps.get(timestamp)
  return timestamp >= 0n || (knownFrom !== undefined && version >= knownFrom)
}

interface Query {
  readonly topic: string
  readonly partition: number
  readonly currentLeaderEpoch: LeaderEpoch
  readonly timestamp: bigint
  /** The log's end is its latest offset, whatever is committed (Kafka's KafkaApis). */
  readonly isReplica: boolean
  /** A tool that compares replicas: any of them answers. */
  readonly isDebugging: boolean
}

function find(broker: BrokerServices, query: Query): (Found & { readonly partition: Partition }) | KafkaError {
  const { topic, partition: index, isReplica, isDebugging } = query
  const held = isDebugging ? broker.replicas.partition(topic, index) : undefined
  const led = isReplica ? broker.replicas.leader(topic, index) : broker.replicas.leaderForClients(topic, index)
  const partition = held ?? led
  if (partition === 'KAFKA_STORAGE_ERROR') return partition
  if (typeof partition === 'string') {
    const isKnown = broker.image.partition(query.topic, query.partition) !== undefined
    return isKnown ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_TOPIC_OR_PARTITION'
  }
  const problem = partition.epochProblem(query.currentLeaderEpoch)
  if (problem !== undefined) return problem
  const { log } = partition
  if (query.isReplica && query.timestamp === -1n)
    return { offset: log.logEndOffset, timestamp: -1n, leaderEpoch: log.latestEpoch, partition }
  const found = broker.replicas.guarded(partition, () => lookUp(log, query.timestamp))
  if (found === 'KAFKA_STORAGE_ERROR') return found
  // A new leader does not know yet how far its followers are: an end that went back would be worse than none.
  const isOfEnd = query.timestamp === -1n || found.offset < 0
  if (isOfEnd && query.timestamp !== -5n && !partition.isHighWatermarkKnown) return 'OFFSET_NOT_AVAILABLE'
  return { ...found, partition }
}

function lookUp(log: PartitionLog, timestamp: bigint): Found {
  switch (timestamp) {
    case -1n:
      return { offset: log.highWatermark, timestamp: -1n, leaderEpoch: log.latestEpoch }
    case -2n:
    case -4n:
      return { offset: log.logStartOffset, timestamp: -1n, leaderEpoch: epochAtStart(log) }
    case maxTimestamp:
      return log.offsetOfMaxTimestamp() ?? nothing
    case -5n:
      return nothing
    default:
      return log.offsetForTime(timestamp) ?? nothing
  }
}

/** Of an empty log nothing is known but the epoch in which it will be written. */
function epochAtStart(log: PartitionLog): number {
  return log.logStartOffset === log.logEndOffset ? log.latestEpoch : log.epochAt(log.logStartOffset)
}
