import { describe, expect, it } from 'vitest'
import type { TopicMetadata } from '../../../../../src-main/kernel/cluster-ports'
import { OffsetTable } from '../../../../../src-main/monitor/core/offset-table'

const metadata = (leaders: Readonly<Record<number, number | null>>): TopicMetadata => ({
  name: 't',
  topicId: 'id',
  isInternal: false,
  partitions: Object.entries(leaders).map(([partition, leader]) => ({
    partition: Number(partition),
    leader,
    leaderEpoch: 0,
    replicas: [1],
    isr: [1]
  }))
})
const at = (partition: number, offset: number) => ({ topic: 't', partition, offset })

describe('offsets of partitions', () => {
  it('go by index, also where metadata leaves partitions out', () => {
    const table = new OffsetTable()
    table.keepOnly([metadata({ 1: 1, 4: 2 })])

    expect([...table.choose(new Set(['t']), 10)]).toEqual([
      [1, [{ topic: 't', partition: 1 }]],
      [2, [{ topic: 't', partition: 4 }]]
    ])
    table.answered('end', [at(1, 10), at(4, 40)], 1000)
    table.sized(2, [{ topic: 't', partition: 4, sizeBytes: 400 }])

    expect([0, 1, 4].map((partition) => table.of('t', partition).endOffset)).toEqual([null, 10, 40])
    expect(table.of('t', 4).sizeBytes).toBe(400)
  })

  it('are kept for the partitions that stay, and forgotten with those that go or move', () => {
    const table = new OffsetTable()
    table.keepOnly([metadata({ 0: 1, 1: 1, 2: 1 })])
    table.answered('end', [at(0, 1), at(1, 11), at(2, 21)], 1000)

    table.keepOnly([metadata({ 1: 1, 2: 2 })])

    expect([0, 1, 2].map((partition) => table.of('t', partition).endOffset)).toEqual([null, 11, null])
    expect(table.size).toBe(2)
  })
})
