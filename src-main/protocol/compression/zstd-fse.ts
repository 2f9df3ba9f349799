/** Finite State Entropy tables of Zstandard (RFC 8878, 4.1): read from a block, or predefined. */
import { BlockCorrupt } from './plain-bytes'
import type { BackwardBits } from './zstd-bits'

export interface FseTable {
  readonly accuracyLog: number
  readonly symbols: Uint8Array
  readonly bitCounts: Uint8Array
  readonly baselines: Uint16Array
}

/** A table that gives one symbol and takes no bits. */
export function rleTable(symbol: number): FseTable {
  return {
    accuracyLog: 0,
    symbols: Uint8Array.of(symbol),
    bitCounts: Uint8Array.of(0),
    baselines: Uint16Array.of(0)
  }
}

/** `counts` are normalised probabilities, -1 for "less than one". */
export function buildTable(counts: ArrayLike<number>, accuracyLog: number): FseTable {
  const size = 1 << accuracyLog
  const symbols = new Uint8Array(size)
  const bitCounts = new Uint8Array(size)
  const baselines = new Uint16Array(size)
  const next = new Uint16Array(counts.length)
  let high = size - 1
  for (let symbol = 0; symbol < counts.length; symbol++) {
    const count = counts[symbol] ?? 0
    if (count === -1) symbols[high--] = symbol
    next[symbol] = count === -1 ? 1 : count
  }
  const step = (size >> 1) + (size >> 3) + 3
  let at = 0
  for (let symbol = 0; symbol < counts.length; symbol++) {
    for (let i = 0; i < (counts[symbol] ?? 0); i++) {
      symbols[at] = symbol
      do at = (at + step) & (size - 1)
      while (at > high)
    }
  }
  if (at !== 0) throw new BlockCorrupt('the probabilities of a table do not fill it')
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] ?? 0
    const order = next[symbol] ?? 0
    next[symbol] = order + 1
    const bits = accuracyLog - (31 - Math.clz32(order))
    bitCounts[state] = bits
    baselines[state] = (order << bits) - size
  }
  return { accuracyLog, symbols, bitCounts, baselines }
}

export interface ReadTable {
  readonly table: FseTable
  /** Where what follows the description begins. */
  readonly end: number
}

/** Reads the description of a table: probabilities in variable-length fields, little-endian bits. */
export function readTable(
  bytes: Uint8Array,
  from: number,
  end: number,
  limits: { readonly accuracyLogMax: number; readonly symbolMax: number }
): ReadTable {
  let bit = from * 8
  const take = (count: number): number => {
    const at = bit >>> 3
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)
    const value = (word >>> (bit & 7)) & ((1 << count) - 1)
    bit += count
    if (bit > end * 8) throw new BlockCorrupt('the description of a table is cut short')
    return value
  }
  const accuracyLog = take(4) + 5
  if (accuracyLog > limits.accuracyLogMax) throw new BlockCorrupt('a table is larger than allowed')
  const counts: number[] = []
  let remaining = 1 << accuracyLog
  while (remaining > 0) {
    if (counts.length > limits.symbolMax) throw new BlockCorrupt('a table has too many symbols')
    // A value from 0 to remaining + 1; the smaller of them take a bit less.
    const bits = 32 - Math.clz32(remaining + 1)
    const lower = (1 << (bits - 1)) - 1
    const threshold = (1 << bits) - 1 - (remaining + 1)
    let value = take(bits - 1)
    if (value >= threshold) {
      value += take(1) << (bits - 1)
      if (value > lower) value -= threshold
    }
    const count = value - 1
    counts.push(count)
    remaining -= Math.abs(count)
    if (count !== 0) continue
    for (let repeat = 3; repeat === 3;) {
      repeat = take(2)
      for (let i = 0; i < repeat; i++) counts.push(0)
    }
  }
  if (remaining < 0 || counts.length > limits.symbolMax + 1) throw new BlockCorrupt('a table has too many symbols')
  return { table: buildTable(counts, accuracyLog), end: (bit + 7) >>> 3 }
}

/** One of the interleaved decoders that read a bitstream. */
export class FseState {
  readonly #table: FseTable
  #state: number

  constructor(table: FseTable, bits: BackwardBits) {
    this.#table = table
    this.#state = bits.read(table.accuracyLog)
  }

  get symbol(): number {
    return this.#table.symbols[this.#state] ?? 0
  }

  /** Bits that the next step will take. */
  get bitCount(): number {
    return this.#table.bitCounts[this.#state] ?? 0
  }

  advance(bits: BackwardBits): void {
    this.#state = (this.#table.baselines[this.#state] ?? 0) + bits.read(this.bitCount)
  }
}
