/** What one order names is asked for together, however long its logs take to be opened. */
import { describe, expect, it } from 'vitest'
import { ReplicaManager, type ReplicaManagerOptions } from '../../../../src-main/broker/replica-manager'
import { defaultLogConfig } from '../../../../src-main/storage/log-types'
import { SimClock, SimNetwork } from '../../../support/ensemble-world'
import { simFetchers } from '../../../support/sim-fetchers'
import { fixture, openPartition } from '../../../support/storage-fixture'

const leaderAddress = { host: 'leader', port: 9092 }
const topicId = 'q9Xj2bJ2TzK0Zc1lq2mJ_g'

/** A broker that follows another, whose polls wait as if there were nothing to read; a new log takes `openingMs`. */
async function follower(openingMs: number) {
  const clock = new SimClock()
  const network = new SimNetwork(clock)
  const asked: number[] = []
  const beganMs = clock.monotonicMs()
  await network.listen({ ...leaderAddress, frameBytesMax: 1_000_000 }, () => ({
    frame: () => void asked.push(clock.monotonicMs() - beganMs),
    closed: () => undefined
  }))
  const log = () => undefined
  const fetchers = simFetchers({ clock, network }, () => leaderAddress)
  const logs = {
    create: async (topic: string, partition: number) => {
      await new Promise<void>((resolve) => clock.after(openingMs, resolve))
      return openPartition(fixture(), { topic, partition, topicId })
    }
  } as unknown as ReplicaManagerOptions['logs']
  const replicas = new ReplicaManager({
    brokerId: 1,
    lagMaxMs: 30_000,
    brokerEpochMin: 0n,
    logs,
    clock,
    log,
    configOf: () => defaultLogConfig,
    fetchers,
    isAlive: () => true,
    isrProposed: () => undefined,
    truncated: () => undefined
  })
  const obey = (count: number): Promise<void> =>
    replicas.inOrder(async () => {
      const role = { leader: 2, leaderEpoch: 0, isr: [1, 2], replicas: [2, 1], partitionEpoch: 0 }
      for (let partition = 0; partition < count; partition++)
        expect(await replicas.assume({ topic: 'events', partition, topicId, ...role })).toBe('NONE')
    })
  return { clock, asked, obey }
}

describe('an order to follow many partitions', () => {
  it('costs one request for all of them, not one for each', async () => {
    const { clock, asked, obey } = await follower(6)

    await clock.until(obey(30))
    await clock.run(100)

    expect(asked).toHaveLength(1)
  })

  it('that takes long does not keep those that are open waiting, which are asked for now and then', async () => {
    const { clock, asked, obey } = await follower(100)

    await clock.until(obey(100))
    await clock.run(100)

    expect(asked[0]).toBeLessThan(500)
    expect(asked.length).toBeLessThanOrEqual(7)
  })
})
