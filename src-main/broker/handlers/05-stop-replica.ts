/** StopReplica, versions 0 to 4: the controller takes partitions away from this broker; deleting removes their logs. */
import type { LeaderEpoch } from '../../kernel/ids'
import { stopReplicaRequest, stopReplicaResponse } from '../../protocol/api/05-stop-replica'
import { code } from '../../protocol/wire/headers'
import type { ValueOf } from '../../protocol/wire/schema'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'
import { Turns } from '../server/slices'

interface Stop {
  readonly topicName: string
  readonly partitionIndex: number
  readonly leaderEpoch: LeaderEpoch
  readonly deletePartition: boolean
}

const unchecked = -1

export function stopReplica(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 5,
    served: [0, 4],
    isServedEarly: true,
    request: stopReplicaRequest,
    response: stopReplicaResponse,
    handle(request) {
      // Nothing of the request views the receive buffer.
      return broker.replicas.inOrder(() => obey(broker, request))
    }
  })
}

async function obey(broker: BrokerServices, request: ValueOf<typeof stopReplicaRequest>) {
  const fenced = broker.replicas.fence(request.controllerEpoch, request.brokerEpoch)
  if (fenced !== undefined) return { errorCode: code(fenced), partitionErrors: [] }
  const partitionErrors: { topicName: string; partitionIndex: number; errorCode: number }[] = []
  const turns = new Turns(broker.clock)
  for (const { topicName, partitionIndex, leaderEpoch, deletePartition } of stopsOf(request)) {
    await turns.next()
    const error = await broker.replicas.stop(topicName, partitionIndex, leaderEpoch, deletePartition)
    partitionErrors.push({ topicName, partitionIndex, errorCode: code(error) })
  }
  // After the answer the topic's name is free.
  if (partitionErrors.length === 0 || (await broker.replicas.areDeletionsSafe()))
    return { errorCode: 0, partitionErrors }
  const errorCode = code('KAFKA_STORAGE_ERROR')
  return { errorCode: 0, partitionErrors: partitionErrors.map((one) => ({ ...one, errorCode })) }
}

/** The three shapes that the request has had, as one. */
function stopsOf(request: ValueOf<typeof stopReplicaRequest>): readonly Stop[] {
  const whole = { leaderEpoch: unchecked, deletePartition: request.deletePartitions }
  return [
    ...request.ungroupedPartitions.map(({ topicName, partitionIndex }) => ({ topicName, partitionIndex, ...whole })),
    ...request.topics.flatMap(({ name, partitionIndexes }) =>
      partitionIndexes.map((partitionIndex) => ({ topicName: name, partitionIndex, ...whole }))
    ),
    ...request.topicStates.flatMap(({ topicName, partitionStates }) =>
      partitionStates.map((state) => ({ topicName, ...state }))
    )
  ]
}
