import { describe, expect, it } from 'vitest'
import { actOutcomeSchema, standingSchema, type Standing } from '../../../../../src-main/api/acts'
import {
  actOutcome,
  isAtRest,
  isNoticed,
  type Followed,
  type Seen
} from '../../../../../src-main/monitor/core/act-outcome'
import { blastRadius } from '../../../../../src-main/monitor/core/blast-radius'
import type { PartitionFacts, Snapshot, TopicFacts } from '../../../../../src-main/monitor/core/snapshot'
import { brokersOf, standingOf } from '../../../../../src-main/monitor/core/standing'
import { group, snapshot, topic } from '../snapshots'

const three = { leader: 1, replicas: [1, 2, 3], isr: [1, 2, 3] }
const ruled = (name: string, partitions: readonly Partial<PartitionFacts>[], minIsr = 2): TopicFacts => ({
  ...topic(name, partitions),
  minIsr,
  isUncleanAllowed: false
})
const world = (atMs: number, topics: readonly TopicFacts[], coordinatorId: number | null = 2): Snapshot => ({
  ...snapshot({ topics: [...topics], groups: [group('readers', { coordinatorId })] }),
  atMs,
  liveBrokers: [1, 2, 3]
})
const stands = (of: Snapshot): Standing => standingOf(of, [1], ['readers'])

/** A kill of broker 1 at 1000, as it was foreseen in `before`. */
function killed(before: Snapshot, more: Partial<Followed> = {}): Followed {
  const effect = { type: 'gone', broker: 1 } as const
  const predicted = { node: 'broker-1', isController: false, ...blastRadius(before, effect) }
  const none = { elections: [], backAtMs: null, isSessionOver: true, isMixed: false }
  return { act: 'kill', effect, atMs: 1000, before: standingOf(before, [1]), predicted, ...none, ...more }
}
const seen = (more: Partial<Seen> = {}): Seen => ({
  nowMs: 9000,
  registered: [2, 3],
  state: 'killed',
  replicaLagMaxMs: 30_000,
  ...more
})
const item = (outcome: ReturnType<typeof actOutcome>, what: string) => outcome.items.find((one) => one.what === what)

const before = world(500, [ruled('a', [three, { ...three, leader: 2 }, { ...three, isr: [1, 2] }])])
const after = (atMs: number, end = 0): Snapshot =>
  world(atMs, [
    ruled('a', [
      { ...three, leader: 2, isr: [2, 3], endOffset: end },
      { ...three, leader: 2, isr: [2, 3] },
      { ...three, leader: 2, isr: [2] }
    ])
  ])
const looks = { previous: stands(after(8000)), now: stands(after(9000, 5)) }

