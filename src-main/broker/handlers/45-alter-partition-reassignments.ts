/**
 * AlterPartitionReassignments, version 0 (KIP-455); served by the controller, NOT_CONTROLLER elsewhere. Answers when what is
 * wanted is stored, whatever time was asked for (Kafka looks at none, and kafka-go asks for 0 ms), and within that time not before
 * every live broker was told; the copying goes on by itself, see ListPartitionReassignments.
 */
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse
} from '../../protocol/api/45-alter-partition-reassignments'
import { code } from '../../protocol/wire/headers'
import { withinTime } from '../../kernel/waiting'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'
import { notController } from './not-controller'

export function alterPartitionReassignments(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 45,
    served: [0, 0],
    request: alterPartitionReassignmentsRequest,
    response: alterPartitionReassignmentsResponse,
    async handle({ topics, timeoutMs }) {
      const refused = () => {
        const { error, message } = notController(broker)
        return { errorCode: code(error), errorMessage: message, responses: [] }
      }
      if (!(await broker.controller.whenReadyToWrite())) return refused()
      const asked = topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, replicas }) => ({ topic: name, partition: partitionIndex, replicas }))
      )
      const { result: outcomes, told } = await broker.controller.reassign(asked)
      // The office went meanwhile: only of the whole answer do clients take it for a reason to look for another controller.
      if (outcomes.length > 0 && outcomes.every(({ error }) => error === 'NOT_CONTROLLER')) return refused()
      await withinTime(broker.clock, timeoutMs, Promise.all(told))
      let next = 0
      const responses = topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          const { error, message } = outcomes[next++] ?? { error: 'UNKNOWN_SERVER_ERROR', message: null }
          return { partitionIndex, errorCode: code(error), errorMessage: message }
        })
      }))
      return { errorCode: 0, errorMessage: null, responses }
    }
  })
}
