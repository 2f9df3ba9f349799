/** What happened to the cluster, newest last: bounded, numbered, told to whoever watches. */
import type { ClusterEvent } from '../api/views'

const eventsMax = 2000

export class EventLog {
  readonly #events: ClusterEvent[] = []
  readonly #listeners = new Set<(events: readonly ClusterEvent[]) => void>()
  #lastId = 0

  add(event: Omit<ClusterEvent, 'id'>): ClusterEvent {
    const added = { id: ++this.#lastId, ...event }
    this.#events.push(added)
    if (this.#events.length > eventsMax) this.#events.shift()
    for (const listener of this.#listeners) listener([added])
    return added
  }

  recent(): readonly ClusterEvent[] {
    return this.#events.slice()
  }

  listen(listener: (events: readonly ClusterEvent[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
