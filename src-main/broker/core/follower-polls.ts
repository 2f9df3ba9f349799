/**
 * What a follower's fetches prove of whom it follows. On a connection it has one request under way, so whatever it asks there was sent after
 * it had heard the answer to what it asked before; when it sent that, it followed the one whom it asked. What waited in a socket
 * proves nothing by coming late: it is judged by the time of the answer before it.
 *
 * Kept by connection: a broker of Kafka's may copy over several (num.replica.fetchers), each with partitions of its own.
 */

/** Of one connection; times are of the leader's monotonic clock, in ms. */
export interface FollowerPolls {
  /** All that is followed over it was named then, and since then what changed. */
  readonly sinceMs: number
  /** When its last request came, which may have been long on its way. */
  readonly lastMs: number
  /** The follower followed this broker at some time after that; -Infinity while nothing shows it. */
  readonly followedMs: number
  /** The same moment as a turn (FollowerPollBook.turn); 0 while nothing shows it. */
  readonly followedTurn: number
}

interface Entry extends FollowerPolls {
  /** The last answer over this connection. */
  readonly answered: { readonly atMs: number; readonly turn: number } | undefined
}

export class FollowerPollBook {
  readonly #entries = new WeakMap<object, Entry>()
  #turn = 0

  of(connection: object): FollowerPolls | undefined {
    return this.#entries.get(connection)
  }

  /** Now, as a number that grows: several things happen in one millisecond. */
  turn(): number {
    return ++this.#turn
  }

  /**
   * A request that came at `arrivedMs` has been looked at: `isWhole` when it named all that is followed over its connection, else only
   * what has changed.
   */
  polled(connection: object, isWhole: boolean, arrivedMs: number): void {
    const known = this.#entries.get(connection)
    const answered = known?.answered
    this.#entries.set(connection, {
      sinceMs: isWhole || known === undefined ? arrivedMs : known.sinceMs,
      lastMs: arrivedMs,
      followedMs: answered?.atMs ?? -Infinity,
      followedTurn: answered?.turn ?? 0,
      answered
    })
  }

  /** Its answer leaves now. */
  answered(connection: object, nowMs: number): void {
    const known = this.#entries.get(connection)
    if (known !== undefined) this.#entries.set(connection, { ...known, answered: { atMs: nowMs, turn: this.turn() } })
  }
}
