import { describe, expect, it } from 'vitest'
import type { EnsembleView, MemberReportView } from '../../../../src-main/api/ensemble'
import type { NodeState, NodeView } from '../../../../src-main/api/views'
import { statusJson, ensembleText, unknownOfEnsemble } from '../../../../src-main/entry/cli/ensemble'
import {
  hasLostQuorum,
  MemberTellings,
  noQuorumReason,
  REPORT_MAX_AGE_MS
} from '../../../../src-main/host/member-tellings'

const startedMs = 1_000
const nowMs = 10_000

function member(id: number, state: NodeState = 'running'): NodeView {
  return {
    name: `ensemble-${id}`,
    role: 'ensemble',
    id,
    state,
    pid: 100 + id,
    port: 2180 + id,
    dataDir: `/data/ensemble-${id}`,
    sinceMs: startedMs,
    exit: null,
    restartAtMs: null,
    problem: null
  }
}

function report(fields: Partial<MemberReportView> = {}): MemberReportView {
  return {
    role: 'follower',
    term: 5,
    leaderId: 1,
    isServing: true,
    zxid: '0x500000214',
    lastOnDisk: '0x500000214',
    committed: '0x500000214',
    followers: [],
    ballot: { term: 5, candidateId: 1 },
    electedBy: [],
    sessions: 3,
    connections: 4,
    outstanding: 0,
    allSessions: 7,
    znodes: 140,
    watches: 12,
    latency: { minMs: 0, averageMs: 1.5, maxMs: 9 },
    ...fields
  }
}

const followers = [
  { memberId: 2, behindEntries: 0 },
  { memberId: 3, behindEntries: 12 }
]
const leading = report({ role: 'leader', followers, electedBy: [1, 2] })

/** Member 1 leads term 5 by its own vote and that of member 2; member 3 has voted for itself. */
function three(): MemberTellings {
  const tellings = new MemberTellings()
  tellings.told(member(1), leading, nowMs)
  tellings.told(member(2), report({ ballot: null }), nowMs)
  tellings.told(member(3), report({ ballot: { term: 5, candidateId: 3 } }), nowMs)
  return tellings
}

const viewOf = (states: readonly NodeState[], atMs = nowMs, tellings = three()): EnsembleView =>
  tellings.view(
    states.map((state, index) => member(index + 1, state)),
    atMs
  )

