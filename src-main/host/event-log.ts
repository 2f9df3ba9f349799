/**
 * What happened to the cluster, newest last: bounded, numbered, kept on disk, told to whoever watches. A later host of the
 * same folder goes on where the last one ended.
 */
import { eventSchema, type ClusterEvent, type EventsView } from '../api/views'
import { KeptLines, type KeptLinesPorts } from './kept-lines'

const eventsMax = 2000
/** Some 200 bytes an event: both files together hold more than are shown. */
const bytesMax = 2 * 1024 * 1024

export class EventLog {
  readonly #kept: KeptLines
  readonly #events: ClusterEvent[]
  readonly #listeners = new Set<(view: EventsView) => void>()
  #lastId: number

  constructor(ports: KeptLinesPorts, dir: string) {
    this.#kept = new KeptLines(ports, dir, 'events.log', bytesMax)
    // Of a newer version there may be kinds of events that are not known here.
    this.#events = this.#kept
      .read()
      .flatMap((value) => eventSchema.safeParse(value).data ?? [])
      .slice(-eventsMax)
    this.#lastId = this.#events.reduce((last, { id }) => Math.max(last, id), 0)
  }

  add(event: Omit<ClusterEvent, 'id'>): ClusterEvent {
    const added = { id: ++this.#lastId, ...event }
    this.#events.push(added)
    if (this.#events.length > eventsMax) this.#events.shift()
    this.#kept.append(added)
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

  close(): void {
    this.#kept.close()
  }
}
