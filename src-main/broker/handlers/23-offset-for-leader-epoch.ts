/**
 * OffsetForLeaderEpoch, versions 0 to 4: where an epoch ended in this leader's log, for consumers that validate their position
 * (KIP-320) and for followers of older brokers, which find by it where their history parts from ours (KIP-101, 279).
 */
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse
} from '../../protocol/api/23-offset-for-leader-epoch'
import { code } from '../../protocol/wire/headers'
import type { ValueOf } from '../../protocol/wire/schema'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'

type Asked = ValueOf<typeof offsetForLeaderEpochRequest>['topics'][number]['partitions'][number]

export function offsetForLeaderEpoch(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 23,
    served: [0, 4],
    request: offsetForLeaderEpochRequest,
    response: offsetForLeaderEpochResponse,
    *handle({ topics }) {
      const answered = []
      for (const { topic, partitions } of topics)
        answered.push({
          topic,
          partitions: yield* mapInSlices(partitions, (asked) => endOffsetOf(broker, topic, asked))
        })
      return { topics: answered }
    }
  })
}

/** An epoch that is newer than the log's newest has no end: -1, and no error. */
function endOffsetOf(
  { replicas, image }: BrokerServices,
  topic: string,
  { partition: index, currentLeaderEpoch, leaderEpoch }: Asked
) {
  const partition = replicas.leader(topic, index)
  if (partition === 'KAFKA_STORAGE_ERROR') return { partition: index, errorCode: code(partition) }
  if (typeof partition === 'string') {
    const isKnown = image.partition(topic, index) !== undefined
    return { partition: index, errorCode: code(isKnown ? 'NOT_LEADER_OR_FOLLOWER' : partition) }
  }
  const problem = partition.epochProblem(currentLeaderEpoch)
  if (problem !== undefined) return { partition: index, errorCode: code(problem) }
  return { partition: index, errorCode: 0, ...partition.log.endOffsetForEpoch(leaderEpoch) }
}
