/**
 * OffsetCommit, versions 1 to 9 (version 0 would store in znodes, and is not advertised). Offsets are committed in
 * `__consumer_offsets` before they are answered. A partition that does not exist gets UNKNOWN_TOPIC_OR_PARTITION; the
 * others of the request are committed. Offsets above 2^53 are refused rather than kept rounded.
 */
import { offsetCommitRequest, offsetCommitResponse } from '../../protocol/api/08-offset-commit'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { Slices } from '../../protocol/wire/codec'
import type { BrokerServices } from '../broker-services'
import type { OffsetToCommit } from '../group-coordinator'
import { handler, type HandlerRow } from '../server/handler'
import { inSlices, mapInSlices } from '../server/slices'

export function offsetCommit(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 8,
    served: [1, 9],
    request: offsetCommitRequest,
    response: offsetCommitResponse,
    *handle(request) {
      const known: OffsetToCommit[] = []
      const topics: Answered[] = []
      for (const { name, partitions } of request.topics) {
        const answers = yield* mapInSlices(partitions, (partition) => {
          const { partitionIndex, committedOffset: offset, committedLeaderEpoch: leaderEpoch } = partition
          const isKnown = broker.image.partition(name, partitionIndex) !== undefined
          const metadata = partition.committedMetadata
          if (isKnown) known.push({ topic: name, partition: partitionIndex, offset, leaderEpoch, metadata })
          return { partitionIndex, errorCode: isKnown ? 0 : code('UNKNOWN_TOPIC_OR_PARTITION'), isKnown }
        })
        topics.push({ name, partitions: answers })
        yield
      }
      const identity = { memberId: request.memberId, groupInstanceId: request.groupInstanceId }
      const errors = broker.groups.commit(request.groupId, identity, request.generationIdOrMemberEpoch, known)
      if (!(errors instanceof Promise)) return yield* answered(topics, errors)
      return errors.then((told) => inSlices(broker.clock, answered(topics, told)))
    }
  })
}

interface Answered {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number; errorCode: number; readonly isKnown: boolean }[]
}

function* answered(
  topics: readonly Answered[],
  errors: readonly KafkaError[]
): Slices<{ topics: readonly Answered[] }> {
  let at = 0
  for (const { partitions } of topics) {
    for (const partition of partitions) {
      if (partition.isKnown) partition.errorCode = code(errors[at++] ?? 'UNKNOWN_SERVER_ERROR')
    }
    yield
  }
  return { topics }
}
