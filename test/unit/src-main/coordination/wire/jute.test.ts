import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError, JuteReader } from '../../../../../src-main/coordination/wire/jute-reader'
import { JuteWriter } from '../../../../../src-main/coordination/wire/jute-writer'

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })

describe('Jute', () => {
  it('reads back every kind of value that was written', () => {
    const values = fc.record({
      flag: fc.boolean(),
      int: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
      long: fc.maxSafeInteger(),
      bits: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      zxid: fc.record({ epoch: uint32, counter: uint32 }),
      bytes: fc.option(fc.uint8Array({ maxLength: 600 })),
      text: fc.string({ unit: 'grapheme' }),
      texts: fc.array(fc.string())
    })
    fc.assert(
      fc.property(values, (value) => {
        const writer = new JuteWriter(1).boolean(value.flag).int(value.int).long(value.long).longBits(value.bits)
        writer.zxid(value.zxid).buffer(value.bytes).string(value.text).strings(value.texts)

        const reader = new JuteReader(writer.finish())

        expect(reader.boolean()).toBe(value.flag)
        expect(reader.int()).toBe(value.int)
        expect(reader.long()).toBe(value.long === 0 ? 0 : value.long)
        expect(reader.longBits()).toBe(value.bits)
        expect(reader.zxid()).toEqual(value.zxid)
        expect(reader.buffer()).toEqual(value.bytes)
        expect(reader.string()).toBe(value.text)
        expect(reader.strings()).toEqual(value.texts)
        expect(reader.remaining).toBe(0)
      })
    )
  })

  it('writes a buffer in its place as it would one made before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const writer = new JuteWriter(1).int(7)
        expect(writer.sized(() => writer.raw(bytes)).finish()).toEqual(new JuteWriter(1).int(7).buffer(bytes).finish())
      })
    )
  })

  it('writes big-endian, with -1 for null', () => {
    const bytes = new JuteWriter().int(1).long(-2).buffer(null).string('é').finish()

    expect([...bytes]).toEqual([
      ...[0, 0, 0, 1],
      ...[255, 255, 255, 255, 255, 255, 255, 254],
      ...[255, 255, 255, 255],
      ...[0, 0, 0, 2, 0xc3, 0xa9]
    ])
  })

  it('writes nothing into what another has written', () => {
    const writers = Array.from({ length: 300 }, () => new JuteWriter(100))

    for (const [n, writer] of writers.entries()) writer.int(n).raw(new Uint8Array(n).fill(n))

    for (const [n, writer] of writers.entries()) {
      const reader = new JuteReader(writer.finish())
      expect(reader.int()).toBe(n)
      expect(reader.remaining).toBe(n)
      while (reader.remaining > 0) expect(reader.boolean()).toBe(n % 256 !== 0)
    }
  })

  it('puts the length before a frame', () => {
    expect([...JuteWriter.frame().int(7).finishFrame()]).toEqual([0, 0, 0, 4, 0, 0, 0, 7])
  })

  it('refuses a length or a count that is longer than the input, without allocating it', () => {
    const huge = new JuteWriter().int(0x7fff_ffff).finish()

    expect(() => new JuteReader(huge).buffer()).toThrow(DecodeError)
    expect(() => new JuteReader(huge).strings()).toThrow(DecodeError)
    expect(() => new JuteReader(new JuteWriter().int(-2).finish()).buffer()).toThrow(DecodeError)
    expect(() => new JuteReader(new JuteWriter().int(-2).finish()).strings()).toThrow(DecodeError)
  })

  it('reads a null vector as empty and refuses a null string', () => {
    const bytes = new JuteWriter().int(-1).finish()

    expect(new JuteReader(bytes).strings()).toEqual([])
    expect(() => new JuteReader(bytes).string()).toThrow(DecodeError)
  })

  it('refuses an int64 that a number cannot hold where a time must be', () => {
    expect(() => new JuteReader(new JuteWriter().longBits(2n ** 53n).finish()).long()).toThrow(DecodeError)
  })

  it('keeps a byte order mark and turns malformed UTF-8 into U+FFFD', () => {
    const bom = new JuteWriter().string('\ufeffx').finish()
    const broken = new JuteWriter().buffer(Uint8Array.of(0x2f, 0xff)).finish()

    expect(new JuteReader(bom).string()).toBe('\ufeffx')
    expect(new JuteReader(broken).string()).toBe('/\ufffd')
  })
})
