import { describe, expect, it } from 'vitest'
import { Group } from '../../../../../../src-main/broker/core/group/group'
import type {
  GroupEffect,
  JoinAnswer,
  JoinRequest,
  SyncAnswer
} from '../../../../../../src-main/broker/core/group/group-types'

const options = { initialRebalanceDelayMs: 0, membersMax: 100 }
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

function request(fields: Partial<JoinRequest> = {}): JoinRequest {
  return {
    memberId: '',
    groupInstanceId: null,
    clientId: 'c',
    clientHost: '/127.0.0.1',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 30_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: bytes(1) }],
    requiresKnownMemberId: false,
    supportsSkippingAssignment: false,
    newMemberId: 'm1',
    ...fields
  }
}

/** A group with its answers by token. What it persists is committed at once, unless `holds` keeps it for commit(). */
function groupUnderTest(more: Partial<typeof options> & { readonly holds?: boolean } = {}) {
  const group = new Group('g', { ...options, ...more }, 0)
  const joins = new Map<number, JoinAnswer>()
  const syncs = new Map<number, SyncAnswer>()
  const persisted: number[] = []
  const held: number[] = []
  const settle = (): void => {
    for (let effects = group.takeEffects(); effects.length > 0; effects = group.takeEffects()) effects.forEach(obey)
  }
  const obey = (effect: GroupEffect): void => {
    if (effect.type === 'joinAnswer') joins.set(effect.token, effect.answer)
    else if (effect.type === 'syncAnswer') syncs.set(effect.token, effect.answer)
    else {
      persisted.push(group.generationId)
      if (more.holds === true) held.push(effect.store)
      else group.stored(effect.store, undefined, 0)
    }
  }
  /** All that is held is committed, or is not for this reason. */
  const commit = (failure?: 'COORDINATOR_NOT_AVAILABLE'): void => {
    for (const store of held.splice(0)) group.stored(store, failure, 0)
    settle()
  }
  const join = (token: number, fields: Partial<JoinRequest>, nowMs = 0): JoinAnswer | undefined => {
    group.join(request(fields), token, nowMs)
    settle()
    return joins.get(token)
  }
  const sync = (
    token: number,
    memberId: string,
    assignments: Record<string, Uint8Array> = {},
    nowMs = 0
  ): SyncAnswer | undefined => {
    const generationId = group.generationId
    group.sync(
      {
        memberId,
        groupInstanceId: null,
        generationId,
        protocolType: null,
        protocolName: null,
        assignments: new Map(Object.entries(assignments))
      },
      token,
      nowMs
    )
    settle()
    return syncs.get(token)
  }
  return { group, joins, syncs, persisted, settle, join, sync, commit }
}

/** Two members, Stable, generation 2, m1 leads. */
function stableGroup() {
  const test = groupUnderTest()
  test.join(1, { newMemberId: 'm1' })
  test.sync(2, 'm1', { m1: bytes(9) })
  test.join(3, { newMemberId: 'm2' })
  test.join(4, { memberId: 'm1' })
  test.sync(5, 'm2')
  test.sync(6, 'm1', { m1: bytes(1), m2: bytes(2) })
  return test
}
const identity = (memberId: string, groupInstanceId: string | null = null) => ({ memberId, groupInstanceId })

describe('a group that is asked for ids', () => {
  it('keeps ten thousand that nobody has used yet: whoever comes late with an older one asks for another', () => {
    const { group, join } = groupUnderTest()
    const ask = (index: number, nowMs = 0) =>
      join(index, { newMemberId: `m${index}`, requiresKnownMemberId: true }, nowMs)?.error
    for (let index = 1; index <= 10_000; index++) ask(index)

    expect(ask(10_001)).toBe('MEMBER_ID_REQUIRED')
    expect(join(20_000, { memberId: 'm1', requiresKnownMemberId: true })?.error).toBe('UNKNOWN_MEMBER_ID')
    expect(join(20_001, { memberId: 'm2', requiresKnownMemberId: true })).toBeUndefined()
    expect(group.hasPending).toBe(true)
    group.tick(10_000)
    expect(group.hasPending).toBe(false)
  })
})

