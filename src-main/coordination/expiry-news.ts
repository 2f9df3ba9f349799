/**
 * Sessions that expired at about the same time, told together: a client that had thousands of them may have died, and each piece of
 * news is a message, an event in a list that holds so many, and a line of two files.
 */
import type { SessionId } from '../kernel/ids'
import type { Clock, Timer } from '../kernel/ports'

/** From the first: all of a bucket of clocks (session-clocks.ts) end together, and are applied in a few batches. */
export const gatherMs = 250

export interface ExpiredSessions {
  readonly count: number
  /** Znodes that went with them, all together. */
  readonly ephemerals: number
  /** One of them. */
  readonly sample: SessionId
}

export class ExpiryNews {
  readonly #clock: Clock
  readonly #tell: (expired: ExpiredSessions) => void
  #gathered: ExpiredSessions | undefined
  #timer: Timer | undefined

  constructor(clock: Clock, tell: (expired: ExpiredSessions) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  add(sessionId: SessionId, ephemerals: number): void {
    const { count, ephemerals: before, sample } = this.#gathered ?? { count: 0, ephemerals: 0, sample: sessionId }
    this.#gathered = { count: count + 1, ephemerals: before + ephemerals, sample }
    this.#timer ??= this.#clock.after(gatherMs, () => this.tellNow())
  }

  /** What was gathered; nothing when nothing was. */
  tellNow(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const gathered = this.#gathered
    this.#gathered = undefined
    if (gathered !== undefined) this.#tell(gathered)
  }
}
