import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { electLeader } from '../../../../../../src-main/broker/core/controller/leader-election'
import type { PartitionState } from '../../../../../../src-main/broker/core/znodes'

interface Situation {
  readonly alive: readonly number[]
  readonly bounced?: readonly number[]
  /** Came back with less than they had. */
  readonly shortened?: readonly number[]
  /** Came back with nothing of what they had. */
  readonly emptied?: readonly number[]
  readonly isUncleanAllowed?: boolean
  readonly areLogsStored?: boolean
}

const elect = (
  replicas: readonly number[],
  stored: PartitionState | undefined,
  { alive, bounced = [], shortened = [], emptied = [], isUncleanAllowed = false, areLogsStored = true }: Situation
) =>
  electLeader({
    replicas,
    stored,
    isOnline: (id) => alive.includes(id),
    hasBounced: (id) => alive.includes(id) && bounced.includes(id),
    hasWholeLog: (id) => !shortened.includes(id) && !emptied.includes(id),
    hasNothing: (id) => emptied.includes(id),
    controllerEpoch: 7,
    isUncleanAllowed,
    areLogsStored
  })

const stored = (leader: number, isr: readonly number[]): PartitionState => ({
  leader,
  leaderEpoch: 4,
  isr,
  controllerEpoch: 1
})
const next = (leader: number, isr: readonly number[], isUnclean = false, formerIsr?: readonly number[]) => ({
  type: 'update',
  isUnclean,
  state: { leader, leaderEpoch: 5, isr, controllerEpoch: 7, ...(formerIsr === undefined ? {} : { formerIsr }) }
})
const unchanged = { type: 'unchanged' }

describe('electLeader, for a new partition', () => {
  it('gives it its first live replica and all live ones as ISR', () => {
    expect(elect([3, 1, 2], undefined, { alive: [1, 2] })).toEqual({
      type: 'create',
      state: { leader: 1, leaderEpoch: 0, isr: [1, 2], controllerEpoch: 7 }
    })
  })

  it('waits when none of its replicas is alive', () => {
    expect(elect([3], undefined, { alive: [1, 2] })).toEqual(unchanged)
  })
})

describe('electLeader, while the leader lives', () => {
  it('leaves a partition alone whose ISR lives', () => {
    expect(elect([1, 2, 3], stored(1, [1, 2]), { alive: [1, 2] })).toEqual(unchanged)
  })

  it('takes a dead follower out of the ISR, and raises the leader epoch', () => {
    expect(elect([1, 2, 3], stored(1, [1, 2, 3]), { alive: [1, 3] })).toEqual(next(1, [1, 3], false, [2]))
  })

  it('takes all dead followers out at once', () => {
    expect(elect([1, 2, 3], stored(2, [1, 2, 3]), { alive: [2] })).toEqual(next(2, [2], false, [1, 3]))
  })

  it('does not give the leadership back to the preferred leader', () => {
    expect(elect([1, 2], stored(2, [2, 1]), { alive: [1, 2] })).toEqual(unchanged)
  })

  it('lets nobody into the ISR: a follower that lives and is outside stays outside', () => {
    expect(elect([1, 2, 3], stored(1, [1]), { alive: [1, 2, 3] })).toEqual(unchanged)
  })

  it('has it stored anew with which logs its members came, where a controller of Kafka’s has dropped that', () => {
    const situation = { alive: [1, 2, 3], areLogsStored: false }
    expect(elect([1, 2, 3], stored(1, [1, 2]), situation)).toEqual(next(1, [1, 2]))
    expect(elect([1, 2, 3], stored(1, [2, 3]), situation)).toEqual(unchanged)
  })

  it('takes nothing from a state in which the leader is not in the ISR', () => {
    expect(elect([1, 2, 3], stored(1, [2, 3]), { alive: [1, 2] })).toEqual(unchanged)
  })
})

describe('electLeader, when the leader is dead', () => {
  it('takes the first of the assignment that lives and is in the ISR; the dead leave the ISR', () => {
    expect(elect([1, 3, 2], stored(1, [2, 1]), { alive: [2, 3] })).toEqual(next(2, [2], false, [1]))
    expect(elect([1, 3, 2], stored(1, [1, 2, 3]), { alive: [2, 3] })).toEqual(next(3, [2, 3], false, [1]))
  })

  it('keeps the last leader in the ISR when all died at once, and the others beside it', () => {
    const { state, ...rest } = next(-1, [2])
    const all = { ...rest, state: { ...state, lastIsr: [1, 3] } }
    expect(elect([1, 2, 3], stored(2, [1, 2, 3]), { alive: [] })).toEqual(all)
  })

  it('keeps the last member in the ISR of a partition that has no leader', () => {
    expect(elect([1], stored(1, [1]), { alive: [2] })).toEqual(next(-1, [1]))
  })

  it('waits for the ISR rather than elect a replica outside of it', () => {
    expect(elect([1, 2], stored(-1, [1]), { alive: [2] })).toEqual(unchanged)
    expect(elect([1, 2], stored(-1, [1]), { alive: [1, 2] })).toEqual(next(1, [1]))
  })

  it('elects nobody from an ISR that is empty', () => {
    expect(elect([1, 2], stored(1, []), { alive: [2], isUncleanAllowed: true })).toEqual(unchanged)
  })
})

