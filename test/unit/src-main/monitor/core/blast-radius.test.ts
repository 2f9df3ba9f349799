import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeCostSchema } from '../../../../../src-main/api/views'
import { blastRadius, effectOf, offsetsPartition, type Effect } from '../../../../../src-main/monitor/core/blast-radius'
import { groupPartition } from '../../../../../src-main/broker/core/group/group-log'
import type { PartitionFacts, TopicFacts } from '../../../../../src-main/monitor/core/snapshot'
import { group, snapshot, topic } from '../snapshots'

const three = { leader: 1, replicas: [1, 2, 3], isr: [1, 2, 3] }
const ruled = (
  name: string,
  partitions: readonly Partial<PartitionFacts>[],
  minIsr = 1,
  isUncleanAllowed = false
): TopicFacts => ({ ...topic(name, partitions), minIsr, isUncleanAllowed })
const seen = (topics: readonly TopicFacts[], liveBrokers = [1, 2, 3]) => ({
  ...snapshot({ topics: [...topics], groups: [] }),
  liveBrokers
})
const gone = (broker: number): Effect => ({ type: 'gone', broker })

describe('the blast radius of a broker that goes', () => {
  it('names who leads then: the first of the assignment that is in sync and lives', () => {
    const topics = [ruled('a', [three, { ...three, isr: [1, 3] }, { ...three, replicas: [1, 3, 2] }])]

    const { topics: touched } = blastRadius(seen(topics), gone(1))

    expect(touched[0]?.moves).toEqual([
      { partition: 0, to: 2 },
      { partition: 1, to: 3 },
      { partition: 2, to: 3 }
    ])
    expect(touched[0]?.offline).toEqual([])
  })

  it('is offline where nobody else is in sync, and that is the last replica in sync', () => {
    const topics = [ruled('a', [{ ...three, isr: [1] }, { replicas: [1] }, { ...three, isr: [1, 2] }])]

    expect(blastRadius(seen(topics, [1, 3]), gone(1)).topics[0]).toMatchObject({
      offline: [0, 1, 2],
      lastInSync: [0, 1, 2],
      moves: []
    })
  })

  it('takes nobody for alive of whom the host knows better', () => {
    expect(blastRadius(seen([ruled('a', [three])]), gone(1), [2]).topics[0]?.moves).toEqual([{ partition: 0, to: 3 }])
  })

  it('is an unclean election where the topic allows one', () => {
    const topics = [ruled('a', [{ ...three, isr: [1] }], 1, true)]

    expect(blastRadius(seen(topics), gone(1)).topics[0]).toMatchObject({ offline: [], unclean: [0], lastInSync: [0] })
  })

  it('falls under min ISR only where it did not already', () => {
    const topics = [ruled('a', [three, { ...three, isr: [1, 2] }, { ...three, leader: 2, isr: [2, 1] }], 2)]

    expect(blastRadius(seen(topics), gone(1)).topics[0]?.underMinIsr).toEqual([1, 2])
    expect(blastRadius(seen([ruled('a', [{ ...three, isr: [1, 2] }], 3)]), gone(1)).topics[0]?.underMinIsr).toEqual([])
  })

  it('says when min.insync.replicas is not known', () => {
    expect(blastRadius(seen([topic('a', [three])]), gone(1))).toMatchObject({ isMinIsrKnown: false })
    expect(blastRadius(seen([topic('a', [three])]), gone(4))).toMatchObject({ isMinIsrKnown: true, topics: [] })
  })

  it('is not complete without metadata or without a word of groups', () => {
    expect(blastRadius({ ...seen([]), hasMetadata: false }, gone(1)).isComplete).toBe(false)
    expect(blastRadius({ ...seen([]), groups: null }, gone(1)).isComplete).toBe(false)
  })

  it('names the groups that it coordinates, and who does then', () => {
    const offsets = ruled('__consumer_offsets', [three, { replicas: [1] }])
    const ids = ['g', 'h']
    const groups = ids.map((id) => group(id, { coordinatorId: 1 }))
    const facts = { ...snapshot({ topics: [offsets], groups: [...groups, group('x', { coordinatorId: 2 })] }) }

    const radius = blastRadius({ ...facts, liveBrokers: [1, 2, 3] }, gone(1))

    expect(radius.groups).toEqual(
      ids.map((groupId) => ({ groupId, to: offsetsPartition(groupId, 2) === 0 ? 2 : null }))
    )
  })

  it('is told worst first', () => {
    const topics = [ruled('a', [three]), ruled('b', [{ ...three, isr: [1, 2] }], 2), ruled('c', [{ replicas: [1] }])]

    expect(blastRadius(seen(topics), gone(1)).topics.map((one) => one.topic)).toEqual(['c', 'b', 'a'])
  })
})

