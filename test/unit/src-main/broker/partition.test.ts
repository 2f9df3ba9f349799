import { describe, expect, it } from 'vitest'
import type { IsrProposal } from '../../../../src-main/broker/core/partition-leader'
import { Partition } from '../../../../src-main/broker/partition'
import { SimClock } from '../../../support/ensemble-world'
import { batchOf } from '../../../support/record-samples'
import { fixture, openPartition } from '../../../support/storage-fixture'

const topicId = 'q9Xj2bJ2TzK0Zc1lq2mJ_g'
const lagMaxMs = 1_000

describe('a partition that is led, followed and led again', () => {
  it('takes the late refusal of what it proposed before for nothing', () => {
    const clock = new SimClock()
    const proposals: IsrProposal[] = []
    const log = openPartition(fixture(), { topic: 'events', partition: 0, topicId })
    const role = { leader: 1, leaderEpoch: 1, isr: [1], replicas: [1, 2], partitionEpoch: 1 }
    const partition = new Partition(log, topicId, role, {
      brokerId: 1,
      clock,
      lagMaxMs,
      isAlive: () => true,
      isOfflineReplica: () => false,
      log: () => undefined,
      grown: () => undefined,
      truncated: () => undefined,
      followerPolls: () => undefined,
      isSurelyRegistered: () => true,
      followerAskedMs: () => -Infinity,
      isrProposed: (_partition, proposal) => void proposals.push(proposal)
    })
    partition.assume(role)
    partition.followerFetched(2, { offset: 0, isEligible: true })
    partition.assume({ ...role, leader: 2, leaderEpoch: 2, partitionEpoch: 2 })
    partition.assume({ ...role, leaderEpoch: 3, partitionEpoch: 3 })
    partition.followerFetched(2, { offset: 0, isEligible: true })
    expect(proposals.map(({ leaderEpoch, isr }) => ({ leaderEpoch, isr }))).toEqual([
      { leaderEpoch: 1, isr: [1, 2] },
      { leaderEpoch: 3, isr: [1, 2] }
    ])

    const [early, late] = proposals
    if (early === undefined || late === undefined) throw new Error('there are two')
    partition.isrRefused(early, 'INELIGIBLE_REPLICA')
    clock.jump(2 * lagMaxMs)
    log.appendAsLeader(batchOf(['one']), { leaderEpoch: 3 })
    partition.appended()
    // The controller may store the second one at any moment: what broker 2 lacks is not committed.
    expect(log.highWatermark).toBe(0)

    partition.isrRefused(late, 'INELIGIBLE_REPLICA')
    expect(log.highWatermark).toBe(1)
  })
})
