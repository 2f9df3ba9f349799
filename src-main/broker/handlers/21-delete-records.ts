/**
 * DeleteRecords, versions 0 to 2 (KIP-107): what lies before an offset is gone for readers at once. Answered when it would stay gone,
 * whoever is killed: every live replica has deleted it and keeps where its log starts by now (Kafka's DelayedDeleteRecords), else
 * REQUEST_TIMED_OUT for the partitions of which that is not known. -1 means the high watermark. An offset before the log's start
 * changes nothing. Refused for internal topics, and with POLICY_VIOLATION where records are not deleted by age (Kafka's
 * ReplicaManager.deleteRecordsOnLocalLog).
 */
import { deleteRecordsRequest, deleteRecordsResponse } from '../../protocol/api/21-delete-records'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import type { Slices } from '../../protocol/wire/codec'
import type { BrokerServices } from '../broker-services'
import { isInternalTopic } from '../core/topic-name'
import type { Position } from '../replica-manager'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'

type Request = ValueOf<typeof deleteRecordsRequest>
type Response = InputOf<typeof deleteRecordsResponse>

interface Asked {
  readonly partitionIndex: number
  /** Deleted here, up to the position; or why not. */
  readonly deleted: Position | KafkaError
}

interface AskedTopic {
  readonly name: string
  readonly partitions: readonly Asked[]
}

export function deleteRecords(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 21,
    served: [0, 2],
    request: deleteRecordsRequest,
    response: deleteRecordsResponse,
    *handle(request) {
      const topics: AskedTopic[] = []
      for (const topic of request.topics) topics.push(yield* deleteIn(broker, topic))
      return answered(broker, topics, request.timeoutMs)
    }
  })
}

function* deleteIn(broker: BrokerServices, { name, partitions }: Request['topics'][number]): Slices<AskedTopic> {
  const asked = yield* mapInSlices(
    partitions,
    ({ partitionIndex, offset }) => ({ partitionIndex, deleted: deleteBefore(broker, name, partitionIndex, offset) }),
    // Removing segments is work of its own for each.
    1
  )
  return { name, partitions: asked }
}

function deleteBefore(
  { replicas, image }: BrokerServices,
  topic: string,
  index: number,
  offset: number
): Position | KafkaError {
  if (isInternalTopic(topic)) return 'INVALID_TOPIC_EXCEPTION'
  const partition = replicas.leader(topic, index)
  if (partition === 'KAFKA_STORAGE_ERROR') return partition
  if (typeof partition === 'string')
    return image.partition(topic, index) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER'
  if (partition.log.config.cleanupPolicy !== 'delete') return 'POLICY_VIOLATION'
  const endOffset = offset === -1 ? partition.log.highWatermark : offset
  const start = replicas.guarded(partition, () => partition.log.deleteRecordsBefore(endOffset))
  return typeof start === 'string' ? start : { partition, endOffset }
}

async function answered(
  { replicas }: BrokerServices,
  topics: readonly AskedTopic[],
  timeoutMs: number
): Promise<Response> {
  const positions = topics.flatMap(({ partitions }) =>
    partitions.flatMap(({ deleted }) => (typeof deleted === 'string' ? [] : [deleted]))
  )
  const errors = new Map<Position, KafkaError>()
  const told = new Promise<void>((resolve) => {
    if (positions.length === 0) resolve()
    replicas.whenDeleted(positions, timeoutMs, (index, error) => {
      const position = positions[index]
      if (position !== undefined) errors.set(position, error)
      if (errors.size === positions.length) resolve()
    })
  })
  await Promise.all([replicas.logStartsSafe(), told])
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, deleted }) => {
        if (typeof deleted === 'string') return { partitionIndex, lowWatermark: -1, errorCode: code(deleted) }
        const error = errors.get(deleted) ?? 'NONE'
        const { lowWatermark } = deleted.partition
        return {
          partitionIndex,
          lowWatermark: error === 'NOT_LEADER_OR_FOLLOWER' ? -1 : lowWatermark,
          errorCode: code(error)
        }
      })
    }))
  }
}
