import type { Random } from '../../../src-main/kernel/ports'

/** Neighbouring seeds have nothing in common (Murmur3's finalizer). */
export function mixed(seed: number): number {
  let hash = seed >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Deterministic: a linear congruential generator (Numerical Recipes' constants). */
export class SimRandom implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  uint32(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return this.#state
  }

  /** Another one, of which nothing is in common with this one's: its own next numbers would be, as a seed. */
  fork(): SimRandom {
    return new SimRandom(mixed(this.uint32()))
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.uint32() >>> 24)
  }

  /** 0 to below `end`. By the high bits: the low ones of such a generator repeat soon. */
  below(end: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * end)
  }
}
