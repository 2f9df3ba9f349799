/**
 * How many records are due: a rate, kept over time. What a stall has left behind is caught up with within bounds, so that
 * a process that was stopped for an hour does not send an hour's records at once.
 */
import { invariant } from '../../kernel/invariant'
import type { ProducerSettings } from '../../api/workloads'

/** Of the time in which nothing was asked, so much counts. */
export const catchUpMsMax = 1000

export class Pacer {
  readonly #settings: Pick<ProducerSettings, 'ratePerSecond' | 'burst'>
  readonly #startMs: number
  #lastMs: number
  /** Records that are due and not handed out; a fraction of one above all. */
  #owed = 0

  constructor(settings: Pick<ProducerSettings, 'ratePerSecond' | 'burst'>, nowMs: number) {
    this.#settings = settings
    this.#startMs = nowMs
    this.#lastMs = nowMs
  }

  /** Whole records that are due at a monotonic time; they count as handed out. `slowedBy` divides the rate. */
  due(nowMs: number, slowedBy: number): number {
    invariant(slowedBy >= 1, 'slower is never faster', { slowedBy })
    const elapsedMs = Math.min(catchUpMsMax, Math.max(0, nowMs - this.#lastMs))
    this.#owed += (elapsedMs / 1000) * (rateAt(this.#settings, nowMs - this.#startMs) / slowedBy)
    this.#lastMs = nowMs
    const whole = Math.floor(this.#owed)
    this.#owed -= whole
    return whole
  }

  /** A pause owes nothing. */
  skip(nowMs: number): void {
    this.#lastMs = nowMs
  }
}

/** Records a second, so long after the beginning. */
function rateAt({ ratePerSecond, burst }: Pick<ProducerSettings, 'ratePerSecond' | 'burst'>, sinceMs: number): number {
  if (burst === undefined) return ratePerSecond
  const inPeriodMs = sinceMs % (burst.everySeconds * 1000)
  // At the end of each period, so that the ordinary rate is seen first.
  return inPeriodMs >= (burst.everySeconds - burst.seconds) * 1000 ? burst.ratePerSecond : ratePerSecond
}
