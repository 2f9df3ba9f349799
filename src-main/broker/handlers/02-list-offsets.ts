/**
 * ListOffsets, versions 1 to 9. By time: the first record at or after it, with its own time and
 * epoch; none gives offset -1. There is no tiered storage: -4 is the log start, -5 is unknown (-1).
 */
import { listOffsetsRequest, listOffsetsResponse } from '../../protocol/api/02-list-offsets'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { ValueOf } from '../../protocol/wire/schema'
import type { PartitionLog } from '../../storage/partition-log'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'

interface Found {
  readonly offset: number
  readonly timestamp: bigint
  readonly leaderEpoch: number
}
const maxTimestamp = -3n
const nothing: Found = { offset: -1, timestamp: -1n, leaderEpoch: -1 }

export function listOffsets(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 2,
    served: [1, 9],
    request: listOffsetsRequest,
    response: listOffsetsResponse,
    handle(request) {
      return { topics: request.topics.map((topic) => answerTopic(broker, topic)) }
    }
  })
}

type Asked = ValueOf<typeof listOffsetsRequest>['topics'][number]

function answerTopic(broker: BrokerServices, { name, partitions }: Asked) {
  return {
    name,
    partitions: partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }) => {
      const found = find(broker, { topic: name, partition: partitionIndex, currentLeaderEpoch, timestamp })
      if (typeof found === 'string') return { partitionIndex, errorCode: code(found) }
      return { partitionIndex, errorCode: 0, ...found }
    })
  }
}

interface Query {
  readonly topic: string
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly timestamp: bigint
}

function find(broker: BrokerServices, query: Query): Found | KafkaError {
  const partition = broker.replicas.leader(query.topic, query.partition)
  if (typeof partition === 'string') {
    const isKnown = broker.image.partition(query.topic, query.partition) !== undefined
    return isKnown ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_TOPIC_OR_PARTITION'
  }
  return partition.epochProblem(query.currentLeaderEpoch) ?? lookUp(partition.log, query.timestamp)
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
