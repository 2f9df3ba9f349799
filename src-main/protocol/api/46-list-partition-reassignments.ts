/**
 * ListPartitionReassignments (KIP-455): what is under way; null asks for all.
 */
import { array, brokerId, int16, int32, message, string, struct } from '../wire/schema'

export const listPartitionReassignmentsRequest = message('ListPartitionReassignmentsRequest', [0, 0], 0, {
  timeoutMs: int32({ default: 60000 }),
  topics: array(
    struct({
      name: string(),
      partitionIndexes: array(int32())
    }),
    { nullableFrom: 0, default: null }
  )
})

export const listPartitionReassignmentsResponse = message('ListPartitionReassignmentsResponse', [0, 0], 0, {
  throttleTimeMs: int32({ default: 0 }),
  errorCode: int16(),
  errorMessage: string({ nullableFrom: 0 }),
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          replicas: array(brokerId()),
          addingReplicas: array(brokerId()),
          removingReplicas: array(brokerId())
        })
      )
    })
  )
})
