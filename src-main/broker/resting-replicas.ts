/**
 * Replicas whose leader answered an error: each is asked for again after a while, which grows. A leader that has not had its order
 * yet, or does not know the topic yet, has it within milliseconds; what goes on failing waits for replica.fetch.backoff.ms, which
 * Kafka waits each time.
 */
import type { Clock, Timer } from '../kernel/ports'
import type { FollowerReplica } from './follower-replica'

const firstRestMs = 10
/** replica.fetch.backoff.ms */
const restMaxMs = 1000

interface Resting {
  restMs: number
  timer: Timer | undefined
}

export class RestingReplicas {
  readonly #clock: Clock
  readonly #rested: (replica: FollowerReplica, isSoon: boolean) => void
  /** With how long it rests, as long as it fails. */
  readonly #resting = new Map<FollowerReplica, Resting>()

  /** `isSoon`: it may well be answered now. */
  constructor(clock: Clock, rested: (replica: FollowerReplica, isSoon: boolean) => void) {
    this.#clock = clock
    this.#rested = rested
  }

  add(replica: FollowerReplica): void {
    const before = this.#resting.get(replica)
    before?.timer?.cancel()
    const restMs = before === undefined ? firstRestMs : Math.min(before.restMs * 2, restMaxMs)
    const resting: Resting = { restMs, timer: undefined }
    resting.timer = this.#clock.after(restMs, () => {
      resting.timer = undefined
      replica.rested()
      this.#rested(replica, restMs < restMaxMs)
    })
    this.#resting.set(replica, resting)
  }

  /** It was answered, or is nobody's to ask for any more. */
  delete(replica: FollowerReplica): void {
    this.#resting.get(replica)?.timer?.cancel()
    this.#resting.delete(replica)
  }

  close(): void {
    for (const { timer } of this.#resting.values()) timer?.cancel()
    this.#resting.clear()
  }
}
