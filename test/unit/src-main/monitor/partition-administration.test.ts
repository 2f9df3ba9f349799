import { describe, expect, it } from 'vitest'
import { PartitionAdministration } from '../../../../src-main/monitor/partition-administration'
import { SimClock } from '../../../support/ensemble-world'
import { FakeCluster } from './fake-cluster'
import { snapshot, topic } from './snapshots'

function world() {
  const clock = new SimClock()
  const cluster = new FakeCluster(clock)
  cluster.topic('t', [1, 2])
  return {
    clock,
    cluster,
    partitions: new PartitionAdministration({ clock, cluster, throttle: { limited: (_moves, _rate, ask) => ask() } })
  }
}
const topics = [topic('t', [{ replicas: [1] }, { replicas: [2] }]), topic('u', [{ replicas: [3] }])]
const known = { ...snapshot({ topics }), liveBrokers: [1, 2, 3] }

describe('a plan', () => {
  it('is of the topics that were named, and of none that are not there', async () => {
    const { partitions } = world()
    const goal = { type: 'factor', factor: 2 } as const
    expect((await partitions.plan({ goal, topics: ['u'] }, known)).moves.map(({ topic: name }) => name)).toEqual(['u'])
    await expect(partitions.plan({ goal, topics: ['u', 'v'] }, known)).rejects.toMatchObject({
      kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION'
    })
  })

  it('leaves alone what the controller is moving', async () => {
    const { cluster, partitions } = world()
    cluster.moving = [{ topic: 't', partition: 0, replicas: [1, 3], adding: [3], removing: [] }]
    const plan = await partitions.plan({ goal: { type: 'away', broker: 1 } }, known)
    expect([plan.moves, plan.moving]).toEqual([[], 1])
  })

  it('that is given names each partition once, and none that is not there; unknown brokers are for Kafka to refuse', async () => {
    const { partitions } = world()
    const plan = (...moves: readonly { topic: string; partition: number; replicas: number[] }[]) =>
      partitions.plan({ goal: { type: 'given', moves: [...moves] } }, known)
    const move = { topic: 't', partition: 0, replicas: [9] }
    expect((await plan(move)).moves).toMatchObject([{ partition: 0, from: [1], to: [9] }])
    await expect(plan(move, { ...move, replicas: [2] })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    for (const gone of [
      { ...move, partition: 2 },
      { ...move, topic: 'v' }
    ])
      await expect(plan(gone)).rejects.toMatchObject({ kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
  })

  it('is refused where the live brokers cannot hold it, and where nothing is known', async () => {
    const { partitions } = world()
    await expect(partitions.plan({ goal: { type: 'factor', factor: 4 } }, known)).rejects.toMatchObject({
      kafkaError: 'INVALID_REPLICATION_FACTOR'
    })
    const unknown = { ...known, hasMetadata: false }
    await expect(partitions.plan({ goal: { type: 'spread' } }, unknown)).rejects.toThrow()
  })
})

describe('the replicas of a partition', () => {
  it('are told with their own ends, and without one where its broker does not answer', async () => {
    const { clock, cluster, partitions } = world()
    cluster.metadata = () =>
      Promise.resolve({
        brokers: [],
        controllerId: 1,
        topics: [
          {
            name: 't',
            topicId: 'id',
            isInternal: false,
            partitions: [{ partition: 0, leader: 2, leaderEpoch: 1, replicas: [1, 2, 3], isr: [2, 3] }]
          }
        ]
      })
    cluster.ends.set(2, 90).set(3, 88)
    expect(await clock.until(partitions.replicas({ topic: 't', partition: 0 }))).toEqual({
      replicas: [
        { broker: 2, logEnd: 90, behind: { ms: 0, isAtLeast: false } },
        { broker: 1, logEnd: null, behind: null },
        { broker: 3, logEnd: 88, behind: { ms: 0, isAtLeast: true } }
      ]
    })
    // A later look knows since when: the leader had no more than that when it was looked at first.
    cluster.ends.set(2, 120).set(3, 100)
    const later = await clock.until(partitions.replicas({ topic: 't', partition: 0 }))
    expect(later.replicas[2]).toMatchObject({ logEnd: 100, behind: { isAtLeast: false } })
    cluster.ends.delete(2)
    const leaderless = await clock.until(partitions.replicas({ topic: 't', partition: 0 }))
    expect(leaderless.replicas[2]).toMatchObject({ logEnd: 100, behind: null })
    await expect(clock.until(partitions.replicas({ topic: 't', partition: 7 }))).rejects.toMatchObject({
      kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION'
    })
  })
})
