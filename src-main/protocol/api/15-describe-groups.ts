/**
 * DescribeGroups. 3: authorized operations. 4: static members. 6: GROUP_ID_NOT_FOUND (KIP-1043).
 */
import { array, bool, bytes, int16, int32, message, string, struct } from '../wire/schema'

export const describeGroupsRequest = message('DescribeGroupsRequest', [0, 6], 5, {
  groups: array(string(), { distinctBy: (groupId: string) => groupId }),
  includeAuthorizedOperations: bool({ from: 3 })
})

export const describeGroupsResponse = message('DescribeGroupsResponse', [0, 6], 5, {
  throttleTimeMs: int32({ from: 1, default: 0, ignorable: true }),
  groups: array(
    struct({
      errorCode: int16(),
      errorMessage: string({ from: 6, nullableFrom: 6, default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array(
        struct({
          memberId: string(),
          groupInstanceId: string({ from: 4, nullableFrom: 4, default: null, ignorable: true }),
          clientId: string(),
          clientHost: string(),
          memberMetadata: bytes(),
          memberAssignment: bytes()
        })
      ),
      authorizedOperations: int32({ from: 3, default: -2147483648 })
    })
  )
})
