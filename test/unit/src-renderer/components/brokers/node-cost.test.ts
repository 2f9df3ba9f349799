import { describe, expect, it } from 'vitest'
import type { NodeCostView } from '@api/views'
import { costLines } from '@/components/brokers/node-cost'
import { clusterView, nodeView } from '../../support/views'

const cost = (rest: Partial<NodeCostView> = {}): NodeCostView => ({
  node: 'broker-2',
  isController: false,
  topics: [],
  groups: [],
  isComplete: true,
  ...rest
})
const keys = (lines: readonly { key: string }[]): string[] => lines.map((line) => line.key)

describe('what a fault costs', () => {
  it('is told worst first', () => {
    const lines = costLines(
      cost({
        isController: true,
        topics: [
          { topic: 'a', offlinePartitions: [0, 3] },
          { topic: 'b', offlinePartitions: [1] }
        ],
        groups: ['g'],
        isComplete: false
      }),
      clusterView(),
      'kill'
    )

    expect(keys(lines.losses)).toEqual(['offline', 'groups', 'controller.kill', 'incomplete'])
    expect(lines.losses[0]).toMatchObject({ level: 'critical', count: 3 })
  })

  it('of a restart is not to be undone: the node comes back by itself', () => {
    for (const node of ['broker-2', 'ensemble-1']) {
      expect(keys(costLines(cost({ node }), clusterView(), 'restart').safe)).toContain('comesBack')
      expect(keys(costLines(cost({ node }), clusterView(), 'restart').safe)).not.toContain('undo')
      expect(keys(costLines(cost({ node }), clusterView(), 'kill').safe)).toContain('undo')
    }
  })

  it('says so when it is nothing', () => {
    expect(keys(costLines(cost(), clusterView(), 'stop').losses)).toEqual(['nothing'])
  })

  it('says when no broker is left', () => {
    const view = clusterView({ nodes: [nodeView('broker-1', 'killed'), nodeView('broker-2'), nodeView('ensemble-1')] })

    expect(keys(costLines(cost(), view, 'kill').losses)).toContain('lastBroker')
  })

  it('promises only what stays', () => {
    expect(keys(costLines(cost(), clusterView(), 'kill').safe)).toEqual([
      'quorum',
      'controllerStays',
      'records',
      'undo'
    ])
    const noMember = clusterView({
      nodes: [nodeView('broker-1'), nodeView('broker-2'), nodeView('ensemble-1', 'killed')],
      controllerId: null
    })
    expect(keys(costLines(cost(), noMember, 'kill').safe)).toEqual(['records', 'undo'])
  })

  it('does not promise a controller whose process is gone while its session has not expired', () => {
    for (const state of ['killed', 'stopping', 'crashed'] as const) {
      const nodes = [nodeView('broker-1', state), nodeView('broker-2'), nodeView('ensemble-1')]

      expect(keys(costLines(cost(), clusterView({ nodes }), 'kill').safe)).toEqual(['quorum', 'records', 'undo'])
    }
  })

  it('of the only member of the ensemble is the quorum', () => {
    const { losses, safe } = costLines(cost({ node: 'ensemble-1' }), clusterView(), 'kill')

    expect(keys(losses)).toEqual(['noQuorum', 'noChanges', 'noFailover'])
    expect(losses[0]?.named).toEqual({ left: 0, all: 1, needed: 1 })
    expect(keys(safe)).toEqual(['ensembleLog', 'undo'])
  })
})
