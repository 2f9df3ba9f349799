/**
 * Numbers as the log knows them, of connections and of proposals: never the same twice, also over restarts and between
 * members, and never 0.
 */
import type { Random } from '../../../kernel/ports'

const numbersPerDraw = 2 ** 21

export class UniqueNumbers {
  readonly #random: Random
  #base = 0
  #used = numbersPerDraw

  constructor(random: Random) {
    this.#random = random
  }

  next(): number {
    if (this.#used >= numbersPerDraw) {
      this.#base = this.#random.uint32() * numbersPerDraw
      this.#used = 1
    }
    return this.#base + this.#used++
  }
}
