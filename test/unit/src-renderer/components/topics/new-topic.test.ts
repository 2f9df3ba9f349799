import { describe, expect, it } from 'vitest'
import { NAME_MAX, nameProblem } from '@/components/topics/new-topic'

describe('the name of a new topic', () => {
  it('is legal as the broker sees it', () => {
    expect(['a', 'orders.v1_x-2', 'a'.repeat(NAME_MAX), '...'].map(nameProblem)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined
    ])
  })

  it('is not yet wrong while there is none', () => {
    expect(nameProblem('')).toBeUndefined()
  })

  it('is told what is wrong with it', () => {
    expect(nameProblem('a'.repeat(NAME_MAX + 1))).toBe('nameLong')
    expect(nameProblem('a b')).toBe('nameCharacters')
    expect(nameProblem('주문')).toBe('nameCharacters')
    expect(['.', '..'].map(nameProblem)).toEqual(['nameDots', 'nameDots'])
  })
})
