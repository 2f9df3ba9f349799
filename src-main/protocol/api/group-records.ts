/**
 * Records of `__consumer_offsets` (Kafka's OffsetCommitKey.json, GroupMetadataValue.json and their kin): an int16 version
 * first, then the fields.
 */
import { array, bytes, int32, int64, leaderEpoch, message, never, offset, string, struct } from '../wire/schema'

export const offsetCommitKey = message('OffsetCommitKey', [0, 1], never, {
  group: string(),
  topic: string(),
  partition: int32()
})

export const offsetCommitValue = message('OffsetCommitValue', [0, 4], 4, {
  offset: offset(),
  leaderEpoch: leaderEpoch({ from: 3, default: -1, ignorable: true }),
  metadata: string(),
  commitTimestamp: int64(),
  expireTimestamp: int64({ from: 1, to: 1, default: -1, ignorable: true })
})

export const groupMetadataKey = message('GroupMetadataKey', [2, 2], never, {
  group: string()
})

export const groupMetadataValue = message('GroupMetadataValue', [0, 4], 4, {
  protocolType: string(),
  generation: int32(),
  protocol: string({ nullableFrom: 0 }),
  leader: string({ nullableFrom: 0 }),
  currentStateTimestamp: int64({ from: 2, default: -1, ignorable: true }),
  members: array(
    struct({
      memberId: string(),
      groupInstanceId: string({ from: 3, nullableFrom: 3, default: null, ignorable: true }),
      clientId: string(),
      clientHost: string(),
      rebalanceTimeout: int32({ from: 1, default: -1, ignorable: true }),
      sessionTimeout: int32(),
      subscription: bytes(),
      assignment: bytes()
    })
  )
})
