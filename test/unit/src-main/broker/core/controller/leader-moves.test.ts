import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  awayFrom,
  toPreferred,
  toTarget,
  type MoveFacts
} from '../../../../../../src-main/broker/core/controller/leader-moves'

const facts = (leader: number, isr: readonly number[], mayLead: readonly number[] = [1, 2, 3]): MoveFacts => ({
  replicas: [1, 2, 3],
  stored: { leader, leaderEpoch: 4, isr, controllerEpoch: 1 },
  mayLead: (id) => mayLead.includes(id),
  controllerEpoch: 2
})
const state = (leader: number, isr: readonly number[]) => ({ leader, leaderEpoch: 5, isr, controllerEpoch: 2 })

describe('toPreferred', () => {
  it('gives leadership back to the first replica, and leaves the ISR as it is', () => {
    expect(toPreferred(facts(2, [2, 1]))).toEqual(state(1, [2, 1]))
  })

  it.each([
    ['it leads', facts(1, [1, 2])],
    ['it is out of the ISR', facts(2, [2, 3])],
    ['it may not lead', facts(2, [1, 2], [2, 3])]
  ])('leaves leadership where it is when %s', (_what, of) => {
    expect(toPreferred(of)).toBeUndefined()
  })
})

describe('awayFrom', () => {
  it('moves leadership to the first of the ISR that may lead, and takes the leaver out', () => {
    expect(awayFrom(facts(1, [1, 2, 3], [1, 3]), 1)).toEqual({ ...state(3, [2, 3]), formerIsr: [1] })
  })

  it('takes a follower out of the ISR and leaves the leader', () => {
    expect(awayFrom(facts(1, [1, 2, 3]), 2)).toEqual({ ...state(1, [1, 3]), formerIsr: [2] })
  })

  it.each([
    ['nobody else is in the ISR', facts(1, [1]), 1],
    ['nobody else may lead', facts(1, [1, 2], [1, 3]), 1],
    ['it is the last of a leaderless ISR', facts(-1, [1]), 1],
    ['it is neither leader nor in the ISR', facts(1, [1, 2]), 3]
  ])('changes nothing when %s', (_what, of, leaving) => {
    expect(awayFrom(of, leaving)).toBeUndefined()
  })
})

describe('toTarget', () => {
  it('moves leadership to the first of the target that is in sync', () => {
    expect(toTarget(facts(1, [1, 3]), [2, 3])).toEqual(state(3, [1, 3]))
  })

  it('keeps a leader that is of the target, under a new epoch', () => {
    expect(toTarget(facts(3, [1, 3]), [2, 3])).toEqual(state(3, [1, 3]))
  })

  it('waits for one that may lead', () => {
    expect(toTarget(facts(1, [1, 2, 3], [1]), [2, 3])).toBeUndefined()
  })
})

describe('a move', () => {
  it('goes to a member of the ISR that may lead, raises the epoch by one, and never empties the ISR', () => {
    const ids = fc.subarray([1, 2, 3])
    fc.assert(
      fc.property(fc.constantFrom(-1, 1, 2, 3), ids, ids, fc.constantFrom(1, 2, 3), (leader, isr, able, one) => {
        const of = facts(leader, isr, able)
        for (const moved of [toPreferred(of), awayFrom(of, one), toTarget(of, able)]) {
          if (moved === undefined) continue
          expect(moved.leaderEpoch).toBe(5)
          expect(moved.isr.length).toBeGreaterThan(0)
          expect(isr).toEqual(expect.arrayContaining([...moved.isr]))
          if (moved.leader === leader) continue
          expect(isr).toContain(moved.leader)
          expect(moved.isr).toContain(moved.leader)
          expect(able).toContain(moved.leader)
        }
      })
    )
  })
})
