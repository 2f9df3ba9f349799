/** Numbers of connections as the log knows them: never the same twice, also over restarts and between members. */
import type { Random } from '../../../kernel/ports'

const connectionsPerDraw = 2 ** 21

export class ConnectionIds {
  readonly #random: Random
  #base = 0
  #used = connectionsPerDraw

  constructor(random: Random) {
    this.#random = random
  }

  next(): number {
    if (this.#used >= connectionsPerDraw) {
      this.#base = this.#random.uint32() * connectionsPerDraw
      this.#used = 0
    }
    return this.#base + this.#used++
  }
}
