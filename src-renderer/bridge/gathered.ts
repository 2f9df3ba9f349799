/**
 * Pushes of views, gathered to one delivery a second. The host pushes each view when it has it: ten times a second for one
 * page, and every push alone would be a frame of its own. Nothing is gathered while something happens: after a call, a new
 * watch or an event of a process or the cluster everything is told at once for a while, so that what was done is seen when
 * it is done. (Events of groups come at any time, where readers are slow.)
 */
import type { EventsView } from '@api/views'

const GATHERED = /^((cluster|events|rates|topics|groups|partitions|workloads)$|(held|topic|readers|group|lag):)/
const HURRY_MS = 3_000
/** A window that is not seen has a beat a minute, and less: more is not kept waiting. */
const HELD_MAX = 1_000

/** Keys whose pushes are increments: none replaces another. */
export const isIncremental = (key: string): boolean => /^((events|rates)$|lag:|consumer:|job:)/.test(key)

interface Push {
  readonly key: string
  readonly value: unknown
}

export interface GatheringPorts {
  readonly nowMs: () => number
  readonly onBeat: (run: () => void) => void
  readonly deliver: (push: Push) => void
}

export class GatheredPushes {
  readonly #ports: GatheringPorts
  readonly #told = new Set<string>()
  #held: Push[] = []
  #hurriesUntilMs = 0

  constructor(ports: GatheringPorts) {
    this.#ports = ports
    ports.onBeat(() => this.flush())
  }

  arrived(push: Push): void {
    const { key, value } = push
    if (key === 'events' && (value as EventsView).events.some(({ kind }) => kind !== 'group')) this.hurry()
    // The first of a key is what a screen waits for.
    const waits = GATHERED.test(key) && this.#told.has(key) && this.#ports.nowMs() >= this.#hurriesUntilMs
    this.#told.add(key)
    if (!isIncremental(key)) this.#held = this.#held.filter((one) => one.key !== key)
    this.#held.push(push)
    if (!waits || this.#held.length >= HELD_MAX) this.flush()
  }

  hurry(): void {
    this.#hurriesUntilMs = this.#ports.nowMs() + HURRY_MS
  }

  /** The next of this key is a first one again; what is held of it belongs to a watch that is over. */
  forget(key: string): void {
    this.#told.delete(key)
    this.#held = this.#held.filter((one) => one.key !== key)
  }

  flush(): void {
    if (this.#held.length === 0) return
    const held = this.#held
    this.#held = []
    for (const push of held) this.#ports.deliver(push)
  }
}
