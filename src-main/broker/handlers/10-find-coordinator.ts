/**
 * FindCoordinator, versions 0 to 6. Groups (key type 0) are served; `__consumer_offsets` is created by the first question
 * and the answer is COORDINATOR_NOT_AVAILABLE until it is there. There are no transactions: key type 1 is answered
 * TRANSACTIONAL_ID_AUTHORIZATION_FAILED, which clients do not retry. From version 4 results stand in the array only.
 */
import { findCoordinatorRequest, findCoordinatorResponse } from '../../protocol/api/10-find-coordinator'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { BrokerServices } from '../broker-services'
import { groupPartition } from '../core/group/group-log'
import type { BrokerEndpoint } from '../core/metadata-image'
import { groupOffsetsPartitions } from '../core/offsets-topic'
import { groupOffsetsTopic } from '../core/topic-name'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'

const groupKey = 0
const transactionKey = 1

export function findCoordinator(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 10,
    served: [0, 6],
    request: findCoordinatorRequest,
    response: findCoordinatorResponse,
    *handle(request, { header }) {
      if (header.apiVersion >= 4) {
        return {
          errorCode: 0,
          errorMessage: null,
          nodeId: 0,
          host: '',
          port: 0,
          // A set: whoever names a key often is told once.
          coordinators: yield* mapInSlices(new Set(request.coordinatorKeys), (key) => ({
            key,
            ...answer(find(broker, request.keyType, key))
          }))
        }
      }
      return answer(find(broker, request.keyType, request.key))
    }
  })
}

interface Failure {
  readonly error: KafkaError
  readonly message: string
}

function find(broker: BrokerServices, keyType: number, key: string): BrokerEndpoint | Failure {
  if (keyType === transactionKey) {
    return { error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', message: 'This cluster has no transactions.' }
  }
  if (keyType !== groupKey) return { error: 'INVALID_REQUEST', message: `There is no coordinator of type ${keyType}.` }
  if (broker.image.topic(groupOffsetsTopic) === undefined) {
    broker.autoCreate(groupOffsetsTopic)
    return { error: 'COORDINATOR_NOT_AVAILABLE', message: `The topic ${groupOffsetsTopic} is being created.` }
  }
  const partition = broker.image.partition(groupOffsetsTopic, groupPartition(key, groupOffsetsPartitions))
  const leader = partition === undefined ? undefined : broker.image.broker(partition.leader)
  if (leader !== undefined) return leader
  return { error: 'COORDINATOR_NOT_AVAILABLE', message: 'The broker that coordinates this group is not available.' }
}

function answer(found: BrokerEndpoint | Failure) {
  if ('error' in found)
    return { errorCode: code(found.error), errorMessage: found.message, nodeId: -1, host: '', port: -1 }
  return { errorCode: 0, errorMessage: null, nodeId: found.id, host: found.host, port: found.port }
}
