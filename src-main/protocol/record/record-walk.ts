/**
 * Whether a block of records is what its batch says: so many records, each as long as its fields, nothing behind them.
 * Steps over keys and values; makes no object for a record, since every produced batch passes here.
 */

export interface WalkedRecords {
  readonly isWhole: true
  readonly hasNullKey: boolean
}
export interface WalkFault {
  readonly isWhole: false
  /** What is wrong, as part of a sentence. */
  readonly fault: string
}

const fault = (what: string): WalkFault => ({ isWhole: false, fault: what })

/** Walks `bytes[from, end)`. Linear in its length, whatever it claims. */
export function walkRecords(bytes: Uint8Array, from: number, end: number, count: number): WalkedRecords | WalkFault {
  const walk = new Walk(bytes, from)
  let hasNullKey = false
  for (let i = 0; i < count; i++) {
    if (walk.at >= end) return fault(`the batch claims ${count} records and holds ${i}`)
    const length = walk.varint(end)
    const recordEnd = walk.at + length
    if (walk.isBad || length < 0 || recordEnd > end) return fault(`record ${i} of the batch reaches past its end`)
    walk.at += 1 // Attributes: unused in magic 2.
    walk.skipVarlong(recordEnd)
    if (walk.varint(recordEnd) !== i) return fault(`record ${i} of the batch has another offset or no fields`)
    if (walk.skipNullable(recordEnd)) hasNullKey = true
    walk.skipNullable(recordEnd)
    walk.skipHeaders(recordEnd)
    if (walk.isBad || walk.at !== recordEnd) return fault(`record ${i} of the batch is not as long as its fields`)
  }
  if (walk.at !== end) return fault(`the batch claims ${count} records and holds more`)
  return { isWhole: true, hasNullKey }
}

class Walk {
  readonly #bytes: Uint8Array
  at: number
  /** Something reached past the end it was given; what is read from then on means nothing. */
  isBad = false

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  /** Zigzag, up to five bytes. */
  varint(end: number): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.at >= end) break
      const byte = this.#bytes[this.at++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    this.isBad = true
    return -1
  }

  skipVarlong(end: number): void {
    for (let i = 0; i < 10; i++) {
      if (this.at >= end) break
      if ((this.#bytes[this.at++] ?? 0) < 0x80) return
    }
    this.isBad = true
  }

  /** Steps over bytes with their length before them; true when they are null. */
  skipNullable(end: number): boolean {
    const length = this.varint(end)
    if (length < 0) {
      if (length < -1) this.isBad = true
      return true
    }
    if (length > end - this.at) this.isBad = true
    else this.at += length
    return false
  }

  skipHeaders(end: number): void {
    const count = this.varint(end)
    if (count < 0) this.isBad = true
    // A header takes two bytes at least, so that a lie about their number ends early.
    for (let i = 0; i < count && !this.isBad; i++) {
      if (this.skipNullable(end)) this.isBad = true
      this.skipNullable(end)
    }
  }
}
