/**
 * Znodes by their paths. A Map is moved whole each time it doubles, and while one of a million is, nobody is answered for 70 ms or
 * more, on all members at the same entry. Of many small ones one moves at a time.
 *
 * Which one a path is in goes by its depth first: in the order of their keys, parents come before children.
 */
import { invariant } from '../../../kernel/invariant'
import type { Znode } from './znode'

export type Shard = ReadonlyMap<string, Znode>

/** Of one depth: 16,000 znodes each where a million have the same. */
const shardsPerDepth = 2 ** 6
/** 2^32 by the golden ratio, odd: the upper bits of a product with it are of all bits (Knuth, The Art of Computer Programming 3, 6.4). */
const spread = 0x9e3779b1
const slash = 0x2f

export class ZnodeIndex {
  readonly #shards = new Map<number, Map<string, Znode>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(path: string): Znode | undefined {
    return this.#shards.get(shardKeyOf(path))?.get(path)
  }

  has(path: string): boolean {
    return this.get(path) !== undefined
  }

  /** Of a path that is not there yet: it becomes the last of its shard. */
  add(path: string, znode: Znode): void {
    const key = shardKeyOf(path)
    const shard = this.#shards.get(key)
    if (shard === undefined) this.#shards.set(key, new Map([[path, znode]]))
    else {
      const before = shard.size
      shard.set(path, znode)
      invariant(shard.size > before, 'a new znode is not there yet', { path })
    }
    this.#size++
  }

  /** Whether it was there. */
  delete(path: string): boolean {
    const key = shardKeyOf(path)
    const shard = this.#shards.get(key)
    if (shard?.delete(path) !== true) return false
    if (shard.size === 0) this.#shards.delete(key)
    this.#size--
    return true
  }

  *paths(): IterableIterator<string> {
    for (const shard of this.#shards.values()) yield* shard.keys()
  }

  /** In the order of their keys; in each the znodes are in the order in which they came. */
  shards(): readonly (readonly [number, Shard])[] {
    return [...this.#shards].sort(([a], [b]) => a - b)
  }
}

/** Which shard a path is in; O(n) in its length. */
export function shardKeyOf(path: string): number {
  if (path === '/') return 0
  let depth = 0
  let hash = 0
  for (let index = 0; index < path.length; index++) {
    const unit = path.charCodeAt(index)
    if (unit === slash) depth++
    hash = (Math.imul(hash, 31) + unit) | 0
  }
  return depth * shardsPerDepth + (Math.imul(hash, spread) >>> (32 - 6))
}
