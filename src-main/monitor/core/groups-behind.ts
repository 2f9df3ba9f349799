/**
 * Which groups are behind. A lag goes up and down with every commit, and what counts is where it comes down to: its floor,
 * the lowest of six samples. Twelve samples give two floors, an earlier and a present one. A group is behind when its
 * present floor
 * - is at least 100 records and above the earlier one, or
 * - is at least 1,000 records and not below the earlier one.
 * It no longer is when its present floor is below 100 records, or below 1,000 and below the earlier one. A lag that is not
 * known changes nothing: a group neither falls behind nor catches up unseen. Nor is it then said to be behind.
 */
/** Longer than clients take from one commit to the next (5 s by default): a floor has one in it. */
const floorSamples = 6
export const behindSamples = 2 * floorSamples
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

interface Tracked {
  lags: number[]
  sinceMs: number | undefined
  isKnown: boolean
}

export class GroupsBehind {
  readonly #groups = new Map<string, Tracked>()

  /** The total lag of every group that there is; what is missing is forgotten. Tells what changed. */
  sampled(atMs: number, totals: ReadonlyMap<string, number | null>): BehindChanges {
    for (const groupId of this.#groups.keys()) if (!totals.has(groupId)) this.#groups.delete(groupId)
    const behind: GroupBehind[] = []
    const caughtUp: string[] = []
    for (const [groupId, lagRecords] of totals) {
      const group = this.#groups.get(groupId) ?? { lags: [], sinceMs: undefined, isKnown: false }
      group.isKnown = lagRecords !== null
      if (lagRecords === null) continue
      this.#groups.set(groupId, group)
      group.lags = [...group.lags, lagRecords].slice(-behindSamples)
      if (group.sinceMs === undefined && fallsBehind(group.lags)) {
        group.sinceMs = atMs
        behind.push({ groupId, lagRecords, sinceMs: atMs })
      } else if (group.sinceMs !== undefined && hasCaughtUp(group.lags)) {
        group.sinceMs = undefined
        caughtUp.push(groupId)
      }
    }
    return { behind, caughtUp }
  }

  /** Those whose lag is known now, worst first. */
  list(): readonly GroupBehind[] {
    const list: GroupBehind[] = []
    for (const [groupId, { lags, sinceMs, isKnown }] of this.#groups) {
      if (sinceMs !== undefined && isKnown) list.push({ groupId, lagRecords: lags.at(-1) ?? 0, sinceMs })
    }
    return list.sort((a, b) => b.lagRecords - a.lagRecords)
  }
}

interface Floors {
  readonly earlier: number
  readonly present: number
}

function floorsOf(lags: readonly number[]): Floors {
  return { earlier: Math.min(...lags.slice(0, -floorSamples)), present: Math.min(...lags.slice(-floorSamples)) }
}

function fallsBehind(lags: readonly number[]): boolean {
  if (lags.length < behindSamples) return false
  const { earlier, present } = floorsOf(lags)
  return present >= behindLagSure ? present >= earlier : present >= behindLagMin && present > earlier
}

function hasCaughtUp(lags: readonly number[]): boolean {
  const { earlier, present } = floorsOf(lags)
  return present < behindLagMin || (present < behindLagSure && present < earlier)
}
