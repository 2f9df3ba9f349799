/** Sequences of a Zstandard block: so many literals, then a match further back (RFC 8878, 3.1.1.3.2 and 3.1.1.4). */
import { BlockCorrupt, type PlainBytes } from './plain-bytes'
import { BackwardBits } from './zstd-bits'
import { buildTable, readTable, rleTable, type FseTable } from './zstd-fse'

interface CodeKind {
  readonly name: string
  readonly accuracyLogMax: number
  readonly symbolMax: number
  readonly predefined: FseTable
}

/** Lengths of a code: its smallest, and how many further bits it takes. */
interface LengthCodes {
  /** Codes below this stand for one length each and take no bits. */
  readonly plainCodes: number
  readonly baselines: readonly number[]
  readonly bits: readonly number[]
}

const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => i + from)
const zeros = (count: number): number[] => Array.from({ length: count }, () => 0)

const literalLengths: LengthCodes = {
  plainCodes: 16,
  baselines: [...upTo(16), 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, ...upTo(10, 7).map((power) => 2 ** power)],
  bits: [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, ...upTo(10, 7)]
}
const matchLengths: LengthCodes = {
  plainCodes: 32,
  baselines: [
    ...upTo(32, 3),
    ...[35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99],
    ...upTo(10, 7).map((power) => 2 ** power + 3)
  ],
  bits: [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, ...upTo(10, 7)]
}

