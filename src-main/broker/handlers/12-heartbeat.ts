/** Heartbeat, versions 0 to 4. During a rebalance it keeps the session and says REBALANCE_IN_PROGRESS. */
import { heartbeatRequest, heartbeatResponse } from '../../protocol/api/12-heartbeat'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'

export function heartbeat(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 12,
    served: [0, 4],
    request: heartbeatRequest,
    response: heartbeatResponse,
    handle({ groupId, memberId, groupInstanceId, generationId }) {
      return { errorCode: code(broker.groups.heartbeat(groupId, { memberId, groupInstanceId }, generationId)) }
    }
  })
}
