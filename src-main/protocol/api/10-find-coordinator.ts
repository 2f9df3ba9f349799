/**
 * FindCoordinator. 1: key type. 4: several keys at once (KIP-699).
 */
import { array, brokerId, int16, int32, int8, message, string, struct } from '../wire/schema'

export const findCoordinatorRequest = message('FindCoordinatorRequest', [0, 6], 3, {
  key: string({ to: 3 }),
  keyType: int8({ from: 1, default: 0 }),
  coordinatorKeys: array(string(), { from: 4, distinctBy: (key: string) => key })
})

export const findCoordinatorResponse = message('FindCoordinatorResponse', [0, 6], 3, {
  throttleTimeMs: int32({ from: 1, default: 0, ignorable: true }),
  errorCode: int16({ to: 3 }),
  errorMessage: string({ from: 1, to: 3, nullableFrom: 1, ignorable: true }),
  nodeId: brokerId({ to: 3 }),
  host: string({ to: 3 }),
  port: int32({ to: 3 }),
  coordinators: array(
    struct({
      key: string({ from: 4 }),
      nodeId: brokerId({ from: 4 }),
      host: string({ from: 4 }),
      port: int32({ from: 4 }),
      errorCode: int16({ from: 4 }),
      errorMessage: string({ from: 4, nullableFrom: 4, ignorable: true })
    }),
    { from: 4 }
  )
})
