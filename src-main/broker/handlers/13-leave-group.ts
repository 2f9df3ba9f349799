/** LeaveGroup, versions 0 to 5. From version 3 several members, static ones by their instance id (KIP-345). */
import { leaveGroupRequest, leaveGroupResponse } from '../../protocol/api/13-leave-group'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'

export function leaveGroup(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 13,
    served: [0, 5],
    request: leaveGroupRequest,
    response: leaveGroupResponse,
    handle(request, { header }) {
      const isSingle = header.apiVersion < 3
      const identities = isSingle ? [{ memberId: request.memberId, groupInstanceId: null }] : request.members
      const errors = broker.groups.leave(request.groupId, identities)
      if (typeof errors === 'string') return { errorCode: code(errors), members: [] }
      if (isSingle) return { errorCode: code(errors[0] ?? 'NONE'), members: [] }
      return {
        errorCode: 0,
        members: request.members.map(({ memberId, groupInstanceId }, i) => ({
          memberId,
          groupInstanceId,
          errorCode: code(errors[i] ?? 'NONE')
        }))
      }
    }
  })
}
