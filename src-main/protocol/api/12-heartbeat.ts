/**
 * Heartbeat.
 */
import { int16, int32, message, string } from '../wire/schema'

export const heartbeatRequest = message('HeartbeatRequest', [0, 4], 4, {
  groupId: string(),
  generationId: int32(),
  memberId: string(),
  groupInstanceId: string({ from: 3, nullableFrom: 3, default: null })
})

export const heartbeatResponse = message('HeartbeatResponse', [0, 4], 4, {
  throttleTimeMs: int32({ from: 1, default: 0, ignorable: true }),
  errorCode: int16()
})
