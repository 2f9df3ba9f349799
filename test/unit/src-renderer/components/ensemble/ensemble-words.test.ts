import { describe, expect, it } from 'vitest'
import type { EnsembleView } from '@api/ensemble'
import type { NodeState } from '@api/views'
import { electionTimes } from '@/components/ensemble/election-times'
import { quorumSentence } from '@/components/ensemble/quorum'
import { PLOT, votePlaces } from '@/components/ensemble/vote-places'
import { znodeConsequence } from '@/components/ensemble/znode-consequences'
import { nearestLine, znodeLines } from '@/components/ensemble/znode-lines'
import en from '@/i18n/en.json'
import { fakeChildren, fakeEnsemble } from '../../../../support/fake-ensemble'
import { nodeView } from '../../support/views'

const ensembleOf = (...states: NodeState[]): EnsembleView =>
  fakeEnsemble(
    states.map((state, i) => nodeView(`ensemble-${i + 1}`, state)),
    0
  )

describe('the quorum in a sentence', () => {
  it.each<[number, readonly (readonly [string, string, number])[]]>([
    [
      1,
      [
        ['only', 'healthy', 0],
        ['lost', 'critical', -1]
      ]
    ],
    [
      3,
      [
        ['spare', 'healthy', 1],
        ['last', 'degraded', 0],
        ['lost', 'critical', -1],
        ['lost', 'critical', -2]
      ]
    ],
    [
      5,
      [
        ['spare', 'healthy', 2],
        ['spare', 'degraded', 1],
        ['last', 'degraded', 0],
        ['lost', 'critical', -1],
        ['lost', 'critical', -2],
        ['lost', 'critical', -3]
      ]
    ],
    [
      7,
      [
        ['spare', 'healthy', 3],
        ['spare', 'degraded', 2],
        ['spare', 'degraded', 1],
        ['last', 'degraded', 0],
        ['lost', 'critical', -1],
        ['lost', 'critical', -2],
        ['lost', 'critical', -3],
        ['lost', 'critical', -4]
      ]
    ]
  ])('is right for %i members and every number that is down', (count, expected) => {
    const told = expected.map((_, dead) => {
      const states = Array.from({ length: count }, (_, i): NodeState => (i < count - dead ? 'running' : 'killed'))
      const { key, level, named } = quorumSentence(ensembleOf(...states))
      expect(named.running).toBe(count - dead)
      expect(en.ensemble.quorum).toHaveProperty(key.replace('ensemble.quorum.', ''))
      return [key.replace('ensemble.quorum.', ''), level, named.spare]
    })

    expect(told).toEqual(expected)
  })

  it('does not count who runs and takes no part', () => {
    const apart = [{ member: 'ensemble-3', role: 'learner' as const, sinceMs: 1 }]
    const { key, level, named } = quorumSentence({ ...ensembleOf('running', 'running', 'running'), apart })
    expect([key, level, named.running, named.counted, named.spare]).toEqual([
      'ensemble.quorum.lastCounted',
      'degraded',
      3,
      2,
      0
    ])
    const five = ensembleOf('running', 'running', 'running', 'running', 'running')
    expect(quorumSentence({ ...five, apart })).toMatchObject({
      key: 'ensemble.quorum.spareCounted',
      named: { spare: 1 }
    })
    for (const one of ['lastCounted', 'spareCounted']) expect(en.ensemble.quorum).toHaveProperty(one)
  })

  it('tells an election, a start and silence apart from a loss', () => {
    const leaderless = { ...ensembleOf('running', 'running', 'killed'), quorum: false, leader: null }

    expect(quorumSentence({ ...leaderless, leaderlessSinceMs: 1 })).toMatchObject({
      key: 'ensemble.quorum.electing',
      level: 'recovering'
    })
    expect(quorumSentence(ensembleOf('starting', 'running', 'killed')).key).toBe('ensemble.quorum.starting')
    expect(quorumSentence(ensembleOf('starting', 'killed', 'killed')).key).toBe('ensemble.quorum.lost')
    expect(quorumSentence({ ...ensembleOf('running', 'running', 'running'), quorum: null }).level).toBe('unknown')
  })
})

describe('the picture of an election', () => {
  it.each([1, 3, 5, 7])('has %i members inside it, none over another, and an arrow for each vote', (count) => {
    const votes = Array.from({ length: count }, (_, i) => ({
      member: `ensemble-${i + 1}`,
      candidate: i === 2 ? null : 'ensemble-1',
      isKnown: true
    }))
    const places = votePlaces({ term: 2, leader: 'ensemble-1', steps: [], votes })

    expect(places.map(({ arrow }) => arrow !== undefined)).toEqual(votes.map(({ candidate }) => candidate !== null))
    for (const { x, y } of places) {
      expect(Math.min(x, PLOT.width - x)).toBeGreaterThan(PLOT.radius)
      expect(Math.min(y, PLOT.height - y)).toBeGreaterThan(PLOT.radius)
      const near = places.filter((other) => Math.hypot(other.x - x, other.y - y) < 2 * PLOT.radius)
      expect(near).toHaveLength(1)
    }
  })
})

