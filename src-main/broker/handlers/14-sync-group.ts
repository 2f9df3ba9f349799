/** SyncGroup, versions 0 to 5: the leader brings the assignment, the others wait for theirs. */
import { syncGroupRequest, syncGroupResponse } from '../../protocol/api/14-sync-group'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'

export function syncGroup(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 14,
    served: [0, 5],
    request: syncGroupRequest,
    response: syncGroupResponse,
    async handle(request) {
      const answer = await broker.groups.sync(request.groupId, {
        memberId: request.memberId,
        groupInstanceId: request.groupInstanceId,
        generationId: request.generationId,
        protocolType: request.protocolType,
        protocolName: request.protocolName,
        assignments: new Map(request.assignments.map(({ memberId, assignment }) => [memberId, assignment.slice()]))
      })
      const { error, protocolType, protocolName, assignment } = answer
      return { errorCode: code(error), protocolType, protocolName, assignment }
    }
  })
}
