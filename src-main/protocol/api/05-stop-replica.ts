/**
 * StopReplica: the controller tells a broker to stop replicas, and to delete them.
 */
import {
  array,
  bool,
  brokerEpoch,
  brokerId,
  controllerEpoch,
  int16,
  int32,
  leaderEpoch,
  message,
  string,
  struct
} from '../wire/schema'

export const stopReplicaRequest = message('StopReplicaRequest', [0, 4], 2, {
  controllerId: brokerId(),
  isKRaftController: bool({ from: 4, default: false }),
  controllerEpoch: controllerEpoch(),
  brokerEpoch: brokerEpoch({ from: 1, default: -1n, ignorable: true }),
  deletePartitions: bool({ to: 2 }),
  ungroupedPartitions: array(
    struct({
      topicName: string({ to: 0 }),
      partitionIndex: int32({ to: 0 })
    }),
    { to: 0 }
  ),
  topics: array(
    struct({
      name: string({ from: 1, to: 2 }),
      partitionIndexes: array(int32(), { from: 1, to: 2 })
    }),
    { from: 1, to: 2 }
  ),
  topicStates: array(
    struct({
      topicName: string({ from: 3 }),
      partitionStates: array(
        struct({
          partitionIndex: int32({ from: 3 }),
          leaderEpoch: leaderEpoch({ from: 3, default: -1 }),
          deletePartition: bool({ from: 3 })
        }),
        { from: 3 }
      )
    }),
    { from: 3 }
  )
})

export const stopReplicaResponse = message('StopReplicaResponse', [0, 4], 2, {
  errorCode: int16(),
  partitionErrors: array(
    struct({
      topicName: string(),
      partitionIndex: int32(),
      errorCode: int16()
    })
  )
})
