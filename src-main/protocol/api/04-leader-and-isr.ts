/**
 * LeaderAndIsr: the controller tells a broker which replicas it holds and who leads them (control plane of 3.9 on ZooKeeper).
 */
import {
  array,
  bool,
  brokerEpoch,
  brokerId,
  controllerEpoch,
  int16,
  int32,
  int8,
  leaderEpoch,
  message,
  string,
  struct,
  uuid
} from '../wire/schema'

/** In both shapes that the list of partitions has had. */
const partitionState = struct({
  topicName: string({ to: 1, ignorable: true }),
  partitionIndex: int32(),
  controllerEpoch: controllerEpoch(),
  leader: brokerId(),
  leaderEpoch: leaderEpoch(),
  isr: array(brokerId()),
  partitionEpoch: int32(),
  replicas: array(brokerId()),
  addingReplicas: array(brokerId(), { from: 3, ignorable: true }),
  removingReplicas: array(brokerId(), { from: 3, ignorable: true }),
  isNew: bool({ from: 1, default: false, ignorable: true }),
  leaderRecoveryState: int8({ from: 6, default: 0 })
})

export const leaderAndIsrRequest = message('LeaderAndIsrRequest', [0, 7], 4, {
  controllerId: brokerId(),
  isKRaftController: bool({ from: 7, default: false }),
  controllerEpoch: controllerEpoch(),
  brokerEpoch: brokerEpoch({ from: 2, default: -1n, ignorable: true }),
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
      brokerId: brokerId(),
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
