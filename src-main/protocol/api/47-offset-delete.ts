/**
 * OffsetDelete (KIP-496): takes back what a group has committed.
 */
import { array, int16, int32, message, string, struct } from '../wire/schema'

export const offsetDeleteRequest = message('OffsetDeleteRequest', [0, 0], Infinity, {
  groupId: string(),
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32()
        })
      )
    })
  )
})

export const offsetDeleteResponse = message('OffsetDeleteResponse', [0, 0], Infinity, {
  errorCode: int16(),
  throttleTimeMs: int32({ default: 0, ignorable: true }),
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          errorCode: int16()
        })
      )
    })
  )
})
