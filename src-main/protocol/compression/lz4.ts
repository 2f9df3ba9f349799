/**
 * LZ4 frames (LZ4 Frame Format Description 1.6, LZ4 Block Format Description). Checksums inside are not looked at: the
 * CRC of the record batch covers every byte of the frame.
 */
import { BlockCorrupt, PlainBytes } from './plain-bytes'

const frameMagic = 0x184d2204
const skippableMagic = 0x184d2a5
const flag = { dictionary: 0x01, contentChecksum: 0x04, contentSize: 0x08, blockChecksum: 0x10 } as const
const version1 = 0x40
/** 4: 64 KB, 5: 256 KB, 6: 1 MB, 7: 4 MB. */
const smallestBlockCode = 4
const minMatch = 4

/** Throws BlockCorrupt, BlockTooLarge. */
export function unpackLz4(source: Uint8Array, bytesMax: number): Uint8Array {
  const out = new PlainBytes(bytesMax, source.length * 2)
  if (source.length === 0) throw new BlockCorrupt('there is no frame')
  for (let at = 0; at < source.length;) at = unpackFrame(source, at, out)
  return out.finished()
}

/** Returns where the next frame begins. */
function unpackFrame(source: Uint8Array, from: number, out: PlainBytes): number {
  const magic = uint32At(source, from)
  if (magic >>> 4 === skippableMagic) return skip(source, from + 8, uint32At(source, from + 4))
  if (magic !== frameMagic) throw new BlockCorrupt('this is no LZ4 frame')
  const flags = byteAt(source, from + 4)
  if ((flags & 0xc0) !== version1) throw new BlockCorrupt('the version of the frame is unknown')
  if ((flags & flag.dictionary) !== 0) throw new BlockCorrupt('the frame needs a dictionary')
  const blockCode = (byteAt(source, from + 5) >>> 4) & 7
  if (blockCode < smallestBlockCode) throw new BlockCorrupt('the block size of the frame is unknown')
  const blockBytesMax = 2 ** (8 + 2 * blockCode)
  let at = from + 6
  const hasSize = (flags & flag.contentSize) !== 0
  const contentBytes = hasSize ? uint32At(source, at) + uint32At(source, at + 4) * 2 ** 32 : 0
  at += hasSize ? 9 : 1
  const start = out.length
  for (;;) {
    const size = uint32At(source, at)
    at += 4
    if (size === 0) break
    const length = size & 0x7fffffff
    const end = skip(source, at, length)
    const isPlain = size >>> 31 === 1
    if (isPlain && length > blockBytesMax) throw new BlockCorrupt('a block is larger than its frame allows')
    if (isPlain) out.append(source, at, end)
    else unpackBlock(source, at, end, { out, start, blockBytesMax })
    at = (flags & flag.blockChecksum) === 0 ? end : skip(source, end, 4)
  }
  if (hasSize && out.length - start !== contentBytes)
    throw new BlockCorrupt('the frame holds more or less than it says')
  return (flags & flag.contentChecksum) === 0 ? at : skip(source, at, 4)
}

function unpackBlock(
  source: Uint8Array,
  from: number,
  end: number,
  into: { readonly out: PlainBytes; readonly start: number; readonly blockBytesMax: number }
): void {
  const { out, start } = into
  const lengthMax = out.length + into.blockBytesMax
  let at = from
  const extended = (length: number): number => {
    let sum = length
    if (length < 15) return sum
    for (;;) {
      if (at >= end) throw new BlockCorrupt('a length is cut short')
      const byte = source[at++] ?? 0
      sum += byte
      if (byte !== 255) return sum
    }
  }
  while (at < end) {
    const token = source[at++] ?? 0
    const literals = extended(token >>> 4)
    if (literals > end - at) throw new BlockCorrupt('literals are cut short')
    if (out.length + literals > lengthMax) throw new BlockCorrupt('a block is larger than its frame allows')
    out.append(source, at, at + literals)
    at += literals
    // The last sequence has literals only.
    if (at === end) return
    if (at + 2 > end) throw new BlockCorrupt('a match is cut short')
    const distance = (source[at] ?? 0) | ((source[at + 1] ?? 0) << 8)
    at += 2
    const length = extended(token & 15) + minMatch
    if (out.length + length > lengthMax) throw new BlockCorrupt('a block is larger than its frame allows')
    out.repeat(distance, length, start)
  }
}

function skip(source: Uint8Array, at: number, count: number): number {
  if (count > source.length - at) throw new BlockCorrupt('the frame is cut short')
  return at + count
}

function byteAt(source: Uint8Array, at: number): number {
  const byte = source[at]
  if (byte === undefined) throw new BlockCorrupt('the frame is cut short')
  return byte
}

function uint32At(source: Uint8Array, at: number): number {
  if (at + 4 > source.length) throw new BlockCorrupt('the frame is cut short')
  const low = (source[at] ?? 0) | ((source[at + 1] ?? 0) << 8) | ((source[at + 2] ?? 0) << 16)
  return (low | ((source[at + 3] ?? 0) << 24)) >>> 0
}
