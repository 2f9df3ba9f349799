/**
 * CreateTopics. 5: the answer carries the configuration (KIP-525). 7: topic ids.
 */
import { array, bool, int16, int32, int8, message, string, struct, uuid } from '../wire/schema'

export const createTopicsRequest = message('CreateTopicsRequest', [0, 7], 5, {
  topics: array(
    struct({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array(
        struct({
          partitionIndex: int32(),
          brokerIds: array(int32())
        })
      ),
      configs: array(
        struct({
          name: string(),
          value: string({ nullableFrom: 0 })
        })
      )
    })
  ),
  timeoutMs: int32({ default: 60000 }),
  validateOnly: bool({ from: 1, default: false })
})

export const createTopicsResponse = message('CreateTopicsResponse', [0, 7], 5, {
  throttleTimeMs: int32({ from: 2, default: 0, ignorable: true }),
  topics: array(
    struct({
      name: string(),
      topicId: uuid({ from: 7, ignorable: true }),
      errorCode: int16(),
      errorMessage: string({ from: 1, nullableFrom: 0, ignorable: true }),
      topicConfigErrorCode: int16({ from: 5, tag: 0, ignorable: true }),
      numPartitions: int32({ from: 5, default: -1, ignorable: true }),
      replicationFactor: int16({ from: 5, default: -1, ignorable: true }),
      configs: array(
        struct({
          name: string({ from: 5 }),
          value: string({ from: 5, nullableFrom: 5 }),
          readOnly: bool({ from: 5 }),
          configSource: int8({ from: 5, default: -1, ignorable: true }),
          isSensitive: bool({ from: 5 })
        }),
        { from: 5, nullableFrom: 5, ignorable: true }
      )
    })
  )
})
