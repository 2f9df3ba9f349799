/** SyncGroup, versions 0 to 5: the leader brings the assignment, the others wait for theirs. */
import { syncGroupRequest, syncGroupResponse } from '../../protocol/api/14-sync-group'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'

/**
 * All assignments of a group are stored as one record of at most a megabyte; Kafka answers what cannot be stored with
 * UNKNOWN_SERVER_ERROR (GroupCoordinator, "group metadata too large").
 */
const assignmentsBytesMax = 1024 * 1024

export function syncGroup(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 14,
    served: [0, 5],
    request: syncGroupRequest,
    response: syncGroupResponse,
    *handle(request, { header }) {
      const { protocolType, protocolName } = request
      // From version 5 on both must be said (KIP-559).
      if (header.apiVersion >= 5 && (protocolType === null || protocolName === null))
        return { errorCode: code('INCONSISTENT_GROUP_PROTOCOL'), assignment: new Uint8Array(0) }
      const assignments = new Map<string, Uint8Array>()
      let bytes = 0
      for (const { memberId, assignment } of request.assignments) {
        bytes += assignment.length
        if (bytes <= assignmentsBytesMax) assignments.set(memberId, assignment.slice())
        if (assignments.size % 64 === 0) yield
      }
      const sync = {
        memberId: request.memberId,
        groupInstanceId: request.groupInstanceId,
        generationId: request.generationId,
        protocolType,
        protocolName,
        assignments
      }
      if (bytes > assignmentsBytesMax) return { errorCode: code('UNKNOWN_SERVER_ERROR'), assignment: new Uint8Array(0) }
      return broker.groups.sync(request.groupId, sync).then(({ error, ...answer }) => {
        return { errorCode: code(error), ...answer }
      })
    }
  })
}
