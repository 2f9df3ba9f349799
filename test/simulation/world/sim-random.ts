import type { Random } from '../../../src-main/kernel/ports'

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

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.uint32() >>> 24)
  }

  /** 0 to below `end`. By the high bits: the low ones of such a generator repeat soon. */
  below(end: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * end)
  }
}
