/** ListPartitionReassignments, version 0 (KIP-455); served by the controller, NOT_CONTROLLER elsewhere. */
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse
} from '../../protocol/api/46-list-partition-reassignments'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'
import { notController } from './not-controller'

export function listPartitionReassignments(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 46,
    served: [0, 0],
    request: listPartitionReassignmentsRequest,
    response: listPartitionReassignmentsResponse,
    async handle({ topics: asked }) {
      if (!(await broker.controller.whenInOffice())) {
        const { error, message } = notController(broker)
        return { errorCode: code(error), errorMessage: message, topics: [] }
      }
      const wanted =
        asked === null
          ? undefined
          : new Map(asked.map(({ name, partitionIndexes }) => [name, new Set(partitionIndexes)]))
      const topics = broker.controller.reassignments().flatMap(({ name, partitions }) => {
        const some = partitions.filter(
          ({ partition }) => wanted === undefined || wanted.get(name)?.has(partition) === true
        )
        return some.length === 0 ? [] : [{ name, partitions: some.map(answerOf) }]
      })
      return { errorCode: 0, errorMessage: null, topics }
    }
  })
}

function answerOf({ partition, replicas, reassignment }: Reassigning) {
  return {
    partitionIndex: partition,
    replicas,
    addingReplicas: reassignment?.adding ?? [],
    removingReplicas: reassignment?.removing ?? []
  }
}

type Reassigning = ReturnType<BrokerServices['controller']['reassignments']>[number]['partitions'][number]
