/**
 * ControlledShutdown, versions 1 to 3; served by the controller, NOT_CONTROLLER elsewhere. Answers when every live broker
 * knows the new leaders, so that clients who are sent away find them; what the broker leads all the same is told.
 */
import { controlledShutdownRequest, controlledShutdownResponse } from '../../protocol/api/07-controlled-shutdown'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'

export function controlledShutdown(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 7,
    served: [1, 3],
    isServedEarly: true,
    request: controlledShutdownRequest,
    response: controlledShutdownResponse,
    async handle(from) {
      const { error, remaining } = await broker.controller.leaveLeadership(from)
      const remainingPartitions = remaining.map(({ topic, partition }) => ({
        topicName: topic,
        partitionIndex: partition
      }))
      return { errorCode: code(error), remainingPartitions }
    }
  })
}
