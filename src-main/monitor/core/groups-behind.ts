/**
 * Which groups are behind. A lag goes up and down with every commit, and what counts is where it comes down to: its floor,
 * the lowest of six samples, of each partition by itself: members commit at different times, and the sum of their lags never comes
 * down. Nor does it come down to nothing: a commit is seen up to a sample later, and is of what had been fetched. What is usually
 * written in one and a half samples is taken off. Twelve samples give two floors, an earlier and a present one. A group is behind
 * when its present floor
 * - is at least 100 records and above the earlier one, or
 * - is at least 1,000 records and not below the earlier one.
 * It no longer is when its present floor is below 100 records, or below 1,000 and below the earlier one. A lag that is not
 * known changes nothing: a group neither falls behind nor catches up unseen. Nor is it then said to be behind.
 */
import type { GroupLag, PartitionLag } from './lag'

/** Longer than clients take from one commit to the next (5 s by default): a floor has one in it. */
const floorSamples = 6
export const behindSamples = 2 * floorSamples
const unseenSamples = 1.5
export const behindLagMin = 100
export const behindLagSure = 1000

export interface GroupBehind {
  readonly groupId: string
  /** The last one that was known. */
  readonly lagRecords: number
  readonly sinceMs: number
}

export interface BehindChanges {
  readonly behind: readonly GroupBehind[]
  readonly caughtUp: readonly string[]
}

interface TrackedPartition {
  readonly lags: number[]
  endOffset: number
}

interface Tracked {
  partitions: Map<string, TrackedPartition>
  /** Records that came with each sample. */
  readonly written: number[]
  lagRecords: number
  sinceMs: number | undefined
  isKnown: boolean
}

export class GroupsBehind {
  readonly #groups = new Map<string, Tracked>()

  /** The lag of every group that there is; what is missing is forgotten. Tells what changed. */
  sampled(atMs: number, lags: ReadonlyMap<string, GroupLag>): BehindChanges {
    for (const groupId of this.#groups.keys()) if (!lags.has(groupId)) this.#groups.delete(groupId)
    const behind: GroupBehind[] = []
    const caughtUp: string[] = []
    for (const [groupId, { total, partitions }] of lags) {
      const group = this.#groups.get(groupId) ?? newGroup()
      group.isKnown = total !== null
      if (total === null) continue
      this.#groups.set(groupId, group)
      group.lagRecords = total
      take(group, partitions)
      if (group.sinceMs === undefined && fallsBehind(group)) {
        group.sinceMs = atMs
        behind.push({ groupId, lagRecords: total, sinceMs: atMs })
      } else if (group.sinceMs !== undefined && hasCaughtUp(group)) {
        group.sinceMs = undefined
        caughtUp.push(groupId)
      }
    }
    return { behind, caughtUp }
  }

  /** Those whose lag is known now, worst first. */
  list(): readonly GroupBehind[] {
    const list: GroupBehind[] = []
    for (const [groupId, { lagRecords, sinceMs, isKnown }] of this.#groups) {
      if (sinceMs !== undefined && isKnown) list.push({ groupId, lagRecords, sinceMs })
    }
    return list.sort((a, b) => b.lagRecords - a.lagRecords)
  }
}

const newGroup = (): Tracked => ({
  partitions: new Map(),
  written: [],
  lagRecords: 0,
  sinceMs: undefined,
  isKnown: true
})

function take(group: Tracked, rows: readonly PartitionLag[]): void {
  const partitions = new Map<string, TrackedPartition>()
  let written = 0
  for (const { topic, partition, lag, endOffset } of rows) {
    if (lag === null || endOffset === null) continue
    const key = `${partition} ${topic}`
    const known = group.partitions.get(key) ?? { lags: [], endOffset }
    written += Math.max(0, endOffset - known.endOffset)
    known.endOffset = endOffset
    keep(known.lags, Math.max(0, lag))
    partitions.set(key, known)
  }
  group.partitions = partitions
  keep(group.written, written)
}

function keep(samples: number[], newest: number): void {
  samples.push(newest)
  if (samples.length > behindSamples) samples.shift()
}

interface Floors {
  readonly earlier: number
  readonly present: number
}

function floorsOf({ partitions, written }: Tracked): Floors {
  let [earlier, present] = [0, 0]
  for (const { lags } of partitions.values()) {
    const floor = Math.min(...lags.slice(-floorSamples))
    present += floor
    // One that is new among them tells of no change.
    earlier += lags.length > floorSamples ? Math.min(...lags.slice(0, -floorSamples)) : floor
  }
  const unseen = unseenSamples * median(written)
  return { earlier: Math.max(0, earlier - unseen), present: Math.max(0, present - unseen) }
}

/** A burst is not usual: what is left of it is a lag. */
function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[samples.length >> 1] ?? 0
}

function fallsBehind(group: Tracked): boolean {
  if (group.written.length < behindSamples) return false
  const { earlier, present } = floorsOf(group)
  return present >= behindLagSure ? present >= earlier : present >= behindLagMin && present > earlier
}

function hasCaughtUp(group: Tracked): boolean {
  const { earlier, present } = floorsOf(group)
  return present < behindLagMin || (present < behindLagSure && present < earlier)
}
