/**
 * Which commits stand still while the end of their partition moves on. Counted from when there was first something to
 * read behind the commit: a group that has read all of a quiet topic has not moved for an hour, and is all right. What is
 * not known, the commit or the end, begins anew.
 */
import type { TopicPartition } from '../../kernel/ids'
import { isCounted, type PartitionLag } from './lag'
import type { Snapshot } from './snapshot'

/** Six times what clients take from one commit to the next by default (auto.commit.interval.ms). */
export const standingMs = 30_000

export interface StandingCommit extends TopicPartition {
  readonly sinceMs: number
}

interface Tracked extends StandingCommit {
  readonly committedOffset: number
  readonly firstEnd: number
  readonly lastEnd: number
}

export class CommitsStanding {
  #groups = new Map<string, ReadonlyMap<string, Tracked>>()
  #atMs = 0

  /** The partitions of every group that there is; what is missing is forgotten. */
  sampled(snapshot: Snapshot, groups: ReadonlyMap<string, readonly PartitionLag[]>): void {
    const next = new Map<string, ReadonlyMap<string, Tracked>>()
    for (const [groupId, rows] of groups) {
      const before = this.#groups.get(groupId)
      const tracked = new Map<string, Tracked>()
      for (const row of rows) {
        const { topic, partition, committedOffset, endOffset, lag } = row
        if (committedOffset === null || endOffset === null || lag === null || lag <= 0) continue
        if (!isCounted(snapshot, row)) continue
        const key = `${partition} ${topic}`
        const known = before?.get(key)
        const isSame = known?.committedOffset === committedOffset && known.lastEnd <= endOffset
        tracked.set(
          key,
          isSame
            ? { ...known, lastEnd: endOffset }
            : { topic, partition, committedOffset, sinceMs: snapshot.atMs, firstEnd: endOffset, lastEnd: endOffset }
        )
      }
      if (tracked.size > 0) next.set(groupId, tracked)
    }
    this.#groups = next
    this.#atMs = snapshot.atMs
  }

  /** The longest first. */
  of(groupId: string): readonly StandingCommit[] {
    return [...(this.#groups.get(groupId)?.values() ?? [])]
      .filter(({ sinceMs, firstEnd, lastEnd }) => this.#atMs - sinceMs >= standingMs && lastEnd > firstEnd)
      .sort((a, b) => a.sinceMs - b.sinceMs)
      .map(({ topic, partition, sinceMs }) => ({ topic, partition, sinceMs }))
  }
}