describe('electLeader, where an unclean election is allowed', () => {
  it('is clean while somebody of the ISR lives', () => {
    expect(elect([1, 2, 3], stored(1, [1, 3]), { alive: [2, 3], isUncleanAllowed: true })).toEqual(
      next(3, [3], false, [1])
    )
  })

  it('says that it was unclean, and trusts the new leader alone', () => {
    expect(elect([1, 2, 3], stored(1, [1]), { alive: [2, 3], isUncleanAllowed: true })).toEqual(next(2, [2], true))
    expect(elect([1, 2, 3], stored(-1, [1]), { alive: [3], isUncleanAllowed: true })).toEqual(next(3, [3], true))
  })

  it('waits while no replica lives', () => {
    expect(elect([1, 2], stored(-1, [1]), { alive: [], isUncleanAllowed: true })).toEqual(unchanged)
  })
})

describe('electLeader, for a broker that bounced', () => {
  it('renews its leadership when it is alone in the ISR', () => {
    expect(elect([1], stored(1, [1]), { alive: [1], bounced: [1] })).toEqual(next(1, [1]))
  })

  it('elects another of the ISR: it has left that, as if its death had been seen', () => {
    expect(elect([1, 2, 3], stored(1, [1, 2, 3]), { alive: [1, 2, 3], bounced: [1] })).toEqual(
      next(2, [2, 3], false, [1])
    )
  })

  it('takes a follower that bounced out of the ISR', () => {
    expect(elect([1, 2], stored(1, [1, 2]), { alive: [1, 2], bounced: [2] })).toEqual(next(1, [1], false, [2]))
  })

  it('trusts the last leader when all bounced, another of them when that is dead', () => {
    expect(elect([1, 2, 3], stored(2, [1, 2, 3]), { alive: [1, 2, 3], bounced: [1, 2, 3] })).toEqual(
      next(2, [2], false, [1, 3])
    )
    expect(elect([1, 2, 3], stored(2, [1, 2, 3]), { alive: [1, 3], bounced: [1, 3] })).toEqual(
      next(1, [1], false, [2, 3])
    )
  })
})

describe('electLeader, whatever happens', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 5 })
  const moment = fc.record({
    alive: fc.uniqueArray(fc.integer({ min: 0, max: 5 })),
    bounced: fc.uniqueArray(fc.integer({ min: 0, max: 5 })),
    isUncleanAllowed: fc.boolean()
  })

  it('raises epochs, keeps the leader in an ISR that is never empty and never grows but uncleanly', () => {
    fc.assert(
      fc.property(ids, fc.array(moment, { maxLength: 12 }), (replicas, moments) => {
        let state: PartitionState | undefined
        for (const now of moments) {
          const election = elect(replicas, state, now)
          if (election.type === 'unchanged') continue
          const { leader, leaderEpoch, isr } = election.state
          expect(leaderEpoch).toBe((state?.leaderEpoch ?? -1) + 1)
          expect(isr.length).toBeGreaterThan(0)
          expect(isr.every((id) => replicas.includes(id))).toBe(true)
          if (leader !== -1) expect(now.alive.includes(leader) && isr.includes(leader)).toBe(true)
          const isUnclean = election.type === 'update' && election.isUnclean
          if (isUnclean) expect([now.isUncleanAllowed, isr]).toEqual([true, [leader]])
          else if (state !== undefined) expect(isr.every((id) => state?.isr.includes(id))).toBe(true)
          // A leader without the dead and the bounced around it, unless it is alone.
          const gone = isr.filter((id) => !now.alive.includes(id) || now.bounced.includes(id))
          if (leader !== -1 && isr.length > 1 && election.type === 'update') expect(gone).toEqual([])
          state = election.state
        }
      })
    )
  })

  it('decides once: what it has decided it leaves alone while nothing else happens', () => {
    fc.assert(
      fc.property(ids, ids, moment, (replicas, isr, now) => {
        const inSync = isr.filter((id) => replicas.includes(id))
        fc.pre(inSync.length > 0)
        const election = elect(replicas, stored(inSync[0] ?? -1, inSync), now)
        fc.pre(election.type === 'update')
        expect(elect(replicas, election.state, { ...now, bounced: [] })).toEqual(unchanged)
      })
    )
  })
})

