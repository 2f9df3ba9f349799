/**
 * Who led each partition in which epoch, who was in sync, and which brokers the cluster knew, as samples saw it. Events name the first
 * few of many partitions only; here is what became of each. Kept in memory, an hour of it: what was before the first
 * sample nobody knows, nor what was while no broker told.
 */
import { LOOK_HOLE_MS, type PartitionHistoryView } from '../../api/failures'
import type { PartitionFacts, Snapshot, TopicFacts } from './snapshot'

const keptMs = 3_600_000
/** Of all partitions together, so that a large cluster that is restarted again and again takes no more. */
const changesMax = 100_000
const changesOfOne = { most: 200, least: 4 }

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
type Look = Mutable<PartitionHistoryView['looks'][number]>
type Change = PartitionHistoryView['changes'][number]

interface Kept {
  readonly topicId: string
  /** By partition. */
  readonly partitions: readonly Change[][]
}

export class PartitionHistory {
  #topics = new Map<string, Kept>()
  #looks: Look[] = []
  #live: { atMs: number; brokers: number[] }[] = []
  #isBroken = true

  sampled(snapshot: Snapshot): void {
    const { atMs, hasMetadata, liveBrokers } = snapshot
    if (!hasMetadata) {
      this.#isBroken = true
      return
    }
    this.#look(atMs)
    if (!isSame(this.#live.at(-1)?.brokers, liveBrokers)) this.#live.push({ atMs, brokers: [...liveBrokers] })
    forgetBefore(this.#live, atMs - keptMs)
    const count = [...snapshot.topics.values()].reduce((sum, { partitions }) => sum + partitions.length, 0)
    const most = Math.max(changesOfOne.least, Math.min(changesOfOne.most, Math.floor(changesMax / Math.max(1, count))))
    const topics = new Map<string, Kept>()
    for (const topic of snapshot.topics.values()) topics.set(topic.name, this.#grown(topic, atMs, most))
    this.#topics = topics
  }

  /** undefined: there is no such partition, as far as anybody told. */
  of(topic: string, partition: number): PartitionHistoryView | undefined {
    const kept = this.#topics.get(topic)
    const changes = kept?.partitions[partition]
    if (kept === undefined || changes === undefined) return undefined
    return { topicId: kept.topicId, looks: [...this.#looks], live: [...this.#live], changes: [...changes] }
  }

  #look(atMs: number): void {
    const last = this.#looks.at(-1)
    if (last === undefined || this.#isBroken || atMs - last.toMs > LOOK_HOLE_MS)
      this.#looks.push({ fromMs: atMs, toMs: atMs })
    else last.toMs = atMs
    this.#isBroken = false
    while ((this.#looks[0]?.toMs ?? atMs) < atMs - keptMs) this.#looks.shift()
  }

  #grown({ name, topicId, partitions }: TopicFacts, atMs: number, most: number): Kept {
    const known = this.#topics.get(name)
    const before = known?.topicId === topicId ? known.partitions : []
    // The rule: nothing has changed.
    if (before.length === partitions.length && partitions.every((one, at) => !isNews(before[at]?.at(-1), one)))
      return known ?? { topicId, partitions: before }
    return {
      topicId,
      partitions: partitions.map((facts, at) => {
        const changes = before[at] ?? []
        if (!isNews(changes.at(-1), facts)) return changes
        const { leader, leaderEpoch, replicas, isr } = facts
        changes.push({ atMs, leader, leaderEpoch, replicas: [...replicas], isr: [...isr] })
        forgetBefore(changes, atMs - keptMs)
        if (changes.length > most) changes.splice(0, changes.length - most)
        return changes
      })
    }
  }
}

/** A broker that has not heard of the last election tells of what was before it. */
function isNews(last: Change | undefined, facts: PartitionFacts): boolean {
  if (last === undefined) return true
  if (facts.leaderEpoch < last.leaderEpoch) return false
  return (
    facts.leader !== last.leader ||
    facts.leaderEpoch !== last.leaderEpoch ||
    !isSame(facts.isr, last.isr) ||
    !isSame(facts.replicas, last.replicas)
  )
}

const isSame = (some: readonly number[] | undefined, others: readonly number[]): boolean =>
  some?.length === others.length && others.every((id, at) => some[at] === id)

/** What held at that moment stays. */
function forgetBefore(changes: { readonly atMs: number }[], fromMs: number): void {
  while (changes[1] !== undefined && changes[1].atMs <= fromMs) changes.shift()
}
