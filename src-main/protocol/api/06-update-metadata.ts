/**
 * UpdateMetadata: the controller tells a broker what the cluster looks like.
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
  topicName: string({ to: 4, ignorable: true }),
  partitionIndex: int32(),
  controllerEpoch: controllerEpoch(),
  leader: brokerId(),
  leaderEpoch: leaderEpoch(),
  isr: array(brokerId()),
  zkVersion: int32(),
  replicas: array(brokerId()),
  offlineReplicas: array(brokerId(), { from: 4, ignorable: true })
})

export const updateMetadataRequest = message('UpdateMetadataRequest', [0, 8], 6, {
  controllerId: brokerId(),
  isKRaftController: bool({ from: 8, default: false }),
  type: int8({ from: 8, default: 0, tag: 0 }),
  controllerEpoch: controllerEpoch(),
  brokerEpoch: brokerEpoch({ from: 5, default: -1n, ignorable: true }),
  ungroupedPartitionStates: array(partitionState, { to: 4 }),
  topicStates: array(
    struct({
      topicName: string({ from: 5 }),
      topicId: uuid({ from: 7, ignorable: true }),
      partitionStates: array(partitionState, { from: 5 })
    }),
    { from: 5 }
  ),
  liveBrokers: array(
    struct({
      id: brokerId(),
      v0Host: string({ to: 0, ignorable: true }),
      v0Port: int32({ to: 0, ignorable: true }),
      endpoints: array(
        struct({
          port: int32({ from: 1 }),
          host: string({ from: 1 }),
          listener: string({ from: 3, ignorable: true }),
          securityProtocol: int16({ from: 1 })
        }),
        { from: 1, ignorable: true }
      ),
      rack: string({ from: 2, nullableFrom: 0, ignorable: true })
    })
  )
})

export const updateMetadataResponse = message('UpdateMetadataResponse', [0, 8], 6, {
  errorCode: int16()
})

/**
 * `type` of a request: whoever sends it does not say how much it names (all that Kafka's controllers in ZooKeeper mode say),
 * some topics, or all that there are.
 */
export const updateMetadataTypes = { unknown: 0, incremental: 1, full: 2 } as const
