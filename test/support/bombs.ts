/** Compressed blocks that are small and hold gigabytes of zeros, by codec. None of them takes long to make. */
import { deflateRawSync } from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import type { CompressionCodec } from '../../src-main/kernel/ports'

const zstdBlockBytes = 128 * 1024

/** Says no content size, as librdkafka's and Java's streams do: blocks that repeat one byte. */
export function zstdZeros(plainBytes: number): Uint8Array {
  const blocks = Math.ceil(plainBytes / zstdBlockBytes)
  const frame = Buffer.alloc(6 + blocks * 4)
  frame.writeUInt32LE(0xfd2fb528, 0)
  frame[5] = 0x58 // A window of 2 MiB.
  for (let i = 0; i < blocks; i++) {
    const size = Math.min(zstdBlockBytes, plainBytes - i * zstdBlockBytes)
    frame.writeUIntLE((size << 3) | (1 << 1) | (i === blocks - 1 ? 1 : 0), 6 + i * 4, 3)
  }
  return new Uint8Array(frame)
}

/** The same with the size of its content in the header. */
export function zstdZerosSized(plainBytes: number): Uint8Array {
  const frame = Buffer.from(zstdZeros(plainBytes))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(plainBytes))
  frame[4] = 0xc0
  return new Uint8Array(Buffer.concat([frame.subarray(0, 6), size, frame.subarray(6)]))
}

/** Members of a megabyte each, one after the other: gunzip reads them as one. */
export function gzipZeros(plainBytes: number): Uint8Array {
  const piece = Buffer.alloc(1024 * 1024)
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(0xa738ea1c, 0)
  trailer.writeUInt32LE(piece.length, 4)
  const member = Buffer.concat([header, deflateRawSync(piece), trailer])
  return new Uint8Array(Buffer.concat(Array.from({ length: Math.ceil(plainBytes / piece.length) }, () => member)))
}

export function lz4Zeros(plainBytes: number): Uint8Array {
  const pieceBytes = 32 * 1024 * 1024
  const frame = compressFrameSync(Buffer.alloc(Math.min(pieceBytes, plainBytes)))
  return new Uint8Array(Buffer.concat(Array.from({ length: Math.ceil(plainBytes / pieceBytes) }, () => frame)))
}

/** A raw block: its length, a literal zero, then copies of 64 bytes. */
export function snappyZeros(plainBytes: number): Uint8Array {
  const copies = Math.ceil((plainBytes - 1) / 64)
  const length = 1 + copies * 64
  const preamble: number[] = []
  for (let rest = length; ;) {
    if (rest < 128) {
      preamble.push(rest)
      break
    }
    preamble.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  const block = Buffer.alloc(preamble.length + 2 + copies * 3)
  block.set([...preamble, 0, 0])
  for (let i = 0; i < copies; i++) block.set([(63 << 2) | 2, 1, 0], preamble.length + 2 + i * 3)
  return new Uint8Array(block)
}

/** Blocks of a megabyte in Java's framing. */
export function xerialZeros(plainBytes: number): Uint8Array {
  const block = snappyZeros(1024 * 1024)
  const length = Buffer.alloc(4)
  length.writeInt32BE(block.length)
  const count = Math.ceil(plainBytes / (1024 * 1024))
  const head = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  return new Uint8Array(Buffer.concat([head, ...Array.from({ length: count }, () => [length, block]).flat()]))
}

export const zerosOf: Readonly<
  Record<string, { readonly codec: CompressionCodec; readonly make: (bytes: number) => Uint8Array }>
> = {
  gzip: { codec: 1, make: gzipZeros },
  snappy: { codec: 2, make: snappyZeros },
  'snappy in xerial frames': { codec: 2, make: xerialZeros },
  lz4: { codec: 3, make: lz4Zeros },
  zstd: { codec: 4, make: zstdZeros },
  'zstd with its size': { codec: 4, make: zstdZerosSized }
}
