/**
 * DeleteRecords (KIP-107): moves the start of partitions' logs. Offset -1 means the high watermark.
 */
import { array, int16, int32, int64, message, string, struct } from '../wire/schema'

export const deleteRecordsRequest = message('DeleteRecordsRequest', [0, 2], 2, {
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          offset: int64()
        })
      )
    })
  ),
  timeoutMs: int32()
})

export const deleteRecordsResponse = message('DeleteRecordsResponse', [0, 2], 2, {
  throttleTimeMs: int32({ default: 0 }),
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          lowWatermark: int64(),
          errorCode: int16()
        })
      )
    })
  )
})
