import { describe, expect, it } from 'vitest'
import type { NodeState, NodeView } from '../../../../../src-main/api/views'
import { judge } from '../../../../../src-main/monitor/core/health'
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
  ...fields
})

const codes = (verdict: ReturnType<typeof judge>): string[] =>
  verdict.reasons.map(({ code, level }) => `${level} ${code}`)

describe('the verdict', () => {
  it('is healthy, without reasons, when all runs and is observed', () => {
    expect(judge(nodes('running', 'running'), observation(), nowMs)).toEqual({ health: 'healthy', reasons: [] })
  })

  it('names the broker that holds the only replica of what is offline', () => {
    const leaderless = { count: 2, sample: ['t-0', 't-3'], byBroker: { 2: 2 }, sinceMs: 50 }

    const { health, reasons } = judge(nodes('running', 'killed'), observation({ leaderless }), nowMs)

    expect(health).toBe('critical')
    expect(reasons[0]).toMatchObject({ code: 'partitionsOffline', node: 'broker-2', count: 2 })
  })

  it('is degraded with one broker down and critical with none left', () => {
    expect(codes(judge(nodes('running', 'killed'), observation(), nowMs))).toEqual(['degraded brokerDown'])
    expect(codes(judge(nodes('crashed', 'stopped'), observation(), nowMs))).toEqual([
      'critical brokerDown',
      'critical brokerStopped'
    ])
    expect(codes(judge(nodes('starting', 'killed'), observation(), nowMs))).toEqual([
      'degraded brokerDown',
      'recovering brokerStarting'
    ])
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
