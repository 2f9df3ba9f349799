/**
 * JoinGroup, versions 0 to 9 (Kafka's GroupCoordinator.handleJoinGroup). From version 4 a first join without a member id is told one
 * (KIP-394). Before version 1 the rebalance time-out is the session time-out.
 */
import { joinGroupRequest, joinGroupResponse } from '../../protocol/api/11-join-group'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { uuidText } from '../core/uuid-text'
import { handler, type HandlerRow } from '../server/handler'
import { clientHostOf, clientIdOf } from './group-context'

export function joinGroup(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 11,
    served: [0, 9],
    request: joinGroupRequest,
    response: joinGroupResponse,
    async handle(request, context) {
      const version = context.header.apiVersion
      const clientId = clientIdOf(context)
      const answer = await broker.groups.join(request.groupId, {
        memberId: request.memberId,
        groupInstanceId: request.groupInstanceId,
        clientId,
        clientHost: clientHostOf(context),
        sessionTimeoutMs: request.sessionTimeoutMs,
        rebalanceTimeoutMs: version >= 1 ? request.rebalanceTimeoutMs : request.sessionTimeoutMs,
        protocolType: request.protocolType,
        protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: metadata.slice() })),
        requiresKnownMemberId: version >= 4,
        supportsSkippingAssignment: version >= 9,
        newMemberId: `${request.groupInstanceId ?? clientId}-${uuidText(broker.random)}`
      })
      return {
        errorCode: code(answer.error),
        generationId: answer.generationId,
        protocolType: answer.protocolType,
        protocolName: answer.protocolName ?? (version >= 7 ? null : ''),
        leader: answer.leader,
        skipAssignment: answer.skipAssignment,
        memberId: answer.memberId,
        members: answer.members
      }
    }
  })
}
