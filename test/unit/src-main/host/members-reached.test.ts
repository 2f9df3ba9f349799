import { describe, expect, it } from 'vitest'
import type { FaultView } from '../../../../src-main/api/faults'
import type { NodeState, NodeView } from '../../../../src-main/api/views'
import { membersReached } from '../../../../src-main/host/members-reached'

const node = (role: NodeView['role'], id: number, state: NodeState): NodeView => ({
  name: `${role}-${id}`,
  role,
  id,
  state,
  pid: null,
  port: 9000 + id,
  dataDir: '/d',
  sinceMs: 0,
  exit: null,
  restartAtMs: null,
  problem: null
})
const nodes = (...states: NodeState[]) => [
  node('broker', 1, 'running'),
  ...states.map((state, i) => node('ensemble', i + 1, state))
]
const cut = (from: string, to: string): FaultView => ({
  id: `${from} ${to}`,
  kind: 'cut-link',
  node: from,
  to,
  oneWay: false,
  value: null,
  sinceMs: 0,
  untilMs: null
})
const link = { node: 'broker-1', to: 'ensemble-1' }

describe('members that a broker goes on with', () => {
  it('are those that run, and are not cut off from it already', () => {
    const all = nodes('running', 'running', 'running')

    expect(membersReached(all, [], link)).toBe(3)
    expect(membersReached(all, [cut('broker-1', 'ensemble-2')], link)).toBe(2)
    expect(membersReached(all, [cut('ensemble-2', 'broker-1'), cut('broker-1', 'ensemble-3')], link)).toBe(1)
    expect(membersReached(all, [cut('ensemble-2', 'ensemble-3'), cut('broker-2', 'ensemble-2')], link)).toBe(3)
    expect(membersReached(nodes('running', 'killed', 'paused'), [], link)).toBe(1)
  })

  it('are all there are where no link is asked about', () => {
    expect(membersReached(nodes('running', 'killed', 'killed'), [], { node: 'broker-1' })).toBe(3)
  })
})
