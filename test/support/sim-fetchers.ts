/** Fetchers of a broker that is not there, on a simulated network. */
import { expect } from 'vitest'
import { ReplicationQuota } from '../../src-main/broker/core/replication-quota'
import { ReplicaFetchers } from '../../src-main/broker/replica-fetchers'
import type { Address, Clock, Network } from '../../src-main/kernel/ports'

const unlimited = { rate: () => '9223372036854775807', replicas: () => undefined }

/** Of broker 1, without a limit; a log that fails, or a broken invariant, fails the test. */
export function simFetchers(
  ports: { readonly clock: Clock; readonly network: Network },
  addressOf: () => Address | undefined
): ReplicaFetchers {
  return new ReplicaFetchers(
    {
      ...ports,
      log: () => undefined,
      quota: new ReplicationQuota(1, unlimited),
      logStartsSafe: () => Promise.resolve(),
      storageFailed: (_replica, error) => expect.fail(String(error)),
      failed: (error) => expect.fail(String(error))
    },
    { brokerId: 1, brokerEpoch: () => 0n, addressOf }
  )
}
