import { describe, expect, it } from 'vitest'
import { stepped, wholeNumber } from '@/components/ui/whole-number'

describe('a typed whole number', () => {
  it('is read from digits in the range, spaces around them aside', () => {
    expect(['1', ' 12 ', '10000'].map((text) => wholeNumber(text, 1, 10_000))).toEqual([1, 12, 10_000])
  })

  it('is nothing when it is anything else', () => {
    const texts = ['', ' ', '0', '-1', '1.5', '1e3', '0x10', 'abc', '10001']

    expect(texts.filter((text) => wholeNumber(text, 1, 10_000) !== undefined)).toEqual([])
  })

  it('steps inside the range', () => {
    expect(stepped('6', 1, 1, 10)).toBe('7')
    expect(stepped('10', 1, 1, 10)).toBe('10')
    expect(stepped('500', -1, 1, 10)).toBe('10')
    expect(stepped('0', -1, 1, 10)).toBe('1')
  })

  it('steps from text that is no number to the lowest', () => {
    expect([stepped('abc', 1, 1, 10), stepped('', -1, 1, 10)]).toEqual(['1', '1'])
  })
})
