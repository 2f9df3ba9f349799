/**
 * The tree as it was at one moment, read while it goes on changing: a snapshot of a million znodes must not stop everybody. What is
 * about to change, or to go, and was not read yet, is kept as it was. It costs a copy of each such znode, once.
 *
 * It stands on two things that ZnodeTree keeps: znodes are numbered as they come in (`ordinal`, a new one each time), and lie in
 * that order in each shard of the index.
 */
import type { Znode } from './znode'
import { shardKeyOf, type Shard, type ZnodeIndex } from './znode-index'

export class Photograph {
  readonly #shards: readonly (readonly [number, Shard])[]
  /** Later ones were not there. */
  readonly #last: number
  /** The shard that is being read, and up to where it has been; those of lower keys are behind. */
  #readKey = -1
  #read = 0
  readonly #kept = new Map<string, Znode>()
  readonly count: number

  constructor(znodes: ZnodeIndex, last: number) {
    this.#shards = znodes.shards()
    this.#last = last
    this.count = znodes.size
  }

  /** Before each change of a znode, and before it is taken out. */
  aboutToChange(path: string, znode: Znode): void {
    if (znode.ordinal > this.#last || this.#wasRead(path, znode) || this.#kept.has(path)) return
    this.#kept.set(path, { ...znode })
  }

  #wasRead(path: string, { ordinal }: Znode): boolean {
    const key = shardKeyOf(path)
    return key === this.#readKey ? ordinal <= this.#read : key < this.#readKey
  }

  /** Each once, parents before children. Between two of them anything may happen to the tree. */
  *entries(): IterableIterator<readonly [string, Znode]> {
    for (const [key, shard] of this.#shards) {
      this.#readKey = key
      this.#read = 0
      for (const [path, znode] of shard) {
        if (znode.ordinal > this.#last) break
        const before = this.#kept.get(path)
        this.#kept.delete(path)
        this.#read = znode.ordinal
        yield [path, before ?? znode]
      }
      this.#read = this.#last
    }
    this.#readKey = Infinity
    // What has gone meanwhile: children went before their parents.
    for (const entry of [...this.#kept].sort(([a], [b]) => a.length - b.length)) yield entry
    this.#kept.clear()
  }
}
