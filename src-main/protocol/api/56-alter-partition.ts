/**
 * AlterPartition (KIP-497): the leader of a partition proposes another ISR to the controller. From version 3 on each
 * member comes with the broker epoch that it was seen with (KIP-903).
 */
import {
  array,
  brokerEpoch,
  brokerId,
  int16,
  int32,
  int8,
  leaderEpoch,
  message,
  string,
  struct,
  uuid
} from '../wire/schema'

export const alterPartitionRequest = message('AlterPartitionRequest', [0, 3], 0, {
  brokerId: brokerId(),
  brokerEpoch: brokerEpoch({ default: -1n }),
  topics: array(
    struct({
      topicName: string({ to: 1, ignorable: true }),
      topicId: uuid({ from: 2, ignorable: true }),
      partitions: array(
        struct({
          partitionIndex: int32(),
          leaderEpoch: leaderEpoch(),
          newIsr: array(brokerId(), { to: 2 }),
          newIsrWithEpochs: array(
            struct({
              brokerId: brokerId({ from: 3 }),
              brokerEpoch: brokerEpoch({ from: 3, default: -1n })
            }),
            { from: 3 }
          ),
          leaderRecoveryState: int8({ from: 1, default: 0 }),
          partitionEpoch: int32()
        })
      )
    })
  )
})

export const alterPartitionResponse = message('AlterPartitionResponse', [0, 3], 0, {
  throttleTimeMs: int32({ default: 0 }),
  errorCode: int16(),
  topics: array(
    struct({
      topicName: string({ to: 1, ignorable: true }),
      topicId: uuid({ from: 2, ignorable: true }),
      partitions: array(
        struct({
          partitionIndex: int32(),
          errorCode: int16(),
          leaderId: brokerId(),
          leaderEpoch: leaderEpoch(),
          isr: array(brokerId()),
          leaderRecoveryState: int8({ from: 1, default: 0, ignorable: true }),
          partitionEpoch: int32()
        })
      )
    })
  )
})
