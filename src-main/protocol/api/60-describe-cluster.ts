/**
 * DescribeCluster (KIP-700). 1: endpoint type.
 */
import { array, bool, brokerId, int16, int32, int8, message, string, struct } from '../wire/schema'

export const describeClusterRequest = message('DescribeClusterRequest', [0, 1], 0, {
  includeClusterAuthorizedOperations: bool(),
  endpointType: int8({ from: 1, default: 1 })
})

export const describeClusterResponse = message('DescribeClusterResponse', [0, 1], 0, {
  throttleTimeMs: int32({ default: 0 }),
  errorCode: int16(),
  errorMessage: string({ nullableFrom: 0, default: null }),
  endpointType: int8({ from: 1, default: 1 }),
  clusterId: string(),
  controllerId: brokerId({ default: -1 }),
  brokers: array(
    struct({
      brokerId: brokerId(),
      host: string(),
      port: int32(),
      rack: string({ nullableFrom: 0, default: null })
    })
  ),
  clusterAuthorizedOperations: int32({ default: -2147483648 })
})
