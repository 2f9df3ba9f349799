/**
 * DeleteRecords, versions 0 to 2 (KIP-107): what lies before an offset is gone for readers at once, and stays gone when
 * this broker is killed right after its answer. -1 means the high watermark. An offset before the log's start changes
 * nothing. Refused for internal topics, and with POLICY_VIOLATION where records are not deleted by age (Kafka's
 * ReplicaManager.deleteRecordsOnLocalLog).
 */
import { deleteRecordsRequest, deleteRecordsResponse } from '../../protocol/api/21-delete-records'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import type { Slices } from '../../protocol/wire/codec'
import type { BrokerServices } from '../broker-services'
import { isInternalTopic } from '../core/topic-name'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'

type Topic = ValueOf<typeof deleteRecordsRequest>['topics'][number]
type Answer = InputOf<typeof deleteRecordsResponse>['topics'][number]
interface Deleted {
  readonly lowWatermark: number
  readonly error: KafkaError
}

export function deleteRecords(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 21,
    served: [0, 2],
    request: deleteRecordsRequest,
    response: deleteRecordsResponse,
    *handle({ topics }) {
      const answers: Answer[] = []
      for (const topic of topics) answers.push(yield* deleteIn(broker, topic))
      return broker.replicas.logStartsSafe().then(() => ({ topics: answers }))
    }
  })
}

function* deleteIn(broker: BrokerServices, { name, partitions }: Topic): Slices<Answer> {
  const answers = yield* mapInSlices(
    partitions,
    ({ partitionIndex, offset }) => {
      const { lowWatermark, error } = deleteBefore(broker, name, partitionIndex, offset)
      return { partitionIndex, lowWatermark, errorCode: code(error) }
    },
    // Removing segments is work of its own for each.
    1
  )
  return { name, partitions: answers }
}

function deleteBefore(broker: BrokerServices, topic: string, index: number, offset: number): Deleted {
  const refuse = (error: KafkaError): Deleted => ({ lowWatermark: -1, error })
  if (isInternalTopic(topic)) return refuse('INVALID_TOPIC_EXCEPTION')
  const partition = broker.replicas.leader(topic, index)
  if (typeof partition === 'string') {
    const isKnown = broker.image.partition(topic, index) !== undefined
    return refuse(isKnown ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_TOPIC_OR_PARTITION')
  }
  if (partition.log.config.cleanupPolicy !== 'delete') return refuse('POLICY_VIOLATION')
  const lowWatermark = partition.log.deleteRecordsBefore(offset)
  return typeof lowWatermark === 'string' ? refuse(lowWatermark) : { lowWatermark, error: 'NONE' }
}
