/** ListGroups, versions 0 to 5: the groups coordinated by this broker. Filters by state (4) and type (5). */
import { listGroupsRequest, listGroupsResponse } from '../../protocol/api/16-list-groups'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'

const groupType = 'classic'

export function listGroups(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 16,
    served: [0, 5],
    request: listGroupsRequest,
    response: listGroupsResponse,
    handle({ statesFilter, typesFilter }) {
      const groups = broker.groups.list()
      if (typeof groups === 'string') return { errorCode: code(groups), groups: [] }
      const lowered = (words: readonly string[]): ReadonlySet<string> =>
        new Set(words.map((word) => word.toLowerCase()))
      const states = lowered(statesFilter)
      const isTypeWanted = typesFilter.length === 0 || lowered(typesFilter).has(groupType)
      const wanted = groups.filter(({ state }) => states.size === 0 || states.has(state.toLowerCase()))
      return {
        errorCode: 0,
        groups: (isTypeWanted ? wanted : []).map(({ groupId, protocolType, state }) => ({
          groupId,
          protocolType: protocolType ?? '',
          groupState: state,
          groupType
        }))
      }
    }
  })
}
