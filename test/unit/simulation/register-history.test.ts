import { describe, expect, it } from 'vitest'
import { registerProblems, type RegisterOperation } from '../../support/register-history'

const write = (value: string, version: number | undefined, beganMs: number, endedMs: number): RegisterOperation => ({
  type: 'write',
  value,
  version,
  beganMs,
  endedMs
})
const read = (value: string, version: number, beganMs: number, endedMs: number): RegisterOperation => ({
  type: 'read',
  value,
  version,
  beganMs,
  endedMs
})

describe('the history of a register', () => {
  it('has nothing wrong with writes that overlap, reads between them, and a write without an answer that was applied, or not', () => {
    expect(
      registerProblems([
        write('a', 1, 0, 10),
        write('b', 2, 5, 12),
        read('a', 1, 6, 9),
        read('b', 2, 8, 20),
        write('c', undefined, 21, Infinity),
        write('d', undefined, 21, Infinity),
        read('c', 3, 30, 31)
      ])
    ).toEqual([])
  })

  it.each([
    [
      'a read that goes back',
      [write('a', 1, 0, 1), write('b', 2, 2, 3), read('a', 1, 4, 5)],
      'began after 2 was known'
    ],
    ['a write that was lost', [write('a', 1, 0, 1), write('b', 1, 2, 3)], 'version 1 is a and b'],
    ['a write that was applied twice', [write('a', 1, 0, 1), write('b', 2, 2, 3), read('a', 3, 4, 5)], 'as 1 and 3'],
    ['a write in the past', [write('a', 2, 0, 1), write('b', 1, 2, 3)], 'write of b is version 1'],
    ['a value out of nowhere', [write('a', 1, 0, 1), read('x', 2, 2, 3)], 'nobody wrote'],
    [
      'a write without an answer that came after what was known',
      [write('a', undefined, 0, Infinity), read('a', 1, 2, 3), write('b', 1, 4, 5)],
      'version 1 is a and b'
    ],
    [
      'a read that knew of a read',
      [write('a', 1, 0, 9), read('a', 1, 1, 2), read('', 0, 3, 4)],
      'read of  is version 0'
    ]
  ])('tells of %s', (_, operations, problem) => {
    expect(registerProblems(operations).join('; ')).toContain(problem)
  })
})
