/**
 * JoinGroup. 4: MEMBER_ID_REQUIRED (KIP-394). 5: static members (KIP-345). 9: skipAssignment (KIP-814).
 */
import { array, bool, bytes, int16, int32, message, string, struct } from '../wire/schema'

export const joinGroupRequest = message('JoinGroupRequest', [0, 9], 6, {
  groupId: string(),
  sessionTimeoutMs: int32(),
  rebalanceTimeoutMs: int32({ from: 1, default: -1, ignorable: true }),
  memberId: string(),
  groupInstanceId: string({ from: 5, nullableFrom: 5, default: null }),
  protocolType: string(),
  protocols: array(
    struct({
      name: string(),
      metadata: bytes()
    })
  ),
  reason: string({ from: 8, nullableFrom: 8, default: null, ignorable: true })
})

export const joinGroupResponse = message('JoinGroupResponse', [0, 9], 6, {
  throttleTimeMs: int32({ from: 2, default: 0, ignorable: true }),
  errorCode: int16(),
  generationId: int32({ default: -1 }),
  protocolType: string({ from: 7, nullableFrom: 7, default: null, ignorable: true }),
  protocolName: string({ nullableFrom: 7 }),
  leader: string(),
  skipAssignment: bool({ from: 9, default: false }),
  memberId: string(),
  members: array(
    struct({
      memberId: string(),
      groupInstanceId: string({ from: 5, nullableFrom: 5, default: null, ignorable: true }),
      metadata: bytes()
    })
  )
})
