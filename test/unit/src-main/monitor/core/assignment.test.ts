import { describe, expect, it } from 'vitest'
import { assign } from '../../../../../src-main/monitor/core/assignment'

const flat = (assigned: ReturnType<typeof assign>): Record<string, string[]> =>
  Object.fromEntries([...assigned].map(([member, all]) => [member, all.map((at) => `${at.topic}-${at.partition}`)]))

describe('assignment by the leader of a group', () => {
  it('range gives each topic’s partitions in runs, the first members one more', () => {
    const members = [
      { memberId: 'b', topics: ['t', 'u'] },
      { memberId: 'a', topics: ['t', 'u'] }
    ]

    const assigned = assign('range', members, new Map(Object.entries({ t: 3, u: 3 })))

    expect(flat(assigned)).toEqual({ a: ['t-0', 't-1', 'u-0', 'u-1'], b: ['t-2', 'u-2'] })
  })

  it('roundrobin deals all partitions in turn', () => {
    const members = [
      { memberId: 'a', topics: ['t', 'u'] },
      { memberId: 'b', topics: ['t', 'u'] }
    ]

    const assigned = assign('roundrobin', members, new Map(Object.entries({ t: 3, u: 3 })))

    expect(flat(assigned)).toEqual({ a: ['t-0', 't-2', 'u-1'], b: ['t-1', 'u-0', 'u-2'] })
  })

  it.each(['range', 'roundrobin'])('%s gives a topic only to those who subscribed to it', (protocol) => {
    const members = [
      { memberId: 'a', topics: ['t'] },
      { memberId: 'b', topics: ['u'] }
    ]

    const assigned = assign(protocol, members, new Map(Object.entries({ t: 2, u: 1 })))

    expect(flat(assigned)).toEqual({ a: ['t-0', 't-1'], b: ['u-0'] })
  })

  it('gives nothing of a topic that is not there, and every member an entry', () => {
    const members = [{ memberId: 'a', topics: ['gone'] }]

    expect(flat(assign('range', members, new Map()))).toEqual({ a: [] })
  })
})
