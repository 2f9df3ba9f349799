import { describe, expect, it } from 'vitest'
import { groupSchema, groupsSchema } from '../../../../../src-main/api/views'
import { CommitsStanding, standingMs } from '../../../../../src-main/monitor/core/commits-standing'
import { groupAdvice } from '../../../../../src-main/monitor/core/group-advice'
import { groupLag } from '../../../../../src-main/monitor/core/lag'
import { groupsView, groupView } from '../../../../../src-main/monitor/core/views'
import { group, snapshot, topic } from '../snapshots'

const two = topic('t', [{}, {}])
const member = (memberId: string, ...partitions: number[]) => ({
  memberId,
  assigned: partitions.map((partition) => ({ topic: 't', partition }))
})
const adviceOf = (one: ReturnType<typeof group>, topics = [two]) =>
  groupAdvice(snapshot({ topics, groups: [one] }), one, [])

describe('advice about members', () => {
  it('says that they outnumber the partitions, and how many own nothing', () => {
    const crowded = group('g', { members: [member('a', 0), member('b', 1), member('c'), member('d')] })
    expect(adviceOf(crowded)).toMatchObject([{ code: 'outnumbered', count: 2, members: 4, partitions: 2 }])
    const whole = groupView(snapshot({ topics: [two], groups: [crowded] }), crowded, new Set())
    expect(groupSchema.parse(whole)).toEqual(whole)
  })

  it('stands in the list of groups by its codes, where there is any', () => {
    const crowded = group('g', { members: [member('a', 0), member('b', 1), member('c')] })
    const fine = group('h', { members: [member('a', 0), member('b', 1)] })
    const view = groupsView(snapshot({ topics: [two], groups: [crowded, fine] }), new Set())

    expect(view.groups.map(({ groupId, advice }) => [groupId, advice])).toEqual([
      ['g', ['outnumbered']],
      ['h', undefined]
    ])
    expect(groupsSchema.parse(view)).toEqual(view)
  })

  it('says that one owns nothing where there are enough partitions, or where nobody has any', () => {
    expect(adviceOf(group('g', { members: [member('a', 0, 1), member('b')] }))).toMatchObject([
      { code: 'idle', count: 1, members: 2, partitions: 2 }
    ])
    expect(adviceOf(group('g', { members: [member('a')] }))).toMatchObject([{ code: 'idle', partitions: 0 }])
  })

  it('is silent while all own something, while they rebalance, and about clients without members', () => {
    expect(adviceOf(group('g', { members: [member('a', 0), member('b', 1)] }))).toEqual([])
    expect(adviceOf(group('g', { state: 'PreparingRebalance', members: [member('a'), member('b')] }))).toEqual([])
    expect(adviceOf(group('g', { state: 'Empty', members: [], committed: { t: { 0: 1 } } }))).toEqual([])
  })

  it('is silent about what is not known: the members, what one of them owns, or the topic', () => {
    expect(adviceOf(group('g', { state: 'Unknown', members: null, committed: null }))).toEqual([])
    const connect = group('g', { members: [member('a', 0), member('b')] })
    const opaque = {
      ...connect,
      members: connect.members?.map((one) => ({ ...one, isAssignmentUnknown: true as const })) ?? null
    }
    expect(adviceOf(opaque)).toEqual([])
    expect(adviceOf(group('g', { members: [member('a', 0), member('b')] }), [])).toEqual([])
  })
})

describe('advice about commits', () => {
  /** One sample a second: what was committed, and the end; null is not known. */
  function after(samples: readonly (readonly [committed: number | null, end: number | null])[]) {
    const standing = new CommitsStanding()
    samples.forEach(([committed, end], second) => {
      const one = group('g', { committed: committed === null ? null : { t: { 0: committed } } })
      const now = snapshot({ atMs: second * 1000, topics: [topic('t', [{ endOffset: end }])], groups: [one] })
      standing.sampled(now, new Map([['g', groupLag(now, one).partitions]]))
    })
    return standing.of('g')
  }
  const seconds = standingMs / 1000
  const run = (count: number, sample: (second: number) => readonly [number | null, number | null]) =>
    Array.from({ length: count }, (_, second) => sample(second))

  it('is given when one stands for long while the end moves, not a second before', () => {
    expect(after(run(seconds, (s) => [5, 10 + s]))).toEqual([])
    expect(after(run(seconds + 1, (s) => [5, 10 + s]))).toEqual([{ topic: 't', partition: 0, sinceMs: 0 }])
  })

  it('is not given while the end stands, too, while commits move, or where all was read', () => {
    expect(after(run(100, () => [5, 10]))).toEqual([])
    expect(after(run(100, (s) => [5 + Math.floor(s / 20), 200 + s]))).toEqual([])
    // Quiet for an hour; then one record comes, and nobody had the time to commit it.
    expect(after([...run(3600, () => [10, 10] as const), [10, 11], [10, 12]])).toEqual([])
  })

  it('begins anew after what was not known, and when the log was cut', () => {
    const gap = (unknown: readonly [number | null, number | null]) => [
      ...run(20, (s) => [5, 10 + s] as const),
      unknown,
      ...run(20, (s) => [5, 40 + s] as const)
    ]
    expect(after(gap([null, 30]))).toEqual([])
    expect(after(gap([5, null]))).toEqual([])
    expect(after([...run(20, (s) => [5, 100 + s] as const), ...run(20, (s) => [5, 10 + s] as const)])).toEqual([])
  })

  it('names the longest first, and tells a group with members from one without', () => {
    const standing = [
      { topic: 't', partition: 1, sinceMs: 3 },
      { topic: 't', partition: 0, sinceMs: 9 }
    ]
    const code = (one: ReturnType<typeof group>) => groupAdvice(snapshot({ topics: [two] }), one, standing)
    expect(code(group('g', { members: [member('a', 0, 1)] }))).toMatchObject([
      { code: 'standing', count: 2, sample: ['t-1', 't-0'], sinceMs: 3 }
    ])
    expect(code(group('g', { state: 'Empty', members: [] }))).toMatchObject([{ code: 'standingAlone' }])
    expect(code(group('g', { state: 'Unknown', members: null, committed: null }))).toEqual([])
  })
})
