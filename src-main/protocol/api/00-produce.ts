/**
 * Produce. Versions 3 to 11 are served; 0 to 2 are advertised and refused, as Kafka 4 does (KIP-896, KAFKA-18659).
 */
import {
  array,
  brokerId,
  int16,
  int32,
  int64,
  leaderEpoch,
  message,
  offset,
  records,
  string,
  struct
} from '../wire/schema'

export const produceRequest = message('ProduceRequest', [0, 11], 9, {
  transactionalId: string({ from: 3, nullableFrom: 3, default: null }),
  acks: int16(),
  timeoutMs: int32(),
  topicData: array(
    struct({
      name: string({ ignorable: true }),
      partitionData: array(
        struct({
          index: int32(),
          records: records({ nullableFrom: 0 })
        })
      )
    })
  )
})

export const produceResponse = message('ProduceResponse', [0, 11], 9, {
  responses: array(
    struct({
      name: string({ ignorable: true }),
      partitionResponses: array(
        struct({
          index: int32(),
          errorCode: int16(),
          baseOffset: offset(),
          logAppendTimeMs: int64({ from: 2, default: -1, ignorable: true }),
          logStartOffset: offset({ from: 5, default: -1, ignorable: true }),
          recordErrors: array(
            struct({
              batchIndex: int32({ from: 8 }),
              batchIndexErrorMessage: string({ from: 8, nullableFrom: 8, default: null })
            }),
            { from: 8, ignorable: true }
          ),
          errorMessage: string({ from: 8, nullableFrom: 8, default: null, ignorable: true }),
          currentLeader: struct(
            {
              leaderId: brokerId({ from: 10, default: -1 }),
              leaderEpoch: leaderEpoch({ from: 10, default: -1 })
            },
            { from: 10, tag: 0 }
          )
        })
      )
    })
  ),
  throttleTimeMs: int32({ from: 1, default: 0, ignorable: true }),
  nodeEndpoints: array(
    struct({
      nodeId: brokerId({ from: 10 }),
      host: string({ from: 10 }),
      port: int32({ from: 10 }),
      rack: string({ from: 10, nullableFrom: 10, default: null })
    }),
    { from: 10, tag: 0 }
  )
})
