/**
 * Partitions that a live broker refuses, during one term. Such a broker does not lead them: there is no leader, or another
 * one, until it takes them. It is asked again, less and less often, with an order that does not make it leader yet.
 */
import type { BrokerId } from '../../kernel/ids'
import type { Timer } from '../../kernel/ports'
import { sampleOf, type ControlledPartition, type LiveBroker } from '../core/controller/controller-state'
import type { Refusal } from './controller-broadcast'
import type { ControllerTerm } from './controller-term'

/** A broker that refused partitions is asked again so soon, at first and at most. */
const delays = { minMs: 1_000, maxMs: 10_000 }

export class Refusals {
  readonly #term: ControllerTerm
  /** Brokers that are to be asked again, and how long after the last time. */
  readonly #due = new Map<BrokerId, { readonly delayMs: number; readonly timer: Timer | undefined }>()

  constructor(term: ControllerTerm) {
    this.#term = term
  }

  /** At once, so that nobody is told of a leader that refused; what follows is an event of its own. */
  answered(broker: LiveBroker, taken: readonly ControlledPartition[], refused: readonly Refusal[]): void {
    const { state, queue } = this.#term
    const back = taken.filter((partition) => state.taken(broker.id, partition))
    const news = refused.filter(({ partition }) => state.refused(broker.id, partition))
    if (refused.length > 0) this.#askAgainLater(broker.id)
    else if (state.refusedBy(broker.id).length === 0) this.forget(broker.id)
    if (news.length > 0) this.#tell(broker.id, news)
    const changed = [...back, ...news.map(({ partition }) => partition)]
    if (changed.length === 0) return
    queue.event(async () => {
      const elected = await this.#term.elect(changed)
      if (elected.length > 0) void this.#term.tell({ changed: elected })
      // Of the others only that the broker has them, or has not, is new.
      const others = changed.filter((partition) => !elected.includes(partition))
      if (others.length > 0) void this.#term.tell({ changed: others, isForClients: true })
    })
  }

  #tell(broker: BrokerId, refusals: readonly Refusal[]): void {
    const { log, event } = this.#term.ports
    const error = refusals[0]?.error ?? 'NONE'
    const sample = sampleOf(refusals.map(({ partition }) => partition))
    log('warn', 'a broker refuses partitions', { broker, count: refusals.length, error, sample })
    event('partitionsRefused', { broker, count: refusals.length, error, sample })
  }

  #askAgainLater(brokerId: BrokerId): void {
    const { ports, queue, broadcast, state } = this.#term
    const before = this.#due.get(brokerId)
    if (before?.timer !== undefined) return
    const delayMs = before === undefined ? delays.minMs : Math.min(delays.maxMs, before.delayMs * 2)
    const timer = ports.clock.after(delayMs, () => {
      this.#due.set(brokerId, { delayMs, timer: undefined })
      queue.event(() => {
        broadcast.askAgain(brokerId, state.refusedBy(brokerId))
        return Promise.resolve()
      })
    })
    this.#due.set(brokerId, { delayMs, timer })
  }

  /** Of one broker, or of all. */
  forget(brokerId?: BrokerId): void {
    for (const [id, { timer }] of this.#due) {
      if (brokerId !== undefined && id !== brokerId) continue
      timer?.cancel()
      this.#due.delete(id)
    }
  }
}
