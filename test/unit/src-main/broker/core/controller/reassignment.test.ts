import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  begun,
  completed,
  isComplete,
  originOf,
  reassigned,
  targetOf,
  targetProblem
} from '../../../../../../src-main/broker/core/controller/reassignment'

const atRest = { replicas: [1, 2, 3] }

describe('reassigned', () => {
  it('has the target first and keeps what is to go until then', () => {
    expect(reassigned(atRest, [4, 2])).toEqual({
      replicas: [4, 2, 1, 3],
      reassignment: { adding: [4], removing: [1, 3] }
    })
  })

  it('takes another target on the way, and drops what only the first would have added', () => {
    const first = reassigned(atRest, [4, 5])
    expect(reassigned(first, [5, 1])).toEqual({
      replicas: [5, 1, 2, 3],
      reassignment: { adding: [5], removing: [2, 3] }
    })
  })

  it('is what it was again when it is broken off, whatever the way was', () => {
    const targets = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1 }), { minLength: 1 })
    fc.assert(
      fc.property(targets, (list) => {
        let assignment: Parameters<typeof reassigned>[0] = atRest
        for (const target of list) {
          assignment = reassigned(assignment, target)
          expect(targetOf(assignment)).toEqual(target)
          expect([...originOf(assignment)].sort()).toEqual([1, 2, 3])
          expect(new Set(assignment.replicas).size).toBe(assignment.replicas.length)
        }
        const back = reassigned(assignment, originOf(assignment))
        expect(back.reassignment).toEqual({ adding: [], removing: [] })
      })
    )
  })
})

describe('a reassignment', () => {
  const facts = (replicas: readonly number[], leader: number, isr: readonly number[], mayLead = [1, 2, 3, 4, 5]) => ({
    replicas,
    stored: { leader, leaderEpoch: 4, isr, controllerEpoch: 1 },
    mayLead: (id: number) => mayLead.includes(id),
    controllerEpoch: 2
  })
  const state = (leader: number, isr: readonly number[]) => ({ leader, leaderEpoch: 5, isr, controllerEpoch: 2 })

  it('begins with a new epoch for the same leader', () => {
    expect(begun(facts([4, 1, 2], 1, [1, 2]), [1, 2])).toEqual(state(1, [1, 2]))
  })

  it('begins without what an earlier one had added, leader or not', () => {
    expect(begun(facts([5, 1, 2], 4, [1, 4]), [4, 1, 2])).toEqual(state(1, [1]))
    expect(begun(facts([5, 1, 2], 1, [1, 4]), [4, 1, 2])).toEqual(state(1, [1]))
    expect(begun(facts([5, 1, 2], 4, [4]), [4, 1, 2])).toBeUndefined()
  })

  it('is complete when all of the target are in sync, and ends with them alone', () => {
    const assignment = reassigned(atRest, [4, 2])
    expect(isComplete(assignment, [1, 2, 3])).toBe(false)
    expect(isComplete(assignment, [1, 2, 4])).toBe(true)
    expect(completed(facts(assignment.replicas, 1, [1, 2, 4]), [4, 2])).toEqual(state(4, [2, 4]))
    expect(completed(facts(assignment.replicas, 1, [1, 2, 4], [1]), [4, 2])).toBeUndefined()
  })

  it.each([
    [[], 'Empty replica list'],
    [[4, 4], 'Duplicate replica ids'],
    [[-1], 'Invalid broker id'],
    [[9, 1], 'Replica list: 9, live broker list: 1, 4']
  ])('may not have %j for a target', (target, words) => {
    const problem = targetProblem(target, {
      assignment: atRest,
      isAlive: (id) => [1, 4].includes(id),
      liveBrokers: [1, 4]
    })
    expect(problem).toContain(words)
  })

  it('may keep a dead replica', () => {
    const rules = { assignment: atRest, isAlive: (id: number) => id !== 2, liveBrokers: [1, 3, 4] }
    expect(targetProblem([2, 4], rules)).toBeUndefined()
  })
})
