/**
 * OffsetCommit, versions 1 to 9 (version 0 would store in znodes, and is not advertised). Offsets are written to
 * `__consumer_offsets` before they are answered. A partition that does not exist gets UNKNOWN_TOPIC_OR_PARTITION; the
 * others of the request are committed. Offsets above 2^53 are refused rather than kept rounded.
 */
import { offsetCommitRequest, offsetCommitResponse } from '../../protocol/api/08-offset-commit'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import type { OffsetToCommit } from '../group-coordinator'
import { handler, type HandlerRow } from '../server/handler'

export function offsetCommit(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 8,
    served: [1, 9],
    request: offsetCommitRequest,
    response: offsetCommitResponse,
    handle(request) {
      const wanted: OffsetToCommit[] = request.topics.flatMap(({ name, partitions }) =>
        partitions.map((partition) => ({
          topic: name,
          partition: partition.partitionIndex,
          offset: partition.committedOffset,
          leaderEpoch: partition.committedLeaderEpoch,
          metadata: partition.committedMetadata
        }))
      )
      const isKnown = (at: OffsetToCommit): boolean => broker.image.partition(at.topic, at.partition) !== undefined
      const known = wanted.filter(isKnown)
      const identity = { memberId: request.memberId, groupInstanceId: request.groupInstanceId }
      const errors = broker.groups.commit(request.groupId, identity, request.generationIdOrMemberEpoch, known)
      const errorOf = new Map(known.map((at, i) => [at, errors[i] ?? 'UNKNOWN_SERVER_ERROR'] as const))
      let at = 0
      return {
        topics: request.topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => {
            const offset = wanted[at++]
            const error = offset === undefined ? undefined : errorOf.get(offset)
            return { partitionIndex, errorCode: code(error ?? 'UNKNOWN_TOPIC_OR_PARTITION') }
          })
        }))
      }
    }
  })
}
