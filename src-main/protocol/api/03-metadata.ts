/**
 * Metadata. 4: allowAutoTopicCreation. 8 to 10: authorized operations. 10: topic ids. 12: look-up by id.
 */
import { array, bool, brokerId, int16, int32, leaderEpoch, message, string, struct, uuid } from '../wire/schema'

interface Named {
  readonly topicId: string
  readonly name: string | null
}

export const metadataRequest = message('MetadataRequest', [0, 12], 9, {
  topics: array(
    struct({
      topicId: uuid({ from: 10, ignorable: true }),
      name: string({ nullableFrom: 10 })
    }),
    { nullableFrom: 1, distinctBy: (topic: Named) => `${topic.topicId} ${topic.name ?? ''}` }
  ),
  allowAutoTopicCreation: bool({ from: 4, default: true }),
  includeClusterAuthorizedOperations: bool({ from: 8, to: 10 }),
  includeTopicAuthorizedOperations: bool({ from: 8 })
})

export const metadataResponse = message('MetadataResponse', [0, 12], 9, {
  throttleTimeMs: int32({ from: 3, default: 0, ignorable: true }),
  brokers: array(
    struct({
      nodeId: brokerId(),
      host: string(),
      port: int32(),
      rack: string({ from: 1, nullableFrom: 1, default: null, ignorable: true })
    })
  ),
  clusterId: string({ from: 2, nullableFrom: 2, default: null, ignorable: true }),
  controllerId: brokerId({ from: 1, default: -1, ignorable: true }),
  topics: array(
    struct({
      errorCode: int16(),
      name: string({ nullableFrom: 12 }),
      topicId: uuid({ from: 10, ignorable: true }),
      isInternal: bool({ from: 1, default: false, ignorable: true }),
      partitions: array(
        struct({
          errorCode: int16(),
          partitionIndex: int32(),
          leaderId: brokerId(),
          leaderEpoch: leaderEpoch({ from: 7, default: -1, ignorable: true }),
          replicaNodes: array(brokerId()),
          isrNodes: array(brokerId()),
          offlineReplicas: array(brokerId(), { from: 5, ignorable: true })
        })
      ),
      topicAuthorizedOperations: int32({ from: 8, default: -2147483648 })
    })
  ),
  clusterAuthorizedOperations: int32({ from: 8, to: 10, default: -2147483648 })
})
