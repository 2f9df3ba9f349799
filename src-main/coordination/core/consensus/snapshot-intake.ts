/**
 * A snapshot that comes from the leader in pieces, one after the other. Another one, or a gap, begins anew. Memory is taken for what
 * has come, not for what is said to come.
 */
import { compareZxid, type Zxid } from '../../wire/zxid'
import type { InstalledSnapshot } from './durability'
import type { SnapshotPiece } from './messages'

/** One that this member does not take: it cannot catch up until the leader has a smaller one. */
export interface RefusedSnapshot {
  readonly last: Zxid
  readonly totalBytes: number
  readonly bytesMax: number
}

export class SnapshotIntake {
  readonly #bytesMax: number
  #last: Zxid | undefined
  #totalBytes = 0
  /** Longer than what has come of it, and never longer than all of it. */
  #bytes = new Uint8Array(0)
  #received = 0
  #refused: RefusedSnapshot | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** What came last is too large: the same object for all pieces of one. */
  get refused(): RefusedSnapshot | undefined {
    return this.#refused
  }

  /** How much of that one is here, or all of it. */
  taken(piece: SnapshotPiece): number | InstalledSnapshot {
    const { last, offsetBytes, totalBytes, bytes } = piece
    if (totalBytes > this.#bytesMax) return this.#refuse(piece)
    const isSame = this.#last !== undefined && compareZxid(last, this.#last) === 0 && totalBytes === this.#totalBytes
    if (!isSame) {
      if (offsetBytes !== 0 || totalBytes <= 0) return 0
      this.forget()
      this.#last = last
      this.#totalBytes = totalBytes
    }
    if (offsetBytes !== this.#received || offsetBytes + bytes.length > totalBytes) return this.#received
    this.#grow(offsetBytes + bytes.length)
    this.#bytes.set(bytes, offsetBytes)
    this.#received += bytes.length
    if (this.#received < totalBytes) return this.#received
    const whole = { last, bytes: this.#bytes }
    this.forget()
    return whole
  }

  forget(): void {
    this.#last = undefined
    this.#totalBytes = 0
    this.#bytes = new Uint8Array(0)
    this.#received = 0
    this.#refused = undefined
  }

  #refuse({ last, totalBytes }: SnapshotPiece): number {
    if (this.#refused?.totalBytes === totalBytes && compareZxid(this.#refused.last, last) === 0) return 0
    this.forget()
    this.#refused = { last, totalBytes, bytesMax: this.#bytesMax }
    return 0
  }

  #grow(neededBytes: number): void {
    if (neededBytes <= this.#bytes.length) return
    const grown = new Uint8Array(Math.min(this.#totalBytes, Math.max(neededBytes, 2 * this.#bytes.length)))
    grown.set(this.#bytes.subarray(0, this.#received))
    this.#bytes = grown
  }
}