describe('the ensemble as its members tell it', () => {
  it('is led by who says so, with what each is behind by the leader’s word', () => {
    const view = viewOf(['running', 'running', 'running'])

    expect(view).toMatchObject({ quorum: true, leader: 'ensemble-1', term: 5, majority: 2, running: 3 })
    expect(view.members.map(({ behindEntries }) => behindEntries)).toEqual([null, 0, 12])
    expect(view.members[1]).toMatchObject({ leader: 'ensemble-1', sessions: 3, lastOnDisk: '0x500000214' })
  })

  it('tells apart who runs and does not count while another leads, and since when', () => {
    const tellings = three()
    tellings.told(member(3), report({ role: 'candidate', leaderId: null }), nowMs)
    const running: readonly NodeState[] = ['running', 'running', 'running']
    expect(viewOf(running, nowMs, tellings).apart).toEqual([
      { member: 'ensemble-3', role: 'candidate', sinceMs: nowMs }
    ])
    expect(viewOf(running, nowMs + 500, tellings).apart).toMatchObject([{ sinceMs: nowMs }])
    tellings.told(member(3), report({ role: 'learner' }), nowMs + 600)
    expect(viewOf(running, nowMs + 700, tellings).apart).toMatchObject([{ role: 'learner', sinceMs: nowMs + 700 }])

    // Of an election everybody is a candidate, and of a dead member nothing is known.
    expect(viewOf(['killed', 'running', 'running'], nowMs, tellings).apart).toEqual([])
    expect(viewOf(['running', 'running', 'killed'], nowMs, tellings).apart).toEqual([])
  })

  it('knows who voted for whom, of dead members too', () => {
    expect(viewOf(['running', 'killed', 'killed']).election).toEqual({
      term: 5,
      leader: 'ensemble-1',
      steps: [
        // It led when this host heard of it first: how it came to that, nobody saw.
        { what: 'asks', member: 'ensemble-1', atMs: null },
        { what: 'stands', member: 'ensemble-1', atMs: null },
        { what: 'votes', member: 'ensemble-2', atMs: null },
        { what: 'leads', member: 'ensemble-1', atMs: nowMs },
        { what: 'commits', member: 'ensemble-1', atMs: nowMs }
      ],
      votes: [
        { member: 'ensemble-1', candidate: 'ensemble-1', isKnown: true },
        { member: 'ensemble-2', candidate: 'ensemble-1', isKnown: true },
        { member: 'ensemble-3', candidate: 'ensemble-3', isKnown: true }
      ]
    })
  })

  it('tells of who has not voted apart from who has told nothing', () => {
    const tellings = new MemberTellings()
    tellings.told(member(1), leading, nowMs)
    tellings.told(member(3), report({ ballot: { term: 4, candidateId: 1 } }), nowMs)
    const votes = tellings
      .view(
        [1, 2, 3, 4].map((id) => member(id)),
        nowMs
      )
      .election?.votes.slice(2)

    expect(votes).toEqual([
      { member: 'ensemble-3', candidate: null, isKnown: true },
      { member: 'ensemble-4', candidate: null, isKnown: false }
    ])
  })

  it.each<[NodeState]>([['killed'], ['paused'], ['crashed'], ['stopped']])(
    'says nothing of what a member that is %s told before',
    (state) => {
      const { members, quorum, leader } = viewOf(['running', 'running', state])

      expect(members[2]).toMatchObject({ role: null, term: null, zxid: null, behindEntries: null, sessions: null })
      expect(members[2]?.heardAtMs).toBe(nowMs)
      expect({ quorum, leader }).toEqual({ quorum: true, leader: 'ensemble-1' })
    }
  )

  it('says nothing of a member that runs and has fallen silent, or whose process is another one now', () => {
    const silent = viewOf(['running', 'running', 'running'], nowMs + REPORT_MAX_AGE_MS + 1)
    const restarted = { ...member(2), sinceMs: nowMs + 1 }
    const again = three().view([member(1), restarted, member(3)], nowMs + 2)

    expect(silent.members.map(({ role }) => role)).toEqual([null, null, null])
    expect(silent).toMatchObject({ quorum: null, leader: null, term: null })
    expect(again.members.map(({ role }) => role)).toEqual(['leader', null, 'follower'])
  })

  it('has no quorum while a majority is down, whatever the last one still says, or while nobody leads', () => {
    const alone = viewOf(['running', 'killed', 'paused'])
    const tellings = new MemberTellings()
    for (const id of [1, 2])
      tellings.told(member(id), report({ role: 'candidate', leaderId: null, isServing: false }), nowMs)

    expect(alone).toMatchObject({ quorum: false, leader: null, running: 1 })
    expect(viewOf(['running', 'running', 'killed'], nowMs, tellings)).toMatchObject({ quorum: false, leader: null })
  })

  it('counts znodes and sessions by who has applied most, and watches only when everybody who may have some tells', () => {
    const tellings = three()
    tellings.told(member(2), report({ zxid: '0x1000000001', znodes: 143, allSessions: 8, watches: 30 }), nowMs)

    const counts = ({ znodes, sessions, watches }: EnsembleView) => ({ znodes, sessions, watches })
    const at = (...states: NodeState[]) => counts(viewOf(states, nowMs, tellings))

    expect(at('running', 'running', 'running')).toEqual({ znodes: 143, sessions: 8, watches: 54 })
    expect(at('running', 'killed', 'running')).toEqual({ znodes: 140, sessions: 7, watches: 24 })
    expect(at('running', 'running', 'paused')).toEqual({ znodes: 143, sessions: 8, watches: null })
    expect(at('killed', 'killed', 'killed')).toEqual({ znodes: null, sessions: null, watches: null })
  })

  it('believes of two that say they lead the one of the later term', () => {
    const tellings = three()
    tellings.told(member(2), report({ role: 'leader', term: 6, leaderId: 2, electedBy: [2, 3] }), nowMs)

    expect(viewOf(['running', 'running', 'running'], nowMs, tellings)).toMatchObject({
      leader: 'ensemble-2',
      term: 6,
      election: { term: 6, leader: 'ensemble-2' }
    })
  })

  it('is shown at once when somebody else leads, and not for each figure', () => {
    const tellings = three()

    expect(tellings.told(member(1), { ...leading, sessions: 9 }, nowMs)).toBe(false)
    expect(tellings.told(member(1), report({ term: 6, leaderId: 2 }), nowMs)).toBe(true)
    expect(tellings.told(member(1), { role: 'king' }, nowMs)).toBe(false)
  })
})