const literalLengthCodes: CodeKind = {
  name: 'literal lengths',
  accuracyLogMax: 9,
  symbolMax: 35,
  predefined: buildTable(
    [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
    6
  )
}
const offsetCodes: CodeKind = {
  name: 'offsets',
  accuracyLogMax: 8,
  symbolMax: 31,
  predefined: buildTable(
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
    5
  )
}
const matchLengthCodes: CodeKind = {
  name: 'match lengths',
  accuracyLogMax: 9,
  symbolMax: 52,
  predefined: buildTable(
    [
      ...[1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1]
    ],
    6
  )
}

const tableModes = { predefined: 0, repeated: 1, described: 2, asBefore: 3 } as const

/** What the blocks of a frame share: their last tables and the three offsets used last. */
export interface SequenceState {
  literalLengths: FseTable | undefined
  offsets: FseTable | undefined
  matchLengths: FseTable | undefined
  recent: [number, number, number]
}

export function newSequenceState(): SequenceState {
  return { literalLengths: undefined, offsets: undefined, matchLengths: undefined, recent: [1, 4, 8] }
}

export interface SequenceTarget {
  readonly state: SequenceState
  readonly literals: PlainBytes
  readonly out: PlainBytes
  /** Where the frame's content begins in `out`: matches do not reach further back. */
  readonly start: number
}

/** Appends what the block holds. */
export function executeSequences(source: Uint8Array, from: number, end: number, target: SequenceTarget): void {
  const { literals, out, state } = target
  const { count, at: modesAt } = readCount(source, from, end)
  let literalsAt = 0
  if (count > 0) {
    const at = readTables(source, modesAt, end, state)
    literalsAt = runSequences(new BackwardBits(source, at, end), count, target)
  } else if (modesAt !== end) {
    throw new BlockCorrupt('bytes follow a block without sequences')
  }
  out.append(literals.bytes, literalsAt, literals.length)
}

function readCount(source: Uint8Array, from: number, end: number): { readonly count: number; readonly at: number } {
  const byte = (i: number): number => {
    if (from + i >= end) throw new BlockCorrupt('the number of sequences is cut short')
    return source[from + i] ?? 0
  }
  const first = byte(0)
  if (first < 128) return { count: first, at: from + 1 }
  if (first < 255) return { count: (first - 128) * 256 + byte(1), at: from + 2 }
  return { count: byte(1) + byte(2) * 256 + 0x7f00, at: from + 3 }
}

function readTables(source: Uint8Array, from: number, end: number, state: SequenceState): number {
  if (from >= end) throw new BlockCorrupt('the sequences are cut short')
  const modes = source[from] ?? 0
  if ((modes & 3) !== 0) throw new BlockCorrupt('the sequences have reserved bits set')
  let at = from + 1
  const next = (kind: CodeKind, mode: number, before: FseTable | undefined): FseTable => {
    if (mode === tableModes.predefined) return kind.predefined
    if (mode === tableModes.asBefore) {
      if (before === undefined) throw new BlockCorrupt(`${kind.name} refer to a table that was not there`)
      return before
    }
    if (mode === tableModes.described) {
      const read = readTable(source, at, end, kind)
      at = read.end
      return read.table
    }
    const symbol = source[at]
    if (symbol === undefined || at >= end || symbol > kind.symbolMax) {
      throw new BlockCorrupt(`the only code of ${kind.name} is missing or unknown`)
    }
    at += 1
    return rleTable(symbol)
  }
  state.literalLengths = next(literalLengthCodes, modes >>> 6, state.literalLengths)
  state.offsets = next(offsetCodes, (modes >>> 4) & 3, state.offsets)
  state.matchLengths = next(matchLengthCodes, (modes >>> 2) & 3, state.matchLengths)
  return at
}

/** Returns how many literals were used. The states are kept in variables: this is the decoder's innermost loop. */
function runSequences(bits: BackwardBits, count: number, { state, literals, out, start }: SequenceTarget): number {
  const literalLengthTable = state.literalLengths ?? literalLengthCodes.predefined
  const offsetTable = state.offsets ?? offsetCodes.predefined
  const matchLengthTable = state.matchLengths ?? matchLengthCodes.predefined
  let literalLengthState = bits.read(literalLengthTable.accuracyLog)
  let offsetState = bits.read(offsetTable.accuracyLog)
  let matchLengthState = bits.read(matchLengthTable.accuracyLog)
  const { recent } = state
  let literalsAt = 0
  for (let left = count; left > 0; left--) {
    const offsetBits = offsetTable.symbols[offsetState] ?? 0
    const offsetValue =
      offsetBits < 25 ? (1 << offsetBits) + bits.short(offsetBits) : 2 ** offsetBits + bits.read(offsetBits)
    const match = lengthOf(matchLengths, matchLengthTable.symbols[matchLengthState] ?? 0, bits)
    const copied = lengthOf(literalLengths, literalLengthTable.symbols[literalLengthState] ?? 0, bits)
    const distance = distanceOf(offsetValue, copied, recent)
    if (copied > literals.length - literalsAt) throw new BlockCorrupt('a sequence needs more literals than there are')
    out.append(literals.bytes, literalsAt, literalsAt + copied)
    literalsAt += copied
    out.repeat(distance, match, start)
    if (left === 1) break
    literalLengthState = nextState(literalLengthTable, literalLengthState, bits)
    matchLengthState = nextState(matchLengthTable, matchLengthState, bits)
    offsetState = nextState(offsetTable, offsetState, bits)
    if (bits.bitsLeft < 0) throw new BlockCorrupt('the sequences are cut short')
  }
  if (bits.bitsLeft !== 0) throw new BlockCorrupt('the sequences have too many or too few bits')
  return literalsAt
}

function nextState(table: FseTable, state: number, bits: BackwardBits): number {
  return (table.baselines[state] ?? 0) + bits.short(table.bitCounts[state] ?? 0)
}

function lengthOf(codes: LengthCodes, code: number, bits: BackwardBits): number {
  if (code < codes.plainCodes) return (codes.baselines[0] ?? 0) + code
  const baseline = codes.baselines[code]
  if (baseline === undefined) throw new BlockCorrupt('a length has an unknown code')
  return baseline + bits.short(codes.bits[code] ?? 0)
}

/** Values 1 to 3 stand for offsets used before; with no literals they mean the next one each. */
function distanceOf(value: number, literalLength: number, recent: [number, number, number]): number {
  const [first, second, third] = recent
  if (value > 3) {
    recent[2] = second
    recent[1] = first
    recent[0] = value - 3
    return value - 3
  }
  const which = value - 1 + (literalLength === 0 ? 1 : 0)
  if (which === 0) return first
  const distance = which === 1 ? second : which === 2 ? third : first - 1
  if (which > 1) recent[2] = second
  recent[1] = first
  recent[0] = distance
  return distance
}
