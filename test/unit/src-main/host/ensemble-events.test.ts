import { describe, expect, it } from 'vitest'
import type { EnsembleView } from '../../../../src-main/api/ensemble'
import type { ClusterEvent } from '../../../../src-main/api/views'
import { blinkMs, EnsembleEvents } from '../../../../src-main/host/ensemble-events'
import { SimClock } from '../../../support/ensemble-world'

const member = (id: number): EnsembleView['members'][number] => ({
  name: `ensemble-${id}`,
  id,
  state: 'running',
  port: 2180 + id,
  heardAtMs: 1,
  role: null,
  term: null,
  leader: null,
  zxid: null,
  lastOnDisk: null,
  committed: null,
  behindEntries: null,
  sessions: null,
  connections: null,
  outstanding: null,
  latency: null
})

const vote = (id: number, candidate: string | null) => ({ member: `ensemble-${id}`, candidate, isKnown: true })

function world(count = 3) {
  const clock = new SimClock()
  const told: Omit<ClusterEvent, 'id'>[] = []
  let view: EnsembleView = {
    quorum: null,
    leaderlessSinceMs: null,
    leader: null,
    term: null,
    majority: Math.floor(count / 2) + 1,
    running: count,
    apart: [],
    members: Array.from({ length: count }, (_, index) => member(index + 1)),
    znodes: null,
    sessions: null,
    watches: null,
    election: null
  }
  const events = new EnsembleEvents({ clock, view: () => view, event: (event) => told.push(event) })
  const now = (change: Partial<EnsembleView>): void => {
    view = { ...view, ...change }
    events.look()
  }
  const led = (leader: string, term: number, votes: readonly (string | null)[]): void => {
    const election = { term, leader, steps: [], votes: votes.map((candidate, index) => vote(index + 1, candidate)) }
    now({ quorum: true, leader, term, election })
  }
  const codes = () => told.splice(0).map(({ code, subject, params }) => [code, subject, params] as const)
  return { clock, codes, now, led }
}

describe('events of an ensemble', () => {
  it('do not tell the leader of a term as that of the next, while another stands for it', () => {
    const { led, now, codes } = world()
    const [one, two, three] = [member(1), { ...member(2), term: 4 }, member(3)]
    now({ members: [one, two, three] })
    led('ensemble-2', 4, ['ensemble-2', 'ensemble-2', null])
    expect(codes()).toHaveLength(1)

    now({ term: 5, members: [{ ...one, term: 5 }, two, three] })
    expect(codes()).toEqual([])

    now({ members: [{ ...one, term: 5 }, two, three] })
    led('ensemble-1', 5, ['ensemble-1', null, 'ensemble-1'])
    expect(codes()).toEqual([['memberElected', 'ensemble-1', { term: 5, votes: 2, members: 3 }]])
  })

  it('tell once who was elected, and by how many', () => {
    const { led, codes } = world()
    led('ensemble-2', 4, ['ensemble-2', 'ensemble-2', null])
    led('ensemble-2', 4, ['ensemble-2', 'ensemble-2', null])
    expect(codes()).toEqual([['memberElected', 'ensemble-2', { term: 4, votes: 2, members: 3 }]])

    led('ensemble-2', 5, ['ensemble-2', 'ensemble-2', 'ensemble-2'])
    expect(codes()).toEqual([['memberElected', 'ensemble-2', { term: 5, votes: 3, members: 3 }]])
  })

  it('tell no loss of the quorum for an election, which is a blink, and of one that lasts, with how long it took', async () => {
    const { led, codes, now, clock } = world()
    led('ensemble-1', 1, [])
    codes()
    now({ quorum: false, leader: null, running: 2 })
    led('ensemble-2', 2, [])
    await clock.run(2 * blinkMs)
    expect(codes().map(([code]) => code)).toEqual(['memberElected'])

    // Cut off from each other: they run, and agree on nobody.
    now({ quorum: false, leader: null })
    expect(codes()).toEqual([])
    await clock.run(blinkMs)
    expect(codes()).toEqual([['quorumLost', null, { running: 2, majority: 2, members: 3 }]])
    await clock.run(5_000)
    led('ensemble-3', 7, [])
    expect(codes()).toEqual([
      ['memberElected', 'ensemble-3', { term: 7 }],
      ['quorumRegained', null, { seconds: (blinkMs + 5_000) / 1000 }]
    ])
  })

  it('tell at once when too few run, and nothing before there was a quorum', () => {
    const { led, codes, now } = world()
    now({ quorum: false, running: 0 })
    expect(codes()).toEqual([])
    led('ensemble-1', 1, [])
    codes()
    now({ quorum: false, leader: null, running: 1 })
    now({ quorum: false, leader: null, running: 0 })
    expect(codes()).toEqual([['quorumLost', null, { running: 1, majority: 2, members: 3 }]])
  })

  it('tell nothing of one alone', () => {
    const { led, codes, now } = world(1)
    led('ensemble-1', 1, ['ensemble-1'])
    now({ quorum: false, leader: null, running: 0 })
    expect(codes()).toEqual([])
  })
})
