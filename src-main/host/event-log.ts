/**
 * What happened to the cluster, newest last: bounded, numbered, kept on disk, told to whoever watches. A later host of the
 * same folder goes on where the last one ended.
 */
import { eventSchema, type ClusterEvent, type EventsView } from '../api/views'
import type { Clock } from '../kernel/ports'
import { KeptLines, type KeptLinesPorts } from './kept-lines'

const eventsMax = 2000
const dayMs = 86_400_000
/** Some 200 bytes an event: both files together hold more than are shown. */
const bytesMax = 2 * 1024 * 1024

export class EventLog {
  readonly #kept: KeptLines
  readonly #events: ClusterEvent[]
  readonly #listeners = new Set<(view: EventsView) => void>()
  readonly #clock: Clock
  #lastId: number
  #keptMs: number

  constructor(ports: KeptLinesPorts & { readonly clock: Clock }, dir: string, days: number) {
    this.#clock = ports.clock
    this.#keptMs = days * dayMs
    this.#kept = new KeptLines(ports, dir, 'events.log', bytesMax)
    // Of a newer version there may be kinds of events that are not known here.
    this.#events = this.#kept
      .read()
      .flatMap((value) => eventSchema.safeParse(value).data ?? [])
      .slice(-eventsMax)
    this.#lastId = this.#events.reduce((last, { id }) => Math.max(last, id), 0)
    this.#prune()
  }

  /** Those that are older are not shown any more, and go from the disk with the file that they are in. */
  keep(days: number): void {
    this.#keptMs = days * dayMs
    this.#prune()
  }

  /** What a clock that was put back has left in the future stays. */
  #prune(): void {
    const sinceMs = this.#clock.nowMs() - this.#keptMs
    while ((this.#events[0]?.atMs ?? sinceMs) < sinceMs) this.#events.shift()
  }

  add(event: Omit<ClusterEvent, 'id'>): ClusterEvent {
    const added = { id: ++this.#lastId, ...event }
    this.#events.push(added)
    if (this.#events.length > eventsMax) this.#events.shift()
    this.#prune()
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
