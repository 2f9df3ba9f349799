/** What a fetch is told of one partition: where its records lie, or why there are none. */
import type { BrokerEpoch, BrokerId } from '../../kernel/ids'
import { zeroUuid } from '../../kernel/uuid'
import type { fetchRequest, fetchResponse } from '../../protocol/api/01-fetch'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import type { LogSlice } from '../../storage/log-types'
import type { PartitionLog } from '../../storage/partition-log'
import type { BrokerServices } from '../broker-services'
import type { WantedPartition } from '../core/fetch-session'
import type { Partition } from '../partition'
import type { ConnectionLife } from '../server/connection-life'
import { fileBytes } from '../server/file-bytes'
import { debuggingReplicaId } from '../core/replica-ids'
import { leaderHint } from './leader-hint'

export type PartitionAnswer = InputOf<typeof fetchResponse>['responses'][number]['partitions'][number]

const readCommitted = 1
/** From this version on topics are named by their ids. */
export const topicIdsFrom = 13

/** Who asks, and how. */
export interface Fetching {
  readonly version: number
  /** Undefined for consumers (-1) and for tools that only look on (-2). */
  readonly follower: BrokerId | undefined
  /** Such a tool. */
  readonly isDebugging: boolean
  /** Of the follower's registration, when it says. */
  readonly brokerEpoch: BrokerEpoch | undefined
  readonly readsCommitted: boolean
  /** Of who asks. */
  readonly life: ConnectionLife
}

/** The version from which a follower says in a tag who it is (KIP-903). */
const replicaStateFrom = 15

export function fetchingOf(request: ValueOf<typeof fetchRequest>, version: number, life: ConnectionLife): Fetching {
  const { replicaId, replicaState, isolationLevel } = request
  const id = version >= replicaStateFrom ? replicaState.replicaId : replicaId
  return {
    version,
    follower: id >= 0 ? id : undefined,
    isDebugging: id === debuggingReplicaId,
    brokerEpoch: replicaState.replicaEpoch < 0n ? undefined : replicaState.replicaEpoch,
    readsCommitted: isolationLevel === readCommitted,
    life
  }
}

export interface Place {
  /** Bytes that the answer may still take. */
  readonly room: number
  /** Nothing else is in the answer: at least one batch comes, however large. */
  readonly isFirst: boolean
  /** It has waited since it was looked at first: a follower has told what it has, and may have more by now. */
  readonly isAgain: boolean
}

export interface Read {
  readonly answer: PartitionAnswer
  readonly bytes: number
  /** Told at once: an error, or where histories part. */
  readonly isNotice: boolean
  /** The leader that an answer of version 16 names. */
  readonly hinted?: BrokerId
  /** Nothing comes of another look before something happens: all is told, and a follower that asks is in the ISR. */
  readonly isSettled: boolean
}

export function topicOf(broker: BrokerServices, wanted: Pick<WantedPartition, 'topic' | 'topicId'>, version: number) {
  if (version < topicIdsFrom) return wanted.topic
  return broker.image.topicName(wanted.topicId) ?? broker.replicas.topicName(wanted.topicId)
}

export function readPartition(broker: BrokerServices, fetching: Fetching, wanted: WantedPartition, place: Place): Read {
  const topic = topicOf(broker, wanted, fetching.version)
  const read = attempt(broker, fetching, { topic, wanted }, place)
  return typeof read === 'string' ? failed(broker, fetching.version, { topic, wanted }, read) : read
}

interface Found {
  readonly topic: string | undefined
  readonly wanted: WantedPartition
}

function attempt(
  broker: BrokerServices,
  fetching: Fetching,
  { topic, wanted }: Found,
  place: Place
): Read | KafkaError {
  if (topic === undefined) return 'UNKNOWN_TOPIC_ID'
  const partition = heldFor(broker, fetching, topic, wanted.partition)
  if (partition === 'KAFKA_STORAGE_ERROR') return partition
  if (typeof partition === 'string') {
    const isKnown = broker.image.partition(topic, wanted.partition) !== undefined
    return isKnown ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_TOPIC_OR_PARTITION'
  }
  if (fetching.version >= topicIdsFrom && wanted.topicId !== zeroUuid && wanted.topicId !== partition.topicId)
    return 'INCONSISTENT_TOPIC_ID'
  return broker.replicas.guarded(partition, () => readHeld(broker, fetching, partition, { topic, wanted }, place))
}

/** Throws DISK_FAILED. */
function readHeld(
  broker: BrokerServices,
  fetching: Fetching,
  partition: Partition,
  { topic, wanted }: { readonly topic: string; readonly wanted: WantedPartition },
  place: Place
): Read | KafkaError {
  const problem = partition.epochProblem(wanted.currentLeaderEpoch)
  // It has heard of a later term: of this one it is no follower any more.
  if (problem === 'UNKNOWN_LEADER_EPOCH' && fetching.follower !== undefined) partition.followerLeft(fetching.follower)
  if (problem !== undefined) return problem
  const { log } = partition
  const diverging = divergenceOf(log, wanted)
  if (diverging === 'OFFSET_OUT_OF_RANGE') return 'OFFSET_OUT_OF_RANGE'
  const located = diverging === undefined ? locate(log, fetching, wanted, place) : []
  if (located === 'OFFSET_OUT_OF_RANGE')
    return fetching.follower === undefined && !partition.isSurelyOrdered ? 'NOT_LEADER_OR_FOLLOWER' : located
  const slices = isHeldBack(broker, fetching, partition) ? [] : located
  if (diverging === undefined && !place.isAgain) {
    // Before the watermark is looked at: the follower hears at once of what it has just committed.
    const refused = noteProgress(broker, partition, fetching, wanted)
    if (refused !== undefined) return refused
  }
  const { follower } = fetching
  const isSettled =
    follower === undefined
      ? wanted.fetchOffset >= (fetching.isDebugging ? log.logEndOffset : log.highWatermark)
      : wanted.fetchOffset >= log.logEndOffset && partition.isInSync(follower)
  if (diverging !== undefined)
    return { answer: found(log, fetching, wanted, noRecords, diverging), bytes: 0, isNotice: true, isSettled }
  const records = fileBytes(slices, (error) =>
    broker.replicas.storageFailed({ topic, partition: wanted.partition }, error)
  )
  const bytes = records.lengthBytes
  const answer = found(log, fetching, wanted, bytes === 0 ? noRecords : records, undefined)
  return { answer, bytes, isNotice: false, isSettled }
}

