/** DescribeCluster, versions 0 and 1 (KIP-700). Only brokers can be asked for: endpoint type 1. */
import { describeClusterRequest, describeClusterResponse } from '../../protocol/api/60-describe-cluster'
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import { handler, type HandlerRow } from '../server/handler'
import { clusterOperations, notRequested } from './authorized-operations'

const brokerEndpoints = 1
const controllerEndpoints = 2

export function describeCluster(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 60,
    served: [0, 1],
    request: describeClusterRequest,
    response: describeClusterResponse,
    handle(request) {
      if (request.endpointType !== brokerEndpoints) {
        const isController = request.endpointType === controllerEndpoints
        const errorCode = code(isController ? 'MISMATCHED_ENDPOINT_TYPE' : 'UNSUPPORTED_ENDPOINT_TYPE')
        const errorMessage = 'Only brokers can be described here, not controllers.'
        return { errorCode, errorMessage, clusterId: '', controllerId: -1, brokers: [] }
      }
      return {
        errorCode: 0,
        errorMessage: null,
        clusterId: broker.clusterId,
        controllerId: broker.image.controllerId,
        brokers: broker.image.brokers().map(({ id, host, port, rack }) => ({ brokerId: id, host, port, rack })),
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations : notRequested
      }
    }
  })
}
