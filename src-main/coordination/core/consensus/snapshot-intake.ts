/** A snapshot that comes from the leader in pieces, one after the other. Another one, or a gap, begins anew. */
import { compareZxid, type Zxid } from '../../wire/zxid'
import type { InstalledSnapshot } from './durability'
import type { SnapshotPiece } from './messages'

export class SnapshotIntake {
  readonly #bytesMax: number
  #last: Zxid | undefined
  #bytes = new Uint8Array(0)
  #received = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** How much of that one is here, or all of it. */
  taken(piece: SnapshotPiece): number | InstalledSnapshot {
    const { last, offsetBytes, totalBytes, bytes } = piece
    const isSame = this.#last !== undefined && compareZxid(last, this.#last) === 0 && totalBytes === this.#bytes.length
    if (!isSame) {
      if (offsetBytes !== 0 || totalBytes <= 0 || totalBytes > this.#bytesMax) return 0
      this.#last = last
      this.#bytes = new Uint8Array(totalBytes)
      this.#received = 0
    }
    if (offsetBytes !== this.#received || offsetBytes + bytes.length > totalBytes) return this.#received
    this.#bytes.set(bytes, offsetBytes)
    this.#received += bytes.length
    if (this.#received < totalBytes) return this.#received
    const whole = { last, bytes: this.#bytes }
    this.forget()
    return whole
  }

  forget(): void {
    this.#last = undefined
    this.#bytes = new Uint8Array(0)
    this.#received = 0
  }
}
