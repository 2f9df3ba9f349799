/**
 * Snappy (format description of google/snappy). Java's clients frame it as xerial does: 8 magic bytes, two int32
 * versions, then blocks of `int32 length, raw snappy`; librdkafka sends one raw block. Both are read.
 */
import { BlockCorrupt, PlainBytes } from './plain-bytes'

const xerialMagic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]
const xerialHeaderBytes = 16

/** Throws BlockCorrupt, BlockTooLarge. */
export function unpackSnappy(source: Uint8Array, bytesMax: number): Uint8Array {
  const out = new PlainBytes(bytesMax, source.length * 2)
  if (!xerialMagic.every((byte, i) => source[i] === byte)) {
    unpackBlock(source, 0, source.length, out)
    return out.finished()
  }
  if (source.length < xerialHeaderBytes) throw new BlockCorrupt('the header is cut short')
  for (let at = xerialHeaderBytes; at < source.length;) {
    if (at + 4 > source.length) throw new BlockCorrupt('the length of a block is cut short')
    const length = uint32BigEndian(source, at)
    at += 4
    if (length > source.length - at) throw new BlockCorrupt('a block is cut short')
    unpackBlock(source, at, at + length, out)
    at += length
  }
  return out.finished()
}

function uint32BigEndian(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8)
  return (high | (bytes[at + 3] ?? 0)) >>> 0
}

/** A raw block: its plain length as a varint, then literals and copies. */
function unpackBlock(source: Uint8Array, from: number, end: number, out: PlainBytes): void {
  let at = from
  let plainLength = 0
  for (let shift = 0; ; shift += 7) {
    if (at >= end || shift > 28) throw new BlockCorrupt('the plain length is cut short or too long')
    const byte = source[at++] ?? 0
    plainLength += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  const start = out.length
  while (at < end) {
    const tag = source[at++] ?? 0
    const kind = tag & 3
    if (kind === 0) {
      let length = tag >>> 2
      if (length >= 60) {
        const extra = length - 59
        if (at + extra > end) throw new BlockCorrupt('a literal is cut short')
        length = littleEndian(source, at, extra)
        at += extra
      }
      length += 1
      if (length > end - at) throw new BlockCorrupt('a literal is cut short')
      if (length > plainLength - (out.length - start)) throw new BlockCorrupt('more comes than was announced')
      out.append(source, at, at + length)
      at += length
      continue
    }
    const offsetBytes = kind === 1 ? 1 : kind === 2 ? 2 : 4
    if (at + offsetBytes > end) throw new BlockCorrupt('a copy is cut short')
    const low = littleEndian(source, at, offsetBytes)
    at += offsetBytes
    const length = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2)
    const distance = kind === 1 ? ((tag >>> 5) << 8) | low : low
    if (length > plainLength - (out.length - start)) throw new BlockCorrupt('more comes than was announced')
    out.repeat(distance, length, start)
  }
  if (out.length - start !== plainLength) throw new BlockCorrupt('less came than was announced')
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}
