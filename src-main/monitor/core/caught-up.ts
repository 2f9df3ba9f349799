/**
 * How long ago a follower had all that its leader has: by the ends of the leader's log as they were seen, not by the times of
 * records, which clients give. A follower that has everything is 0 behind. Otherwise it was caught up, at the latest, when the leader's log
 * was last seen to end where the follower's ends now; what is behind the first look is not known, only that it is longer ago.
 */
const looksMax = 900

interface Look {
  readonly end: number
  /** When it was first and last seen to end there. */
  readonly fromMs: number
  readonly toMs: number
}

export interface Behind {
  readonly ms: number
  /** It may be more (true), or is no more than that. */
  readonly isAtLeast: boolean
}

/** Of one partition. */
export class LeaderEnds {
  #leader: number | null = null
  #looks: Look[] = []

  /** Another leader has another log: what was seen of the one before says nothing of it. */
  seen(leader: number, end: number, atMs: number): void {
    const last = this.#looks.at(-1)
    if (leader !== this.#leader || (last !== undefined && end < last.end)) this.#looks = []
    this.#leader = leader
    if (last?.end === end && this.#looks.length > 0) this.#looks[this.#looks.length - 1] = { ...last, toMs: atMs }
    else this.#looks.push({ end, fromMs: atMs, toMs: atMs })
    if (this.#looks.length > looksMax) this.#looks.shift()
  }

  /** Of a follower whose log ends there now; undefined before the leader's was seen. O(looks). */
  behind(followerEnd: number, nowMs: number): Behind | undefined {
    const newest = this.#looks.at(-1)
    const first = this.#looks[0]
    if (newest === undefined || first === undefined) return undefined
    if (followerEnd >= newest.end) return { ms: 0, isAtLeast: false }
    const caughtUp = this.#looks.findLast(({ end }) => end <= followerEnd)
    return caughtUp === undefined
      ? { ms: Math.max(0, nowMs - first.fromMs), isAtLeast: true }
      : { ms: Math.max(0, nowMs - caughtUp.toMs), isAtLeast: false }
  }
}
