/**
 * DescribeGroups, versions 0 to 6. A group that is not there is "Dead" without an error, and may be described, deleted and
 * read as any other; from version 6 the error is GROUP_ID_NOT_FOUND (KIP-1043).
 */
import { describeGroupsRequest, describeGroupsResponse } from '../../protocol/api/15-describe-groups'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'
import { groupOperations, notRequested } from './authorized-operations'

const nothingYet = new Uint8Array(0)

export function describeGroups(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 15,
    served: [0, 6],
    request: describeGroupsRequest,
    response: describeGroupsResponse,
    *handle(request, { header }) {
      const authorizedOperations = request.includeAuthorizedOperations ? groupOperations : notRequested
      return {
        // A set: whoever names a group often is told once.
        groups: yield* mapInSlices(new Set(request.groups), (groupId) => {
          const group = broker.groups.describe(groupId)
          if (group === undefined && header.apiVersion >= 6)
            return { ...nothing(groupId, 'GROUP_ID_NOT_FOUND', 'Dead'), errorMessage: `Group ${groupId} not found.` }
          // confluent-kafka for Python walks over the operations of a group without an error, and fails when there are none.
          if (group === undefined) return { ...nothing(groupId, 'NONE', 'Dead'), authorizedOperations }
          if (typeof group === 'string') return nothing(groupId, group, '')
          const isStable = group.state === 'Stable'
          return {
            errorCode: 0,
            groupId,
            groupState: group.state,
            protocolType: group.protocolType ?? '',
            protocolData: isStable ? (group.protocolName ?? '') : '',
            members: group.members.map((member) => ({
              memberId: member.memberId,
              groupInstanceId: member.groupInstanceId,
              clientId: member.clientId,
              clientHost: member.clientHost,
              // During a rebalance they are about to be others (Kafka's GroupMetadata.summary).
              memberMetadata: isStable ? member.metadata : nothingYet,
              memberAssignment: isStable ? member.assignment : nothingYet
            })),
            authorizedOperations
          }
        })
      }
    }
  })
}

function nothing(groupId: string, error: KafkaError, groupState: string) {
  return { errorCode: code(error), groupId, groupState, protocolType: '', protocolData: '', members: [] }
}
