/**
 * DeleteGroups.
 */
import { array, int16, int32, message, string, struct } from '../wire/schema'

export const deleteGroupsRequest = message('DeleteGroupsRequest', [0, 2], 2, {
  groupsNames: array(string(), { distinctBy: (groupId: string) => groupId })
})

export const deleteGroupsResponse = message('DeleteGroupsResponse', [0, 2], 2, {
  throttleTimeMs: int32({ default: 0 }),
  results: array(
    struct({
      groupId: string(),
      errorCode: int16()
    })
  )
})
