/**
 * ListOffsets. Timestamps -1 latest, -2 earliest, -3 greatest timestamp (v7, KIP-734), -4 earliest local (v8), -5 latest tiered (v9).
 */
import {
  array,
  brokerId,
  int16,
  int32,
  int64Exact,
  int8,
  leaderEpoch,
  message,
  offset,
  string,
  struct
} from '../wire/schema'

export const listOffsetsRequest = message('ListOffsetsRequest', [0, 9], 6, {
  replicaId: brokerId(),
  isolationLevel: int8({ from: 2 }),
  topics: array(
    struct({
      name: string(),
      partitions: array(
        struct({
          partitionIndex: int32(),
          currentLeaderEpoch: leaderEpoch({ from: 4, default: -1, ignorable: true }),
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
          oldStyleOffsets: array(offset(), { to: 0 }),
          timestamp: int64Exact({ from: 1, default: -1n }),
          offset: offset({ from: 1, default: -1 }),
          leaderEpoch: leaderEpoch({ from: 4, default: -1 })
        })
      )
    })
  )
})
