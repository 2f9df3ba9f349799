import { describe, expect, it } from 'vitest'
import type { GroupRow } from '@api/views'
import { ASKED_MAX, groupsToAsk, lagAbsence } from '@/components/overview/lag-shown'

const row = (groupId: string, state: string, lagRecords: number | null = null): GroupRow => ({
  groupId,
  state,
  protocol: 'range',
  memberCount: null,
  topics: [],
  lagRecords,
  coordinatorId: null
})

describe('the groups whose history is asked for', () => {
  it('are the worst alone when they fill the chart', () => {
    expect(groupsToAsk(['a', 'b'], [row('a', 'Stable', 1), row('c', 'Unknown')], 2)).toEqual(['a', 'b'])
  })

  it('are also those of which nothing is known now, silent coordinators first', () => {
    const groups = [row('a', 'Stable', 1), row('b', 'Empty'), row('c', 'Unknown')]

    expect(groupsToAsk(['a'], groups, 3)).toEqual(['a', 'c', 'b'])
  })

  it('are not more than the screen can follow', () => {
    const groups = Array.from({ length: 500 }, (_, index) => row(`g${index}`, 'Unknown'))

    expect(groupsToAsk([], groups, 3)).toHaveLength(ASKED_MAX)
  })
})

describe('a chart without a line', () => {
  it('means that no group has committed only when all of them answered', () => {
    expect(lagAbsence({ observedAtMs: 1, groups: [] }, 0)).toBe('none')
    expect(lagAbsence({ observedAtMs: 1, groups: [row('a', 'Stable')] }, 0)).toBe('none')
  })

  it('means that nothing is known while a coordinator or a leader is away', () => {
    expect(lagAbsence({ observedAtMs: 1, groups: [row('a', 'Unknown')] }, 0)).toBe('unknown')
    expect(lagAbsence({ observedAtMs: 1, groups: [row('a', 'Stable')] }, 2)).toBe('unknown')
    expect(lagAbsence({ observedAtMs: null, groups: [] }, 0)).toBe('unknown')
  })

  it('waits for the history of a lag that is known', () => {
    expect(lagAbsence({ observedAtMs: 1, groups: [row('a', 'Stable', 0)] }, 0)).toBe('waiting')
  })
})
