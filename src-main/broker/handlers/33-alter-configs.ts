/** AlterConfigs, versions 0 to 2, of topics and brokers, by any broker: what was set and is not named goes. */
import { alterConfigsRequest, alterConfigsResponse } from '../../protocol/api/33-alter-configs'
import type { BrokerServices } from '../broker-services'
import { configOperation } from '../core/config-changes'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'
import { alterResources } from './alter-configs'

export function alterConfigs(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 33,
    served: [0, 2],
    request: alterConfigsRequest,
    response: alterConfigsResponse,
    *handle({ resources, validateOnly }) {
      const changes = yield* mapInSlices(resources, ({ resourceType, resourceName, configs }) => ({
        resourceType,
        resourceName,
        changes: configs.map(({ name, value }) => ({ name, operation: configOperation.set, value }))
      }))
      return yield* alterResources(broker, changes, { replacesAll: true, validateOnly })
    }
  })
}
