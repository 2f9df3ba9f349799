/**
 * CreatePartitions (KIP-195): `count` is how many the topic is to have in all.
 */
import { array, bool, int16, int32, message, string, struct } from '../wire/schema'

export const createPartitionsRequest = message('CreatePartitionsRequest', [0, 3], 2, {
  topics: array(
    struct({
      name: string(),
      count: int32(),
      assignments: array(
        struct({
          brokerIds: array(int32())
        }),
        { nullableFrom: 0 }
      )
    })
  ),
  timeoutMs: int32(),
  validateOnly: bool()
})

export const createPartitionsResponse = message('CreatePartitionsResponse', [0, 3], 2, {
  throttleTimeMs: int32({ default: 0 }),
  results: array(
    struct({
      name: string(),
      errorCode: int16(),
      errorMessage: string({ nullableFrom: 0, default: null })
    })
  )
})
