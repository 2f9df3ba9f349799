/**
 * OffsetDelete, version 0 (KIP-496): what a group has committed in some partitions is forgotten. Topics that living
 * consumers of the group read get GROUP_SUBSCRIBED_TO_TOPIC; a group of another kind with members is NON_EMPTY_GROUP
 * (Kafka's GroupCoordinator.handleDeleteOffsets).
 */
import { offsetDeleteRequest, offsetDeleteResponse } from '../../protocol/api/47-offset-delete'
import { code } from '../../protocol/wire/headers'
import type { TopicPartition } from '../../kernel/ids'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { Slices } from '../../protocol/wire/codec'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'
import { inSlices, mapInSlices } from '../server/slices'

export function offsetDelete(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 47,
    served: [0, 0],
    request: offsetDeleteRequest,
    response: offsetDeleteResponse,
    *handle({ groupId, topics }) {
      const known: TopicPartition[] = []
      const answers: Answered[] = []
      for (const { name, partitions } of topics) {
        const asked = yield* mapInSlices(partitions, ({ partitionIndex }) => {
          const isKnown = broker.image.partition(name, partitionIndex) !== undefined
          if (isKnown) known.push({ topic: name, partition: partitionIndex })
          return { partitionIndex, errorCode: isKnown ? 0 : code('UNKNOWN_TOPIC_OR_PARTITION'), isKnown }
        })
        answers.push({ name, partitions: asked })
        yield
      }
      const deleted = broker.groups.deleteOffsets(groupId, known)
      if (!(deleted instanceof Promise)) return yield* answered(answers, deleted)
      return deleted.then((told) => inSlices(broker.clock, answered(answers, told)))
    }
  })
}

interface Answered {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number; errorCode: number; readonly isKnown: boolean }[]
}

function* answered(
  topics: readonly Answered[],
  deleted: readonly KafkaError[] | KafkaError
): Slices<{ errorCode: number; topics: readonly Answered[] }> {
  if (typeof deleted === 'string') return { errorCode: code(deleted), topics: [] }
  let at = 0
  for (const { partitions } of topics) {
    for (const partition of partitions) {
      if (partition.isKnown) partition.errorCode = code(deleted[at++] ?? 'UNKNOWN_SERVER_ERROR')
    }
    yield
  }
  return { errorCode: 0, topics }
}
