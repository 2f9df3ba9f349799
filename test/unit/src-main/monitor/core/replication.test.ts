import { describe, expect, it } from 'vitest'
import { replicationFacts } from '../../../../../src-main/monitor/core/replication'
import { topic } from '../snapshots'

const three = { leader: 1, replicas: [1, 2, 3], isr: [1, 2, 3] }

describe('what is wrong with replicas', () => {
  it('is counted, with a few names, those of people first, and whose replicas they are', () => {
    const short = { ...three, isr: [1] }
    const topics = [
      { ...topic('__consumer_offsets', [short]), minIsr: 2 },
      { ...topic('orders', [three, short, { ...three, isr: [1, 3] }]), minIsr: 2 }
    ]

    expect(replicationFacts(topics)).toEqual({
      underReplicated: { count: 3, sample: ['orders-1', 'orders-2', '__consumer_offsets-0'], brokers: [2, 3] },
      underMinIsr: { count: 2, sample: ['orders-1', '__consumer_offsets-0'], brokers: [2, 3] }
    })
  })

  it('does not ask for more replicas than there are', () => {
    expect(replicationFacts([{ ...topic('orders', [{}]), minIsr: 2 }]).underMinIsr?.count).toBe(0)
  })

  it('does not count partitions without a leader', () => {
    const { underReplicated } = replicationFacts([
      { ...topic('orders', [{ ...three, leader: null, isr: [1] }]), minIsr: 2 }
    ])
    expect(underReplicated.count).toBe(0)
  })

  it('is not known while min.insync.replicas of a topic is not', () => {
    expect(replicationFacts([topic('orders', [three])]).underMinIsr).toBeNull()
  })
})