describe('why nothing can be changed', () => {
  it('is that there is no quorum, or no leader, and nothing while there are both or nobody knows', () => {
    expect(noQuorumReason(viewOf(['running', 'killed', 'killed']))).toBe(
      'The ensemble has no quorum: 1 of 3 members run, 2 needed. Start members with lagoon node start, then try again.'
    )
    const leaderless = { ...viewOf(['running', 'running', 'killed']), quorum: false }
    expect(noQuorumReason(leaderless)).toContain('has no leader: 2 of 3 members run')
    expect(noQuorumReason(viewOf(['running', 'running', 'killed']))).toBeUndefined()
    expect(noQuorumReason(viewOf(['running', 'running', 'running'], nowMs + 9_000))).toBeUndefined()
  })
})

describe('what the brokers have agreed on', () => {
  it('is not known without a majority at once, and without a leader when an election has had its time', () => {
    const view = new MemberTellings().view([], 0)
    const of = (change: Partial<typeof view>) => hasLostQuorum({ ...view, majority: 2, ...change }, 10_000)

    expect(of({ quorum: false, running: 1 })).toBe(true)
    expect(of({ quorum: false, running: 2, leaderlessSinceMs: 9_500 })).toBe(false)
    expect(of({ quorum: false, running: 2, leaderlessSinceMs: 6_000 })).toBe(true)
    expect(of({ quorum: true, running: 2 })).toBe(false)
    expect(of({ quorum: null, running: 0 })).toBe(false)
  })
})

describe('lagoon ensemble status', () => {
  it('prints who leads, and the figures of who tells any', () => {
    const view = viewOf(['running', 'running', 'killed'])

    expect(statusJson(view)).toEqual({
      quorum: true,
      leader: 'ensemble-1',
      members: [
        { name: 'ensemble-1', role: 'leader', term: 5, zxid: '0x500000214', sessions: 3 },
        { name: 'ensemble-2', role: 'follower', term: 5, zxid: '0x500000214', sessions: 3 },
        { name: 'ensemble-3', role: null, term: null, zxid: null, sessions: null }
      ]
    })
    expect(ensembleText(view).split('\n')[0]).toBe('2 of 3 members run, ensemble-1 leads.')
    expect(unknownOfEnsemble(view)).toBeUndefined()
  })

  it('says who runs and takes no part', () => {
    const view = viewOf(['running', 'running', 'running'])
    const apart = (role: 'candidate' | 'learner') => ({
      ...view,
      apart: [{ member: 'ensemble-3', role, sinceMs: 1 }],
      members: view.members.map((one) => (one.name === 'ensemble-3' ? { ...one, role } : one))
    })

    expect(ensembleText(apart('candidate')).split('\n')[0]).toBe(
      '2 of 3 members take part (3 run; ensemble-3 is cut off from the others), ensemble-1 leads.'
    )
    expect(ensembleText(apart('learner'))).toContain('ensemble-3 copies what the others have')
  })

  it('says why there is no quorum, and of whom nothing is known', () => {
    const silent = viewOf(['running', 'running', 'running'], nowMs + 5_000)

    expect(ensembleText(viewOf(['running', 'killed', 'killed']))).toMatch(
      /^No quorum: 1 of 3 members run, 2 are needed\. Nothing is written until there is one\./
    )
    expect(unknownOfEnsemble(silent)).toContain('ensemble-1, ensemble-2, ensemble-3')
  })
})