describe('what lives on a znode', () => {
  it.each([
    ['/brokers/ids/2', 'delete', 'registration', true],
    ['/brokers/ids/2', 'set', 'registrationData', true],
    ['/controller', 'delete', 'controller', false],
    ['/controller_epoch', 'set', 'controllerEpoch', true],
    ['/brokers/topics/a.b', 'delete', 'topic', true],
    ['/brokers/topics/a.b/partitions', 'delete', 'topic', true],
    ['/brokers/topics/a.b', 'set', 'assignment', true],
    ['/brokers/topics/a.b/partitions/3/state', 'set', 'partition', true],
    ['/brokers/topics/a.b/partitions/3/state', 'delete', 'partition', true],
    ['/admin/delete_topics/a', 'create', 'deletion', false],
    ['/config/topics/a', 'delete', 'config', false],
    ['/brokers', 'delete', 'everything', true],
    ['/brokers/topics', 'delete', 'everything', true],
    ['/cluster/id', 'delete', 'clusterId', true],
    ['/isr_change_notification/x', 'delete', 'kafka', false],
    ['/app/lock', 'delete', 'none', false],
    ['/brokersx', 'delete', 'none', false]
  ] as const)('of %s, to %s it, is %s', (path, act, key, isTyped) => {
    const found = znodeConsequence(path, act)

    expect([found.key, found.isTyped]).toEqual([key, isTyped])
    expect(en.ensemble.consequence).toHaveProperty(key)
  })

  it('names the broker, the topic and the partition', () => {
    expect(znodeConsequence('/brokers/ids/12', 'delete').named).toMatchObject({ id: '12' })
    expect(znodeConsequence('/brokers/topics/o/partitions/7/state', 'set').named).toMatchObject({
      topic: 'o',
      partition: '7'
    })
  })
})

describe('the unfolded tree', () => {
  const children = (...keys: string[]) =>
    new Map(
      keys.flatMap((key) => {
        const view = fakeChildren(key, 0)
        return view === null ? [] : [[view.path, view] as const]
      })
    )
  const views = children('children:200:/', 'children:200:/app', 'children:200:/app/locks')

  it('has what is open, with its place among its siblings', () => {
    const lines = znodeLines(
      views,
      new Map([
        ['/', 200],
        ['/app', 200]
      ])
    )

    expect(lines.slice(0, 5).map(({ path, depth }) => [path, depth])).toEqual([
      ['/', 0],
      ['/admin', 1],
      ['/app', 1],
      ['/app/counter', 2],
      ['/app/locks', 2]
    ])
    expect(lines[4]).toMatchObject({ position: 2, siblings: 2, childCount: 10_000, isOpen: false })
  })

  it('of ten thousand children has a page, and a line that says how many there are', () => {
    const open = new Map([
      ['/', 200],
      ['/app', 200],
      ['/app/locks', 200]
    ])
    const lines = znodeLines(views, open)
    const more = lines.filter(({ type }) => type === 'more')

    expect(lines.filter(({ path }) => path.startsWith('/app/locks/'))).toHaveLength(200)
    expect(more).toEqual([{ type: 'more', path: '/app/locks', depth: 3, shown: 200, total: 10_000 }])
  })

  it('keeps of a filter what fits, and what leads there', () => {
    const open = new Map([
      ['/', 200],
      ['/app', 200],
      ['/app/locks', 200]
    ])

    expect(znodeLines(views, open, 'LOCK-0000000012').map(({ path }) => path)).toEqual([
      '/',
      '/app',
      '/app/locks',
      '/app/locks/lock-0000000012'
    ])
  })

  it('finds the nearest line of what is folded away', () => {
    const lines = znodeLines(views, new Map([['/', 200]]))

    expect(lines[nearestLine(lines, '/app/locks/lock-0000000001')]?.path).toBe('/app')
    expect(nearestLine(lines, '/nowhere/at/all')).toBe(0)
  })
})

describe('the times of an election', () => {
  it('count from the first step that is known; what is not known is said to be so', () => {
    const times = electionTimes([
      { what: 'lost', member: 'ensemble-3', atMs: null },
      { what: 'asks', member: 'ensemble-1', atMs: 5_000 },
      { what: 'stands', member: 'ensemble-1', atMs: 4_999 },
      { what: 'leads', member: 'ensemble-1', atMs: 5_112 },
      { what: 'commits', member: 'ensemble-1', atMs: 17_340 }
    ])

    expect(times.map(({ time }) => time)).toEqual([
      { type: 'unknown' },
      { type: 'first', atMs: 5_000 },
      { type: 'after', unit: 'ms', text: '0' },
      { type: 'after', unit: 'ms', text: '112' },
      { type: 'after', unit: 's', text: '12.3' }
    ])
  })
})