describe('what happened', () => {
  it('is as predicted when the same partitions have the leaders that were foretold', () => {
    const elections = [{ atMs: 7100, count: 2, isUnclean: false }]

    const outcome = actOutcome(killed(before, { elections }), 'rest', looks)

    expect(outcome).toMatchObject({ verdict: 'asPredicted', whys: [], electedMs: 6100, looked: 3 })
    expect(outcome.leaders).toEqual([{ broker: 2, count: 2 }])
    expect(item(outcome, 'moves')).toEqual({ what: 'moves', predicted: 2, happened: 2, isAlike: true })
    expect(item(outcome, 'underMinIsr')).toEqual({ what: 'underMinIsr', predicted: 1, happened: 1, isAlike: true })
    expect(item(outcome, 'shrinks')).toMatchObject({ predicted: 3, happened: 3 })
    expect(outcome.writes).toEqual({ taken: 2, refused: 1, unknown: 0, arriving: 1 })
    expect(actOutcomeSchema.parse(outcome)).toEqual(outcome)
    expect(standingSchema.parse(looks.now)).toEqual(looks.now)
  })

  it('differs when another broker leads than was foretold', () => {
    const now = stands(world(9000, [ruled('a', [{ ...three, leader: 3, isr: [2, 3] }])]))
    const followed = killed(world(500, [ruled('a', [three])]))

    const outcome = actOutcome(followed, 'rest', { previous: now, now })

    expect(outcome).toMatchObject({ verdict: 'differs', elsewhere: { count: 1, sample: ['a-0'] } })
  })

  it('differs when a partition went offline that was to have a leader', () => {
    const now = stands(world(9000, [ruled('a', [{ ...three, leader: null, isr: [1] }])]))

    const outcome = actOutcome(killed(world(500, [ruled('a', [three])])), 'rest', { previous: now, now })

    expect(outcome).toMatchObject({ verdict: 'differs', offline: { count: 1, sample: ['a-0'] } })
    expect(item(outcome, 'offline')).toMatchObject({ predicted: 0, happened: 1, isAlike: false })
  })

  it('was not missed when it was back before its session ended', () => {
    const now = stands({ ...before, atMs: 9000 })
    const followed = killed(before, { backAtMs: 3000, isSessionOver: false })

    const outcome = actOutcome(followed, 'rest', { previous: now, now })

    expect(outcome).toMatchObject({ verdict: 'differs', whys: ['returned'], electedMs: null })
    expect(item(outcome, 'moves')).toMatchObject({ predicted: 2, happened: 0 })
    // How many were in sync meanwhile nobody looked.
    expect(item(outcome, 'shrinks')).toMatchObject({ predicted: 3, happened: null, isAlike: null })
  })

  it('says what it was when it was back only later', () => {
    const followed = killed(before, { backAtMs: 7500, elections: [{ atMs: 7100, count: 2, isUnclean: false }] })

    expect(actOutcome(followed, 'rest', looks)).toMatchObject({ verdict: 'asPredicted', whys: ['back'] })
  })

  it('is attributed to nothing when something else was done meanwhile', () => {
    const outcome = actOutcome(killed(before, { isMixed: true }), 'rest', looks)

    expect(outcome).toMatchObject({ verdict: 'unclear', whys: ['mixed'] })
    expect(item(outcome, 'moves')?.happened).toBe(2)
  })

  it('is not known where nothing was seen before, or no broker answers', () => {
    const unforeseen = actOutcome(killed(before, { before: null, predicted: null }), 'rest', looks)
    expect(unforeseen).toMatchObject({ verdict: 'unclear', whys: ['unforeseen'], items: [], writes: null })

    const silent = stands({ ...before, atMs: 9000, hasMetadata: false })
    const outcome = actOutcome(killed(before), 'rest', { previous: silent, now: silent })
    expect(outcome).toMatchObject({ verdict: 'unclear', whys: ['nobodyAnswers'] })
    expect(item(outcome, 'moves')).toMatchObject({ predicted: 2, happened: null, isAlike: null })
  })

  it('is not known when the host ended first, and keeps what was predicted', () => {
    const outcome = actOutcome(killed(before), 'hostEnded', undefined)

    expect(outcome).toMatchObject({ verdict: 'unclear', whys: ['hostEnded'] })
    expect(item(outcome, 'moves')).toMatchObject({ predicted: 2, happened: null })
  })

  it('leaves out what was deleted, and takes a topic made anew for another one', () => {
    const anew = { ...ruled('a', [{ ...three, leader: 3 }]), topicId: 'other' }
    const now = stands(world(9000, [anew]))

    const outcome = actOutcome(killed(world(500, [ruled('a', [three])])), 'rest', { previous: now, now })

    expect(outcome.whys).toEqual(['gone'])
    expect(item(outcome, 'moves')).toMatchObject({ predicted: 1, happened: 0 })
  })

  it('of a prediction that is incomplete is alike when there is more of it', () => {
    const vague = { ...before, groups: null }
    const followed = killed(vague)
    const first = { ...followed.predicted, topics: [] } as unknown as Followed['predicted']

    const outcome = actOutcome({ ...followed, predicted: first }, 'rest', looks)

    expect(outcome.whys).toEqual(['incomplete'])
    expect(item(outcome, 'moves')).toMatchObject({ predicted: 0, happened: 2, isAlike: true })
  })

  it('of an unclean election is a leader from outside of the ISR', () => {
    const alone = { ...ruled('a', [{ ...three, isr: [1] }], 1), isUncleanAllowed: true }
    const now = stands(world(9000, [ruled('a', [{ ...three, leader: 2, isr: [2] }], 1)]))
    const elections = [{ atMs: 7000, count: 1, isUnclean: true }]

    const outcome = actOutcome(killed(world(500, [alone]), { elections }), 'rest', { previous: now, now })

    expect(outcome.verdict).toBe('asPredicted')
    expect(outcome.items.map(({ what }) => what)).toEqual(['unclean', 'moves'])
  })

  it('of groups: who coordinates them now', () => {
    const offsets = ruled('__consumer_offsets', [three], 1)
    const held = world(500, [offsets], 1)
    const then = (id: number | null) =>
      stands(world(9000, [ruled('__consumer_offsets', [{ ...three, leader: 2 }])], id))

    const moved = actOutcome(killed(held), 'rest', { previous: then(2), now: then(2) })
    expect(item(moved, 'groupsMoved')).toMatchObject({ predicted: 1, happened: 1 })
    const lost = actOutcome(killed(held), 'rest', { previous: then(null), now: then(null) })
    expect(item(lost, 'groupsLost')).toMatchObject({ predicted: 0, happened: 1, isAlike: false })
  })

  it('of what only a client could tell is not looked at', () => {
    const effect = { type: 'noClients', broker: 1 } as const
    const predicted = { node: 'broker-1', isController: false, ...blastRadius(before, effect) }
    const now = stands({ ...before, atMs: 9000 })

    const outcome = actOutcome(killed(before, { act: 'refuse-clients', effect, predicted }), 'rest', {
      previous: now,
      now
    })

    expect(item(outcome, 'refused')).toEqual({ what: 'refused', predicted: 2, happened: null, isAlike: null })
    expect(outcome.verdict).toBe('asPredicted')
  })
})

