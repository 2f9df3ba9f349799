import { describe, expect, it } from 'vitest'
import type { FetchedRecord } from '../../../../../src-main/kernel/cluster-ports'
import { newestFirst } from '../../../../../src-main/monitor/core/newest-first'

const records = (...timestamps: (number | string)[]): FetchedRecord[] =>
  timestamps.map((timestampMs, offset) => ({ offset, timestampMs, key: null, value: null, headers: [] }))

const places = (...args: Parameters<typeof newestFirst>): unknown[] =>
  newestFirst(...args).map(({ partition, record }) => `${partition}@${record.offset}`)

describe('the newest records', () => {
  it('are merged by time over partitions', () => {
    const partitions = [
      { partition: 0, records: records(10, 40) },
      { partition: 1, records: records(20, 30) }
    ]

    expect(places(partitions, 10)).toEqual(['0@1', '1@1', '1@0', '0@0'])
  })

  it('go by offset inside a partition, whatever their times say', () => {
    const partitions = [{ partition: 0, records: records(50, 10, 40) }]

    expect(places(partitions, 10)).toEqual(['0@2', '0@1', '0@0'])
  })

  it('are no more than asked for', () => {
    const partitions = [
      { partition: 0, records: records(1, 2, 3) },
      { partition: 1, records: records(4, 5, 6) }
    ]

    expect(places(partitions, 2)).toEqual(['1@2', '1@1'])
  })

  it('know times beyond 2^53', () => {
    const partitions = [
      { partition: 0, records: records('1795575360950000000') },
      { partition: 1, records: records(5) }
    ]

    expect(places(partitions, 2)).toEqual(['0@0', '1@0'])
  })

  it('are none of an empty topic', () => {
    expect(places([{ partition: 0, records: [] }], 5)).toEqual([])
    expect(places([], 5)).toEqual([])
  })
})
