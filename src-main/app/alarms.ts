/** What the desktop is to be told while the window is away, from what the cluster's views and events say. */
import type { ClusterEvent, ClusterView } from '../api/views'
import type { Preferences } from './desktop'
import { word } from './words'

export interface Alarm {
  readonly title: string
  readonly body: string
}

export class Alarms {
  #leaderless: number | null = null
  #lastEventId = 0

  /** Partitions that have lost their leader since the last view; undefined while there are none more. */
  seen(view: ClusterView, language: Preferences['language']): Alarm | undefined {
    const { leaderlessPartitions: now } = view
    const before = this.#leaderless
    if (now !== null) this.#leaderless = now
    // What was so when first looked at is no news.
    if (now === null || before === null || now <= before) return undefined
    return { title: view.name, body: word(language, 'leaderless', { count: now }) }
  }

  /** Nodes that ended by themselves. What is told twice, after a reconnection, is told once. */
  happened(events: readonly ClusterEvent[], name: string, language: Preferences['language']): readonly Alarm[] {
    const fresh = events.filter(({ id }) => id > this.#lastEventId)
    this.#lastEventId = fresh.at(-1)?.id ?? this.#lastEventId
    return fresh
      .filter(({ code }) => code === 'nodeCrashed' || code === 'nodeFailed')
      .map(({ subject }) => ({ title: name, body: word(language, 'crashed', { node: subject ?? '' }) }))
  }

  /** What was before is no news. */
  skip(events: readonly ClusterEvent[]): void {
    this.#lastEventId = events.at(-1)?.id ?? this.#lastEventId
  }
}
