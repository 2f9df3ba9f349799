/** Huffman-coded literals of Zstandard (RFC 8878, 4.2). */
import { BlockCorrupt, type PlainBytes } from './plain-bytes'
import { BackwardBits } from './zstd-bits'
import { FseState, readTable } from './zstd-fse'

const codeBitsMax = 11
const weightsMax = 255

export interface HuffmanTable {
  readonly codeBits: number
  /** By the next `codeBits` bits: symbol in the low byte, length of its code above it. */
  readonly entries: Uint16Array
}

export interface ReadHuffman {
  readonly table: HuffmanTable
  readonly end: number
}

export function readHuffmanTable(bytes: Uint8Array, from: number, end: number): ReadHuffman {
  const header = bytes[from]
  if (header === undefined || from >= end) throw new BlockCorrupt('a Huffman table is cut short')
  const isDirect = header >= 128
  const after = from + 1 + (isDirect ? (header - 126) >> 1 : header)
  if (after > end) throw new BlockCorrupt('a Huffman table is cut short')
  const weights = isDirect ? directWeights(bytes, from + 1, header - 127) : packedWeights(bytes, from + 1, after)
  return { table: tableOf(weights), end: after }
}

function directWeights(bytes: Uint8Array, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const byte = bytes[from + (i >> 1)] ?? 0
    return i % 2 === 0 ? byte >>> 4 : byte & 15
  })
}

/** Two interleaved FSE states; they give a last weight each when the bits have run dry. */
function packedWeights(bytes: Uint8Array, from: number, end: number): number[] {
  const read = readTable(bytes, from, end, { accuracyLogMax: 6, symbolMax: 15 })
  const bits = new BackwardBits(bytes, read.end, end)
  let now = new FseState(read.table, bits)
  let other = new FseState(read.table, bits)
  const weights: number[] = []
  for (;;) {
    if (weights.length >= weightsMax) throw new BlockCorrupt('a Huffman table has too many weights')
    weights.push(now.symbol)
    if (bits.bitsLeft < now.bitCount) {
      weights.push(other.symbol)
      return weights
    }
    now.advance(bits)
    const swapped = now
    now = other
    other = swapped
  }
}

/** The last weight is not written: it is what makes the sum a power of two. */
function tableOf(weights: number[]): HuffmanTable {
  let sum = 0
  for (const weight of weights) sum += weight === 0 ? 0 : 2 ** (weight - 1)
  if (sum === 0) throw new BlockCorrupt('a Huffman table is empty')
  const codeBits = 32 - Math.clz32(sum)
  if (codeBits > codeBitsMax) throw new BlockCorrupt('a Huffman code is longer than 11 bits')
  const left = (1 << codeBits) - sum
  const lastWeight = 32 - Math.clz32(left)
  if (1 << (lastWeight - 1) !== left) throw new BlockCorrupt('the weights of a Huffman table do not add up')
  weights.push(lastWeight)
  if (weights.length > weightsMax + 1) throw new BlockCorrupt('a Huffman table has too many weights')
  const entries = new Uint16Array(1 << codeBits)
  let at = 0
  for (let weight = 1; weight <= codeBits; weight++) {
    const entry = (codeBits + 1 - weight) << 8
    const width = 1 << (weight - 1)
    for (let symbol = 0; symbol < weights.length; symbol++) {
      if (weights[symbol] !== weight) continue
      entries.fill(entry | symbol, at, at + width)
      at += width
    }
  }
  if (at !== entries.length) throw new BlockCorrupt('the weights of a Huffman table do not add up')
  return { codeBits, entries }
}

/** Appends `count` literals that are coded in `bytes[from, end)`: exactly these bits, no more and no less. */
export function unpackHuffman(
  table: HuffmanTable,
  bytes: Uint8Array,
  stream: { readonly from: number; readonly end: number; readonly count: number },
  out: PlainBytes
): void {
  const bits = new BackwardBits(bytes, stream.from, stream.end)
  out.room(stream.count)
  const { codeBits, entries } = table
  const into = out.bytes
  const end = out.length + stream.count
  for (let at = out.length; at < end; at++) {
    const entry = entries[bits.peek(codeBits)] ?? 0
    bits.skip(entry >>> 8)
    into[at] = entry & 255
  }
  if (bits.bitsLeft !== 0) throw new BlockCorrupt('a stream of literals has too many or too few bits')
  out.length = end
}
