import { describe, expect, it } from 'vitest'
import { cellKind, topicGrid } from '@/components/brokers/placement-cells'

const partition = { leader: 1, replicas: [1, 2, 3], isr: [1, 2] }

describe('the cell of a replica', () => {
  it('says whether it leads, is in sync, is out of it, or has no leader', () => {
    expect([1, 2, 3, 4].map((broker) => cellKind(partition, broker))).toEqual(['leader', 'sync', 'out', undefined])
    expect(cellKind({ ...partition, leader: null }, 2)).toBe('offline')
  })

  it('is part of one path a kind, however many partitions there are', () => {
    const { paths, width } = topicGrid(
      { name: 't', partitions: Array.from({ length: 1000 }, () => partition) },
      [1, 2, 3]
    )
    expect(paths.map(({ kind }) => kind)).toEqual(['leader', 'sync', 'out'])
    expect(paths[0]?.d.match(/M/g)).toHaveLength(1000)
    expect(width).toBe(14_000)
  })
})
