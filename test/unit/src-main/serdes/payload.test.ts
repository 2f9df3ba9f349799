import { describe, expect, it } from 'vitest'
import { bytesFromPayload, cutBytes, payloadFromBytes } from '../../../../src-main/serdes/payload'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

describe('bytes as the API carries them', () => {
  it('are text where they are UTF-8', () => {
    expect(payloadFromBytes(new TextEncoder().encode('주문 €'))).toBe('주문 €')
    expect(payloadFromBytes(bytes())).toBe('')
  })

  it('are base64 where they are not', () => {
    expect(payloadFromBytes(bytes(0xff, 0xfe))).toEqual({ base64: '//4=' })
    // A surrogate half and an overlong form are no UTF-8 either.
    expect(payloadFromBytes(bytes(0xed, 0xa0, 0x80))).toEqual({ base64: '7aCA' })
    expect(payloadFromBytes(bytes(0xc0, 0x80))).toEqual({ base64: 'wIA=' })
  })

  it('are null where there are none', () => {
    expect(payloadFromBytes(null)).toBeNull()
    expect(bytesFromPayload(null)).toBeNull()
  })

  it.each([
    [[]],
    [[0x00, 0x0a, 0x7f]],
    [[0xef, 0xbb, 0xbf, 0x61]],
    [[0xf0, 0x9f, 0x98, 0x80]],
    [[0x80]],
    [Array.from({ length: 256 }, (_, i) => i)]
  ])('come back as they were: %j', (values) => {
    const whole = Uint8Array.from(values)

    const back = bytesFromPayload(payloadFromBytes(whole))

    expect([...(back ?? [])]).toEqual(values)
  })

  it('are read at their place inside a larger buffer', () => {
    const whole = bytes(1, 0xff, 0xfe, 2)

    expect(payloadFromBytes(whole.subarray(1, 3))).toEqual({ base64: '//4=' })
  })
})

describe('a cut', () => {
  it('leaves what is short enough as it is', () => {
    const whole = bytes(1, 2, 3)

    expect(cutBytes(whole, 3)).toBe(whole)
  })

  it('does not tear a character', () => {
    const text = new TextEncoder().encode('ab€cd')

    expect([...cutBytes(text, 3)]).toEqual([...new TextEncoder().encode('ab')])
    expect([...cutBytes(text, 5)]).toEqual([...new TextEncoder().encode('ab€')])
  })

  it('takes bytes that are no text just where it is', () => {
    const whole = Uint8Array.from({ length: 20 }, () => 0x80)

    expect(cutBytes(whole, 7)).toHaveLength(7)
  })
})
