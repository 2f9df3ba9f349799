/**
 * OffsetDelete, version 0 (KIP-496): what a group has committed in some partitions is forgotten. Topics that living
 * consumers of the group read get GROUP_SUBSCRIBED_TO_TOPIC; a group of another kind with members is NON_EMPTY_GROUP
 * (Kafka's GroupCoordinator.handleDeleteOffsets).
 */
import { offsetDeleteRequest, offsetDeleteResponse } from '../../protocol/api/47-offset-delete'
import { code } from '../../protocol/wire/headers'
import type { TopicPartition } from '../../kernel/ids'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'

export function offsetDelete(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 47,
    served: [0, 0],
    request: offsetDeleteRequest,
    response: offsetDeleteResponse,
    *handle({ groupId, topics }) {
      const known: TopicPartition[] = []
      const answers = []
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
      if (typeof deleted === 'string') return { errorCode: code(deleted), topics: [] }
      let at = 0
      for (const { partitions } of answers) {
        for (const partition of partitions) {
          if (partition.isKnown) partition.errorCode = code(deleted[at++] ?? 'UNKNOWN_SERVER_ERROR')
        }
        yield
      }
      return { errorCode: 0, topics: answers }
    }
  })
}
