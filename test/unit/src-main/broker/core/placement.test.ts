import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeMoreReplicas, placeReplicas } from '../../../../../src-main/broker/core/placement'

const broker = (id: number, rack: string | null = null) => ({ id, rack })
const three = [1, 2, 3].map((id) => broker(id))
const racked = ['a', 'b', 'a', 'c', 'b', 'c'].map((rack, id) => broker(id, rack))
const place = (part: Partial<Parameters<typeof placeReplicas>[0]>) =>
  placeReplicas({ brokers: three, partitions: 6, replicationFactor: 1, start: 0, shift: 0, ...part })

describe('placement', () => {
  it('spreads leaders over the brokers', () => {
    expect(place({ start: 2 })).toEqual([[3], [1], [2], [3], [1], [2]])
  })

  it('moves followers on with each round, as Kafka documents it for five brokers', () => {
    // AdminUtils.scala: ten partitions, three replicas, start and shift 0.
    const brokers = [0, 1, 2, 3, 4].map((id) => broker(id))
    expect(place({ brokers, partitions: 10, replicationFactor: 3 })).toEqual([
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 0],
      [4, 0, 1],
      [0, 2, 3],
      [1, 3, 4],
      [2, 4, 0],
      [3, 0, 1],
      [4, 1, 2]
    ])
  })

  it('alternates racks, as Kafka documents it for six brokers in three', () => {
    // AdminUtils.scala: 0 → rack1, 1 → rack3, 2 → rack3, 3 → rack2, 4 → rack2, 5 → rack1.
    const racks = ['rack1', 'rack3', 'rack3', 'rack2', 'rack2', 'rack1']
    const brokers = racks.map((rack, id) => broker(id, rack))
    expect(place({ brokers, partitions: 12, replicationFactor: 3 })).toEqual([
      [0, 3, 1],
      [3, 1, 5],
      [1, 5, 4],
      [5, 4, 2],
      [4, 2, 0],
      [2, 0, 3],
      [0, 4, 2],
      [3, 2, 0],
      [1, 0, 3],
      [5, 3, 1],
      [4, 1, 5],
      [2, 5, 4]
    ])
  })

  it('leaves racks out of it where some brokers have none', () => {
    const brokers = [broker(1, 'a'), broker(2), broker(3, 'a')]
    expect(place({ brokers, replicationFactor: 2 })).toEqual(place({ replicationFactor: 2 }))
  })

  it('goes on from the first partition for those that are added', () => {
    const present = [
      [2, 3, 1],
      [3, 1, 2]
    ]
    expect(placeMoreReplicas({ brokers: three, present, added: 2 })).toEqual([
      [1, 3, 2],
      [2, 3, 1]
    ])
  })

  it('gives each partition different brokers, its racks their share, and each broker as many leaders', () => {
    const numbers = fc.tuple(fc.nat(5), fc.nat(5), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 }))
    fc.assert(
      fc.property(numbers, fc.boolean(), ([start, shift, replicationFactor, partitions], hasRacks) => {
        const brokers = hasRacks ? racked : racked.map(({ id }) => broker(id))
        const placed = place({ brokers, start, shift, replicationFactor, partitions })
        const leaders = new Map<number, number>()
        for (const replicas of placed) {
          expect(new Set(replicas).size).toBe(replicationFactor)
          const racks = new Set(replicas.map((id) => racked[id]?.rack))
          if (hasRacks) expect(racks.size).toBe(Math.min(3, replicationFactor))
          leaders.set(replicas[0] ?? -1, (leaders.get(replicas[0] ?? -1) ?? 0) + 1)
        }
        const counts = [...leaders.values()]
        expect(Math.max(...counts) - (leaders.size < 6 ? 0 : Math.min(...counts))).toBeLessThanOrEqual(1)
      })
    )
  })
})
