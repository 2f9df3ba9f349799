/** DeleteGroups, versions 0 to 2: empty groups with their offsets. */
import { deleteGroupsRequest, deleteGroupsResponse } from '../../protocol/api/42-delete-groups'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'
import { allOf, follow, mapInSlices } from '../server/slices'

export function deleteGroups(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 42,
    served: [0, 2],
    request: deleteGroupsRequest,
    response: deleteGroupsResponse,
    *handle({ groupsNames }) {
      const remove = (groupId: string) =>
        follow(broker.groups.delete(groupId), (error) => ({ groupId, errorCode: code(error) }))
      const removed = allOf(yield* mapInSlices(new Set(groupsNames), remove))
      return follow(removed, (results) => ({ results }))
    }
  })
}