/** One shape for all answers, and no spread: V8 copies what is added to a copy by name, which takes as long as all else here. */
function found(
  log: PartitionLog,
  { readsCommitted }: Fetching,
  { partition }: WantedPartition,
  records: PartitionAnswer['records'],
  divergingEpoch: PartitionAnswer['divergingEpoch']
): PartitionAnswer {
  return {
    partitionIndex: partition,
    errorCode: 0,
    highWatermark: log.highWatermark,
    lastStableOffset: log.highWatermark,
    logStartOffset: log.logStartOffset,
    divergingEpoch,
    abortedTransactions: readsCommitted ? [] : null,
    records
  }
}

const noRecords = new Uint8Array(0)

function heldFor({ replicas }: BrokerServices, { follower, isDebugging }: Fetching, topic: string, index: number) {
  if (follower !== undefined) return replicas.leader(topic, index)
  return (isDebugging ? replicas.partition(topic, index) : undefined) ?? replicas.leaderForClients(topic, index)
}

function locate(
  log: PartitionLog,
  { follower, isDebugging }: Fetching,
  { fetchOffset, partitionMaxBytes }: WantedPartition,
  { room, isFirst }: Place
): readonly LogSlice[] | 'OFFSET_OUT_OF_RANGE' {
  if (!Number.isSafeInteger(fetchOffset) || fetchOffset < 0) return 'OFFSET_OUT_OF_RANGE'
  if (follower !== undefined && fetchOffset > log.logEndOffset) return 'OFFSET_OUT_OF_RANGE'
  if (room <= 0 && !isFirst) return []
  const upToOffset = follower === undefined && !isDebugging ? log.highWatermark : log.logEndOffset
  return log.locate(fetchOffset, Math.max(0, Math.min(partitionMaxBytes, room)), upToOffset, isFirst)
}

/** A follower that has to catch up, and is to do so slowly (KIP-73). */
function isHeldBack({ quotas, clock }: BrokerServices, { follower }: Fetching, partition: Partition): boolean {
  if (follower === undefined || partition.isInSync(follower)) return false
  return quotas.leader.isExceeded(partition.topic, partition.index, clock.monotonicMs())
}

function noteProgress(
  broker: BrokerServices,
  partition: Partition,
  { follower, brokerEpoch, life }: Fetching,
  { fetchOffset, logStartOffset, currentLeaderEpoch }: WantedPartition
): KafkaError | undefined {
  if (follower === undefined) return undefined
  const isEligible = broker.image.isAlive(follower)
  const fetched = { offset: fetchOffset, logStartOffset, isEligible, connection: life, brokerEpoch }
  if (partition.followerFetched(follower, fetched)) return undefined
  // Its order came before ours, when it knows our epoch (Kafka's Partition.followerReplicaOrThrow).
  return currentLeaderEpoch >= 0 ? 'UNKNOWN_LEADER_EPOCH' : 'NOT_LEADER_OR_FOLLOWER'
}

/**
 * KIP-595: where the history of who read up to an epoch, and of this log, part; undefined when they do not. An epoch that
 * this log never had is an offset that it does not have (Kafka's Partition.readRecords).
 */
function divergenceOf(
  log: PartitionLog,
  { lastFetchedEpoch, fetchOffset }: WantedPartition
): PartitionAnswer['divergingEpoch'] | 'OFFSET_OUT_OF_RANGE' {
  if (lastFetchedEpoch < 0) return undefined
  const { leaderEpoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch)
  if (leaderEpoch < 0 || endOffset < 0) return 'OFFSET_OUT_OF_RANGE'
  return leaderEpoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch: leaderEpoch, endOffset } : undefined
}

const isUnknown = (error: KafkaError): boolean => error === 'UNKNOWN_TOPIC_OR_PARTITION' || error === 'UNKNOWN_TOPIC_ID'

function failed(broker: BrokerServices, version: number, { topic, wanted }: Found, error: KafkaError): Read {
  const base = {
    partitionIndex: wanted.partition,
    errorCode: code(error),
    highWatermark: -1,
    // As Kafka: an empty list where the partition is not known, none where it was not read.
    abortedTransactions: isUnknown(error) ? [] : null,
    records: noRecords
  }
  const isMisled = error === 'NOT_LEADER_OR_FOLLOWER' || error === 'FENCED_LEADER_EPOCH'
  const hint =
    isMisled && topic !== undefined && version >= 16 ? leaderHint(broker, topic, wanted.partition) : undefined
  const read = { bytes: 0, isNotice: true, isSettled: false }
  if (hint === undefined) return { ...read, answer: base }
  return { ...read, answer: { ...base, currentLeader: hint }, hinted: hint.leaderId }
}
