import { describe, expect, it } from 'vitest'
import { nodeCompression } from '../../../../src-main/adapters/node-compression'
import { unpackedBytesMax } from '../../../../src-main/kernel/ports'
import { zerosOf } from '../../../support/bombs'

const MiB = 1024 * 1024

describe('nodeCompression', () => {
  it.each(Object.entries(zerosOf))(
    'unpacks %s up to the limit, and says so of what is larger',
    (_name, { codec, make }) => {
      const allowed = make(unpackedBytesMax - MiB)
      const tooLarge = make(unpackedBytesMax + 2 * MiB)

      const plain = nodeCompression.decompress(codec, allowed)
      expect(plain.length).toBeGreaterThanOrEqual(unpackedBytesMax - MiB)
      expect(plain.every((byte) => byte === 0)).toBe(true)
      expect(() => nodeCompression.decompress(codec, tooLarge)).toThrow('unpack to more than 64 MiB')
    }
  )

  it.each(Object.entries(zerosOf).filter(([name]) => !name.includes('snappy')))(
    'of %s that holds 2 GiB no more than a few times the limit is held meanwhile',
    (_name, { codec, make }) => {
      const bomb = make(2048 * MiB)
      const before = process.memoryUsage.rss()

      expect(() => nodeCompression.decompress(codec, bomb)).toThrow('unpack to more than 64 MiB')

      expect(process.memoryUsage.rss() - before).toBeLessThan(4 * unpackedBytesMax)
    }
  )

  it('makes no room on the word of a snappy block that claims to hold 4 GiB', () => {
    const claim = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0x00)
    const before = process.memoryUsage().arrayBuffers

    expect(() => nodeCompression.decompress(2, claim)).toThrow('cannot be unpacked')

    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MiB)
  })

  it.each([1, 2, 3, 4] as const)('says of codec %i that garbage cannot be unpacked', (codec) => {
    for (const garbage of [new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array(1000).fill(0xa5)]) {
      expect(() => nodeCompression.decompress(codec, garbage)).toThrow('cannot be unpacked')
    }
  })
})
