/**
 * Copies of what small znodes hold, side by side in slabs: a buffer of its own costs some 250 bytes more than what is in it,
 * and each collection looks at all of them. A slab goes when nothing in it is held any more: at worst, where few are left of
 * many, each small value keeps one.
 */
const slabBytes = 2048
/** Larger ones stand alone: at most an eighth of a slab is left empty. */
const smallBytesMax = 256
const noBytes = new Uint8Array(0)

export class DataSlabs {
  #slab = new Uint8Array(0)
  #used = 0

  /** Shares no byte with what was given. */
  copyOf(bytes: Uint8Array): Uint8Array {
    const { byteLength } = bytes
    if (byteLength === 0) return noBytes
    if (byteLength > smallBytesMax) return new Uint8Array(bytes)
    if (this.#used + byteLength > this.#slab.byteLength) {
      this.#slab = new Uint8Array(slabBytes)
      this.#used = 0
    }
    const copy = this.#slab.subarray(this.#used, this.#used + byteLength)
    copy.set(bytes)
    this.#used += byteLength
    return copy
  }
}
