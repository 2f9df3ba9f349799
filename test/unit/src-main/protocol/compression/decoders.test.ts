import { createRequire } from 'node:module'
import fc from 'fast-check'
import { compressFrameSync } from 'lz4-napi'
import { beforeAll, describe, expect, it } from 'vitest'
import { unpackLz4 } from '../../../../../src-main/protocol/compression/lz4'
import { BlockCorrupt, BlockTooLarge } from '../../../../../src-main/protocol/compression/plain-bytes'
import { unpackSnappy } from '../../../../../src-main/protocol/compression/snappy'
import { unpackZstd } from '../../../../../src-main/protocol/compression/zstd'
import { compress, loadCodecs } from '../../../../support/record-samples'

const require = createRequire(import.meta.url)
const snappy = require('snappy') as { compressSync: (bytes: Uint8Array) => Uint8Array }
const zstd = require('@bokuweb/zstd-wasm') as { compress: (bytes: Uint8Array, level: number) => Uint8Array }

const bytesMax = 64 * 1024 * 1024
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

interface Codec {
  readonly pack: (bytes: Uint8Array) => Uint8Array
  readonly unpack: (bytes: Uint8Array, bytesMax: number) => Uint8Array
}
const codecs: Readonly<Record<string, Codec>> = {
  snappy: { pack: (bytes) => plain(snappy.compressSync(bytes)), unpack: unpackSnappy },
  'xerial snappy': { pack: (bytes) => plain(compress(2, bytes)), unpack: unpackSnappy },
  lz4: { pack: (bytes) => plain(compressFrameSync(Buffer.from(bytes))), unpack: unpackLz4 },
  'zstd 1': { pack: (bytes) => plain(zstd.compress(Buffer.from(bytes), 1)), unpack: unpackZstd },
  'zstd 3': { pack: (bytes) => plain(zstd.compress(Buffer.from(bytes), 3)), unpack: unpackZstd },
  'zstd 19': { pack: (bytes) => plain(zstd.compress(Buffer.from(bytes), 19)), unpack: unpackZstd }
}

/** Runs, repeats, random bytes and text, so that every kind of block and table occurs. */
function mixture(seed: number, length: number): Uint8Array {
  let state = seed * 2654435761 + 1
  const next = (max: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * max)
  }
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const count = Math.min(length - at, 1 + next(3000))
    const kind = next(5)
    const byte = next(256)
    const from = next(at + 1)
    for (let i = 0; i < count; i++, at++) {
      if (kind === 0) bytes[at] = byte
      else if (kind === 1) bytes[at] = next(256)
      else if (kind === 2) bytes[at] = bytes[from + i] ?? 0
      else if (kind === 3) bytes[at] = 97 + next(26)
      else bytes[at] = '{"seq":12345678,"name":"user","at":17}'.charCodeAt((at + byte) % 38)
    }
  }
  return bytes
}

beforeAll(loadCodecs)

describe.each(Object.entries(codecs))('%s', (_name, { pack, unpack }) => {
  it.each([0, 1, 2, 5, 100, 1023, 4096, 70_000, 131_072, 131_073, 1_500_000])(
    'gives back what the reference packed: %i bytes',
    (length) => {
      for (let seed = 0; seed < (length > 200_000 ? 2 : 12); seed++) {
        const bytes = mixture(seed, length)
        const unpacked = unpack(pack(bytes), bytesMax)
        expect(Buffer.compare(unpacked, bytes)).toBe(0)
      }
    }
  )

  it('of hostile bytes throws nothing but what it says', () => {
    const packed = pack(mixture(3, 3000))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(packed.length), fc.nat(255)), { maxLength: 6 }),
        fc.nat(packed.length),
        (changes, cut) => {
          const hostile = packed.slice(0, changes.length % 2 === 0 ? packed.length : cut)
          for (const [at, byte] of changes) if (at < hostile.length) hostile[at] = byte
          try {
            unpack(hostile, 1_000_000)
          } catch (error) {
            expect(error instanceof BlockCorrupt || error instanceof BlockTooLarge).toBe(true)
          }
        }
      ),
      { numRuns: 1500 }
    )
  })

  it('stops at the limit it is given, exactly', () => {
    const packed = pack(mixture(5, 100_000))

    expect(unpack(packed, 100_000)).toHaveLength(100_000)
    expect(() => unpack(packed, 99_999)).toThrow(BlockTooLarge)
  })
})

describe('zstd', () => {
  it('reads frames one after the other, and passes by what is to be skipped', () => {
    const [first, second] = [mixture(1, 500), mixture(2, 400)]
    const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9)
    const pack = (bytes: Uint8Array): Uint8Array => zstd.compress(Buffer.from(bytes), 3)

    const unpacked = unpackZstd(plain(Buffer.concat([pack(first), skippable, pack(second)])), bytesMax)

    expect(Buffer.compare(unpacked, Buffer.concat([first, second]))).toBe(0)
  })

  it('says of a frame that needs a dictionary that it cannot be read', () => {
    expect(() => unpackZstd(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 1, 9, 0, 0, 65), bytesMax)).toThrow(
      'dictionary'
    )
  })
})
