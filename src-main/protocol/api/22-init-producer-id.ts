/**
 * InitProducerId.
 */
import { int16, int32, int64Exact, message, string } from '../wire/schema'

export const initProducerIdRequest = message('InitProducerIdRequest', [0, 5], 2, {
  transactionalId: string({ nullableFrom: 0 }),
  transactionTimeoutMs: int32(),
  producerId: int64Exact({ from: 3, default: -1n }),
  producerEpoch: int16({ from: 3, default: -1 })
})

export const initProducerIdResponse = message('InitProducerIdResponse', [0, 5], 2, {
  throttleTimeMs: int32({ default: 0, ignorable: true }),
  errorCode: int16(),
  producerId: int64Exact({ default: -1n }),
  producerEpoch: int16()
})
