/**
 * ListGroups. 4: by state. 5: by type (KIP-848).
 */
import { array, int16, int32, message, string, struct } from '../wire/schema'

export const listGroupsRequest = message('ListGroupsRequest', [0, 5], 3, {
  statesFilter: array(string(), { from: 4, distinctBy: (state: string) => state }),
  typesFilter: array(string(), { from: 5, distinctBy: (type: string) => type })
})

export const listGroupsResponse = message('ListGroupsResponse', [0, 5], 3, {
  throttleTimeMs: int32({ from: 1, default: 0, ignorable: true }),
  errorCode: int16(),
  groups: array(
    struct({
      groupId: string(),
      protocolType: string(),
      groupState: string({ from: 4, ignorable: true }),
      groupType: string({ from: 5, ignorable: true })
    })
  )
})
