/** What a follower says to its leader and hears from it, as messages. */
import type { BrokerId, Offset } from '../kernel/ids'
import type { fetchResponse } from '../protocol/api/01-fetch'
import { listOffsetsRequest, listOffsetsResponse } from '../protocol/api/02-list-offsets'
import { errorName } from '../protocol/wire/error-codes'
import type { ValueOf } from '../protocol/wire/schema'
import type { BrokerChannel } from './broker-channel'
import type { FollowerAnswer, FollowerRequest } from './core/partition-follower'
import type { FollowerReplica } from './follower-replica'

const earliest = -2n
const latest = -1n

const listCall = { apiKey: 2, version: 7, request: listOffsetsRequest, response: listOffsetsResponse }

export interface Asked {
  readonly replica: FollowerReplica
  readonly request: FollowerRequest
  /** Of the follower's log, when it asked. */
  readonly logStartOffset: Offset
}

type PartitionAnswer = ValueOf<typeof fetchResponse>['responses'][number]['partitions'][number]

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

export function askedTopics(asked: Iterable<Asked>, bytesMaxOf: (replica: FollowerReplica) => number) {
  return byTopic(asked, ({ replica }) => replica.topicId).map(([topicId, of]) => ({
    topicId,
    partitions: of.map(({ replica, request, logStartOffset }) => ({
      partition: replica.index,
      currentLeaderEpoch: request.leaderEpoch,
      fetchOffset: request.fetchOffset,
      lastFetchedEpoch: request.lastFetchedEpoch,
      logStartOffset,
      partitionMaxBytes: bytesMaxOf(replica)
    }))
  }))
}

export function forgottenTopics(replicas: Iterable<FollowerReplica>) {
  return byTopic(replicas, ({ topicId }) => topicId).map(([topicId, of]) => ({
    topicId,
    partitions: of.map(({ index }) => index)
  }))
}

export function isSame(one: Asked, other: Asked): boolean {
  const [a, b] = [one.request, other.request]
  return (
    a.leaderEpoch === b.leaderEpoch &&
    a.fetchOffset === b.fetchOffset &&
    a.lastFetchedEpoch === b.lastFetchedEpoch &&
    one.logStartOffset === other.logStartOffset
  )
}

const noRecords = new Uint8Array(0)

export function toldBy(answer: PartitionAnswer): FollowerAnswer {
  const { errorCode, divergingEpoch, records, highWatermark, logStartOffset } = answer
  const error = errorName(errorCode)
  if (error !== 'NONE') return { type: 'error', error }
  if (divergingEpoch.endOffset >= 0)
    return { type: 'diverging', leaderEpoch: divergingEpoch.epoch, endOffset: divergingEpoch.endOffset }
  return { type: 'records', records: records ?? noRecords, highWatermark, logStartOffset }
}

/** Where the leader's logs start and end, by the names of partitions; of those that it answered for. Rejects as BrokerChannel.ask. */
export async function leaderOffsets(
  channel: BrokerChannel,
  brokerId: BrokerId,
  replicas: readonly FollowerReplica[],
  timeoutMs: number
): Promise<ReadonlyMap<string, { readonly startOffset: Offset; readonly endOffset: Offset }>> {
  const starts = await offsetsAt(channel, brokerId, replicas, earliest, timeoutMs)
  const ends = await offsetsAt(channel, brokerId, replicas, latest, timeoutMs)
  const offsets = new Map<string, { readonly startOffset: Offset; readonly endOffset: Offset }>()
  for (const [name, startOffset] of starts) {
    const endOffset = ends.get(name)
    if (endOffset !== undefined) offsets.set(name, { startOffset, endOffset })
  }
  return offsets
}

/** One question a partition: a request that names one twice is refused. */
async function offsetsAt(
  channel: BrokerChannel,
  replicaId: BrokerId,
  replicas: readonly FollowerReplica[],
  timestamp: bigint,
  timeoutMs: number
): Promise<ReadonlyMap<string, Offset>> {
  const topics = byTopic(replicas, ({ topic }) => topic).map(([name, of]) => ({
    name,
    partitions: of.map(({ index, term }) => {
      return { partitionIndex: index, currentLeaderEpoch: term.leaderEpoch, timestamp }
    })
  }))
  const answer = await channel.ask(listCall, { replicaId, isolationLevel: 0, topics }, timeoutMs)
  const offsets = new Map<string, Offset>()
  for (const { name, partitions } of answer.topics)
    for (const { partitionIndex, errorCode, offset } of partitions)
      if (errorCode === 0) offsets.set(`${name}-${partitionIndex}`, offset)
  return offsets
}
