/** A leader that nobody tells of for a while, and that is told of again where it was. */
import { describe, expect, it } from 'vitest'
import { FollowerReplica } from '../../../../src-main/broker/follower-replica'
import { ReplicationQuota } from '../../../../src-main/broker/core/replication-quota'
import { ReplicaFetchers } from '../../../../src-main/broker/replica-fetchers'
import type { Address, Connection } from '../../../../src-main/kernel/ports'
import { SimClock, SimNetwork } from '../../../support/ensemble-world'
import { fixture, openPartition } from '../../../support/storage-fixture'

const leaderAddress = { host: 'leader', port: 9092 }
const topicId = 'q9Xj2bJ2TzK0Zc1lq2mJ_g'

describe('a leader that metadata does not name for a while', () => {
  it('is asked again when metadata names it where it was', async () => {
    const clock = new SimClock()
    const network = new SimNetwork(clock)
    const connections: Connection[] = []
    let asked = 0
    await network.listen({ ...leaderAddress, frameBytesMax: 1_000_000 }, (connection) => {
      connections.push(connection)
      return { frame: () => void (asked += 1), closed: () => undefined }
    })
    let address: Address | undefined = leaderAddress
    const log = () => undefined
    const fetchers = new ReplicaFetchers(
      {
        clock,
        network,
        log,
        quota: new ReplicationQuota(1, { rate: () => '9223372036854775807', replicas: () => undefined }),
        logStartsSafe: () => Promise.resolve(),
        failed: (error) => expect.fail(String(error))
      },
      { brokerId: 1, brokerEpoch: () => 0n, addressOf: () => address }
    )
    const partition = openPartition(fixture(), { topic: 'events', partition: 0, topicId })
    const ports = { log, truncated: () => undefined }
    fetchers.follow(new FollowerReplica(partition, topicId, { leader: 2, leaderEpoch: 0 }, ports))
    await clock.run(100)
    expect(asked).toBe(1)

    // Its session has expired: what was asked ends, and nobody says where to ask next.
    address = undefined
    fetchers.metadataTold()
    connections[0]?.destroy()
    await clock.run(5_000)
    expect(asked).toBe(1)

    address = leaderAddress
    fetchers.metadataTold()
    await clock.run(100)
    expect(asked).toBe(2)
  })
})
