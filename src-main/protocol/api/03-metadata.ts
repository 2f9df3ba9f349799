/**
 * Metadata. 4: allowAutoTopicCreation. 8 to 10: authorized operations. 10: topic ids. 12: look-up by id.
 */
import { array, bool, int16, int32, message, string, struct, uuid } from '../wire/schema'

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
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ from: 1, nullableFrom: 1, default: null, ignorable: true })
    })
  ),
  clusterId: string({ from: 2, nullableFrom: 2, default: null, ignorable: true }),
  controllerId: int32({ from: 1, default: -1, ignorable: true }),
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
          leaderId: int32(),
          leaderEpoch: int32({ from: 7, default: -1, ignorable: true }),
          replicaNodes: array(int32()),
          isrNodes: array(int32()),
          offlineReplicas: array(int32(), { from: 5, ignorable: true })
        })
      ),
      topicAuthorizedOperations: int32({ from: 8, default: -2147483648 })
    })
  ),
  clusterAuthorizedOperations: int32({ from: 8, to: 10, default: -2147483648 })
})
