/**
 * When a member looks at what time has done: elections that are due, heartbeats, a majority that is not heard of. A process
 * that was held up, by a pause or by a busy machine, finds its timer due before it has read what others sent meanwhile; judged
 * then, everybody has been silent. Such a beat waits until what has arrived is read.
 */
import type { Clock, Timer } from '../kernel/ports'

/** What else is looked at (silent links, sessions that the leader is to hear of) need not be on time. */
const beatMsMax = 50
/** Later than this, the process was held up. */
const heldUpMs = 100

export class BeatTimer {
  readonly #clock: Clock
  readonly #beat: () => void
  #timer: Timer | undefined
  /** Of the last one that was begun: what waits for reading may be called off as well. */
  #turn = 0
  /** When the one that was begun was to come, as it was asked for; Infinity: none was. */
  #askedMs = Infinity

  constructor(clock: Clock, beat: () => void) {
    this.#clock = clock
    this.#beat = beat
  }

  /** At the latest at `dueMs`, of the monotonic clock. Takes the place of what was begun before. */
  begin(dueMs: number): void {
    this.cancel()
    const turn = this.#turn
    const nowMs = this.#clock.monotonicMs()
    const delayMs = Math.min(beatMsMax, Math.max(1, Math.ceil(dueMs - nowMs)))
    this.#askedMs = Math.min(dueMs, nowMs + beatMsMax)
    this.#timer = this.#clock.after(delayMs, () => {
      if (this.#clock.monotonicMs() - (nowMs + delayMs) <= heldUpMs) this.#beat()
      // Node reads its sockets between a timer and this.
      else this.#clock.soon(() => this.#beatIf(turn))
    })
  }

  /** Where one was begun that is later. */
  hurry(dueMs: number): void {
    if (this.#askedMs !== Infinity && dueMs < this.#askedMs) this.begin(dueMs)
  }

  cancel(): void {
    this.#askedMs = Infinity
    this.#turn++
    this.#timer?.cancel()
  }

  #beatIf(turn: number): void {
    if (turn === this.#turn) this.#beat()
  }
}
