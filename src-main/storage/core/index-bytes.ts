/**
 * The growing array of fixed-size entries behind both sparse indexes: exactly the bytes of the index file, in memory,
 * with a mark between what the file has already and what it has not. Entries reach the file in groups (at roll, flush
 * and close) and not one by one, since after a crash indexes are rebuilt anyway.
 */
import { invariant } from '../../kernel/invariant'

export class IndexBytes {
  readonly #entryBytes: number
  #bytes: Uint8Array
  #lengthBytes: number
  #writtenBytes: number

  /** `bytes` is what the file holds: whole entries. */
  constructor(entryBytes: number, bytes: Uint8Array) {
    invariant(bytes.length % entryBytes === 0, 'an index file holds whole entries', { length: bytes.length })
    this.#entryBytes = entryBytes
    this.#bytes = bytes
    this.#lengthBytes = bytes.length
    this.#writtenBytes = bytes.length
  }

  get count(): number {
    return this.#lengthBytes / this.#entryBytes
  }

  get lengthBytes(): number {
    return this.#lengthBytes
  }

  /** For reading entries; valid until the next extend(). */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Makes room for one entry and returns its position in `bytes`. */
  extend(): number {
    const at = this.#lengthBytes
    this.#lengthBytes += this.#entryBytes
    if (this.#lengthBytes > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#entryBytes * 32, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
    }
    return at
  }

  truncate(count: number): void {
    this.#lengthBytes = count * this.#entryBytes
    this.#writtenBytes = Math.min(this.#writtenBytes, this.#lengthBytes)
  }

  /** What the file lacks: to be appended at `writtenBytes`, then told by markWritten(). */
  get unwritten(): Uint8Array {
    return this.#bytes.subarray(this.#writtenBytes, this.#lengthBytes)
  }

  get writtenBytes(): number {
    return this.#writtenBytes
  }

  markWritten(): void {
    this.#writtenBytes = this.#lengthBytes
  }
}
