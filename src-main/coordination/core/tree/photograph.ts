/**
 * The tree as it was at one moment, read while it goes on changing: a snapshot of a million znodes must not stop everybody. What is
 * about to change, or to go, and was not read yet, is kept as it was. It costs a copy of each such znode, once.
 *
 * It stands on two things that ZnodeTree keeps: znodes are numbered as they come in (`ordinal`, a new one each time), and lie in
 * that order.
 */
import type { Znode } from './znode'

export class Photograph {
  readonly #znodes: ReadonlyMap<string, Znode>
  /** Later ones were not there. */
  readonly #last: number
  /** Up to here they have been read. */
  #read = 0
  readonly #kept = new Map<string, Znode>()
  readonly count: number

  constructor(znodes: ReadonlyMap<string, Znode>, last: number) {
    this.#znodes = znodes
    this.#last = last
    this.count = znodes.size
  }

  /** Before each change of a znode, and before it is taken out. */
  aboutToChange(path: string, znode: Znode): void {
    if (znode.ordinal > this.#last || znode.ordinal <= this.#read || this.#kept.has(path)) return
    this.#kept.set(path, { ...znode })
  }

  /** Each once, parents before children. Between two of them anything may happen to the tree. */
  *entries(): IterableIterator<readonly [string, Znode]> {
    for (const [path, znode] of this.#znodes) {
      if (znode.ordinal > this.#last) break
      const before = this.#kept.get(path)
      this.#kept.delete(path)
      this.#read = znode.ordinal
      yield [path, before ?? znode]
    }
    this.#read = this.#last
    // What has gone meanwhile: children went before their parents.
    for (const entry of [...this.#kept].sort(([a], [b]) => a.length - b.length)) yield entry
    this.#kept.clear()
  }
}
