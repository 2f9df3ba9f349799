/**
 * LeaveGroup. 3: several members at once, static ones too (KIP-345). 5: reason.
 */
import { array, int16, int32, message, string, struct } from '../wire/schema'

export const leaveGroupRequest = message('LeaveGroupRequest', [0, 5], 4, {
  groupId: string(),
  memberId: string({ to: 2 }),
  members: array(
    struct({
      memberId: string({ from: 3 }),
      groupInstanceId: string({ from: 3, nullableFrom: 3, default: null }),
      reason: string({ from: 5, nullableFrom: 5, default: null, ignorable: true })
    }),
    { from: 3 }
  )
})

export const leaveGroupResponse = message('LeaveGroupResponse', [0, 5], 4, {
  throttleTimeMs: int32({ from: 1, default: 0, ignorable: true }),
  errorCode: int16(),
  members: array(
    struct({
      memberId: string({ from: 3 }),
      groupInstanceId: string({ from: 3, nullableFrom: 3 }),
      errorCode: int16({ from: 3 })
    }),
    { from: 3 }
  )
})
