/**
 * Which groups are behind. A group is when its total lag
 * - has grown over the last five samples without a step down and is at least 100 records, or
 * - is at least 1,000 records and has not fallen over the last five samples.
 * It no longer is when its lag is below 100 records, or below 1,000 and falling. A lag that is not known changes nothing:
 * a group neither falls behind nor catches up unseen.
 */
export const behindSamples = 5
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
}

export class GroupsBehind {
  readonly #groups = new Map<string, Tracked>()

  /** The total lag of every group that there is; what is missing is forgotten. Tells what changed. */
  sampled(atMs: number, totals: ReadonlyMap<string, number | null>): BehindChanges {
    for (const groupId of this.#groups.keys()) if (!totals.has(groupId)) this.#groups.delete(groupId)
    const behind: GroupBehind[] = []
    const caughtUp: string[] = []
    for (const [groupId, lagRecords] of totals) {
      if (lagRecords === null) continue
      const group = this.#groups.get(groupId) ?? { lags: [], sinceMs: undefined }
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

  /** Worst first. */
  list(): readonly GroupBehind[] {
    const list: GroupBehind[] = []
    for (const [groupId, { lags, sinceMs }] of this.#groups) {
      if (sinceMs !== undefined) list.push({ groupId, lagRecords: lags.at(-1) ?? 0, sinceMs })
    }
    return list.sort((a, b) => b.lagRecords - a.lagRecords)
  }
}

function fallsBehind(lags: readonly number[]): boolean {
  const first = lags[0] ?? 0
  const last = lags.at(-1) ?? 0
  if (lags.length < behindSamples || last < behindLagMin) return false
  if (last >= behindLagSure) return last >= first
  return last > first && lags.every((lag, i) => i === 0 || lag >= (lags[i - 1] ?? 0))
}

function hasCaughtUp(lags: readonly number[]): boolean {
  const last = lags.at(-1) ?? 0
  return last < behindLagMin || (last < behindLagSure && last < (lags[0] ?? 0))
}