describe('a member that has never been in a generation', () => {
  const newMemberMs = 300_000

  it('is out after five minutes when the others have not come back until then, whatever time they have', () => {
    const { group, join, joins, sync, settle } = groupUnderTest()
    join(1, { newMemberId: 'm1', rebalanceTimeoutMs: 2_147_483_647, sessionTimeoutMs: 1_800_000 })
    sync(2, 'm1', { m1: bytes(1) })
    join(3, { newMemberId: 'gone' }, 1_000)
    group.heartbeat(identity('m1'), 1, 1_000)

    expect(group.deadlineMs).toBe(1_000 + newMemberMs)
    group.tick(1_000 + newMemberMs - 1)
    settle()
    expect(joins.get(3)).toBeUndefined()
    const expired = group.tick(1_000 + newMemberMs)
    settle()

    expect(expired).toEqual(['gone'])
    expect(joins.get(3)?.error).toBe('UNKNOWN_MEMBER_ID')
    expect(group.inspect()).toMatchObject({ state: 'PreparingRebalance', members: [{ memberId: 'm1' }] })
    expect(join(4, { memberId: 'm1' }, 302_000)).toMatchObject({ error: 'NONE', generationId: 2 })
  })

  it('is the only one that is: who was in one waits as long as the rebalance takes', () => {
    const { group, join, joins, sync, settle } = groupUnderTest()
    const patient = { rebalanceTimeoutMs: 2_147_483_647, sessionTimeoutMs: 1_800_000 }
    join(1, { newMemberId: 'm1', ...patient })
    sync(2, 'm1', { m1: bytes(1) })
    join(3, { newMemberId: 'm2' })
    join(4, { memberId: 'm1', ...patient })
    sync(5, 'm1', { m1: bytes(1) })
    sync(6, 'm2')
    join(7, { newMemberId: 'm3' })
    join(8, { memberId: 'm2' }, 2_000)
    group.heartbeat(identity('m1'), 2, 2_000)
    group.tick(400_000)
    settle()

    expect(joins.get(7)?.error).toBe('UNKNOWN_MEMBER_ID')
    expect(joins.get(8)).toBeUndefined()
    expect(group.memberCount).toBe(2)
  })
})

