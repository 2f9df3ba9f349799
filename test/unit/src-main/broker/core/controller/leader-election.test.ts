import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { electLeader } from '../../../../../../src-main/broker/core/controller/leader-election'

const alive =
  (...ids: number[]) =>
  (id: number): boolean =>
    ids.includes(id)
const stored = { leader: 1, leaderEpoch: 4, isr: [1, 2], controllerEpoch: 1 }

describe('electLeader', () => {
  it('gives a new partition its first live replica and all live ones as ISR', () => {
    expect(electLeader([3, 1, 2], undefined, alive(1, 2), 7)).toEqual({
      type: 'create',
      state: { leader: 1, leaderEpoch: 0, isr: [1, 2], controllerEpoch: 7 }
    })
  })

  it('waits with a new partition none of whose replicas is alive', () => {
    expect(electLeader([3], undefined, alive(1, 2), 7)).toEqual({ type: 'unchanged' })
  })

  it('leaves a partition alone whose leader is alive', () => {
    expect(electLeader([1, 2], stored, alive(1), 7)).toEqual({ type: 'unchanged' })
  })

  it('elects from the ISR only', () => {
    expect(electLeader([1, 3, 2], stored, alive(2, 3), 7)).toEqual({
      type: 'update',
      state: { leader: 2, leaderEpoch: 5, isr: [2], controllerEpoch: 7 }
    })
  })

  it('keeps the last member in the ISR of a partition that has no leader', () => {
    const only = { ...stored, isr: [1] }

    expect(electLeader([1], only, alive(2), 7)).toEqual({
      type: 'update',
      state: { leader: -1, leaderEpoch: 5, isr: [1], controllerEpoch: 7 }
    })
  })

  it('gives the partition back to its replica when that returns', () => {
    const offline = { leader: -1, leaderEpoch: 5, isr: [1], controllerEpoch: 1 }

    expect(electLeader([1], offline, alive(1, 2), 8)).toMatchObject({ state: { leader: 1, leaderEpoch: 6, isr: [1] } })
  })

  it('never empties an ISR, lowers an epoch or elects a dead or foreign replica', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(ids, ids, ids, fc.nat(3), (replicas, isrPick, live, leaderPick) => {
        const isr = isrPick.filter((id) => replicas.includes(id))
        if (isr.length === 0) return
        const before = { leader: isr[leaderPick % isr.length] ?? -1, leaderEpoch: 3, isr, controllerEpoch: 1 }
        const election = electLeader(replicas, before, alive(...live), 2)
        if (election.type === 'unchanged') return
        const { leader, leaderEpoch, isr: next } = election.state
        expect(leaderEpoch).toBe(4)
        expect(next.length).toBeGreaterThan(0)
        expect(next.every((id) => isr.includes(id))).toBe(true)
        if (leader !== -1) expect(live.includes(leader) && isr.includes(leader)).toBe(true)
      })
    )
  })
})
