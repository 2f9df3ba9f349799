/**
 * What the leader of a group owes it between two rebalances: to notice that a topic which the members read has other
 * partitions than were shared out, as KafkaConsumer's leader does when its metadata is refreshed (metadata.max.age.ms, five
 * minutes there; ConsumerCoordinator.rejoinNeededOrPending). Only the leader looks: nobody else shares out.
 *
 * Fewer partitions, or none, are believed when they are seen twice: a broker that has just started knows less than there is.
 */
import { expectAppError, ignore } from '../kernel/errors'
import type { Clock, Timer } from '../kernel/ports'

/** Between two looks: an added partition is read some seconds later. */
const lookEveryMs = 3000

export type PartitionCounts = ReadonlyMap<string, number>

export class PartitionCountWatch {
  readonly #clock: Clock
  readonly #read: (topics: readonly string[]) => Promise<PartitionCounts>
  #timer: Timer | undefined
  #turn = 0

  /** `read` rejects with AppError when no broker says it: then the next look does. */
  constructor(clock: Clock, read: (topics: readonly string[]) => Promise<PartitionCounts>) {
    this.#clock = clock
    this.#read = read
  }

  /** `changed` is told once, and then nobody looks any more. While `isLooking` says no, nothing is asked. */
  begin(
    topics: readonly string[],
    sharedOut: PartitionCounts,
    { changed, isLooking }: { readonly changed: () => void; readonly isLooking: () => boolean }
  ): void {
    this.end()
    const turn = this.#turn
    let before = sharedOut
    const look = async (): Promise<boolean> => {
      const now = await this.#read(topics)
      const differs = topics.some((topic) => countOf(now, topic) !== countOf(sharedOut, topic))
      const isMore = topics.some((topic) => countOf(now, topic) > countOf(sharedOut, topic))
      const isSeenAgain = topics.every((topic) => countOf(now, topic) === countOf(before, topic))
      before = now
      return differs && (isMore || isSeenAgain)
    }
    const later = (): void => {
      this.#timer = this.#clock.after(lookEveryMs, () => void next())
    }
    const next = async (): Promise<void> => {
      let hasChanged = false
      try {
        hasChanged = isLooking() && (await look())
      } catch (error) {
        expectAppError(error)
        ignore(error, 'the next look says it')
      }
      if (turn !== this.#turn) return
      if (hasChanged) changed()
      else later()
    }
    later()
  }

  end(): void {
    this.#turn += 1
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

const countOf = (counts: PartitionCounts, topic: string): number => counts.get(topic) ?? 0
