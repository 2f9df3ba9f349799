import { describe, expect, it } from 'vitest'
import type { NodeState, NodeView } from '../../../../../src-main/api/views'
import { isSilent, judge } from '../../../../../src-main/monitor/core/health'
import type { Observation } from '../../../../../src-main/monitor/observation'

const nowMs = 100_000

function node(name: string, state: NodeState): NodeView {
  const [role = '', id = ''] = name.split('-')
  return {
    name,
    role: role as NodeView['role'],
    id: Number(id),
    state,
    pid: null,
    port: 1,
    dataDir: '',
    sinceMs: 1,
    exit: null,
    restartAtMs: null,
    problem: null
  }
}

const nodes = (...brokers: NodeState[]): NodeView[] => [
  node('ensemble-1', 'running'),
  ...brokers.map((state, i) => node(`broker-${i + 1}`, state))
]

const observation = (fields: Partial<Observation> = {}): Observation => ({
  atMs: nowMs,
  controllerId: 1,
  controllerEpoch: 1,
  registeredBrokers: [1, 2, 3],
  brokers: [],
  topicCount: 1,
  partitionCount: 3,
  leaderless: { count: 0, sample: [], byBroker: {}, sinceMs: 0 },
  groupCount: 0,
  groupsBehind: [],
  groupsUnknown: 0,
  ...fields
})

const codes = (verdict: ReturnType<typeof judge>): string[] =>
  verdict.reasons.map(({ code, level }) => `${level} ${code}`)

