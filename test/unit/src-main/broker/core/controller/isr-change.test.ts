import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decideIsr,
  type IsrFacts,
  type IsrProposal
} from '../../../../../../src-main/broker/core/controller/isr-change'

const stored = { leader: 1, leaderEpoch: 5, isr: [1, 2], controllerEpoch: 3 }
const facts: IsrFacts = {
  replicas: [1, 2, 3],
  stored,
  partitionEpoch: 8,
  isEligible: ({ brokerId, brokerEpoch }) => brokerId !== 3 || brokerEpoch === 33n,
  controllerEpoch: 4
}
const member = (brokerId: number, brokerEpoch = -1n) => ({ brokerId, brokerEpoch })
const proposal: IsrProposal = {
  leader: 1,
  leaderEpoch: 5,
  partitionEpoch: 8,
  isr: [member(1), member(2), member(3, 33n)],
  isRecovering: false
}

describe('decideIsr', () => {
  it('takes an ISR of its leader over, under the controller’s epoch and the same leader epoch', () => {
    const state = { leader: 1, leaderEpoch: 5, isr: [1, 2, 3], controllerEpoch: 4 }
    expect(decideIsr(facts, proposal)).toEqual({ type: 'change', state })
  })

  it('keeps who left, the last ones first, until they are back', () => {
    const shrunk = decideIsr({ ...facts, stored: { ...stored, formerIsr: [3] } }, { ...proposal, isr: [member(1)] })
    const state = { leader: 1, leaderEpoch: 5, isr: [1], controllerEpoch: 4, formerIsr: [2, 3] }
    expect(shrunk).toEqual({ type: 'change', state })
    const back = { ...proposal, isr: [member(1), member(3, 33n)] }
    expect(decideIsr({ ...facts, stored: state }, back)).toEqual({
      type: 'change',
      state: { ...state, isr: [1, 3], formerIsr: [2] }
    })
  })

  it.each<[string, Partial<IsrProposal>, string]>([
    ['of a later version than is known', { partitionEpoch: 9 }, 'NOT_CONTROLLER'],
    ['of a later election than is known', { leaderEpoch: 6 }, 'NOT_CONTROLLER'],
    ['of an earlier election', { leaderEpoch: 4 }, 'FENCED_LEADER_EPOCH'],
    ['of who does not lead', { leader: 2 }, 'INVALID_REQUEST'],
    ['about an earlier version', { partitionEpoch: 7 }, 'INVALID_UPDATE_VERSION'],
    ['without its leader', { isr: [member(2)] }, 'INVALID_REQUEST'],
    ['that is empty', { isr: [] }, 'INVALID_REQUEST'],
    ['that names one twice', { isr: [member(1), member(1)] }, 'INVALID_REQUEST'],
    ['with who holds no replica', { isr: [member(1), member(9)] }, 'INVALID_REQUEST'],
    ['of a leader that is recovering', { isRecovering: true }, 'INVALID_REQUEST'],
    ['with an earlier self of a member', { isr: [member(1), member(3, 32n)] }, 'INELIGIBLE_REPLICA']
  ])('refuses one %s', (_what, part, error) => {
    expect(decideIsr(facts, { ...proposal, ...part })).toEqual({ type: 'refused', error })
  })

  it('says of what is stored already that it is, whichever version it was about', () => {
    const again = { ...proposal, isr: [member(2), member(1)], partitionEpoch: 7 }
    expect(decideIsr(facts, again)).toEqual({ type: 'stored' })
  })

  it('never lets in who is not eligible, never loses the leader, and leaves epoch and leader alone', () => {
    const ids = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
    fc.assert(
      fc.property(
        ids,
        ids,
        fc.integer({ min: 7, max: 9 }),
        fc.integer({ min: 4, max: 6 }),
        (isr, dead, version, epoch) => {
          const verdict = decideIsr(
            { ...facts, isEligible: ({ brokerId }) => !dead.includes(brokerId) },
            { ...proposal, isr: isr.map((id) => member(id)), partitionEpoch: version, leaderEpoch: epoch }
          )
          if (verdict.type !== 'change') return
          expect([version, epoch]).toEqual([8, 5])
          expect(verdict.state).toMatchObject({ leader: 1, leaderEpoch: 5 })
          expect(verdict.state.isr).toContain(1)
          expect(verdict.state.isr.filter((id) => dead.includes(id) || ![1, 2, 3].includes(id))).toEqual([])
        }
      )
    )
  })
})
