/**
 * Requests of clients that wait until a position is applied here, which the leader tells: syncs, and pings (ADR 47). All pings of one
 * turn of the event loop share one question.
 */
import type { Clock } from '../kernel/ports'
import type { Ready } from './core/consensus/raft'
import { compareZxid, type Zxid } from './wire/zxid'

/** Called once: true when it may be answered, false when nobody leads who could tell. */
export type Passed = (isPassed: boolean) => void

export class ClientBarriers {
  readonly #clock: Clock
  readonly #ask: (readId: number) => boolean
  readonly #waiting = new Map<number, { readonly passed: Passed; position: Zxid | undefined }>()
  /** Whoever waits to be told that the leader knows of its session, until the end of this turn. */
  #unconfirmed: Passed[] = []
  #lastReadId = 0

  constructor(options: {
    readonly clock: Clock
    /** False when there is nobody to be asked. */
    readonly ask: (readId: number) => boolean
  }) {
    this.#clock = options.clock
    this.#ask = options.ask
  }

  add(passed: Passed): void {
    const readId = ++this.#lastReadId
    if (this.#ask(readId)) this.#waiting.set(readId, { passed, position: undefined })
    else this.#clock.soon(() => passed(false))
  }

  /** With all that come in this turn; `asked` is called once for them. */
  gather(passed: Passed, asked: (all: Passed) => void): void {
    this.#unconfirmed.push(passed)
    if (this.#unconfirmed.length > 1) return
    this.#clock.soon(() => {
      const all = this.#unconfirmed
      this.#unconfirmed = []
      asked((isPassed) => {
        for (const one of all) one(isPassed)
      })
    })
  }

  answered({ reads, lostReads }: Pick<Ready, 'reads' | 'lostReads'>): void {
    for (const { readId, position } of reads) {
      const barrier = this.#waiting.get(readId)
      if (barrier !== undefined) barrier.position = position
    }
    for (const readId of lostReads) {
      this.#waiting.get(readId)?.passed(false)
      this.#waiting.delete(readId)
    }
  }

  /** Those whose position is applied here. */
  pass(lastApplied: Zxid): void {
    if (this.#waiting.size === 0) return
    for (const [readId, { passed, position }] of this.#waiting) {
      if (position === undefined || compareZxid(position, lastApplied) > 0) continue
      this.#waiting.delete(readId)
      passed(true)
    }
  }
}
