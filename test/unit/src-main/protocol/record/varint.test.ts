import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordsCorrupt } from '../../../../../src-main/protocol/record/records-corrupt'
import {
  RecordCursor,
  varintBytes,
  varlongBytes,
  writeVarint,
  writeVarlong
} from '../../../../../src-main/protocol/record/varint'

const cursorOver = (...bytes: number[]): RecordCursor => new RecordCursor(Uint8Array.from(bytes), 0, bytes.length)

describe('zigzag varints', () => {
  it.each([
    [0, [0x00]],
    [-1, [0x01]],
    [1, [0x02]],
    [63, [0x7e]],
    [-64, [0x7f]],
    [64, [0x80, 0x01]],
    [2_147_483_647, [0xfe, 0xff, 0xff, 0xff, 0x0f]],
    [-2_147_483_648, [0xff, 0xff, 0xff, 0xff, 0x0f]]
  ])('%i takes the bytes that the message format says', (value, expected) => {
    const bytes = new Uint8Array(expected.length)

    expect(writeVarint(bytes, 0, value)).toBe(expected.length)

    expect([...bytes]).toEqual(expected)
    expect(varintBytes(value)).toBe(expected.length)
  })

  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (int, long) => {
        const bytes = new Uint8Array(16)
        const between = writeVarint(bytes, 0, int)
        const end = writeVarlong(bytes, between, long)
        const cursor = new RecordCursor(bytes, 0, end)
        expect(cursor.varint()).toBe(int)
        expect(cursor.varlong()).toBe(long)
        expect([between, end - between]).toEqual([varintBytes(int), varlongBytes(long)])
      })
    )
  })

  it('refuse more bits than the type has, and an end inside', () => {
    expect(() => cursorOver(0xff, 0xff, 0xff, 0xff, 0x1f).varint()).toThrow(RecordsCorrupt)
    expect(() => cursorOver(0x80, 0x80, 0x80, 0x80, 0x80, 0x01).varint()).toThrow(RecordsCorrupt)
    expect(() => cursorOver(...new Array<number>(9).fill(0xff), 0x03).varlong()).toThrow(RecordsCorrupt)
    expect(() => cursorOver(0x80).varint()).toThrow(RecordsCorrupt)
    expect(() => cursorOver().varlong()).toThrow(RecordsCorrupt)
  })

  it('do not let a length reach past the end', () => {
    expect(() => cursorOver(0x06, 1, 2).nullableBytes()).toThrow(RecordsCorrupt)
    expect(() => cursorOver(0x03).nullableBytes()).toThrow(RecordsCorrupt)
    expect(cursorOver(0x01).nullableBytes()).toBeNull()
  })
})
