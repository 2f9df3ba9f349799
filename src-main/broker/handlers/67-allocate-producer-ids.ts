/** AllocateProducerIds, version 0 (KIP-730): the controller hands a broker its next block of producer ids. */
import { allocateProducerIdsRequest, allocateProducerIdsResponse } from '../../protocol/api/67-allocate-producer-ids'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'

export function allocateProducerIds(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 67,
    served: [0, 0],
    request: allocateProducerIdsRequest,
    response: allocateProducerIdsResponse,
    async handle({ brokerId }) {
      const { error, start, length } = await broker.controller.allocateProducerIds(brokerId)
      return { errorCode: code(error), producerIdStart: Number(start), producerIdLen: length }
    }
  })
}
