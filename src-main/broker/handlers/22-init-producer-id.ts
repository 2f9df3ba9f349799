/**
 * InitProducerId, versions 0 to 5: a fresh producer id with epoch 0 for an idempotent producer (KIP-98). There are no
 * transactions: with a transactional id the answer is TRANSACTIONAL_ID_AUTHORIZATION_FAILED, which clients do not retry.
 */
import { initProducerIdRequest, initProducerIdResponse } from '../../protocol/api/22-init-producer-id'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'

const failed = (error: KafkaError) => ({ errorCode: code(error), producerId: -1n, producerEpoch: -1 })

export function initProducerId(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 22,
    served: [0, 5],
    request: initProducerIdRequest,
    response: initProducerIdResponse,
    async handle({ transactionalId, producerId, producerEpoch }) {
      // Kafka's KafkaApis.handleInitProducerIdRequest and TransactionCoordinator: an id and its epoch come together.
      if (transactionalId === '' || producerId < 0n !== producerEpoch < 0) return failed('INVALID_REQUEST')
      if (transactionalId !== null) return failed('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
      const id = await broker.producerIds.next()
      return typeof id === 'bigint' ? { errorCode: 0, producerId: id, producerEpoch: 0 } : failed(id)
    }
  })
}
