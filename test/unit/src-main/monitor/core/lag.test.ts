import { describe, expect, it } from 'vitest'
import { groupLag, lagOf } from '../../../../../src-main/monitor/core/lag'
import { group, snapshot, topic } from '../snapshots'

describe('lag', () => {
  it('is log end offset minus committed offset', () => {
    expect(lagOf(3, 10)).toBe(7)
    expect(lagOf(10, 10)).toBe(0)
  })

  it('is not known, never 0, where nothing was committed or the end is not known', () => {
    expect(lagOf(null, 10)).toBeNull()
    expect(lagOf(3, null)).toBeNull()
    expect(lagOf(null, null)).toBeNull()
  })

  it('is below 0, as Kafka’s tool says it, where a log that was made anew ends before a commit', () => {
    expect(lagOf(12, 9)).toBe(-3)
  })

  it('is exact up to the largest offsets', () => {
    expect(lagOf(0, Number.MAX_SAFE_INTEGER)).toBe(9007199254740991)
  })
})

describe('the lag of a group', () => {
  const topics = [topic('t', [{ endOffset: 10 }, { endOffset: 20 }, { endOffset: null, leader: null }])]

  it('has a row for each partition with a commit or a member, by topic and partition', () => {
    const members = [{ memberId: 'm', assigned: [{ topic: 't', partition: 1 }] }]
    const seen = snapshot({ topics, groups: [group('g', { committed: { t: { 2: 1, 0: 4 } }, members })] })

    const { partitions, total } = groupLag(seen, group('g', { committed: { t: { 2: 1, 0: 4 } }, members }))

    expect(partitions.map((row) => [row.partition, row.committedOffset, row.endOffset, row.lag, row.memberId])).toEqual(
      [
        [0, 4, 10, 6, null],
        [1, null, 20, null, 'm'],
        [2, 1, null, null, null]
      ]
    )
    expect(total).toBeNull()
  })

  it('sums partitions with a commit, and those only', () => {
    const members = [{ memberId: 'm', assigned: [{ topic: 't', partition: 2 }] }]
    const seen = snapshot({ topics })

    expect(groupLag(seen, group('g', { committed: { t: { 0: 4, 1: 5 } }, members })).total).toBe(21)
  })

  it('is found by the index of a partition, also where metadata leaves others out', () => {
    const holed = topic('t', [
      { partition: 1, endOffset: 20 },
      { partition: 4, endOffset: 50 }
    ])

    const { partitions, total } = groupLag(
      snapshot({ topics: [holed] }),
      group('g', { committed: { t: { 0: 1, 1: 5, 4: 10 } } })
    )

    expect(partitions.map(({ partition, endOffset, lag }) => [partition, endOffset, lag])).toEqual([
      [0, null, null],
      [1, 20, 15],
      [4, 50, 40]
    ])
    expect(total).toBeNull()
  })

  it('takes no partition below 0 as credit for another', () => {
    const seen = snapshot({ topics })

    expect(groupLag(seen, group('g', { committed: { t: { 0: 13, 1: 5 } } })).total).toBe(15)
  })

  it('does not count a commit to a topic that is gone', () => {
    const seen = snapshot({ topics })

    expect(groupLag(seen, group('g', { committed: { t: { 0: 4 }, gone: { 0: 9 } } })).total).toBe(6)
  })

  it('is not known in total when that of one partition with a commit is not', () => {
    const seen = snapshot({ topics })

    expect(groupLag(seen, group('g', { committed: { t: { 2: 1 } } })).total).toBeNull()
    expect(groupLag(seen, group('g', { committed: null })).total).toBeNull()
  })

  it('is not known of a topic that was deleted', () => {
    const { partitions } = groupLag(snapshot({ topics }), group('g', { committed: { gone: { 0: 5 } } }))

    expect(partitions.map((row) => [row.topic, row.endOffset, row.lag])).toEqual([['gone', null, null]])
  })
})
