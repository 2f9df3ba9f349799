import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bigInt64At,
  int16At,
  int32At,
  int64At,
  int8At,
  putBigInt64,
  putInt16,
  putInt32,
  putInt64,
  uint32At
} from '../../../../../src-main/protocol/record/big-endian'

describe('big-endian integers', () => {
  it('are the bytes that a DataView reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(8), (bytes, at) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        expect(int8At(bytes, at)).toBe(view.getInt8(at))
        expect(int16At(bytes, at)).toBe(view.getInt16(at))
        expect(int32At(bytes, at)).toBe(view.getInt32(at))
        expect(uint32At(bytes, at)).toBe(view.getUint32(at))
        expect(bigInt64At(bytes, at)).toBe(view.getBigInt64(at))
      })
    )
  })

  it('keep every safe integer and every int64 exact', () => {
    const bytes = new Uint8Array(12)
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (number, big) => {
        putInt64(bytes, 3, number)
        expect(int64At(bytes, 3)).toBe(number)
        putBigInt64(bytes, 4, big)
        expect(bigInt64At(bytes, 4)).toBe(big)
      })
    )
  })

  it('write two and four bytes', () => {
    const bytes = new Uint8Array(6)

    putInt16(bytes, 0, -2)
    putInt32(bytes, 2, -559_038_737)

    expect([...bytes]).toEqual([0xff, 0xfe, 0xde, 0xad, 0xbe, 0xef])
  })
})
