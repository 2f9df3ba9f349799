/**
 * ElectLeaders (KIP-460): preferred leaders, or leaders out of the ISR, are wanted for partitions; null means all.
 */
import { array, int16, int32, int8, message, string, struct } from '../wire/schema'

export const electLeadersRequest = message('ElectLeadersRequest', [0, 2], 2, {
  electionType: int8({ from: 1 }),
  topicPartitions: array(
    struct({
      topic: string(),
      partitions: array(int32())
    }),
    { nullableFrom: 0 }
  ),
  timeoutMs: int32({ default: 60000 })
})

export const electLeadersResponse = message('ElectLeadersResponse', [0, 2], 2, {
  throttleTimeMs: int32({ default: 0 }),
  errorCode: int16({ from: 1 }),
  replicaElectionResults: array(
    struct({
      topic: string(),
      partitionResult: array(
        struct({
          partitionId: int32(),
          errorCode: int16(),
          errorMessage: string({ nullableFrom: 0, default: null })
        })
      )
    })
  )
})