describe('the cluster', () => {
  const followed = killed(before)
  const atRest = (of: Followed, previous: Standing | undefined, now: Standing, more: Partial<Seen> = {}): boolean =>
    isAtRest(of, { ...seen(more), noticedMs: 8000 }, { previous, now })

  it('has noticed when the session is over, and not while the ensemble is silent', () => {
    expect(isNoticed(followed, seen({ registered: [1, 2, 3] }))).toBe(false)
    expect(isNoticed(followed, seen({ registered: null }))).toBe(false)
    expect(isNoticed(followed, seen())).toBe(true)
  })

  it('has noticed who is back when it serves again', () => {
    const back = killed(before, { backAtMs: 3000 })
    expect(isNoticed(back, seen({ registered: [1, 2, 3], state: 'starting' }))).toBe(false)
    expect(isNoticed(back, seen({ registered: [1, 2, 3], state: 'running' }))).toBe(true)
    expect(isNoticed(back, seen({ registered: [2, 3], state: 'running' }))).toBe(false)
  })

  it('has not noticed a cut link before a follower may count as lagging', () => {
    const cut = killed(before, { act: 'cut-link', effect: { type: 'cut', broker: 1, other: 2 } })
    expect(isNoticed(cut, seen({ nowMs: 45_999 }))).toBe(false)
    expect(isNoticed(cut, seen({ nowMs: 46_000 }))).toBe(true)
    expect(isNoticed({ ...cut, backAtMs: 2000 }, seen({ nowMs: 2001 }))).toBe(true)
  })

  it('is at rest when two looks after the act are alike and nobody waits for an election', () => {
    const look = (atMs: number) => stands(after(atMs))
    expect(atRest(followed, undefined, look(9000))).toBe(false)
    expect(atRest(followed, look(900), look(9000))).toBe(false)
    expect(atRest(followed, look(9000), look(9000))).toBe(false)
    expect(atRest(followed, look(8000), look(9000))).toBe(true)
    const waiting = (atMs: number) => stands({ ...before, atMs })
    expect(atRest(followed, waiting(8000), waiting(9000))).toBe(false)
    expect(atRest(followed, waiting(8000), look(9000))).toBe(false)
  })

  it('waits a while for a coordinator that still reads', () => {
    const look = (atMs: number) => stands({ ...after(atMs), groups: world(0, [], null).groups })
    expect(atRest(followed, look(8000), look(9000))).toBe(false)
    expect(atRest(followed, look(8000), look(9000), { nowMs: 23_000 })).toBe(true)
  })

  it('is not at rest while no broker answers, unless there is none', () => {
    const silent = (atMs: number) => stands({ ...before, atMs, hasMetadata: false })
    expect(atRest(followed, silent(8000), silent(9000))).toBe(false)
    expect(atRest(followed, silent(8000), silent(9000), { registered: [] })).toBe(true)
  })

  it('waits for who is back to be in sync, for a while', () => {
    const back = killed(before, { backAtMs: 8500 })
    const out = (atMs: number) => stands(after(atMs))
    expect(atRest(back, out(8600), out(9000))).toBe(false)
    expect(atRest(back, out(8600), out(9000), { nowMs: 38_500 })).toBe(true)
    const same = (atMs: number) => stands({ ...before, atMs })
    expect(atRest(back, same(8600), same(9000))).toBe(true)
  })
})

describe('what is looked at', () => {
  it('is what the broker has a replica of; of a link what both have; of a member everything', () => {
    const facts = world(0, [
      ruled('a', [three, { replicas: [2], leader: 2, isr: [2] }]),
      ruled('b', [{ replicas: [1] }])
    ])
    const names = (brokers: readonly number[]) =>
      standingOf(facts, brokers).topics.map(({ name, partitions }) => [name, partitions.length])

    expect(names(brokersOf({ node: 'broker-1' }))).toEqual([
      ['a', 1],
      ['b', 1]
    ])
    expect(names(brokersOf({ node: 'broker-1', to: 'broker-2' }))).toEqual([['a', 1]])
    expect(names(brokersOf({ node: 'broker-1', to: 'ensemble-1' }))).toEqual([
      ['a', 1],
      ['b', 1]
    ])
    expect(names(brokersOf({ node: 'ensemble-1' }))).toEqual([
      ['a', 2],
      ['b', 1]
    ])
  })

  it('is bounded, and what is left is counted', () => {
    const facts = world(0, [ruled('a', [three, three]), ruled('b', [three])])
    expect(standingOf(facts, [1], undefined, 1)).toMatchObject({ left: 2, topics: [{ name: 'a' }] })
  })
})
