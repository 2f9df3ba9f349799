import { describe, expect, it } from 'vitest'
import { planReset, type PartitionPosition, type ResetTarget } from '../../../../../src-main/monitor/core/offset-reset'

const position = (fields: Partial<PartitionPosition> = {}): PartitionPosition => ({
  topic: 't',
  partition: 0,
  committed: 50,
  startOffset: 10,
  endOffset: 100,
  atTime: null,
  ...fields
})

describe('where a reset puts a partition', () => {
  it.each<[string, ResetTarget, Partial<PartitionPosition>, number]>([
    ['the log’s start', { type: 'earliest' }, {}, 10],
    ['the log’s end', { type: 'latest' }, {}, 100],
    ['an offset', { type: 'offset', offset: 42 }, {}, 42],
    ['the start, for an offset before it', { type: 'offset', offset: 3 }, {}, 10],
    ['the end, for an offset after it', { type: 'offset', offset: 500 }, {}, 100],
    ['the first record of a time', { type: 'time', timestampMs: 7 }, { atTime: 33 }, 33],
    ['the end, for a time after every record', { type: 'time', timestampMs: 7 }, { atTime: null }, 100],
    ['the end, for a record that came after it was read', { type: 'time', timestampMs: 7 }, { atTime: 104 }, 100],
    ['further on', { type: 'shift', by: 5 }, {}, 55],
    ['further back', { type: 'shift', by: -5 }, {}, 45],
    ['no further than the start', { type: 'shift', by: -500 }, {}, 10],
    ['no further than the end', { type: 'shift', by: 2 ** 52 }, {}, 100],
    ['the start of a log that was purged beyond the commit', { type: 'shift', by: 0 }, { startOffset: 70 }, 70],
    ['an empty log’s only place', { type: 'offset', offset: 8 }, { startOffset: 9, endOffset: 9 }, 9]
  ])('%s', (_what, target, fields, after) => {
    const plan = planReset(target, [position(fields)])

    expect(plan.partitions).toMatchObject([{ topic: 't', partition: 0, before: 50, after }])
  })

  it.each<[string, ResetTarget, Partial<PartitionPosition>, 'start' | 'end' | undefined]>([
    ['an offset beyond it', { type: 'offset', offset: 101 }, {}, 'end'],
    ['an offset before it', { type: 'offset', offset: 9 }, {}, 'start'],
    ['a time that no record has', { type: 'time', timestampMs: 7 }, { atTime: null }, 'end'],
    ['a shift beyond it', { type: 'shift', by: 51 }, {}, 'end'],
    ['its ends themselves', { type: 'offset', offset: 100 }, {}, undefined],
    ['the latest', { type: 'latest' }, {}, undefined],
    ['a time that one has', { type: 'time', timestampMs: 7 }, { atTime: 100 }, undefined],
    [
      'a time that one has which came after its end was read',
      { type: 'time', timestampMs: 7 },
      { atTime: 104 },
      undefined
    ],
    [
      'a time, where nothing was ever written',
      { type: 'time', timestampMs: 7 },
      { startOffset: 0, endOffset: 0 },
      undefined
    ],
    ['a time, where all was purged', { type: 'time', timestampMs: 7 }, { startOffset: 100 }, undefined]
  ])('says which end of the log was taken for %s', (_what, target, fields, end) => {
    const [planned] = planReset(target, [position(fields)]).partitions

    expect(planned?.clampedTo).toBe(end)
  })

  it('does not need a commit, and says that there was none', () => {
    const plan = planReset({ type: 'latest' }, [position({ committed: null })])

    const ends = { startOffset: 10, endOffset: 100 }
    expect(plan.partitions).toEqual([{ topic: 't', partition: 0, before: null, after: 100, ...ends }])
  })

  it('names partitions that a shift has nothing to start from', () => {
    const plan = planReset({ type: 'shift', by: 1 }, [position(), position({ partition: 1, committed: null })])

    expect(plan.partitions.map(({ partition }) => partition)).toEqual([0])
    expect(plan.withoutCommit).toEqual([{ topic: 't', partition: 1 }])
  })
})
