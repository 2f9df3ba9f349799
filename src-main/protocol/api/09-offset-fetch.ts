/**
 * OffsetFetch. Version 0 would read znodes and is not served. 7: requireStable. 8: several groups at once.
 */
import { array, bool, int16, int32, leaderEpoch, message, offset, string, struct } from '../wire/schema'

interface AskedGroup {
  readonly groupId: string
  readonly topics: readonly object[] | null
}

export const offsetFetchRequest = message('OffsetFetchRequest', [0, 9], 6, {
  groupId: string({ to: 7 }),
  topics: array(
    struct({
      name: string({ to: 7 }),
      partitionIndexes: array(int32(), { to: 7 })
    }),
    { to: 7, nullableFrom: 2 }
  ),
  groups: array(
    struct({
      groupId: string({ from: 8 }),
      memberId: string({ from: 9, nullableFrom: 9, default: null, ignorable: true }),
      memberEpoch: int32({ from: 9, default: -1, ignorable: true }),
      topics: array(
        struct({
          name: string({ from: 8, ignorable: true }),
          partitionIndexes: array(int32(), { from: 8 })
        }),
        { from: 8, nullableFrom: 8 }
      )
    }),
    { from: 8, distinctBy: (group: AskedGroup) => JSON.stringify(group) }
  ),
  requireStable: bool({ from: 7, default: false })
})

export const offsetFetchResponse = message('OffsetFetchResponse', [0, 9], 6, {
  throttleTimeMs: int32({ from: 3, default: 0, ignorable: true }),
  topics: array(
    struct({
      name: string({ to: 7 }),
      partitions: array(
        struct({
          partitionIndex: int32({ to: 7 }),
          committedOffset: offset({ to: 7 }),
          committedLeaderEpoch: leaderEpoch({ from: 5, to: 7, default: -1, ignorable: true }),
          metadata: string({ to: 7, nullableFrom: 0 }),
          errorCode: int16({ to: 7 })
        }),
        { to: 7 }
      )
    }),
    { to: 7 }
  ),
  errorCode: int16({ from: 2, to: 7, default: 0, ignorable: true }),
  groups: array(
    struct({
      groupId: string({ from: 8 }),
      topics: array(
        struct({
          name: string({ from: 8, ignorable: true }),
          partitions: array(
            struct({
              partitionIndex: int32({ from: 8 }),
              committedOffset: offset({ from: 8 }),
              committedLeaderEpoch: leaderEpoch({ from: 8, default: -1, ignorable: true }),
              metadata: string({ from: 8, nullableFrom: 8 }),
              errorCode: int16({ from: 8 })
            }),
            { from: 8 }
          )
        }),
        { from: 8 }
      ),
      errorCode: int16({ from: 8, default: 0 })
    }),
    { from: 8 }
  )
})
