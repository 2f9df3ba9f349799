/**
 * AllocateProducerIds (KIP-730): a broker asks the controller for a block of producer ids.
 */
import { brokerEpoch, brokerId, int16, int32, int64, message } from '../wire/schema'

export const allocateProducerIdsRequest = message('AllocateProducerIdsRequest', [0, 0], 0, {
  brokerId: brokerId(),
  brokerEpoch: brokerEpoch({ default: -1n })
})

export const allocateProducerIdsResponse = message('AllocateProducerIdsResponse', [0, 0], 0, {
  throttleTimeMs: int32({ default: 0 }),
  errorCode: int16(),
  producerIdStart: int64(),
  producerIdLen: int32()
})
