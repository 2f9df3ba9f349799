/**
 * AlterPartitionReassignments (KIP-455): the replicas that partitions are to have; null breaks off what is under way.
 */
import { array, bool, brokerId, int16, int32, message, string, struct } from '../wire/schema'

export const alterPartitionReassignmentsRequest = message('AlterPartitionReassignmentsRequest', [0, 1], 0, {
  timeoutMs: int32({ default: 60000 }),
  allowReplicationFactorChange: bool({ from: 1, default: true }),
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          replicas: array(brokerId(), { nullableFrom: 0, default: null })
        })
      )
    })
  )
})

export const alterPartitionReassignmentsResponse = message('AlterPartitionReassignmentsResponse', [0, 1], 0, {
  throttleTimeMs: int32({ default: 0 }),
  allowReplicationFactorChange: bool({ from: 1, default: true, ignorable: true }),
  errorCode: int16(),
  errorMessage: string({ nullableFrom: 0 }),
  responses: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          errorCode: int16(),
          errorMessage: string({ nullableFrom: 0 })
        })
      )
    })
  )
})
