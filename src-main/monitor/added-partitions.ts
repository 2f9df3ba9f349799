/**
 * Partitions that are added to a topic while somebody reads it without a group, to whom nobody shares them out. A look goes on
 * beside the reading; what it finds is taken over by the next fetch.
 */
import { AppError, ignore } from '../kernel/errors'
import type { Clock } from '../kernel/ports'

/** Between two looks: an added partition is read some seconds later. */
const lookEveryMs = 3000

export class AddedPartitions {
  readonly #clock: Clock
  readonly #read: () => Promise<readonly number[]>
  readonly #known = new Set<number>()
  readonly #added = new Set<number>()
  #fresh: readonly number[] = []
  #isLooking = false
  #lookedMs = 0
  #failure: Error | undefined

  /** `read` gives the partitions of the topic; it rejects with AppError when no broker says it: then the next look does. */
  constructor(clock: Clock, read: () => Promise<readonly number[]>) {
    this.#clock = clock
    this.#read = read
  }

  /** These were there when it began. */
  begin(partitions: readonly number[]): void {
    for (const partition of partitions) this.#known.add(partition)
    this.#lookedMs = this.#clock.monotonicMs()
  }

  /** Whether all that is in it came after the reading began. */
  has(partition: number): boolean {
    return this.#added.has(partition)
  }

  /** Those that were found since it was asked last. Throws a look's programmer error. */
  take(): readonly number[] {
    if (this.#failure !== undefined) throw this.#failure
    const fresh = this.#fresh
    this.#fresh = []
    if (!this.#isLooking && this.#clock.monotonicMs() - this.#lookedMs >= lookEveryMs) void this.#look()
    return fresh
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    this.#lookedMs = this.#clock.monotonicMs()
    try {
      const partitions = await this.#read()
      this.#fresh = partitions.filter((partition) => !this.#known.has(partition))
      for (const partition of this.#fresh) {
        this.#known.add(partition)
        this.#added.add(partition)
      }
    } catch (error) {
      if (error instanceof AppError) ignore(error, 'the next look says it; what is read has its own ways')
      else this.#failure = error instanceof Error ? error : new Error(String(error))
    }
    this.#isLooking = false
  }
}
