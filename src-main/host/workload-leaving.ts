/**
 * "One member leaves every 30 s": in each group whose settings say so the next member leaves cleanly, and is started again
 * when half of that time is over. Only what it stopped itself is started again.
 */
import type { Clock } from '../kernel/ports'
import type { WorkloadRow } from './workload-row'

interface Turn {
  nextAtMs: number
  /** Who left, and when it comes back. */
  away: { readonly row: WorkloadRow; readonly backAtMs: number } | undefined
  /** Of the member that left last. */
  lastName: string
}

export class Leaving {
  readonly #clock: Clock
  readonly #turns = new Map<string, Turn>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Somebody decides otherwise about this one. */
  forget(name: string): void {
    for (const turn of this.#turns.values()) if (turn.away?.row.spec.name === name) turn.away = undefined
  }

  /** Called once a second. */
  look(rows: readonly WorkloadRow[]): void {
    const nowMs = this.#clock.monotonicMs()
    const groups = new Map<string, { everyMs: number; members: WorkloadRow[] }>()
    for (const row of rows) {
      const { settings } = row.spec
      if (!('group' in settings) || settings.leaveEverySeconds === undefined) continue
      const group = groups.get(settings.group) ?? { everyMs: settings.leaveEverySeconds * 1000, members: [] }
      group.members.push(row)
      groups.set(settings.group, group)
    }
    for (const group of this.#turns.keys()) if (!groups.has(group)) this.#turns.delete(group)
    for (const [group, { everyMs, members }] of groups) this.#turnOf(group, everyMs, members, nowMs)
  }

  #turnOf(group: string, everyMs: number, members: readonly WorkloadRow[], nowMs: number): void {
    const turn = this.#turns.get(group) ?? { nextAtMs: nowMs + everyMs, away: undefined, lastName: '' }
    this.#turns.set(group, turn)
    if (turn.away !== undefined && nowMs >= turn.away.backAtMs) {
      const { row } = turn.away
      turn.away = undefined
      if (members.includes(row)) row.start()
    }
    if (nowMs < turn.nextAtMs) return
    turn.nextAtMs = nowMs + everyMs
    // The last one stays: a group without members is another matter.
    const there = members.filter(({ state }) => state === 'running' || state === 'slowed')
    if (there.length < 2) return
    const row = there[(there.findIndex(({ spec }) => spec.name === turn.lastName) + 1) % there.length]
    if (row === undefined) return
    turn.lastName = row.spec.name
    turn.away = { row, backAtMs: nowMs + everyMs / 2 }
    void row.stop(false)
  }
}
