import { describe, expect, it } from 'vitest'
import type { GroupRow } from '@api/views'
import { ASKED_MAX, groupsToAsk, lagAbsence } from '@/components/overview/lag-shown'

const row = (groupId: string, lag: number | NonNullable<GroupRow['lagUnknown']>): GroupRow => ({
  groupId,
  state: 'Stable',
  protocol: 'range',
  memberCount: null,
  topics: [],
  lagRecords: typeof lag === 'number' ? lag : null,
  lagUnknown: typeof lag === 'number' ? null : lag,
  isBehind: false,
  coordinatorId: null
})

describe('the groups whose history is asked for', () => {
  it('are those with a line alone when all lags are known and they fill the chart', () => {
    expect(groupsToAsk(['a', 'b'], [row('a', 1), row('c', 'notCommitted')], 2)).toEqual(['a', 'b'])
  })

  it('are always those whose lag was lost too, since it may have been the worst', () => {
    const groups = [row('a', 1), row('b', 2), row('c', 'coordinatorSilent'), row('d', 'leaderSilent')]

    expect(groupsToAsk(['a', 'b'], groups, 2)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('are not more than the screen can follow', () => {
    const groups = Array.from({ length: 500 }, (_, index) => row(`g${index}`, 'coordinatorSilent'))

    expect(groupsToAsk([], groups, 3)).toHaveLength(ASKED_MAX)
  })
})

describe('a chart without a line', () => {
  it('means that no group has committed only when all of them answered', () => {
    expect(lagAbsence({ observedAtMs: 1, groups: [] })).toBe('none')
    expect(lagAbsence({ observedAtMs: 1, groups: [row('a', 'notCommitted')] })).toBe('none')
  })

  it('means that nothing is known while a coordinator or a leader is away', () => {
    expect(lagAbsence({ observedAtMs: 1, groups: [row('a', 'coordinatorSilent')] })).toBe('unknown')
    expect(lagAbsence({ observedAtMs: 1, groups: [row('a', 'leaderSilent')] })).toBe('unknown')
    expect(lagAbsence({ observedAtMs: null, groups: [] })).toBe('unknown')
  })

  it('waits for the history of a lag that is known', () => {
    expect(lagAbsence({ observedAtMs: 1, groups: [row('a', 0)] })).toBe('waiting')
  })
})
