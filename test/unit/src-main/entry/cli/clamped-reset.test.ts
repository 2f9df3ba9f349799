import { describe, expect, it } from 'vitest'
import { clampedSentences } from '../../../../../src-main/entry/cli/clamped-reset'

const at = (partition: number, clampedTo?: 'start' | 'end') => ({
  topic: 'orders',
  partition,
  before: 3,
  after: 10,
  startOffset: 0,
  endOffset: 10,
  ...(clampedTo === undefined ? {} : { clampedTo })
})

describe('a reset that was asked to go beyond a log', () => {
  it.each([
    [{ type: 'offset', offset: 999 } as const, 'end', 'Offset 999 lies beyond the end of orders-1: its end was taken.'],
    [
      { type: 'offset', offset: 1 } as const,
      'start',
      'Offset 1 lies before the start of orders-1: its start was taken.'
    ],
    [{ type: 'shift', by: 99 } as const, 'end', 'The shift leads beyond the end of orders-1: its end was taken.'],
    [
      { type: 'shift', by: -99 } as const,
      'start',
      'The shift leads before the start of orders-1: its start was taken.'
    ],
    [{ type: 'time', timestampMs: 9 } as const, 'end', 'No record is that late in orders-1: its end was taken.']
  ] as const)('by %j says which end was taken, and where', (target, end, sentence) => {
    expect(clampedSentences(target, [at(0), at(1, end)])).toEqual([sentence])
  })

  it('names each, up to ten of them, of both ends', () => {
    const target = { type: 'offset', offset: 5 } as const
    expect(clampedSentences(target, [at(0, 'start'), at(1, 'end'), at(2, 'end')])).toEqual([
      'Offset 5 lies beyond the end of orders-1 and orders-2: their ends were taken.',
      'Offset 5 lies before the start of orders-0: its start was taken.'
    ])
    const many = Array.from({ length: 12 }, (_, partition) => at(partition, 'end'))
    expect(clampedSentences(target, many)[0]).toMatch(/ orders-8, orders-9 and 2 more: their ends were taken\.$/)
  })

  it('says nothing where it went where it was asked to', () => {
    expect(clampedSentences({ type: 'latest' }, [at(0), at(1)])).toEqual([])
  })
})
