import { expect, it } from 'vitest'
import { exportProblem } from '../../../../../src-main/entry/cli/export-problem'

const broken = (fromOffset: number, toOffset: number) =>
  ({ topic: 't', partition: 1, fromOffset, toOffset, why: 'corrupt', reason: 'Broken.' }) as const

it('an export of which everything was read has no problem', () => {
  expect(exportProblem('t', { notRead: [], unreadable: [], unreadableCount: 0 })).toBeUndefined()
})

it('an export that met batches that cannot be read is no success, and names their places', () => {
  const problem = exportProblem('t', {
    notRead: [{ partition: 0, fromOffset: 2, untilOffset: 5, code: 'other', reason: 'Gone.' }],
    unreadable: [broken(5, 9), broken(12, 12)],
    unreadableCount: 2
  })

  expect(problem).toBe(
    't-0 offsets 2 to 4 were not read: Gone.\n' +
      'Not printed, since it cannot be read: t-1 offsets 5 to 9, t-1 offset 12.'
  )
})

it('an export says of how many more places it names none', () => {
  const unreadable = Array.from({ length: 100 }, (_, i) => broken(i, i))
  expect(exportProblem('t', { notRead: [], unreadable, unreadableCount: 250 })).toMatch(/ and 230 more, named above\.$/)
})
