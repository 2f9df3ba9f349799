/**
 * Fetch. 7: sessions (KIP-227). 11: rack. 12: lastFetchedEpoch. 13: topics by id (KIP-516). 16: node endpoints (KIP-951).
 * 17: directories of followers (KIP-853), the version in which the brokers of Kafka 3.9 fetch from each other.
 */
import {
  array,
  brokerEpoch,
  brokerId,
  int16,
  int32,
  int64Exact,
  int8,
  leaderEpoch,
  message,
  offset,
  records,
  string,
  struct,
  uuid
} from '../wire/schema'

export const fetchRequest = message('FetchRequest', [4, 17], 12, {
  clusterId: string({ from: 12, nullableFrom: 12, default: null, tag: 0, ignorable: true }),
  replicaId: brokerId({ to: 14, default: -1 }),
  replicaState: struct(
    {
      replicaId: brokerId({ from: 15, default: -1 }),
      replicaEpoch: brokerEpoch({ from: 15, default: -1n })
    },
    { from: 15, tag: 1 }
  ),
  maxWaitMs: int32(),
  minBytes: int32(),
  maxBytes: int32({ default: 2147483647, ignorable: true }),
  isolationLevel: int8({ default: 0, ignorable: true }),
  sessionId: int32({ from: 7, default: 0, ignorable: true }),
  sessionEpoch: int32({ from: 7, default: -1, ignorable: true }),
  topics: array(
    struct({
      topic: string({ to: 12, ignorable: true }),
      topicId: uuid({ from: 13, ignorable: true }),
      partitions: array(
        struct({
          partition: int32(),
          currentLeaderEpoch: leaderEpoch({ from: 9, default: -1, ignorable: true }),
          fetchOffset: offset(),
          lastFetchedEpoch: leaderEpoch({ from: 12, default: -1 }),
          logStartOffset: offset({ from: 5, default: -1, ignorable: true }),
          partitionMaxBytes: int32(),
          replicaDirectoryId: uuid({ from: 17, tag: 0, ignorable: true })
        })
      )
    })
  ),
  forgottenTopicsData: array(
    struct({
      topic: string({ from: 7, to: 12, ignorable: true }),
      topicId: uuid({ from: 13, ignorable: true }),
      partitions: array(int32(), { from: 7 })
    }),
    { from: 7 }
  ),
  rackId: string({ from: 11, default: '', ignorable: true })
})

export const fetchResponse = message('FetchResponse', [4, 17], 12, {
  throttleTimeMs: int32({ default: 0, ignorable: true }),
  errorCode: int16({ from: 7, ignorable: true }),
  sessionId: int32({ from: 7, default: 0 }),
  responses: array(
    struct({
      topic: string({ to: 12, ignorable: true }),
      topicId: uuid({ from: 13, ignorable: true }),
      partitions: array(
        struct({
          partitionIndex: int32(),
          errorCode: int16(),
          highWatermark: offset(),
          lastStableOffset: offset({ default: -1, ignorable: true }),
          logStartOffset: offset({ from: 5, default: -1, ignorable: true }),
          divergingEpoch: struct(
            {
              epoch: leaderEpoch({ from: 12, default: -1 }),
              endOffset: offset({ from: 12, default: -1 })
            },
            { from: 12, tag: 0 }
          ),
          currentLeader: struct(
            {
              leaderId: brokerId({ from: 12, default: -1 }),
              leaderEpoch: leaderEpoch({ from: 12, default: -1 })
            },
            { from: 12, tag: 1 }
          ),
          snapshotId: struct(
            {
              endOffset: offset({ default: -1 }),
              epoch: leaderEpoch({ default: -1 })
            },
            { from: 12, tag: 2 }
          ),
          abortedTransactions: array(
            struct({
              producerId: int64Exact(),
              firstOffset: offset()
            }),
            { nullableFrom: 4, ignorable: true }
          ),
          preferredReadReplica: brokerId({ from: 11, default: -1 }),
          records: records({ nullableFrom: 0 })
        })
      )
    })
  ),
  nodeEndpoints: array(
    struct({
      nodeId: brokerId({ from: 16 }),
      host: string({ from: 16 }),
      port: int32({ from: 16 }),
      rack: string({ from: 16, nullableFrom: 16, default: null })
    }),
    { from: 16, tag: 0 }
  )
})
