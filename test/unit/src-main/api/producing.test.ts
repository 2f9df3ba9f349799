import { describe, expect, it } from 'vitest'
import { produceCommand, typedTimestamp } from '../../../../src-main/api/producing'

const accepts = (timestampMs: unknown): boolean =>
  produceCommand.input.safeParse({ topic: 't', acks: 1, records: [{ key: null, value: null, timestampMs }] }).success

describe('the time of a record', () => {
  it.each([
    ['0', 0],
    ['9999', 9999],
    ['-1', -1],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', '9007199254740993'],
    ['1732284382506000000', '1732284382506000000'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808']
  ])('is %s, exactly, where it is typed and where it is taken', (text, value) => {
    expect(typedTimestamp(text)).toBe(value)
    expect(accepts(value)).toBe(true)
  })

  it.each([
    '9223372036854775808',
    '-9223372036854775809',
    '99999999999999999999',
    '1e3',
    '1.5',
    '0x10',
    '+1',
    '',
    ' 1'
  ])('is not %j', (text) => {
    expect(typedTimestamp(text)).toBeUndefined()
    expect(accepts(text)).toBe(false)
  })
})
