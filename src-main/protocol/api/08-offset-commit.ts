/**
 * OffsetCommit. Version 0 would store in znodes and is not served. 6: leader epoch. 7: static members. 9: KIP-848 epochs.
 */
import { array, int16, int32, int64, leaderEpoch, message, offset, string, struct } from '../wire/schema'

export const offsetCommitRequest = message('OffsetCommitRequest', [0, 9], 8, {
  groupId: string(),
  generationIdOrMemberEpoch: int32({ from: 1, default: -1, ignorable: true }),
  memberId: string({ from: 1, ignorable: true }),
  groupInstanceId: string({ from: 7, nullableFrom: 7, default: null }),
  retentionTimeMs: int64({ from: 2, to: 4, default: -1, ignorable: true }),
  topics: array(
    struct({
      name: string({ ignorable: true }),
      partitions: array(
        struct({
          partitionIndex: int32(),
          committedOffset: offset(),
          committedLeaderEpoch: leaderEpoch({ from: 6, default: -1, ignorable: true }),
          commitTimestamp: int64({ from: 1, to: 1, default: -1 }),
          committedMetadata: string({ nullableFrom: 0 })
        })
      )
    })
  )
})

export const offsetCommitResponse = message('OffsetCommitResponse', [0, 9], 8, {
  throttleTimeMs: int32({ from: 3, default: 0, ignorable: true }),
  topics: array(
    struct({
      name: string({ ignorable: true }),
      partitions: array(
        struct({
          partitionIndex: int32(),
          errorCode: int16()
        })
      )
    })
  )
})
