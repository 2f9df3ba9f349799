import { describe, expect, it } from 'vitest'
import { placeOf } from '@/components/topics/message-query'
import { useMessageQuery } from '@/components/topics/use-message-query'

describe('an offset as it is typed', () => {
  it.each(['0x10', '1e3', '1,5', '1 5', '12,34', '-1', '+1', '1.0', '', ' ', '9007199254740993', '1,000 000'])(
    'is none where it is %j',
    (text) => expect(placeOf('offset', text)).toBeUndefined()
  )

  it.each([
    ['0', 0],
    [' 48213 ', 48_213],
    ['48 213', 48_213],
    ['48\u2009213', 48_213],
    ['1,048,213', 1_048_213],
    ['9007199254740991', Number.MAX_SAFE_INTEGER]
  ])('is taken from %j', (text, offset) => expect(placeOf('offset', text)).toEqual({ type: 'offset', offset }))
})

describe('what is to be searched', () => {
  const query = (typed: Partial<ReturnType<typeof useMessageQuery>['form']>) => {
    const made = useMessageQuery(() => 6)
    Object.assign(made.form, { filter: 'needle', ...typed })
    return { scan: made.scan(), problem: made.problem.value }
  }
  const criteria = [{ type: 'text', text: 'needle' }]

  it('is the whole topic, or what lies between two places', () => {
    expect(query({}).scan).toEqual({ order: 'newestFirst', criteria })
    expect(
      query({ place: 'offset', startText: '10', until: 'offset', untilText: '20', partitionText: '1-2' }).scan
    ).toEqual({
      order: 'oldestFirst',
      partitions: [1, 2],
      from: { type: 'offset', offset: 10 },
      to: { type: 'offset', offset: 20 },
      criteria
    })
    const to = { type: 'time', timestampMs: Date.UTC(2026, 0, 31, 12) }
    expect(query({ place: 'newest', until: 'time', untilText: '2026-01-31T12:00Z' }).scan).toEqual({
      order: 'newestFirst',
      to,
      criteria
    })
  })

  it('begins at the commits of a group', () => {
    const from = { type: 'group', groupId: 'billing' }
    expect(query({ place: 'group', startText: 'billing' }).scan).toEqual({ order: 'oldestFirst', from, criteria })
  })

  it.each([
    [
      { place: 'offset', startText: '1o' },
      { field: 'start', why: 'offset' }
    ],
    [
      { place: 'offset', startText: '' },
      { field: 'start', why: 'offset' }
    ],
    [
      { place: 'time', startText: 'yesterday' },
      { field: 'start', why: 'time' }
    ],
    [
      { place: 'group', startText: '' },
      { field: 'start', why: 'group' }
    ],
    [
      { until: 'offset', untilText: '0x10' },
      { field: 'until', why: 'offset' }
    ],
    [
      { until: 'time', untilText: '2026-02-30' },
      { field: 'until', why: 'time' }
    ],
    [
      { place: 'offset', startText: '9', until: 'offset', untilText: '9' },
      { field: 'until', why: 'window' }
    ],
    [{ partitionText: '6' }, { field: 'partitions', why: 'partitions' }],
    [{ filter: '' }, { field: 'text', why: 'text' }]
  ] as const)('is nothing where %j is typed, and where is said', (typed, problem) =>
    expect(query(typed)).toEqual({ scan: undefined, problem })
  )

  it.each([
    [{ until: 'offset', untilText: '0x10' }, { until: 'end' }, { startText: '7' }],
    [{ until: 'offset', untilText: '0x10' }, { untilText: '10' }, { partitionText: '1' }],
    [{ place: 'offset', startText: '9', until: 'offset', untilText: '9' }, { startText: '3' }, { filter: 'other' }],
    [{ place: 'time', startText: 'yesterday' }, { place: 'group' }, { untilText: '1' }],
    [{ filter: '' }, { kind: 'tombstone' }, { place: 'oldest' }],
    [{ partitionText: '6' }, { partitionText: '5' }, { place: 'oldest' }]
  ] as const)('is no longer called wrong for %j when that becomes %j, but when %j', (typed, mended, other) => {
    const { form, scan, problem } = useMessageQuery(() => 6)
    Object.assign(form, { filter: 'needle', ...typed })
    scan()
    const said = problem.value
    expect(said).toBeDefined()

    Object.assign(form, other)
    expect(problem.value).toBe(said)
    Object.assign(form, mended)
    expect(problem.value).toBeUndefined()
  })
})
