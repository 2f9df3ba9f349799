/**
 * Whose word on a group's state is told: that of its coordinator, which sees every rebalance, however short. The monitor sees
 * what its samples happen on, later, and has the word where the coordinator says nothing: a broker of Kafka's own.
 */
import type { ClusterEvent } from '../api/views'

/** The monitor looks once a second, later where the machine is busy; what it sees later still is told a second time. */
const heldMs = 10_000

export class GroupTellings {
  /** When its coordinator last told of a group, oldest first. */
  readonly #toldAtMs = new Map<string, number>()

  /** Of a broker's event; others are nothing to it. */
  byNode({ code, subject, atMs }: Omit<ClusterEvent, 'id'>): void {
    if (code !== 'groupStateChanged' || subject === null) return
    this.#toldAtMs.delete(subject)
    this.#toldAtMs.set(subject, atMs)
    this.#forget(atMs)
  }

  /** False: a coordinator has told of it. */
  isNews({ code, subject, atMs }: Omit<ClusterEvent, 'id'>): boolean {
    if (code !== 'groupStateChanged' || subject === null) return true
    this.#forget(atMs)
    return !this.#toldAtMs.has(subject)
  }

  #forget(nowMs: number): void {
    for (const [group, atMs] of this.#toldAtMs) {
      // A clock that was put back tells nothing of how long ago that was.
      if (Math.abs(nowMs - atMs) < heldMs) return
      this.#toldAtMs.delete(group)
    }
  }
}
