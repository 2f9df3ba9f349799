/** OffsetForLeaderEpoch (KIP-101, 279, 320): where an epoch ended in the leader's log. Flexible from version 4. */
import { array, brokerId, int16, int32, leaderEpoch, message, offset, string, struct } from '../wire/schema'

export const offsetForLeaderEpochRequest = message('OffsetForLeaderEpochRequest', [0, 4], 4, {
  replicaId: brokerId({ from: 3, default: -2, ignorable: true }),
  topics: array(
    struct({
      topic: string(),
      partitions: array(
        struct({
          partition: int32(),
          currentLeaderEpoch: leaderEpoch({ from: 2, default: -1, ignorable: true }),
          leaderEpoch: leaderEpoch()
        })
      )
    })
  )
})

export const offsetForLeaderEpochResponse = message('OffsetForLeaderEpochResponse', [0, 4], 4, {
  throttleTimeMs: int32({ from: 2, default: 0, ignorable: true }),
  topics: array(
    struct({
      topic: string(),
      partitions: array(
        struct({
          errorCode: int16(),
          partition: int32(),
          leaderEpoch: leaderEpoch({ from: 1, default: -1, ignorable: true }),
          endOffset: offset({ default: -1 })
        })
      )
    })
  )
})
