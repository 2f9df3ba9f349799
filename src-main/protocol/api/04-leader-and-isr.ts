/**
 * LeaderAndIsr: the controller tells a broker which replicas it holds and who leads them (control plane of 3.9 on ZooKeeper).
 */
import { array, bool, int16, int32, int64Exact, int8, message, string, struct, uuid } from '../wire/schema'

/** In both shapes that the list of partitions has had. */
const partitionState = struct({
  topicName: string({ to: 1, ignorable: true }),
  partitionIndex: int32(),
  controllerEpoch: int32(),
  leader: int32(),
  leaderEpoch: int32(),
  isr: array(int32()),
  partitionEpoch: int32(),
  replicas: array(int32()),
  addingReplicas: array(int32(), { from: 3, ignorable: true }),
  removingReplicas: array(int32(), { from: 3, ignorable: true }),
  isNew: bool({ from: 1, default: false, ignorable: true }),
  leaderRecoveryState: int8({ from: 6, default: 0 })
})

export const leaderAndIsrRequest = message('LeaderAndIsrRequest', [0, 7], 4, {
  controllerId: int32(),
  isKRaftController: bool({ from: 7, default: false }),
  controllerEpoch: int32(),
  brokerEpoch: int64Exact({ from: 2, default: -1n, ignorable: true }),
  type: int8({ from: 5 }),
  ungroupedPartitionStates: array(partitionState, { to: 1 }),
  topicStates: array(
    struct({
      topicName: string({ from: 2 }),
      topicId: uuid({ from: 5, ignorable: true }),
      partitionStates: array(partitionState, { from: 2 })
    }),
    { from: 2 }
  ),
  liveLeaders: array(
    struct({
      brokerId: int32(),
      hostName: string(),
      port: int32()
    })
  )
})

export const leaderAndIsrResponse = message('LeaderAndIsrResponse', [0, 7], 4, {
  errorCode: int16(),
  partitionErrors: array(
    struct({
      topicName: string({ to: 4, ignorable: true }),
      partitionIndex: int32(),
      errorCode: int16()
    }),
    { to: 4 }
  ),
  topics: array(
    struct({
      topicId: uuid({ from: 5 }),
      partitionErrors: array(
        struct({
          topicName: string({ to: 4, ignorable: true }),
          partitionIndex: int32(),
          errorCode: int16()
        }),
        { from: 5 }
      )
    }),
    { from: 5 }
  )
})
