/**
 * How fast a group's partitions are written and read: records a second over the last `paceWindowMs`, from the ends of the
 * logs and the commits. Clients commit every five seconds by default (auto.commit.interval.ms), so that a shorter window
 * would show nothing but zeros and spikes.
 *
 * What went back is not counted: a topic that was made anew, offsets that were reset to earlier ones. A partition that is
 * new among them counts from its second sample on: what it held before was not written now.
 */
import type { PartitionLag } from './lag'

export const paceWindowMs = 15_000
/** Less than this says nothing. */
const paceMinMs = 5_000

export interface GroupPace {
  readonly writtenPerSecond: number | null
  readonly readPerSecond: number | null
}
export const unknownPace: GroupPace = { writtenPerSecond: null, readPerSecond: null }

interface Mark {
  readonly atMs: number
  /** Records since the group was first seen. */
  readonly written: number
  readonly read: number
}

interface Tracked {
  readonly marks: Mark[]
  readonly last: Map<string, { readonly end: number; readonly committed: number }>
  isKnown: boolean
}

export class GroupPaces {
  #groups = new Map<string, Tracked>()

  /** The counted partitions of every group that there is; a group that is missing is forgotten. */
  sampled(atMs: number, groups: ReadonlyMap<string, readonly PartitionLag[]>): void {
    for (const groupId of this.#groups.keys()) if (!groups.has(groupId)) this.#groups.delete(groupId)
    for (const [groupId, rows] of groups) {
      let tracked = this.#groups.get(groupId)
      if (tracked === undefined || atMs <= (tracked.marks.at(-1)?.atMs ?? -1)) {
        // The clock stepped back: what was measured by it before says nothing.
        tracked = { marks: [], last: new Map(), isKnown: false }
        this.#groups.set(groupId, tracked)
      }
      take(tracked, atMs, rows)
    }
  }

  of(groupId: string): GroupPace {
    const tracked = this.#groups.get(groupId)
    const first = tracked?.marks[0]
    const last = tracked?.marks.at(-1)
    if (tracked?.isKnown !== true || first === undefined || last === undefined) return unknownPace
    const seconds = (last.atMs - first.atMs) / 1000
    if (seconds * 1000 < paceMinMs) return unknownPace
    return {
      writtenPerSecond: (last.written - first.written) / seconds,
      readPerSecond: (last.read - first.read) / seconds
    }
  }
}

function take(tracked: Tracked, atMs: number, rows: readonly PartitionLag[]): void {
  const { marks, last } = tracked
  let written = marks.at(-1)?.written ?? 0
  let read = marks.at(-1)?.read ?? 0
  tracked.isKnown = rows.length > 0
  const there = new Set<string>()
  for (const { topic, partition, endOffset: end, committedOffset: committed } of rows) {
    const key = `${partition} ${topic}`
    there.add(key)
    if (end === null || committed === null) {
      tracked.isKnown = false
      continue
    }
    const before = last.get(key)
    if (before !== undefined) {
      written += Math.max(0, end - before.end)
      read += Math.max(0, committed - before.committed)
    }
    if (before?.end !== end || before.committed !== committed) last.set(key, { end, committed })
  }
  for (const key of last.keys()) if (!there.has(key)) last.delete(key)
  if (!tracked.isKnown) {
    // What came in meanwhile is not known to have come in now: it begins anew.
    marks.length = 0
    last.clear()
    return
  }
  marks.push({ atMs, written, read })
  while (marks.length > 1 && atMs - (marks[0]?.atMs ?? atMs) > paceWindowMs) marks.shift()
}
