/**
 * Whether the disk has been quick of late: only then may a thread wait for an fdatasync itself, which saves two changes of threads, a
 * third of what a short one takes (ADR 49). One that was slow tells of more to come, so that a disk that stalls holds the thread once.
 */

/** A quick one takes a tenth or two, and now and then some ms where two cores are busy: those tell of no stall. */
const slowMs = 8
/** In a row, before a thread waits again. */
const quickOnesMin = 4

export class SyncPace {
  #quickOnes = 0

  get isQuick(): boolean {
    return this.#quickOnes >= quickOnesMin
  }

  /** On the thread or off it, until it was told. */
  took(ms: number): void {
    this.#quickOnes = ms > slowMs ? 0 : this.#quickOnes + 1
  }
}
