/**
 * SyncGroup.
 */
import { array, bytes, int16, int32, message, string, struct } from '../wire/schema'

export const syncGroupRequest = message('SyncGroupRequest', [0, 5], 4, {
  groupId: string(),
  generationId: int32(),
  memberId: string(),
  groupInstanceId: string({ from: 3, nullableFrom: 3, default: null }),
  protocolType: string({ from: 5, nullableFrom: 5, default: null, ignorable: true }),
  protocolName: string({ from: 5, nullableFrom: 5, default: null, ignorable: true }),
  assignments: array(
    struct({
      memberId: string(),
      assignment: bytes()
    })
  )
})

export const syncGroupResponse = message('SyncGroupResponse', [0, 5], 4, {
  throttleTimeMs: int32({ from: 1, default: 0, ignorable: true }),
  errorCode: int16(),
  protocolType: string({ from: 5, nullableFrom: 5, default: null, ignorable: true }),
  protocolName: string({ from: 5, nullableFrom: 5, default: null, ignorable: true }),
  assignment: bytes()
})
