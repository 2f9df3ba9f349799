import { describe, expect, it } from 'vitest'
import type { MemberReportView } from '../../../../src-main/api/ensemble'
import type { NodeState, NodeView } from '../../../../src-main/api/views'
import { ElectionSteps } from '../../../../src-main/host/election-steps'

const node = (id: number, state: NodeState, sinceMs: number): NodeView => ({
  name: `ensemble-${id}`,
  role: 'ensemble',
  id,
  state,
  pid: null,
  port: 2180 + id,
  dataDir: '/d',
  sinceMs,
  exit: null,
  restartAtMs: null,
  problem: null
})
const report = (fields: Partial<MemberReportView>): MemberReportView => ({
  role: 'follower',
  term: 4,
  leaderId: 3,
  isServing: true,
  zxid: '0x400000010',
  lastOnDisk: '0x400000010',
  committed: '0x400000010',
  followers: [],
  ballot: null,
  electedBy: [],
  sessions: 0,
  connections: 0,
  outstanding: 0,
  allSessions: 0,
  znodes: 9,
  watches: 0,
  latency: null,
  ...fields
})
const leading = (term: number, id: number, committedTerm = term): MemberReportView =>
  report({ role: 'leader', term, leaderId: id, committed: `0x${committedTerm.toString(16)}00000001` })
const asking = { role: 'candidate', leaderId: null, isServing: false } as const

/** Member 3 leads term 4. */
function led(): ElectionSteps {
  const steps = new ElectionSteps()
  steps.told('ensemble-3', leading(4, 3), 1_000)
  for (const id of [1, 2]) steps.told(`ensemble-${id}`, report({}), 1_001)
  return steps
}
const told = (steps: ElectionSteps, leader = 'ensemble-1', term = 5, voters = ['ensemble-1', 'ensemble-2']) =>
  steps.steps(leader, term, voters).map(({ what, member, atMs }) => [what, member, atMs])

function electOne(steps: ElectionSteps): void {
  steps.told('ensemble-1', report({ ...asking }), 2_298)
  steps.told('ensemble-1', report({ ...asking, term: 5, ballot: { term: 5, candidateId: 1 } }), 2_331)
  steps.told('ensemble-2', report({ term: 5, leaderId: null, ballot: { term: 5, candidateId: 1 } }), 2_352)
  steps.told('ensemble-1', leading(5, 1, 4), 2_410)
  steps.told('ensemble-1', leading(5, 1), 2_447)
}

describe('the steps of the last election', () => {
  it('are those that members told, from the end of the leader to the first entry of the next', () => {
    const steps = led()
    steps.changed(node(3, 'killed', 2_000))

    electOne(steps)

    expect(told(steps)).toEqual([
      ['lost', 'ensemble-3', 2_000],
      ['asks', 'ensemble-1', 2_298],
      ['stands', 'ensemble-1', 2_331],
      ['votes', 'ensemble-2', 2_352],
      ['leads', 'ensemble-1', 2_410],
      ['commits', 'ensemble-1', 2_447]
    ])
  })

  it('begin when a member loses its leader where no process ended, or when the leader steps down', () => {
    const cut = led()
    electOne(cut)
    const given = led()
    given.told('ensemble-3', report({ leaderId: null }), 2_100)
    electOne(given)

    expect(told(cut)[0]).toEqual(['lost', 'ensemble-3', 2_298])
    expect(told(given)[0]).toEqual(['lost', 'ensemble-3', 2_100])
  })

  it('that nobody told have no time, and a vote that is told late has one', () => {
    const steps = led()
    steps.changed(node(3, 'crashed', 2_000))
    steps.told('ensemble-1', leading(5, 1, 4), 2_410)
    expect(told(steps)).toEqual([
      ['lost', 'ensemble-3', 2_000],
      ['asks', 'ensemble-1', null],
      ['stands', 'ensemble-1', null],
      ['votes', 'ensemble-2', null],
      ['leads', 'ensemble-1', 2_410],
      ['commits', 'ensemble-1', null]
    ])

    steps.told('ensemble-2', report({ term: 5, leaderId: 1, ballot: { term: 5, candidateId: 1 } }), 2_420)

    expect(told(steps)[3]).toEqual(['votes', 'ensemble-2', 2_420])
  })

  it('of the first leader have nobody who was lost', () => {
    const steps = new ElectionSteps()
    steps.told('ensemble-1', report({ ...asking, term: 0 }), 10)
    steps.told('ensemble-1', report({ ...asking, term: 1, ballot: { term: 1, candidateId: 1 } }), 20)
    steps.told('ensemble-1', leading(1, 1), 30)

    expect(told(steps, 'ensemble-1', 1, ['ensemble-1']).map(([what]) => what)).toEqual([
      'asks',
      'stands',
      'leads',
      'commits'
    ])
  })

  it('forget one that was cut off alone while the leader leads on, and a leader that was resumed', () => {
    const steps = led()
    steps.told('ensemble-2', report({ ...asking }), 1_500)
    steps.changed(node(3, 'paused', 1_600))
    steps.told('ensemble-3', leading(4, 3), 1_700)
    steps.changed(node(3, 'killed', 2_000))

    electOne(steps)

    expect(told(steps)[0]).toEqual(['lost', 'ensemble-3', 2_000])
  })

  it('are of the election that is asked about, and of the round that was won', () => {
    const steps = led()
    steps.changed(node(3, 'killed', 2_000))
    steps.told('ensemble-2', report({ ...asking, term: 5, ballot: { term: 5, candidateId: 2 } }), 2_100)
    steps.told('ensemble-1', report({ ...asking, term: 5, ballot: { term: 5, candidateId: 1 } }), 2_110)
    steps.told('ensemble-1', report({ ...asking, term: 6, ballot: { term: 6, candidateId: 1 } }), 2_500)
    steps.told('ensemble-2', report({ term: 6, leaderId: null, ballot: { term: 6, candidateId: 1 } }), 2_510)
    steps.told('ensemble-1', leading(6, 1), 2_520)

    expect(told(steps, 'ensemble-1', 6)).toEqual([
      ['lost', 'ensemble-3', 2_000],
      ['asks', 'ensemble-1', 2_110],
      ['stands', 'ensemble-1', 2_500],
      ['votes', 'ensemble-2', 2_510],
      ['leads', 'ensemble-1', 2_520],
      ['commits', 'ensemble-1', 2_520]
    ])
    expect(told(steps, 'ensemble-3', 4)).toEqual([])
  })
})
