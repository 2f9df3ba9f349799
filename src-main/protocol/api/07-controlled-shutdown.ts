/**
 * ControlledShutdown: a broker that is about to stop asks the controller to move its leaders away. Version 0, whose header
 * has no client id, is described by nobody any more who could send it.
 */
import { array, brokerEpoch, brokerId, int16, int32, message, string, struct } from '../wire/schema'

export const controlledShutdownRequest = message('ControlledShutdownRequest', [0, 3], 3, {
  brokerId: brokerId(),
  brokerEpoch: brokerEpoch({ from: 2, default: -1n, ignorable: true })
})

export const controlledShutdownResponse = message('ControlledShutdownResponse', [0, 3], 3, {
  errorCode: int16(),
  remainingPartitions: array(
    struct({
      topicName: string(),
      partitionIndex: int32()
    })
  )
})