describe('the blast radius of a fault', () => {
  const topics = [ruled('a', [three, { ...three, leader: 2 }, { ...three, leader: 3 }], 3)]

  it('of a link that is cut: the follower leaves the ISR of what the other leads', () => {
    const effect = effectOf({ node: 'broker-1', act: 'cut-link', to: 'broker-2' }, 1)

    expect(effect).toEqual({ type: 'cut', broker: 1, other: 2 })
    expect(blastRadius(seen(topics), effect).topics[0]).toMatchObject({
      underMinIsr: [0, 1],
      moves: [],
      offline: []
    })
    expect(blastRadius(seen(topics), effect).shrinks).toBe(2)
  })

  it('of a link to the only member of the ensemble: as if the broker were gone', () => {
    for (const asked of [
      { node: 'broker-1', act: 'cut-link', to: 'ensemble-1' },
      { node: 'ensemble-1', act: 'cut-link', to: 'broker-1' },
      { node: 'broker-1', act: 'drop-ensemble' },
      { node: 'broker-1', act: 'pause' }
    ] as const)
      expect(effectOf(asked, 1)).toEqual(gone(1))
    expect(effectOf({ node: 'broker-1', act: 'cut-link', to: 'ensemble-1' }, 3)).toEqual({ type: 'none' })
  })

  it('of a full disk: what it leads takes no writes, and it leaves the ISR of the rest', () => {
    const effect = effectOf({ node: 'broker-1', act: 'full-disk' }, 1)

    expect(blastRadius(seen(topics), effect).topics[0]).toMatchObject({ refused: [0], underMinIsr: [1, 2] })
  })

  it('of refused clients: nothing moves', () => {
    const effect = effectOf({ node: 'broker-1', act: 'refuse-clients' }, 1)

    expect(blastRadius(seen(topics), effect).topics[0]).toMatchObject({ refused: [0], underMinIsr: [], moves: [] })
  })

  it('of what is slow: acks=all waits, and nothing is lost', () => {
    const slow = effectOf({ node: 'broker-1', act: 'slow-link', to: 'broker-2' }, 1)
    expect(blastRadius(seen(topics), slow)).toMatchObject({ topics: [], slowed: 2, shrinks: 0 })
    expect(blastRadius(seen(topics), effectOf({ node: 'broker-1', act: 'slow-disk' }, 1)).slowed).toBe(3)
    expect(blastRadius(seen(topics), effectOf({ node: 'broker-1', act: 'skew-clock' }, 1))).toMatchObject({
      topics: [],
      slowed: 0
    })
  })
})

describe('any blast radius', () => {
  const ids = [1, 2, 3, 4]
  const replicasOf = fc.shuffledSubarray(ids, { minLength: 1 })
  const partition = replicasOf.chain((replicas) =>
    fc
      .record({ isr: fc.shuffledSubarray(replicas, { minLength: 1 }), isLed: fc.boolean() })
      .map(({ isr, isLed }) => ({ replicas, isr, leader: isLed ? (isr[0] ?? null) : null }))
  )
  const cluster = fc.record({
    partitions: fc.array(partition, { minLength: 1, maxLength: 8 }),
    live: fc.subarray(ids),
    minIsr: fc.integer({ min: 1, max: 3 })
  })

  it('agrees with itself, and says of each partition only what can be', () => {
    fc.assert(
      fc.property(cluster, fc.constantFrom(...ids), ({ partitions, live, minIsr }, broker) => {
        const facts = seen([ruled('t', partitions, minIsr)], live)
        const radius = blastRadius(facts, gone(broker))
        expect(nodeCostSchema.safeParse({ node: 'broker-1', isController: false, ...radius }).success).toBe(true)
        for (const { moves, offline, underMinIsr, lastInSync, unclean } of radius.topics) {
          const moved = moves.map((move) => move.partition)
          for (const { partition: index, to } of moves) {
            const { replicas = [], isr = [], leader } = partitions[index] ?? {}
            expect(leader).toBe(broker)
            expect(isr.includes(to) && replicas.includes(to) && live.includes(to) && to !== broker).toBe(true)
          }
          for (const index of offline) {
            expect(moved).not.toContain(index)
            expect(underMinIsr).not.toContain(index)
            expect(lastInSync).toContain(index)
          }
          for (const index of lastInSync) expect(partitions[index]?.isr).toContain(broker)
          expect(unclean).toEqual([])
          for (const index of underMinIsr) expect(partitions[index]?.isr).toContain(broker)
        }
      })
    )
  })

  it('is nothing of a broker that holds nothing', () => {
    fc.assert(
      fc.property(cluster, ({ partitions, live, minIsr }) => {
        expect(blastRadius(seen([ruled('t', partitions, minIsr)], live), gone(9)).topics).toEqual([])
      })
    )
  })
})

it('finds the partition of a group as Java does', () => {
  // "billing".hashCode() is -109829509, "g".hashCode() 103.
  expect(offsetsPartition('g', 50)).toBe(3)
  // As the broker itself has it, names with a negative hash and the smallest one included.
  for (const groupId of ['billing', 'polygenelubricants', 'readers', '주문', ''])
    expect(offsetsPartition(groupId, 50), groupId).toBe(groupPartition(groupId, 50))
})
