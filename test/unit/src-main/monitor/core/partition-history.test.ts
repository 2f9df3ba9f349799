import { describe, expect, it } from 'vitest'
import { PartitionHistory } from '../../../../../src-main/monitor/core/partition-history'
import type { PartitionFacts } from '../../../../../src-main/monitor/core/snapshot'
import { snapshot, topic } from '../snapshots'

const led = (leader: number | null, leaderEpoch: number, isr: readonly number[]): Partial<PartitionFacts> => ({
  leader,
  leaderEpoch,
  replicas: [1, 2, 3],
  isr
})
const sampled = (
  looks: readonly (readonly [atMs: number, facts: Partial<PartitionFacts>, topicId?: string])[]
): PartitionHistory => {
  const history = new PartitionHistory()
  for (const [atMs, facts, topicId] of looks)
    history.sampled(snapshot({ atMs, topics: [topic('t', [facts], topicId)] }))
  return history
}
const changes = (
  history: PartitionHistory,
  partition = 0
): readonly (readonly [number, number | null, number, string])[] =>
  (history.of('t', partition)?.changes ?? []).map(({ atMs, leader, leaderEpoch, isr }) => [
    atMs,
    leader,
    leaderEpoch,
    isr.join()
  ])

describe('what became of a partition', () => {
  it('is told from the first look on, and again only where something is another', () => {
    const history = sampled([
      [1000, led(1, 6, [1, 2, 3])],
      [2000, led(1, 6, [1, 2, 3])],
      [3000, led(2, 7, [2, 3])],
      [4000, led(2, 7, [2, 3])],
      [5000, led(2, 7, [2, 3, 1])]
    ])

    expect(changes(history)).toEqual([
      [1000, 1, 6, '1,2,3'],
      [3000, 2, 7, '2,3'],
      [5000, 2, 7, '2,3,1']
    ])
    expect(history.of('t', 0)?.looks).toEqual([{ fromMs: 1000, toMs: 5000 }])
    expect(history.of('t', 1)).toBeUndefined()
    expect(history.of('u', 0)).toBeUndefined()
  })

  it('is not known while no broker tells, nor while nobody looks', () => {
    const history = sampled([
      [1000, led(1, 6, [1, 2, 3])],
      [2000, led(1, 6, [1, 2, 3])]
    ])
    history.sampled(snapshot({ atMs: 3000, hasMetadata: false, topics: [topic('t', [led(null, 6, [1, 2, 3])])] }))
    for (const atMs of [4000, 5000, 60_000])
      history.sampled(snapshot({ atMs, topics: [topic('t', [led(1, 6, [1, 2, 3])])] }))

    expect(history.of('t', 0)?.looks).toEqual([
      { fromMs: 1000, toMs: 2000 },
      { fromMs: 4000, toMs: 5000 },
      { fromMs: 60_000, toMs: 60_000 }
    ])
    expect(changes(history)).toEqual([[1000, 1, 6, '1,2,3']])
  })

  it('is not what a broker tells that has not heard of the last election', () => {
    const history = sampled([
      [1000, led(2, 7, [2, 3])],
      [2000, led(1, 6, [1, 2, 3])],
      [3000, led(2, 7, [2, 3])]
    ])

    expect(changes(history)).toEqual([[1000, 2, 7, '2,3']])
  })

  it('is not that of a topic of the same name which was there before, and goes with its topic', () => {
    const history = sampled([
      [1000, led(2, 7, [2, 3]), 'first'],
      [2000, led(1, 0, [1, 2, 3]), 'second']
    ])
    expect(changes(history)).toEqual([[2000, 1, 0, '1,2,3']])
    expect(history.of('t', 0)?.topicId).toBe('second')

    history.sampled(snapshot({ atMs: 3000 }))
    expect(history.of('t', 0)).toBeUndefined()
  })

  it('tells of partitions that were added from then on', () => {
    const history = sampled([[1000, led(1, 6, [1])]])
    history.sampled(snapshot({ atMs: 2000, topics: [topic('t', [led(1, 6, [1]), led(2, 0, [2])])] }))

    expect(changes(history, 0)).toEqual([[1000, 1, 6, '1']])
    expect(changes(history, 1)).toEqual([[2000, 2, 0, '2']])
  })

  it('tells which brokers the cluster knew', () => {
    const history = new PartitionHistory()
    const topics = [topic('t', [led(1, 6, [1, 2, 3])])]
    const live = [[1, 2, 3], [1, 2, 3], [1, 3]] // prettier-ignore
    live.forEach((liveBrokers, at) => history.sampled({ ...snapshot({ atMs: at * 1000, topics }), liveBrokers }))

    expect(history.of('t', 0)?.live).toEqual([
      { atMs: 0, brokers: [1, 2, 3] },
      { atMs: 2000, brokers: [1, 3] }
    ])
  })

  it('is kept for an hour, with what held when that began', () => {
    const minute = 60_000
    const history = new PartitionHistory()
    for (let at = 0; at <= 150; at++)
      history.sampled(snapshot({ atMs: at * minute, topics: [topic('t', [led(1, Math.floor(at / 40), [1])])] }))

    // Looks that are a minute apart are one each.
    expect(history.of('t', 0)?.looks[0]).toEqual({ fromMs: 90 * minute, toMs: 90 * minute })
    // Forgotten when the next was told of, at 120.
    expect(changes(history).map(([atMs]) => atMs / minute)).toEqual([40, 80, 120])
  })

  it('has a bound for all partitions together, and no partition is without a few', () => {
    const told = (partitions: number, looks: number): number => {
      const history = new PartitionHistory()
      for (let at = 0; at < looks; at++) {
        const own = Array.from({ length: partitions }, () => led(1, at, [1]))
        history.sampled(snapshot({ atMs: at, topics: [topic('t', own)] }))
      }
      return history.of('t', 0)?.changes.length ?? 0
    }

    expect(told(1, 300)).toBe(200)
    expect(told(1000, 110)).toBe(100)
    expect(told(30_000, 6)).toBe(4)
  })
})
