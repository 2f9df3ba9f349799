/**
 * ListOffsets. Timestamps -1 latest, -2 earliest, -3 greatest timestamp (v7, KIP-734), -4 earliest local (v8), -5 latest tiered (v9).
 */
import { array, int16, int32, int64, int64Exact, int8, message, string, struct } from '../wire/schema'

export const listOffsetsRequest = message('ListOffsetsRequest', [0, 9], 6, {
  replicaId: int32(),
  isolationLevel: int8({ from: 2 }),
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          currentLeaderEpoch: int32({ from: 4, default: -1, ignorable: true }),
          timestamp: int64Exact(),
          maxNumOffsets: int32({ to: 0, default: 1 })
        })
      )
    })
  )
})

export const listOffsetsResponse = message('ListOffsetsResponse', [0, 9], 6, {
  throttleTimeMs: int32({ from: 2, default: 0, ignorable: true }),
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          errorCode: int16(),
          oldStyleOffsets: array(int64(), { to: 0 }),
          timestamp: int64Exact({ from: 1, default: -1n }),
          offset: int64({ from: 1, default: -1 }),
          leaderEpoch: int32({ from: 4, default: -1 })
        })
      )
    })
  )
})