describe('the verdict', () => {
  it('is healthy, without reasons, when all runs and is observed', () => {
    expect(judge(nodes('running', 'running'), observation(), nowMs)).toEqual({ health: 'healthy', reasons: [] })
  })

  it('says of brokers that find another cluster’s ensemble where theirs was, and where that is', () => {
    const turnedAway = [{ node: 'broker-2', member: '127.0.0.1:2181', sinceMs: 60 }]

    const { health, reasons } = judge(nodes('running', 'running'), observation(), nowMs, [], { turnedAway })

    expect(health).toBe('degraded')
    expect(reasons).toMatchObject([
      { code: 'foreignEnsemble', level: 'critical', node: 'broker-2', sinceMs: 60, sample: ['127.0.0.1:2181'] }
    ])
  })

  it('names the broker that holds the only replica of what is offline', () => {
    const leaderless = { count: 2, sample: ['t-0', 't-3'], byBroker: { 2: 2 }, sinceMs: 50 }

    const { health, reasons } = judge(nodes('running', 'killed'), observation({ leaderless }), nowMs)

    expect(health).toBe('critical')
    expect(reasons[0]).toMatchObject({ code: 'partitionsOffline', node: 'broker-2', count: 2 })
  })

  it('says of a dead broker for how long its session may last, until the cluster has noticed', () => {
    const [member, alive, dead] = nodes('running', 'killed')
    const killed = [member, alive, { ...dead, sinceMs: nowMs - 2500 }].filter((one) => one !== undefined) as NodeView[]
    const left = (seen: Partial<Observation>, laterMs = 0, brokerSessionMs = 6000): unknown =>
      judge(killed, observation(seen), nowMs + laterMs, [], { brokerSessionMs }).reasons.find(
        ({ code }) => code === 'brokerDown'
      )?.count

    expect(left({ registeredBrokers: [1, 2] })).toBe(4)
    expect(left({ registeredBrokers: [1, 2], atMs: nowMs + 6000 }, 6000)).toBe(1)
    expect(left({ registeredBrokers: [1, 2] }, 0, 30_000)).toBe(28)
    expect(left({ registeredBrokers: [1] })).toBeNull()
    expect(left({ registeredBrokers: null })).toBeNull()
  })

  it('is degraded with one broker down and critical with none left; a dead broker has one mark in both', () => {
    expect(codes(judge(nodes('running', 'killed'), observation(), nowMs))).toEqual(['critical brokerDown'])
    expect(judge(nodes('running', 'killed'), observation(), nowMs).health).toBe('degraded')
    expect(codes(judge(nodes('crashed', 'stopped'), observation(), nowMs))).toEqual([
      'critical brokerDown',
      'stopped brokerStopped'
    ])
    expect(judge(nodes('crashed', 'stopped'), observation(), nowMs).health).toBe('critical')
    expect(codes(judge(nodes('starting', 'killed'), observation(), nowMs))).toEqual([
      'critical brokerDown',
      'recovering brokerStarting'
    ])
  })

  it('says stopped on purpose only of what is, not of a broker that starts or is asked to stop', () => {
    expect(codes(judge(nodes('running', 'starting'), observation(), nowMs))).toEqual(['recovering brokerStarting'])
    expect(codes(judge(nodes('running', 'stopping'), observation(), nowMs))).toEqual(['recovering brokerStopping'])
    expect(codes(judge(nodes('running', 'stopped'), observation(), nowMs))).toEqual(['stopped brokerStopped'])
  })

  it('names a broker that hangs: its process runs and its session has ended', () => {
    const paused = observation({ registeredBrokers: [1] })

    expect(codes(judge(nodes('running', 'running'), paused, nowMs))).toEqual(['critical brokerSilent'])
    expect(judge(nodes('running', 'running'), paused, nowMs).health).toBe('degraded')
    expect(judge(nodes('running'), observation({ registeredBrokers: [] }), nowMs).health).toBe('critical')
  })

  it('takes no broker for hanging that has just become ready, or while the ensemble cannot be asked', () => {
    const ready = { ...node('broker-2', 'running'), sinceMs: nowMs - 1000 }

    expect(isSilent(ready, observation({ registeredBrokers: [1] }))).toBe(false)
    expect(isSilent(node('broker-2', 'running'), observation({ registeredBrokers: null }))).toBe(false)
    expect(isSilent(node('broker-2', 'killed'), observation({ registeredBrokers: [1] }))).toBe(false)
    expect(isSilent(node('broker-2', 'running'), observation({ registeredBrokers: [1] }))).toBe(true)
  })

  it('tells of groups that are behind without calling the cluster anything but healthy', () => {
    const behind = { groupId: 'g', lagRecords: 5000, sinceMs: 9 }

    const { health, reasons } = judge(nodes('running'), observation({ groupsBehind: [behind] }), nowMs)

    expect(health).toBe('healthy')
    expect(reasons).toMatchObject([{ code: 'groupsBehind', level: 'degraded', count: 1, sample: ['g'] }])
  })

  it('has no reason of groups where none is behind, whatever else is wrong', () => {
    const leaderless = { count: 2, sample: ['t-0'], byBroker: { 1: 1, 2: 1 }, sinceMs: 50 }
    for (const groupsBehind of [[], null]) {
      const seen = observation({ leaderless, groupsBehind, groupCount: 4, groupsUnknown: 4 })
      expect(codes(judge(nodes('killed', 'killed'), seen, nowMs))).not.toContain('degraded groupsBehind')
    }
  })

  describe.each([1, 3, 5, 7])('with %i members', (count) => {
    const needed = Math.floor(count / 2) + 1
    const broker = node('broker-1', 'running')

    it.each<[NodeState, string]>([
      ['killed', 'critical ensembleDown'],
      ['crashed', 'critical ensembleDown'],
      ['paused', 'critical memberPaused'],
      ['stopped', 'stopped memberStopped']
    ])('is degraded while a majority is left by those that are %s, and critical without one', (state, reason) => {
      for (let down = 1; down <= count; down++) {
        const members = Array.from({ length: count }, (_, i) => node(`ensemble-${i + 1}`, i < down ? state : 'running'))
        const verdict = judge([...members, broker], observation(), nowMs)
        const hasQuorum = count - down >= needed

        expect(verdict.health).toBe(hasQuorum ? 'degraded' : 'critical')
        expect(codes(verdict)).toEqual([
          ...(hasQuorum ? [] : ['critical quorumLost']),
          ...Array<string>(down).fill(reason)
        ])
        if (!hasQuorum)
          expect(verdict.reasons[0]).toMatchObject({
            count: count - down,
            sample: [`${count - down}`, `${count}`, `${needed}`]
          })
      }
    })
  })

  it('is recovering while the members that are missing start, and no longer when even those are too few', () => {
    const states = (...all: NodeState[]): NodeView[] => all.map((state, i) => node(`ensemble-${i + 1}`, state))

    expect(
      judge(states('running', 'starting', 'killed'), observation(), nowMs).reasons.map(({ code }) => code)
    ).toEqual(['ensembleDown', 'ensembleDown'])
    expect(judge(states('starting', 'starting', 'starting'), observation(), nowMs).health).toBe('recovering')
    expect(codes(judge(states('starting', 'killed', 'killed'), observation(), nowMs))[0]).toBe('critical quorumLost')
  })

  it('recovers while members elect, and is in trouble when they do not get to the end of it', () => {
    const members = [1, 2, 3].map((id) => node(`ensemble-${id}`, 'running'))
    const judged = (leaderlessForMs: number | undefined) =>
      codes(
        judge([...members, node('broker-1', 'running')], observation(), nowMs, [], {
          leaderlessSinceMs: leaderlessForMs === undefined ? null : nowMs - leaderlessForMs
        })
      )

    expect(judged(undefined)).toEqual([])
    expect(judged(800)).toEqual(['recovering noEnsembleLeader'])
    expect(judged(4_000)).toEqual(['critical noEnsembleLeader'])
  })

  it('is not whole while a member runs that is cut off from the leader, or copies', () => {
    const members = [1, 2, 3].map((id) => node(`ensemble-${id}`, 'running'))
    const judged = (role: 'candidate' | 'learner') =>
      judge([...members, node('broker-1', 'running')], observation(), nowMs, [], {
        apart: [{ member: 'ensemble-3', role, sinceMs: 7 }]
      })

    expect(judged('candidate')).toMatchObject({
      health: 'degraded',
      reasons: [{ code: 'memberCutOff', level: 'degraded', node: 'ensemble-3', sinceMs: 7 }]
    })
    expect(judged('learner')).toMatchObject({ health: 'recovering', reasons: [{ code: 'memberCopies' }] })
  })

  it('is critical without the ensemble or a controller', () => {
    const without = [node('ensemble-1', 'killed'), node('broker-1', 'running')]

    expect(judge(without, observation(), nowMs).health).toBe('critical')
    expect(codes(judge(nodes('running'), observation({ controllerId: null }), nowMs))).toEqual([
      'critical noController'
    ])
  })

  it('is unknown, never healthy, while nobody observes', () => {
    expect(codes(judge(nodes('running'), undefined, nowMs))).toEqual(['unknown notObserved'])
    expect(codes(judge(nodes('running'), observation({ atMs: nowMs - 6000 }), nowMs))).toEqual(['unknown notObserved'])
  })
})
