/** The consumers that app and CLI have open. Each begins when it is first watched, so that no record is sent unseen. */
import { ApiError } from '../api/api'
import type { CommandInput } from '../api/commands'
import type { ConsumerPush } from '../api/watch'
import type { KafkaCluster } from '../kernel/cluster-ports'
import { ignore } from '../kernel/errors'
import type { Clock, Log } from '../kernel/ports'
import { said } from '../kernel/said'
import { Consumer } from './consumer'

/** More are refused. */
const consumersMax = 100
/** One that nobody watches is forgotten after this. */
const unwatchedMsMax = 60_000

export interface ConsumersPorts {
  readonly clock: Clock
  readonly log: Log
  readonly cluster: KafkaCluster
  /** Resolves when the push has left the process: a slow reader slows the consumer down. */
  readonly push: (id: string, push: ConsumerPush) => Promise<void>
}

export class Consumers {
  readonly #ports: ConsumersPorts
  readonly #open = new Map<string, Consumer>()
  #lastId = 0

  constructor(ports: ConsumersPorts) {
    this.#ports = ports
  }

  open(options: CommandInput<'consumer.open'>): string {
    if (this.#open.size >= consumersMax) {
      throw new ApiError({ code: 'CONFLICT', message: said`There are ${consumersMax} consumers open already.` })
    }
    const { clock, log, cluster, push } = this.#ports
    const id = String(++this.#lastId)
    const consumer = new Consumer({ clock, log, cluster, push: (value) => push(id, value) }, options, `consumer-${id}`)
    this.#open.set(id, consumer)
    clock.after(unwatchedMsMax, () => {
      if (!consumer.hasBegun) this.#open.delete(id)
    })
    return id
  }

  /** Idempotent. */
  begin(id: string): void {
    const consumer = this.#open.get(id)
    if (consumer === undefined || consumer.hasBegun) return
    void consumer.run().finally(() => this.#open.delete(id))
  }

  /** Of one that has ended there is nothing to take any more. */
  take(id: string, sequence: number): void {
    this.#open.get(id)?.take(sequence)
  }

  /** Resolves when it has committed, left its group and closed its connections. */
  async close(id: string): Promise<void> {
    const consumer = this.#open.get(id)
    if (consumer === undefined) return
    await consumer.close().catch((error: unknown) => ignore(error, 'its end was pushed with the reason'))
    this.#open.delete(id)
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id)))
  }
}
