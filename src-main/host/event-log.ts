/**
 * What happened to the cluster, newest last: bounded, numbered, kept on disk, told to whoever watches. A later host of the
 * same folder goes on where the last one ended.
 */
import { HISTORY_LIMITS } from '../api/history-limits'
import { eventSchema, type ClusterEvent, type EventsView } from '../api/views'
import type { Clock } from '../kernel/ports'
import { KeptLines, type KeptLinesPorts } from './kept-lines'

const eventsMax = HISTORY_LIMITS.events
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
  /** Of the oldest one that is still on disk. */
  #oldestMs: number

  constructor(ports: KeptLinesPorts & { readonly clock: Clock }, dir: string, days: number) {
    this.#clock = ports.clock
    this.#keptMs = days * dayMs
    this.#kept = new KeptLines(ports, dir, 'events.log', bytesMax)
    // Of a newer version there may be kinds of events that are not known here.
    const read = this.#kept.read().flatMap((value) => eventSchema.safeParse(value).data ?? [])
    // One that is there twice was being written anew when its host was killed.
    this.#events = [...new Map(read.map((event) => [event.id, event])).values()].slice(-eventsMax)
    this.#oldestMs = read.reduce((oldest, { atMs }) => Math.min(oldest, atMs), Infinity)
    this.#lastId = this.#events.reduce((last, { id }) => Math.max(last, id), 0)
    this.#prune(0)
  }

  /** Those that are older go at once; later ones are not shown from then on, and go from the disk within a day. */
  keep(days: number): void {
    this.#keptMs = days * dayMs
    this.#prune(0)
  }

  /** What a clock that was put back has left in the future stays. */
  #prune(lateMs = dayMs): void {
    const sinceMs = this.#clock.nowMs() - this.#keptMs
    while ((this.#events[0]?.atMs ?? sinceMs) < sinceMs) this.#events.shift()
    if (this.#oldestMs >= sinceMs - lateMs) return
    this.#kept.rewrite(this.#events)
    this.#oldestMs = this.#events[0]?.atMs ?? Infinity
  }

  add(event: Omit<ClusterEvent, 'id'>): ClusterEvent {
    const added = { id: ++this.#lastId, ...event }
    this.#events.push(added)
    this.#oldestMs = Math.min(this.#oldestMs, added.atMs)
    if (this.#events.length > eventsMax) this.#events.shift()
    this.#kept.append(added)
    this.#prune()
    // One object for all: it is made into bytes once.
    const view = { events: [added] }
    for (const listener of this.#listeners) listener(view)
    return added
  }

  recent(): readonly ClusterEvent[] {
    this.#prune()
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