describe('electLeader, with a broker that came back with less than it had', () => {
  it('does not leave it leader, nor in the ISR, whether or not anybody saw it go', () => {
    expect(elect([1, 2, 3], stored(1, [1, 2, 3]), { alive: [1, 2, 3], shortened: [1] })).toEqual(next(2, [2, 3]))
    expect(elect([1, 2, 3], stored(2, [1, 2, 3]), { alive: [1, 2, 3], shortened: [1] })).toEqual(next(2, [2, 3]))
  })

  it('waits for one that has everything, and keeps that in the ISR', () => {
    expect(elect([1, 2], stored(1, [1, 2]), { alive: [1], shortened: [1] })).toEqual(next(-1, [1, 2]))
    expect(elect([1, 2], stored(-1, [1, 2]), { alive: [1], shortened: [1] })).toEqual(unchanged)
    expect(elect([1, 2], stored(-1, [1, 2]), { alive: [1, 2], bounced: [1, 2], shortened: [1] })).toEqual(next(2, [2]))
  })

  it('takes the last leader when all of the ISR has come back so', () => {
    const all = { alive: [1, 2, 3], shortened: [1, 2, 3] }

    expect(elect([1, 2, 3], stored(2, [1, 2, 3]), all)).toEqual(next(2, [2], true))
    // It came back first, and was not elected then: it still is the one that nobody had more than.
    expect(elect([1, 2, 3], stored(2, [1, 2, 3]), { alive: [2], shortened: [2] })).toEqual(next(-1, [2, 1, 3]))
    expect(elect([1, 2, 3], stored(-1, [2, 1, 3]), all)).toEqual(next(2, [2], true))
    expect(elect([1], stored(1, [1]), { alive: [1], shortened: [1] })).toEqual(next(1, [1]))
  })
  it('elects another one of the last ISR when the last leader has come back so, and waits for such a one', () => {
    expect(elect([1, 2, 3], stored(2, [2, 1]), { alive: [3] })).toEqual({
      type: 'update',
      isUnclean: false,
      state: { leader: -1, leaderEpoch: 5, isr: [2], controllerEpoch: 7, lastIsr: [1] }
    })
    const leaderless = { ...stored(-1, [2]), lastIsr: [1] }
    expect(elect([1, 2, 3], leaderless, { alive: [1, 3] })).toEqual(unchanged)
    expect(elect([1, 2, 3], leaderless, { alive: [1, 2, 3], bounced: [2] })).toEqual(next(2, [2], false, [1]))
    expect(elect([1, 2, 3], leaderless, { alive: [2, 3], shortened: [2] })).toEqual(unchanged)
    expect(elect([1, 2, 3], leaderless, { alive: [1, 2, 3], shortened: [2] })).toEqual(next(1, [1]))
    expect(elect([1, 2, 3], leaderless, { alive: [1, 2, 3], shortened: [1, 2] })).toEqual(next(2, [2], true))
  })

  it('takes who was in sync before the leader was elected when that comes back with nothing', () => {
    // A broker that died unseen was elected: it is registered for a while.
    expect(elect([1, 2, 3], stored(1, [1, 3]), { alive: [2, 3] })).toEqual(next(3, [3], false, [1]))
    const elected = { ...stored(3, [3]), formerIsr: [1] }
    expect(elect([1, 2, 3], elected, { alive: [1, 2] })).toEqual(next(-1, [3], false, [1]))
    const leaderless = { ...stored(-1, [3]), formerIsr: [1] }

    expect(elect([1, 2, 3], leaderless, { alive: [1, 2, 3] })).toEqual(next(3, [3], false, [1]))
    // It may have led, and have had more than any other: whoever is elected in its place, that is told.
    expect(elect([1, 2, 3], leaderless, { alive: [1, 2, 3], emptied: [3] })).toEqual(next(1, [1], true))
    expect(elect([1, 2, 3], leaderless, { alive: [2, 3], emptied: [3] })).toEqual(unchanged)
    // What it has may be more than that of others who were left behind long ago.
    expect(elect([1, 2, 3], leaderless, { alive: [1, 2, 3], shortened: [3] })).toEqual(next(3, [3], false, [1]))
    expect(elect([1, 2, 3], leaderless, { alive: [1, 2, 3], emptied: [1, 3] })).toEqual(next(3, [3]))
  })

  it('keeps who left the ISR, the last ones first, also while the leader stays: it may be dead, unseen', () => {
    const before = { ...stored(2, [2, 3]), formerIsr: [1] }
    expect(elect([1, 2, 3], before, { alive: [3] })).toEqual(next(3, [3], false, [2, 1]))
    expect(elect([1, 2, 3], before, { alive: [2] })).toEqual(next(2, [2], false, [3, 1]))
    expect(elect([2, 3], before, { alive: [2] })).toEqual(next(2, [2], false, [3]))
  })
})
