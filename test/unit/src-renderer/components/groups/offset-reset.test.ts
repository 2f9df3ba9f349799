import { describe, expect, it } from 'vitest'
import {
  partitionList,
  resetCommand,
  movedBy,
  resetSums,
  withEndsOf,
  resetTarget,
  restoredFirst,
  restoreInput,
  restRestored
} from '@/components/groups/offset-reset'

const row = (topic: string, partition: number, before: number | null, after: number) => ({
  topic,
  partition,
  before,
  after,
  startOffset: 0,
  endOffset: 100
})

describe('the target of a reset', () => {
  it('is what is typed, exactly', () => {
    expect(resetTarget('earliest', 'anything')).toEqual({ type: 'earliest' })
    expect(resetTarget('offset', ' 9007199254740991 ')).toEqual({ type: 'offset', offset: Number.MAX_SAFE_INTEGER })
    expect(resetTarget('shift', '-10')).toEqual({ type: 'shift', by: -10 })
    expect(resetTarget('shift', '+10')).toEqual({ type: 'shift', by: 10 })
    expect(resetTarget('time', '2026-11-22T14:06:22Z')).toEqual({
      type: 'time',
      timestampMs: Date.UTC(2026, 10, 22, 14, 6, 22)
    })
  })

  it.each([
    ['offset', ''],
    ['offset', '-1'],
    ['offset', '1e3'],
    ['offset', '9007199254740992'],
    ['shift', '0'],
    ['shift', '1.5'],
    ['time', 'yesterday'],
    ['time', '2026-02-30']
  ] as const)('is none for %s %j', (target, text) => {
    expect(resetTarget(target, text)).toBeUndefined()
  })
})

describe('a list of partitions', () => {
  it('takes numbers and ranges, each once and in order', () => {
    expect(partitionList('7, 2-4,3')).toEqual([2, 3, 4, 7])
    expect(partitionList(' ')).toEqual([])
  })

  it.each(['a', '1-', '4-2', '1,,2', '0-2147483647', '-1'])('refuses %j', (text) => {
    expect(partitionList(text)).toBeUndefined()
  })
})

it('is offered as the command of the shell', () => {
  const scope = [{ topic: 'orders', partitions: [0, 3] }, { topic: 'audit' }]
  expect(resetCommand('billing', { type: 'shift', by: -5 }, scope).join(' ')).toBe(
    'group reset billing --shift-by -5 --topic orders:0,3 --topic audit'
  )
  expect(resetCommand('billing', { type: 'time', timestampMs: 0 }, undefined).at(-1)).toBe('1970-01-01T00:00:00.000Z')
})

it('sums what is skipped and what is read again apart, and knows nothing where nothing was committed', () => {
  const rows = [row('a', 0, 10, 4), row('a', 1, 10, 25), row('a', 2, null, 7), row('a', 3, 5, 5)]

  expect(resetSums(rows)).toEqual({ skipped: 15, again: 6, fresh: 1, none: 0, same: 1 })
  expect(resetSums([{ ...row('a', 0, 4, 0), after: null }])).toMatchObject({ fresh: 0, none: 1, again: 0 })
})

it('counts nothing that is not there: deleted, or beyond the end', () => {
  const [purged, partly, cut] = [row('a', 0, 0, 5), row('a', 1, 2, 9), row('a', 2, 12, 7)]
  const rows = [
    { ...purged, startOffset: 5, endOffset: 5 },
    { ...partly, startOffset: 6, endOffset: 20 },
    { ...cut, startOffset: 0, endOffset: 10 }
  ]
  expect(rows.map(movedBy)).toEqual([0, 3, -3])
  expect(resetSums(rows)).toEqual({ skipped: 3, again: 3, fresh: 0, none: 0, same: 0 })

  const undone = [{ topic: 'a', partition: 1, before: 9, after: 2 }]
  expect(resetSums(withEndsOf(rows, undone))).toMatchObject({ again: 3 })
})

describe('undoing a reset', () => {
  const commit = { offset: 10, leaderEpoch: 3, metadata: 'by hand' }
  const reset = {
    groupId: 'billing',
    applied: true,
    partitions: [row('a', 0, 10, 4), row('a', 1, null, 4), row('b', 0, 4, 4)],
    was: [
      { topic: 'a', partition: 0, ...commit },
      { topic: 'b', partition: 0, ...commit, offset: 4 }
    ]
  }

  it('asks for each commit as it was, and for none where there was none, whatever else its topic has', () => {
    expect(restoreInput(reset)).toEqual({
      groupId: 'billing',
      partitions: [
        { topic: 'a', partition: 0, commit },
        { topic: 'a', partition: 1, commit: null },
        { topic: 'b', partition: 0, commit: { ...commit, offset: 4 } }
      ]
    })
  })

  it('of one that was asked for again goes to before the first time, where that one named it', () => {
    const [first, second] = restoreInput(reset).partitions
    const moved = { ...commit, offset: 4 }
    const later = { topic: 'a', partition: 0, commit: moved }
    const only = { topic: 'c', partition: 0, commit: moved }
    const earlier = { groupId: 'billing', partitions: [first, second].filter((one) => one !== undefined) }

    expect(restoredFirst(undefined, restoreInput(reset))).toEqual(restoreInput(reset))
    expect(restoredFirst(earlier, { groupId: 'billing', partitions: [later, only] })).toEqual({
      groupId: 'billing',
      partitions: [first, second, only]
    })
  })

  it('goes on with what is not back yet', () => {
    const failed = [{ topic: 'a', partition: 1, kafkaError: 'COORDINATOR_NOT_AVAILABLE', message: 'no' }]

    expect(restRestored(restoreInput(reset), failed)).toEqual({
      groupId: 'billing',
      partitions: [{ topic: 'a', partition: 1, commit: null }]
    })
  })
})
