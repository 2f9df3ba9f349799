import { describe, expect, it } from 'vitest'
import { heldPartitionsSchema, partitionMapSchema } from '../../../../../src-main/api/views'
import { heldPartitions, partitionMap, placement } from '../../../../../src-main/monitor/core/partition-map'
import type { PartitionFacts } from '../../../../../src-main/monitor/core/snapshot'
import { snapshot, topic } from '../snapshots'

const led = (leader: number): Partial<PartitionFacts> => ({ leader, replicas: [leader], isr: [leader] })
const leaderless: Partial<PartitionFacts> = { leader: null, replicas: [2], isr: [2] }
const short: Partial<PartitionFacts> = { leader: 1, replicas: [1, 2], isr: [1] }

describe('the map of all partitions', () => {
  it('has the worst topics first, then by name, and those of Kafka itself last', () => {
    const topics = [
      topic('__consumer_offsets', [led(1)]),
      topic('b', [led(1)]),
      topic('a', [led(1)]),
      topic('short', [short]),
      topic('gone', [led(1), leaderless])
    ]

    const { topics: rows, topicCount } = partitionMap(snapshot({ topics }))

    expect(rows.map(({ name }) => name)).toEqual(['gone', 'short', 'a', 'b', '__consumer_offsets'])
    expect(topicCount).toBe(5)
    expect(rows[0]).toEqual({
      name: 'gone',
      partitionCount: 2,
      leaderlessPartitions: 1,
      cells: ['healthy', 'critical']
    })
    expect(rows[1]?.cells).toEqual(['degraded'])
  })

  it('puts neighbours of a topic of many partitions into one cell, which the worst of them colours', () => {
    const partitions = Array.from({ length: 1000 }, (_, partition) => (partition === 500 ? leaderless : led(1)))

    const [row] = partitionMap(snapshot({ topics: [topic('wide', partitions)] })).topics

    expect(row?.cells).toHaveLength(48)
    expect(row?.cells.flatMap((level, cell) => (level === 'healthy' ? [] : [[cell, level]]))).toEqual([
      [24, 'critical']
    ])
    expect(row).toMatchObject({ partitionCount: 1000, leaderlessPartitions: 1 })
  })

  it('stays small however many topics there are', () => {
    const topics = Array.from({ length: 10_000 }, (_, index) =>
      topic(`t-${index}`, index === 9999 ? [leaderless] : [led(1)])
    )

    const map = partitionMap(snapshot({ topics }))

    expect(partitionMapSchema.parse(map)).toEqual(map)
    expect(map).toMatchObject({ topicCount: 10_000, topics: { length: 100, 0: { name: 't-9999' } } })
  })

  it('gives a topic that has no partitions yet no cells', () => {
    expect(partitionMap(snapshot({ topics: [topic('new', [])] })).topics[0]?.cells).toEqual([])
  })
})

describe('the partitions that a broker holds', () => {
  it('are those with a replica on it, the worst first', () => {
    const topics = [
      topic('b', [led(1), leaderless]),
      topic('a', [short, led(2)]),
      topic('c', [{ leader: 1, replicas: [1, 2], isr: [1, 2] }])
    ]

    const held = heldPartitions(snapshot({ topics }), 2)

    expect(heldPartitionsSchema.parse(held)).toEqual(held)
    expect(held.partitions.map((row) => [row.topic, row.partition, row.leader, row.level])).toEqual([
      ['b', 1, null, 'critical'],
      ['a', 0, 1, 'degraded'],
      ['a', 1, 2, 'healthy'],
      ['c', 0, 1, 'healthy']
    ])
  })
})

describe('the placement', () => {
  it('counts what each broker leads and holds, and leaders that are not the first of their replicas', () => {
    const seen = snapshot({
      topics: [
        topic('t', [
          { leader: 1, replicas: [1, 2] },
          { leader: 1, replicas: [2, 1] },
          { leader: null, replicas: [3] }
        ])
      ]
    })
    expect(placement(seen)).toMatchObject({
      partitionCount: 3,
      notPreferred: 1,
      brokers: [
        { id: 1, leaders: 2, replicas: 2 },
        { id: 2, leaders: 0, replicas: 2 },
        { id: 3, leaders: 0, replicas: 1 }
      ]
    })
  })
})
