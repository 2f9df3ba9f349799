/**
 * Zstandard (RFC 8878), frames with and without the size of their content. Own code because Node has a decoder only
 * from 22.15 on, and because what is unpacked must be bounded while it grows (ADR 15). Dictionaries are not supported:
 * Kafka's clients use none. The checksum of the content is not looked at: the CRC of the record batch covers the frame.
 */
import { BlockCorrupt, PlainBytes } from './plain-bytes'
import { readHuffmanTable, unpackHuffman, type HuffmanTable } from './zstd-huffman'
import { executeSequences, newSequenceState, type SequenceState } from './zstd-sequences'

const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a5
export const blockBytesMax = 128 * 1024

const blockTypes = { raw: 0, repeated: 1, compressed: 2 } as const

/** What blocks of a frame hand on to the next. */
interface FrameState {
  /** Where the frame's content begins in the output. */
  readonly start: number
  readonly sequences: SequenceState
  readonly literals: PlainBytes
  huffman: HuffmanTable | undefined
}

/** Throws BlockCorrupt, BlockTooLarge. */
export function unpackZstd(source: Uint8Array, bytesMax: number): Uint8Array {
  const out = new PlainBytes(bytesMax, source.length * 2)
  if (source.length === 0) throw new BlockCorrupt('there is no frame')
  for (let at = 0; at < source.length;) at = unpackFrame(source, at, out)
  return out.finished()
}

/** Returns where the next frame begins. */
function unpackFrame(source: Uint8Array, from: number, out: PlainBytes): number {
  const magic = littleEndian(source, from, 4)
  if (Math.floor(magic / 16) === skippableMagic) {
    return within(source, from + 8 + littleEndian(source, from + 4, 4))
  }
  if (magic !== frameMagic) throw new BlockCorrupt('this is no zstd frame')
  const descriptor = byteAt(source, from + 4)
  if ((descriptor & 0x08) !== 0) throw new BlockCorrupt('the frame has a reserved bit set')
  const isSingleSegment = (descriptor & 0x20) !== 0
  let at = from + 5 + (isSingleSegment ? 0 : 1)
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
  if (littleEndian(source, at, dictionaryBytes) !== 0) throw new BlockCorrupt('the frame needs a dictionary')
  at += dictionaryBytes
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0
  const contentBytes = littleEndian(source, at, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
  at += sizeBytes
  const state: FrameState = {
    start: out.length,
    sequences: newSequenceState(),
    literals: new PlainBytes(blockBytesMax, 0),
    huffman: undefined
  }
  for (let isLast = false; !isLast;) {
    const header = littleEndian(source, at, 3)
    isLast = (header & 1) === 1
    at = unpackBlock(source, at + 3, header >>> 1, { state, out })
  }
  if (sizeBytes > 0 && out.length - state.start !== contentBytes) {
    throw new BlockCorrupt('the frame holds more or less than it says')
  }
  return within(source, (descriptor & 0x04) === 0 ? at : at + 4)
}

/** `typeAndSize` is the block's header without its first bit. Returns where the next block begins. */
function unpackBlock(
  source: Uint8Array,
  at: number,
  typeAndSize: number,
  { state, out }: { readonly state: FrameState; readonly out: PlainBytes }
): number {
  const size = typeAndSize >>> 2
  if (size > blockBytesMax) throw new BlockCorrupt('a block is larger than allowed')
  switch (typeAndSize & 3) {
    case blockTypes.raw: {
      const end = within(source, at + size)
      out.append(source, at, end)
      return end
    }
    case blockTypes.repeated:
      out.fill(byteAt(source, at), size)
      return at + 1
    case blockTypes.compressed: {
      const end = within(source, at + size)
      const before = out.length
      state.literals.length = 0
      const sequencesAt = readLiterals(source, at, end, state)
      executeSequences(source, sequencesAt, end, {
        state: state.sequences,
        literals: state.literals,
        out,
        start: state.start
      })
      if (out.length - before > blockBytesMax) throw new BlockCorrupt('a block holds more than allowed')
      return end
    }
    default:
      throw new BlockCorrupt('a block is of an unknown type')
  }
}

// ── literals ─────────────────────────────────────────────────────────────────────────────────────────────────────

const literalsTypes = { raw: 0, repeated: 1, compressed: 2, treeless: 3 } as const

/** Fills `state.literals`; returns where the sequences begin. */
function readLiterals(source: Uint8Array, from: number, end: number, state: FrameState): number {
  const first = from < end ? byteAt(source, from) : -1
  if (first < 0) throw new BlockCorrupt('a block is empty')
  const type = first & 3
  const format = (first >>> 2) & 3
  if (type === literalsTypes.raw || type === literalsTypes.repeated) {
    const headerBytes = format === 1 ? 2 : format === 3 ? 3 : 1
    const header = littleEndian(source, from, headerBytes)
    const size = headerBytes === 1 ? header >>> 3 : header >>> 4
    if (size > blockBytesMax) throw new BlockCorrupt('a block has too many literals')
    const at = from + headerBytes
    const after = at + (type === literalsTypes.raw ? size : 1)
    if (after > end) throw new BlockCorrupt('literals are cut short')
    if (type === literalsTypes.raw) state.literals.append(source, at, after)
    else state.literals.fill(byteAt(source, at), size)
    return after
  }
  const headerBytes = format === 3 ? 5 : format === 2 ? 4 : 3
  const sizeBits = format === 3 ? 18 : format === 2 ? 14 : 10
  const header = Math.floor(littleEndian(source, from, headerBytes) / 16)
  const size = header % 2 ** sizeBits
  const packed = Math.floor(header / 2 ** sizeBits)
  let at = from + headerBytes
  const after = at + packed
  if (after > end || size > blockBytesMax) throw new BlockCorrupt('literals are cut short, or too many')
  if (type === literalsTypes.compressed) {
    const read = readHuffmanTable(source, at, after)
    state.huffman = read.table
    at = read.end
  }
  const table = state.huffman
  if (table === undefined) throw new BlockCorrupt('literals refer to a table that was not there')
  if (format === 0) unpackHuffman(table, source, { from: at, end: after, count: size }, state.literals)
  else unpackFourStreams(table, source, { from: at, end: after, count: size }, state.literals)
  return after
}

function unpackFourStreams(
  table: HuffmanTable,
  source: Uint8Array,
  { from, end, count }: { readonly from: number; readonly end: number; readonly count: number },
  out: PlainBytes
): void {
  if (from + 6 > end) throw new BlockCorrupt('the sizes of the streams of literals are cut short')
  const each = (count + 3) >>> 2
  if (each * 3 > count) throw new BlockCorrupt('there are too few literals for four streams')
  let at = from + 6
  for (let i = 0; i < 3; i++) {
    const next = at + littleEndian(source, from + 2 * i, 2)
    if (next > end) throw new BlockCorrupt('a stream of literals is cut short')
    unpackHuffman(table, source, { from: at, end: next, count: each }, out)
    at = next
  }
  unpackHuffman(table, source, { from: at, end, count: count - 3 * each }, out)
}

// ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────

function within(source: Uint8Array, end: number): number {
  if (end > source.length) throw new BlockCorrupt('the frame is cut short')
  return end
}

function byteAt(source: Uint8Array, at: number): number {
  const byte = source[at]
  if (byte === undefined) throw new BlockCorrupt('the frame is cut short')
  return byte
}

/** Exact up to 2^53, rounded above: only compared with limits then. */
function littleEndian(source: Uint8Array, at: number, count: number): number {
  within(source, at + count)
  let value = 0
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (source[at + i] ?? 0)
  return value
}
