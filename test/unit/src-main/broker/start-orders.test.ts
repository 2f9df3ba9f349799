/** When a starting broker knows all that it holds: from a controller that says so, and from one of Kafka's, which does not. */
import { describe, expect, it } from 'vitest'
import { MetadataImage, type MetadataChange } from '../../../../src-main/broker/core/metadata-image'
import { StartOrders } from '../../../../src-main/broker/start-orders'
import { SimClock } from '../../../support/ensemble-world'

const brokers = [1, 2].map((id) => ({ id, host: 'sim', port: 9091 + id, rack: null }))
const partition = (topic: string, replicas: readonly number[]) => {
  const [leader = -1] = replicas
  return { topic, topicId: topic, partition: 0, leader, leaderEpoch: 0, replicas, isr: replicas, offlineReplicas: [] }
}

function starting({ hasLogs = false } = {}) {
  const clock = new SimClock()
  const image = new MetadataImage()
  const held = new Set<string>()
  const seen = { complete: 0 }
  const orders = new StartOrders({
    brokerId: 2,
    clock,
    image,
    holds: ({ topic }) => held.has(topic),
    hasLogs: () => hasLogs,
    complete: () => (seen.complete += 1)
  })
  const tell = (partitions: MetadataChange['partitions'], extent: 'all' | 'some' | 'unsaid'): void => {
    image.apply({ controllerId: 1, brokers, partitions })
    orders.told(extent)
  }
  return { clock, held, seen, orders, tell }
}

describe('StartOrders', () => {
  it('are complete when a controller says that it has told everything, whatever that is', () => {
    const { seen, tell } = starting({ hasLogs: true })
    tell([partition('mine', [2])], 'some')
    expect(seen.complete).toBe(0)
    tell([], 'all')
    expect(seen.complete).toBe(1)
    tell([], 'all')
    expect(seen.complete).toBe(1)
  })

  it('of a controller that does not say are complete when all that names this broker is held', async () => {
    const { clock, held, seen, tell } = starting({ hasLogs: true })
    tell([partition('mine', [1, 2]), partition('theirs', [1])], 'unsaid')
    await clock.run(900)
    expect(seen.complete).toBe(0)
    held.add('mine')
    tell([partition('mine', [1, 2])], 'unsaid')
    expect(seen.complete).toBe(1)
    await clock.run(10_000)
    expect(seen.complete).toBe(1)
  })

  it('are not waited for by a broker without logs, which nobody can have told to hold some', () => {
    const { seen, tell } = starting()
    tell([], 'unsaid')
    expect(seen.complete).toBe(1)
  })

  it('do not come when a second has passed: what is on the disk may be of topics that are no more', async () => {
    const { clock, seen, tell } = starting({ hasLogs: true })
    tell([], 'unsaid')
    await clock.run(999)
    expect(seen.complete).toBe(0)
    await clock.run(1)
    expect(seen.complete).toBe(1)
  })

  it('of an earlier self are no orders: the controller does not know this process yet', async () => {
    const { clock, seen, orders } = starting()
    orders.told('all')
    orders.told('unsaid')
    await clock.run(10_000)
    expect(seen.complete).toBe(0)
  })
})
