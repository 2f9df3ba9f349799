import { describe, expect, it } from 'vitest'
import type { FailureAct } from '@api/failures'
import type { NodeCostView } from '@api/views'
import { costLines, needsName } from '@/components/brokers/node-cost'
import { clusterView, nodeView } from '../../support/views'

const cost = (rest: Partial<NodeCostView> = {}): NodeCostView => ({
  node: 'broker-2',
  isController: false,
  topics: [],
  groups: [],
  slowed: 0,
  isComplete: true,
  isMinIsrKnown: true,
  ...rest
})
const touched = (topic: string, rest: Partial<NodeCostView['topics'][number]>): NodeCostView['topics'][number] => ({
  topic,
  partitionCount: 12,
  moves: [],
  offline: [],
  unclean: [],
  underMinIsr: [],
  refused: [],
  lastInSync: [],
  ...rest
})
const keys = (lines: readonly { key: string }[]): string[] => lines.map((line) => line.key)

describe('what a fault costs', () => {
  it('is told worst first', () => {
    const lines = costLines(
      cost({
        isController: true,
        topics: [
          touched('a', { offline: [0, 3], underMinIsr: [4, 5] }),
          touched('b', { offline: [1], moves: [{ partition: 7, to: 1 }] })
        ],
        groups: [
          { groupId: 'g', to: null },
          { groupId: 'h', to: 1 }
        ],
        isComplete: false
      }),
      clusterView(),
      'kill'
    )

    expect(keys(lines.losses)).toEqual([
      'offline',
      'underMinIsr',
      'groups',
      'groupsMove',
      'controller.kill',
      'moves.elected',
      'incomplete'
    ])
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
      'acksAll',
      'quorum',
      'controllerStays',
      'records',
      'undo'
    ])
    const noMember = clusterView({
      nodes: [nodeView('broker-1'), nodeView('broker-2'), nodeView('ensemble-1', 'killed')],
      controllerId: null
    })
    expect(keys(costLines(cost(), noMember, 'kill').safe)).toEqual(['acksAll', 'records', 'undo'])
  })

  it('does not promise a controller whose process is gone while its session has not expired', () => {
    for (const state of ['killed', 'stopping', 'crashed'] as const) {
      const nodes = [nodeView('broker-1', state), nodeView('broker-2'), nodeView('ensemble-1')]

      expect(keys(costLines(cost(), clusterView({ nodes }), 'kill').safe)).toEqual(['quorum', 'records', 'undo'])
    }
  })

  describe.each([3, 5, 7])('of members of an ensemble of %i', (count) => {
    const needed = Math.floor(count / 2) + 1
    /** Member 1 leads; so many of the last ones are dead. */
    const view = (dead: number) =>
      clusterView({
        nodes: Array.from({ length: count }, (_, i) =>
          nodeView(`ensemble-${i + 1}`, i >= count - dead ? 'killed' : 'running')
        ),
        ensembleState: { quorum: true, leader: 'ensemble-1', term: 3 }
      })
    const of = (member: number, act: FailureAct, dead = 0) =>
      costLines(cost({ node: `ensemble-${member}` }), view(dead), act)

    it('is nothing, then the last spare, then the quorum, with what goes on without it', () => {
      for (let dead = 0; dead < count; dead++) {
        const left = count - dead - 1
        const { losses, safe } = of(Math.min(2, count - dead), 'kill', dead)
        const isLeader = count - dead < 2

        if (left > needed) expect(keys(losses)).toEqual(['nothingOfMember'])
        else if (left === needed) expect(keys(losses)).toEqual(['noSpare'])
        else expect(keys(losses)).toEqual(['noQuorum', 'noChanges', 'noFailover'])
        expect(keys(safe).includes('quorum')).toBe(left >= needed && !isLeader)
        expect(keys(safe).includes('recordsGoOn')).toBe(left < needed)
        expect(keys(safe)).toContain('ensembleLog')
      }
    })

    it('is an election when it leads, which a clean stop hands over', () => {
      expect(keys(of(1, 'kill').losses)).toContain('memberLeader.kill')
      expect(keys(of(1, 'restart').losses)).toContain('memberLeader.stop')
      expect(keys(of(2, 'kill').losses)).not.toContain('memberLeader.kill')
    })

    it('is a learner when it is wiped, and what the ensemble knows when no majority is left to copy from', () => {
      expect(keys(of(2, 'wipe').losses)).toContain('memberWiped')
      expect(keys(of(1, 'wipe', count - needed).losses)).toEqual([
        'ensembleLost',
        'noQuorum',
        'noChanges',
        'noFailover'
      ])
    })

    it('is time when the disk of the leader is slow, and a member less when one is full', () => {
      expect(keys(of(1, 'slow-disk').losses)).toEqual(['ensembleSlow'])
      expect(keys(of(2, 'slow-disk').losses)).toEqual(['followerSlow'])
      expect(keys(of(2, 'full-disk', count - needed).losses)).toContain('noQuorum')
      expect(keys(of(2, 'full-disk').safe)).toContain('heals')
    })
  })

  it('of the only member of the ensemble is the quorum', () => {
    const { losses, safe } = costLines(cost({ node: 'ensemble-1' }), clusterView(), 'kill')

    expect(keys(losses)).toEqual(['noQuorum', 'noChanges', 'noFailover'])
    expect(losses[0]?.named).toEqual({ left: 0, all: 1, needed: 1 })
    expect(keys(safe)).toEqual(['ensembleLog', 'recordsGoOn', 'undo'])
  })

  it('does not promise acks=all where min ISR is not known, or the lists lack something', () => {
    for (const rest of [{ isMinIsrKnown: false }, { isComplete: false }])
      expect(keys(costLines(cost(rest), clusterView(), 'kill').safe)).not.toContain('acksAll')
  })

  it('of a wipe is data: lost for good where nobody else is in sync', () => {
    const last = cost({ topics: [touched('a', { offline: [0], lastInSync: [0] })] })
    expect(keys(costLines(last, clusterView(), 'wipe').losses)[0]).toBe('dataLost')
    expect(keys(costLines(last, clusterView(), 'wipe').safe)).not.toContain('records')
    expect(keys(costLines(cost(), clusterView(), 'wipe').safe)).toContain('recordsElsewhere')
    expect(keys(costLines(cost({ isComplete: false }), clusterView(), 'wipe').safe)).not.toContain('recordsElsewhere')
  })
})

describe('the name of the node', () => {
  const last = cost({ topics: [touched('a', { offline: [0], lastInSync: [0] })] })
  it('is to be typed where the last in-sync replica is killed or wiped', () => {
    expect(needsName(last, 'kill', false)).toBe(true)
    expect(needsName(last, 'wipe', false)).toBe(true)
    expect(needsName(last, 'stop', false)).toBe(false)
    expect(needsName(cost(), 'kill', false)).toBe(false)
    expect(needsName(cost(), 'wipe', false)).toBe(false)
  })

  it('is to be typed to wipe what nobody knows of, and what the ensemble knows', () => {
    expect(needsName(undefined, 'wipe', false)).toBe(true)
    expect(needsName(cost({ isComplete: false }), 'wipe', false)).toBe(true)
    expect(needsName(cost(), 'wipe', true)).toBe(true)
    expect(needsName(undefined, 'kill', false)).toBe(false)
  })
})
