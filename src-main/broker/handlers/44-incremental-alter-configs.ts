/** IncrementalAlterConfigs, versions 0 and 1 (KIP-339), of topics and brokers, by any broker. */
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse
} from '../../protocol/api/44-incremental-alter-configs'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'
import { alterResources } from './alter-configs'

export function incrementalAlterConfigs(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 44,
    served: [0, 1],
    request: incrementalAlterConfigsRequest,
    response: incrementalAlterConfigsResponse,
    *handle({ resources, validateOnly }) {
      const changes = yield* mapInSlices(resources, ({ resourceType, resourceName, configs }) => ({
        resourceType,
        resourceName,
        changes: configs.map(({ name, configOperation: operation, value }) => ({ name, operation, value }))
      }))
      return yield* alterResources(broker, changes, { replacesAll: false, validateOnly })
    }
  })
}
