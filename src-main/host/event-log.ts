/** What happened to the cluster, newest last: bounded, numbered, told to whoever watches. */
import type { ClusterEvent, EventsView } from '../api/views'

const eventsMax = 2000

export class EventLog {
  readonly #events: ClusterEvent[] = []
  readonly #listeners = new Set<(view: EventsView) => void>()
  #lastId = 0

  add(event: Omit<ClusterEvent, 'id'>): ClusterEvent {
    const added = { id: ++this.#lastId, ...event }
    this.#events.push(added)
    if (this.#events.length > eventsMax) this.#events.shift()
    // One object for all: it is made into bytes once.
    const view = { events: [added] }
    for (const listener of this.#listeners) listener(view)
    return added
  }

  recent(): readonly ClusterEvent[] {
    return this.#events.slice()
  }

  listen(listener: (view: EventsView) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
