import { describe, expect, it } from 'vitest'
import type { FailureAct } from '@api/failures'
import type { NodeCostView } from '@api/views'
import { costLines, needsName } from '@/components/brokers/node-cost'
import en from '@/i18n/en.json'
import ko from '@/i18n/ko.json'
import { fakeEnsemble } from '../../../../support/fake-ensemble'
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
        // Without a quorum there is none to be lost.
        else if (left + 1 < needed) expect(keys(losses)).toEqual(['stillNoQuorum'])
        else expect(keys(losses)).toEqual(['noQuorum', 'noChanges', 'noFailover'])
        expect(keys(safe).includes('quorum')).toBe(left >= needed && !isLeader)
        expect(keys(safe).includes('recordsGoOn')).toBe(left < needed)
        expect(keys(safe).includes('sessionsWait')).toBe(left < needed)
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
      expect(keys(of(2, 'wipe').safe)).toContain('copiedMember')
      expect(keys(of(1, 'wipe', count - needed).losses)).toEqual([
        'ensembleAtRisk',
        'noQuorum',
        'noChanges',
        'noFailover'
      ])
    })

    it('is time when the disk of the leader is slow, and a member less when one is full', () => {
      expect(keys(of(1, 'slow-disk').losses)).toEqual(['ensembleSlow.leader'])
      expect(keys(of(2, 'slow-disk').losses)).toEqual(['followerSlow'])
      expect(keys(of(2, 'slow-disk').safe)).toContain('heals')
      expect(keys(of(1, 'full-disk').losses)).toContain('memberLeader.full')
      expect(keys(of(2, 'full-disk', count - needed).losses)).toContain('noQuorum')
      expect(keys(of(2, 'full-disk').safe)).toContain('heals')
    })
  })

  it('of a slow disk is time for all where the majority needs the member', () => {
    const view = (dead: number) =>
      clusterView({
        nodes: [1, 2, 3].map((id) => nodeView(`ensemble-${id}`, id > 3 - dead ? 'killed' : 'running')),
        ensembleState: { quorum: true, leader: 'ensemble-1', term: 3 }
      })
    const of = (dead: number) => keys(costLines(cost({ node: 'ensemble-2' }), view(dead), 'slow-disk').losses)

    expect(of(0)).toEqual(['followerSlow'])
    expect(of(1)).toEqual(['ensembleSlow.needed'])
  })

  it('of the only member of the ensemble is the quorum', () => {
    const { losses, safe } = costLines(cost({ node: 'ensemble-1' }), clusterView(), 'kill')

    expect(keys(losses)).toEqual(['noQuorum', 'noChanges', 'noFailover'])
    expect(losses[0]?.named).toEqual({ left: 0, all: 1, needed: 1 })
    expect(keys(costLines(cost({ node: 'ensemble-1' }), clusterView(), 'wipe').losses)[0]).toBe('ensembleLost')
    expect(keys(safe)).toEqual(['ensembleLog', 'recordsGoOn', 'sessionsWait', 'undo'])
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

describe('what a fault of a member costs', () => {
  const members = (dead = 0) => [
    nodeView('broker-1'),
    nodeView('broker-2'),
    ...[1, 2, 3].map((id) => nodeView(`ensemble-${id}`, id > 3 - dead ? 'killed' : 'running'))
  ]
  const view = (dead = 0) =>
    clusterView({ nodes: members(dead), ensembleState: { quorum: true, leader: 'ensemble-1', term: 3 } })
  const ensemble = (dead = 0) => fakeEnsemble(members(dead), 0)
  const of = (node: string, act: FailureAct, to?: string, dead = 0) =>
    costLines(cost({ node }), view(dead), act, { to, ensemble: ensemble(dead) })

  it('that refuses clients is that of one that stands still: it refuses the other members, too', () => {
    const follower = of('ensemble-2', 'refuse-clients')

    expect(keys(follower.losses)).toEqual(['noSpare', 'sessionsMove'])
    expect(follower.losses[1]).toMatchObject({ named: { node: 'ensemble-2', count: 3 } })
    expect(keys(follower.safe)).toEqual(['quorum', 'ensembleLog', 'heals'])
    expect(keys(of('ensemble-1', 'refuse-clients').losses)).toContain('memberLeader.kill')
    expect(keys(of('ensemble-2', 'refuse-clients', undefined, 1).losses)).toEqual([
      'noQuorum',
      'noChanges',
      'noFailover'
    ])
  })

  it('that is cut off from the leader is its part and its clients, and the quorum where it is needed', () => {
    expect(keys(of('ensemble-2', 'cut-link', 'ensemble-1').losses)).toEqual(['noSpare', 'sessionsMove'])
    expect(of('ensemble-1', 'cut-link', 'ensemble-2').losses).toEqual(of('ensemble-2', 'cut-link', 'ensemble-1').losses)
    expect(keys(of('ensemble-2', 'cut-link', 'ensemble-1', 1).losses)).toContain('noQuorum')
  })

  it('that follows is nothing towards another that follows', () => {
    for (const act of ['cut-link', 'slow-link', 'lossy-link'] as const)
      expect(keys(of('ensemble-2', act, 'ensemble-3').losses)).toEqual(['peersApart'])
  })

  it('is time where the slow link is one that the majority needs', () => {
    expect(keys(of('ensemble-2', 'slow-link', 'ensemble-1').losses)).toEqual(['followerSlow'])
    expect(keys(of('ensemble-1', 'lossy-link', 'ensemble-2', 1).losses)).toEqual(['ensembleSlow.needed'])
  })

  it('is not known while nobody leads', () => {
    const leaderless = { ...view(), ensembleState: { quorum: false, leader: null, term: 3 } }

    const { losses } = costLines(cost({ node: 'ensemble-2' }), leaderless, 'cut-link', { to: 'ensemble-1' })

    expect(losses).toMatchObject([{ key: 'leaderUnknown', level: 'unknown' }])
  })

  it('sends a broker elsewhere, and is its session when it reaches no other', () => {
    const cut = (node: string, to: string) => ({
      ...({ id: `${node}-${to}`, kind: 'cut-link', node, to, oneWay: false } as const),
      ...{ value: null, sinceMs: 0, untilMs: null }
    })
    const alone = { ...view(), faults: [cut('broker-1', 'ensemble-2'), cut('ensemble-3', 'broker-1')] }
    const lines = costLines(cost({ node: 'broker-1' }), alone, 'cut-link', { to: 'ensemble-1', ensemble: ensemble() })

    expect(of('broker-1', 'cut-link', 'ensemble-2').losses).toMatchObject([
      { key: 'brokerMoves', named: { node: 'broker-1', member: 'ensemble-2' } }
    ])
    expect(keys(of('ensemble-2', 'slow-link', 'broker-1').losses)).toEqual(['brokerSlowed'])
    expect(lines.losses[0]).toMatchObject({ key: 'sessionEnds', level: 'critical', named: { node: 'broker-1' } })
    // Where nobody ends sessions none ends.
    const leaderless = { ...ensemble(), quorum: false }
    const unled = costLines(cost({ node: 'broker-1' }), alone, 'cut-link', { to: 'ensemble-1', ensemble: leaderless })
    expect(keys(unled.losses)).toEqual(['reachesNone'])
  })

  it('with a wrong clock is the times of znodes while it leads, and no session', () => {
    expect(of('ensemble-1', 'skew-clock').losses).toMatchObject([{ key: 'memberClock.leader', level: 'degraded' }])
    expect(of('ensemble-2', 'skew-clock').losses).toMatchObject([{ key: 'memberClock.follower', level: 'healthy' }])
    expect(keys(of('ensemble-1', 'skew-clock').safe)).toContain('sessionsTimed')
  })

  it('counts no member that already stands apart from the leader, and says so of sessions that nobody tells', () => {
    const told = ensemble()
    const apart = {
      ...told,
      members: told.members.map((one) => (one.name === 'ensemble-3' ? { ...one, role: 'candidate' as const } : one))
    }

    expect(keys(costLines(cost({ node: 'ensemble-2' }), view(), 'pause', { ensemble: apart }).losses)).toContain(
      'noQuorum'
    )
    const silent = { ...told, members: told.members.map((one) => ({ ...one, sessions: null })) }
    expect(keys(costLines(cost({ node: 'ensemble-2' }), view(), 'pause', { ensemble: silent }).losses)).toContain(
      'sessionsUnknown'
    )
    expect(keys(costLines(cost({ node: 'ensemble-3' }), view(1), 'wipe', { ensemble: silent }).losses)).not.toContain(
      'sessionsUnknown'
    )
  })

  it('has words for each of its lines, in both languages', () => {
    const acts: readonly (readonly [string, FailureAct, string?])[] = [
      ['ensemble-1', 'skew-clock'],
      ['ensemble-2', 'skew-clock'],
      ['ensemble-2', 'refuse-clients'],
      ['ensemble-2', 'cut-link', 'ensemble-1'],
      ['ensemble-2', 'cut-link', 'ensemble-3'],
      ['broker-1', 'cut-link', 'ensemble-3'],
      ['broker-1', 'slow-link', 'ensemble-3'],
      ...(['kill', 'stop', 'wipe', 'slow-disk', 'full-disk'] as const).flatMap((act) => [
        [`ensemble-1`, act] as const,
        [`ensemble-2`, act] as const
      ])
    ]
    const used = acts.flatMap(([node, act, to]) =>
      [0, 1, 2].flatMap((dead) => {
        const { losses, safe } = of(node, act, to, dead)
        return [...losses, ...safe]
      })
    )

    for (const locale of [en, ko])
      for (const { key } of used) {
        const words = key.split('.').reduce((at: unknown, part) => (at as Record<string, unknown>)[part], locale.cost)
        expect(words, key).toMatchObject({ what: expect.any(String) as string, why: expect.any(String) as string })
      }
  })
})