describe('Group', () => {
  it('takes any number of members', () => {
    const group = new Group('g', { initialRebalanceDelayMs: 0, membersMax: 200_000 }, 0)
    const member = { ...request(), metadata: bytes(1), assignment: bytes(1) }
    const members = Array.from({ length: 150_000 }, (_, i) => ({ ...member, memberId: `m${i}` }))
    const stored = { protocolType: 'consumer', protocolName: 'range', leader: 'm0', generationId: 1 }
    group.restore({ ...stored, stateTimestampMs: 0, members }, 0)

    group.join(request({ newMemberId: 'one more' }), 1, 0)

    expect(group.state).toBe('PreparingRebalance')
    expect(group.deadlineMs).toBe(10_000)
  })

  it('takes a static member back without a rebalance, whatever else it says of the same protocol (KIP-345)', () => {
    const { join, sync, group, persisted } = groupUnderTest()
    const sticky = (...metadata: number[]) => [{ name: 'cooperative-sticky', metadata: bytes(...metadata) }]
    join(1, { newMemberId: 's-1', groupInstanceId: 's', protocols: sticky(1) })
    join(2, { newMemberId: 'm2', protocols: sticky(1) })
    join(3, { memberId: 's-1', groupInstanceId: 's', protocols: sticky(1) })
    sync(4, 's-1', { 's-1': bytes(1), m2: bytes(2) })
    group.sync(
      {
        memberId: 's-1',
        groupInstanceId: 's',
        generationId: group.generationId,
        protocolType: null,
        protocolName: null,
        assignments: new Map([['s-1', bytes(1)]])
      },
      5,
      0
    )
    expect(group.state).toBe('Stable')
    const generation = group.generationId
    const before = persisted.length

    // It tells the generation and the partitions that it had.
    const back = join(6, { newMemberId: 's-2', groupInstanceId: 's', protocols: sticky(1, 7, 7, 7) })

    expect(back).toMatchObject({ error: 'NONE', memberId: 's-2', generationId: generation })
    expect(group.state).toBe('Stable')
    expect(persisted.length).toBe(before + 1)
    expect(group.inspect().members.find(({ memberId }) => memberId === 's-2')?.metadata).toEqual(bytes(1, 7, 7, 7))
  })

  it('begins a rebalance when a static member comes back so that another protocol would be chosen', () => {
    const { join, group, settle } = groupUnderTest()
    const both = [
      { name: 'range', metadata: bytes(1) },
      { name: 'sticky', metadata: bytes(1) }
    ]
    join(1, { newMemberId: 's-1', groupInstanceId: 's', protocols: both })
    group.sync(
      {
        memberId: 's-1',
        groupInstanceId: 's',
        generationId: 1,
        protocolType: null,
        protocolName: null,
        assignments: new Map()
      },
      2,
      0
    )
    settle()
    expect(group.inspect()).toMatchObject({ state: 'Stable', protocolName: 'range' })

    join(3, { newMemberId: 's-2', groupInstanceId: 's', protocols: [...both].reverse() })

    expect(group.inspect()).toMatchObject({ state: 'CompletingRebalance', protocolName: 'sticky', generationId: 2 })
  })

  it('makes the first member leader and gives it the members', () => {
    const { join, group } = groupUnderTest()

    const answer = join(1, {})

    expect(answer).toMatchObject({
      error: 'NONE',
      generationId: 1,
      leader: 'm1',
      memberId: 'm1',
      protocolName: 'range'
    })
    expect(answer?.members).toEqual([{ memberId: 'm1', groupInstanceId: null, metadata: bytes(1) }])
    expect(group.state).toBe('CompletingRebalance')
  })

  it('asks a first join for the member id it is told (KIP-394)', () => {
    const { join } = groupUnderTest()

    const first = join(1, { requiresKnownMemberId: true, newMemberId: 'told' })
    const second = join(2, { requiresKnownMemberId: true, memberId: 'told' })

    expect(first).toMatchObject({ error: 'MEMBER_ID_REQUIRED', memberId: 'told' })
    expect(second).toMatchObject({ error: 'NONE', memberId: 'told' })
  })

  it('waits for more members only when it was empty', () => {
    const { join, joins, group, settle } = groupUnderTest({ initialRebalanceDelayMs: 3000 })

    expect(join(1, { newMemberId: 'm1' })).toBeUndefined()
    expect(join(2, { newMemberId: 'm2' }, 1000)).toBeUndefined()
    group.tick(3000)
    settle()
    expect(joins.size).toBe(0)
    group.tick(6000)
    settle()

    expect(joins.get(1)).toMatchObject({ error: 'NONE', generationId: 1 })
    expect(joins.get(2)).toMatchObject({ error: 'NONE', generationId: 1, members: [] })
  })

  it('gives every member its assignment when the leader brings it, after it is persisted', () => {
    const { syncs, persisted, group } = stableGroup()

    expect(syncs.get(5)).toMatchObject({ error: 'NONE', assignment: bytes(2) })
    expect(syncs.get(6)).toMatchObject({ error: 'NONE', assignment: bytes(1) })
    expect(persisted).toContain(2)
    expect(group.state).toBe('Stable')
  })

  it('rebalances when a member joins and tells the others by their heartbeat', () => {
    const { join, group } = stableGroup()

    expect(join(7, { newMemberId: 'm3' })).toBeUndefined()

    expect(group.state).toBe('PreparingRebalance')
    expect(group.heartbeat(identity('m1'), 2, 0)).toBe('REBALANCE_IN_PROGRESS')
  })

  it('drops members that do not come back in time', () => {
    const { join, joins, group, settle } = stableGroup()
    join(7, { newMemberId: 'm3' })
    join(8, { memberId: 'm1' })

    group.heartbeat(identity('m2'), 2, 29_000)
    group.tick(30_000)
    settle()

    expect(joins.get(8)).toMatchObject({ error: 'NONE', generationId: 3, leader: 'm1' })
    expect(group.inspect().members.map(({ memberId }) => memberId)).toEqual(['m1', 'm3'])
  })

  it('ends a member whose heartbeat is missing for its session, and rebalances', () => {
    const { group } = stableGroup()
    group.heartbeat(identity('m1'), 2, 9_000)

    expect(group.tick(10_000)).toEqual(['m2'])

    expect(group.state).toBe('PreparingRebalance')
    expect(group.heartbeat(identity('m2'), 2, 10_001)).toBe('UNKNOWN_MEMBER_ID')
  })

  it('expels members that never sync', () => {
    const { join, sync, group } = groupUnderTest()
    join(1, { newMemberId: 'm1' })
    sync(2, 'm1', { m1: bytes(9) })
    join(3, { newMemberId: 'm2' })
    join(4, { memberId: 'm1' })
    sync(5, 'm1', { m1: bytes(1) })
    expect(group.state).toBe('Stable')
    group.heartbeat(identity('m1'), 2, 29_000)
    group.heartbeat(identity('m2'), 2, 29_000)

    expect(group.tick(30_000)).toEqual(['m2'])
  })

  it('lets a follower that asks again stay, and rebalances for a leader that does', () => {
    const follower = stableGroup()
    expect(follower.join(7, { memberId: 'm2' })).toMatchObject({ error: 'NONE', generationId: 2 })
    expect(follower.group.state).toBe('Stable')

    const leader = stableGroup()
    expect(leader.join(7, { memberId: 'm1' })).toBeUndefined()
    expect(leader.group.state).toBe('PreparingRebalance')
  })

  it('takes the protocol that most members prefer among those all support', () => {
    const { join, joins, sync } = groupUnderTest()
    const both = [
      { name: 'a', metadata: bytes(1) },
      { name: 'b', metadata: bytes(2) }
    ]
    join(1, { newMemberId: 'm1', protocols: both })
    sync(2, 'm1', { m1: bytes(0) })
    join(3, { newMemberId: 'm2', protocols: [{ name: 'b', metadata: bytes(3) }] })
    join(4, { memberId: 'm1', protocols: both })

    expect(joins.get(3)?.protocolName).toBe('b')
  })

  it('refuses a member that shares no protocol, or is of another type', () => {
    const { join } = stableGroup()

    expect(join(7, { newMemberId: 'm3', protocols: [{ name: 'other', metadata: bytes() }] })).toMatchObject({
      error: 'INCONSISTENT_GROUP_PROTOCOL'
    })
    expect(join(8, { newMemberId: 'm3', protocolType: 'connect' })).toMatchObject({
      error: 'INCONSISTENT_GROUP_PROTOCOL'
    })
  })

  it.each([
    ['m1', 2, 'NONE'],
    ['m1', 1, 'ILLEGAL_GENERATION'],
    ['nobody', 2, 'UNKNOWN_MEMBER_ID']
  ] as const)('answers a heartbeat of %s in generation %i with %s', (memberId, generation, error) => {
    expect(stableGroup().group.heartbeat(identity(memberId), generation, 0)).toBe(error)
  })

  it('becomes Empty when the last member leaves', () => {
    const { group, settle, persisted } = stableGroup()

    expect(group.leave([identity('m1')], 0)).toEqual(['NONE'])
    expect(group.leave([identity('m2')], 0)).toEqual(['NONE'])
    settle()

    expect(group.state).toBe('Empty')
    expect(persisted.at(-1)).toBe(group.generationId)
    expect(group.leave([identity('m2')], 0)).toEqual(['UNKNOWN_MEMBER_ID'])
  })

  it('waits for static members that are away without a new generation, and not in a hurry', () => {
    const { group, join, sync, settle } = groupUnderTest()
    const hasty = { rebalanceTimeoutMs: 0, sessionTimeoutMs: 60_000 }
    join(1, { newMemberId: 'm1', groupInstanceId: 's1', ...hasty })
    sync(2, 'm1', { m1: bytes(1) })
    join(3, { newMemberId: 'm2', groupInstanceId: 's2', ...hasty })
    group.tick(10)
    settle()
    const { generationId } = group
    group.leave([{ memberId: '', groupInstanceId: 's2' }], 20)
    group.tick(20)
    settle()

    expect(group.state).toBe('PreparingRebalance')
    expect(group.generationId).toBe(generationId)
    expect(group.deadlineMs).toBeGreaterThanOrEqual(1_020)
  })

  it('lets a static member come back without a rebalance and fences its old self', () => {
    const { join, sync, group } = groupUnderTest()
    join(1, { newMemberId: 'm1' })
    sync(2, 'm1', { m1: bytes(9) })
    join(3, { newMemberId: 's-old', groupInstanceId: 's' })
    join(4, { memberId: 'm1' })
    sync(5, 'm1', { m1: bytes(1), 's-old': bytes(2) })

    const back = join(6, { newMemberId: 's-new', groupInstanceId: 's' })

    expect(back).toMatchObject({ error: 'NONE', memberId: 's-new', generationId: 2 })
    expect(group.state).toBe('Stable')
    expect(group.heartbeat(identity('s-old', 's'), 2, 0)).toBe('FENCED_INSTANCE_ID')
    expect(sync(7, 's-new')).toMatchObject({ error: 'NONE', assignment: bytes(2) })
  })

  it.each([
    ['a simple commit to an empty group', '', -1, undefined],
    ['a member it does not know', 'nobody', 0, 'UNKNOWN_MEMBER_ID']
  ] as const)('judges %s', (_what, memberId, generation, problem) => {
    expect(groupUnderTest().group.commitProblem(identity(memberId), generation, 0)).toBe(problem)
  })

  it('takes commits of the current generation only', () => {
    const { group, join } = stableGroup()

    expect(group.commitProblem(identity('m1'), 2, 0)).toBeUndefined()
    expect(group.commitProblem(identity('m1'), 1, 0)).toBe('ILLEGAL_GENERATION')
    expect(group.commitProblem(identity(''), -1, 0)).toBe('UNKNOWN_MEMBER_ID')
    join(7, { newMemberId: 'm3' })
    expect(group.commitProblem(identity('m1'), 2, 0)).toBeUndefined()
  })

  it('tells everybody who waits when it dies', () => {
    const { group, join, joins, settle } = stableGroup()
    join(7, { newMemberId: 'm3' })

    group.die('NOT_COORDINATOR')
    settle()

    expect(joins.get(7)).toMatchObject({ error: 'NOT_COORDINATOR' })
    expect(group.state).toBe('Dead')
  })

  describe('whose assignment is written and not committed yet', () => {
    /** m1 leads m2, both have synced. */
    function storing() {
      const test = groupUnderTest({ holds: true })
      test.join(1, { newMemberId: 'm1' })
      test.join(2, { newMemberId: 'm2' })
      test.join(3, { memberId: 'm1' })
      test.sync(4, 'm2')
      test.sync(5, 'm1', { m1: bytes(1), m2: bytes(2) })
      return test
    }

    it('is not Stable and answers nobody until it is', () => {
      const { group, syncs, commit } = storing()
      expect([group.state, syncs.size]).toEqual(['CompletingRebalance', 0])
      expect(group.commitProblem(identity('m1'), 2, 0)).toBe('REBALANCE_IN_PROGRESS')

      commit()

      expect(group.state).toBe('Stable')
      expect([syncs.get(4)?.assignment, syncs.get(5)?.assignment]).toEqual([bytes(2), bytes(1)])
    })

    it('has whoever asks meanwhile wait with the others, and stores it once', () => {
      const { syncs, persisted, sync, commit } = storing()

      sync(6, 'm1', { m1: bytes(8) })
      expect(syncs.get(5)?.error).toBe('REBALANCE_IN_PROGRESS')
      expect(persisted).toEqual([2])
      commit()

      expect(syncs.get(6)).toMatchObject({ error: 'NONE', assignment: bytes(1) })
    })

    it('forgets it when a rebalance begins meanwhile', () => {
      const { group, syncs, join, commit } = storing()

      join(7, { newMemberId: 'm3' })
      commit()

      expect(group.state).toBe('PreparingRebalance')
      expect([...syncs.values()].map(({ error }) => error)).toEqual(['REBALANCE_IN_PROGRESS', 'REBALANCE_IN_PROGRESS'])
    })

    it('tells all why when it cannot be, and has them join again', () => {
      const { group, syncs, commit } = storing()

      commit('COORDINATOR_NOT_AVAILABLE')

      expect(group.state).toBe('PreparingRebalance')
      expect([...syncs.values()]).toMatchObject([
        { error: 'COORDINATOR_NOT_AVAILABLE', assignment: bytes() },
        { error: 'COORDINATOR_NOT_AVAILABLE', assignment: bytes() }
      ])
    })

    it('says nothing of it after it has died', () => {
      const { group, syncs, settle, commit } = storing()

      group.die('NOT_COORDINATOR')
      settle()
      commit()

      expect(group.state).toBe('Dead')
      expect([...syncs.values()].map(({ error }) => error)).toEqual(['NOT_COORDINATOR', 'NOT_COORDINATOR'])
    })
  })

  it('answers a static member that came back when its new id is committed, or that it died', () => {
    const { group, join, joins, sync, settle, commit } = groupUnderTest({ holds: true })
    join(1, { newMemberId: 's-old', groupInstanceId: 's' })
    sync(2, 's-old', { 's-old': bytes(1) })
    commit()

    expect(join(3, { newMemberId: 's-new', groupInstanceId: 's' })).toBeUndefined()
    commit()
    expect(joins.get(3)).toMatchObject({ error: 'NONE', memberId: 's-new' })
    expect(join(4, { newMemberId: 's-newer', groupInstanceId: 's' })).toBeUndefined()
    group.die('NOT_COORDINATOR')
    settle()

    expect(joins.get(4)).toMatchObject({ error: 'NOT_COORDINATOR' })
  })

  it('is not given up while a commit of its first offsets is under way', () => {
    const { group } = groupUnderTest()

    group.commitBegan()
    expect([group.isVacant, group.hasOffsets, group.isCommitting]).toEqual([false, true, true])
    group.commitEnded()

    expect(group.isVacant).toBe(true)
  })
})
