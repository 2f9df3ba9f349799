/**
 * Knows when a starting broker has been told all that it holds, so that it may serve clients (ADR 8). A controller of ours says that
 * it has told everything. One of Kafka's does not (ADR 38): it names first what there is (KafkaController.onBrokerStartup), then gives
 * the orders; so the broker has them all when it holds whatever is said to have a replica here.
 */
import type { BrokerId, TopicPartition } from '../kernel/ids'
import type { Clock, Timer } from '../kernel/ports'
import type { MetadataImage } from './core/metadata-image'

/** How much a change of the image named: everything, something, or nobody said. */
export type ImageExtent = 'all' | 'some' | 'unsaid'

/** Orders that have not come by then do not come: what is on the disk may be of topics that are no more. */
const ordersAwaitedMs = 1_000

export interface StartOrdersOptions {
  readonly brokerId: BrokerId
  readonly clock: Clock
  readonly image: MetadataImage
  readonly holds: (partition: TopicPartition) => boolean
  /** Orders are to be expected although nothing is said of any topic. */
  readonly hasLogs: () => boolean
  /** Called once. */
  readonly complete: () => void
}

export class StartOrders {
  readonly #options: StartOrdersOptions
  #timer: Timer | undefined
  #isComplete = false

  constructor(options: StartOrdersOptions) {
    this.#options = options
  }

  /** The image has changed. What this broker is ordered to hold is told before what clients may know of it. */
  told(extent: ImageExtent): void {
    const { image, brokerId, clock } = this.#options
    if (this.#isComplete || extent === 'some' || !image.isAlive(brokerId)) return
    if (extent === 'all' || this.#holdsAll()) this.#complete()
    else this.#timer ??= clock.after(ordersAwaitedMs, () => this.#complete())
  }

  close(): void {
    this.#timer?.cancel()
  }

  #complete(): void {
    if (this.#isComplete) return
    this.#isComplete = true
    this.#timer?.cancel()
    this.#options.complete()
  }

  #holdsAll(): boolean {
    const { image, brokerId, holds, hasLogs } = this.#options
    const topics = image.topics()
    if (topics.length === 0) return !hasLogs()
    return topics.every(({ name, partitions }) =>
      partitions.every(({ partition, replicas }) => !replicas.includes(brokerId) || holds({ topic: name, partition }))
    )
  }
}
