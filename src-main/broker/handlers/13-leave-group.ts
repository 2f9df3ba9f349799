/** LeaveGroup, versions 0 to 5. From version 3 several members, static ones by their instance id (KIP-345). */
import { leaveGroupRequest, leaveGroupResponse } from '../../protocol/api/13-leave-group'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { BrokerServices } from '../broker-services'
import type { MemberIdentity } from '../core/group/group-types'
import { chunks } from '../controller/controller-writes'
import { handler, type HandlerRow } from '../server/handler'

const identitiesAtOnce = 1000

export function leaveGroup(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 13,
    served: [0, 5],
    request: leaveGroupRequest,
    response: leaveGroupResponse,
    *handle(request, { header }) {
      const isSingle = header.apiVersion < 3
      const identities: readonly MemberIdentity[] = isSingle
        ? [{ memberId: request.memberId, groupInstanceId: null }]
        : request.members
      const errors: KafkaError[] = []
      // Each piece is one change of the group; a group of more members than that leaves in several.
      for (const some of chunks(identities, identitiesAtOnce)) {
        const told = broker.groups.leave(request.groupId, some)
        if (typeof told === 'string') return { errorCode: code(told), members: [] }
        for (const error of told) errors.push(error)
        yield
      }
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
