/**
 * Start, end and size of every partition as last told by its leader, and how fast ends move. Nothing survives a change of
 * leader or a leader that does not answer: then it is not known.
 */
import type { PartitionOffset, PartitionSize, TopicMetadata } from '../../kernel/cluster-ports'
import type { TopicPartition } from '../../kernel/ids'

interface Entry {
  readonly topic: string
  readonly partition: number
  leader: number | null
  start: number | null
  end: number | null
  endAtMs: number
  earlierEnd: number | null
  earlierEndAtMs: number
  sizeBytes: number | null
}

/** A rate is that between the last two samples: with less distance it would be noise. */
const rateDistanceMinMs = 500

export interface TopicOffsets {
  readonly startOffset: number | null
  readonly endOffset: number | null
  readonly sizeBytes: number | null
}

interface KnownTopic {
  readonly topicId: string
  /** By partition index: metadata may leave partitions out, so that positions say nothing. */
  readonly entries: Map<number, Entry>
}

export class OffsetTable {
  readonly #topics = new Map<string, KnownTopic>()
  #size = 0
  #turn = 0

  /** Partitions that are known of. */
  get size(): number {
    return this.#size
  }

  /** Takes over which partitions there are and who leads them. */
  keepOnly(topics: readonly TopicMetadata[]): void {
    const names = new Set(topics.map(({ name }) => name))
    for (const name of this.#topics.keys()) if (!names.has(name)) this.#topics.delete(name)
    this.#size = 0
    for (const { name, topicId, partitions } of topics) {
      let known = this.#topics.get(name)
      if (known?.topicId !== topicId) {
        known = { topicId, entries: new Map() }
        this.#topics.set(name, known)
      }
      const { entries } = known
      const indexes = new Set(partitions.map(({ partition }) => partition))
      for (const index of entries.keys()) if (!indexes.has(index)) entries.delete(index)
      for (const { partition, leader } of partitions) {
        if (entries.get(partition)?.leader !== leader) entries.set(partition, emptyEntry(name, partition, leader))
      }
      this.#size += partitions.length
    }
  }

  /** Which partitions to ask now, by leader: the needed topics first, the others in turn up to `max`. */
  choose(needed: ReadonlySet<string>, max: number): ReadonlyMap<number, readonly TopicPartition[]> {
    const byLeader = new Map<number, TopicPartition[]>()
    let left = max
    const add = ({ topic, partition, leader }: Entry): void => {
      if (leader === null || left <= 0) return
      left--
      const partitions = byLeader.get(leader)
      if (partitions === undefined) byLeader.set(leader, [{ topic, partition }])
      else partitions.push({ topic, partition })
    }
    const others: Entry[] = []
    for (const [name, { entries }] of this.#topics) {
      for (const entry of entries.values()) {
        if (needed.has(name)) add(entry)
        else others.push(entry)
      }
    }
    const asked = Math.min(others.length, Math.max(0, left))
    for (let i = 0; i < asked; i++) {
      const entry = others[(this.#turn + i) % others.length]
      if (entry !== undefined) add(entry)
    }
    this.#turn = others.length === 0 ? 0 : (this.#turn + asked) % others.length
    return byLeader
  }

  answered(which: 'start' | 'end', offsets: readonly PartitionOffset[], atMs: number): void {
    for (const { topic, partition, offset } of offsets) {
      const entry = this.#entry(topic, partition)
      if (entry === undefined) continue
      if (which === 'start') entry.start = offset
      else {
        if (atMs - entry.endAtMs >= rateDistanceMinMs) {
          entry.earlierEnd = entry.end
          entry.earlierEndAtMs = entry.endAtMs
        }
        entry.end = offset
        entry.endAtMs = atMs
      }
    }
  }

  /** The leader's word counts; a follower's copy may be shorter. */
  sized(broker: number, sizes: readonly PartitionSize[]): void {
    for (const { topic, partition, sizeBytes } of sizes) {
      const entry = this.#entry(topic, partition)
      if (entry?.leader === broker) entry.sizeBytes = sizeBytes
    }
  }

  leaderUnreachable(broker: number): void {
    for (const { entries } of this.#topics.values()) {
      for (const entry of entries.values()) if (entry.leader === broker) forget(entry)
    }
  }

  forgetAll(): void {
    for (const { entries } of this.#topics.values()) for (const entry of entries.values()) forget(entry)
  }

  of(topic: string, partition: number): TopicOffsets {
    const entry = this.#entry(topic, partition)
    return {
      startOffset: entry?.start ?? null,
      endOffset: entry?.end ?? null,
      sizeBytes: entry?.sizeBytes ?? null
    }
  }

  /** null unless the rate of every partition is known. */
  recordsInPerSecond(topic: string): number | null {
    const { sum, unknown } = this.#rates(topic)
    return unknown === 0 ? sum : null
  }

  /** Of those partitions whose rate is known; null when it is that of none. */
  knownRecordsInPerSecond(topic: string): number | null {
    const { sum, known } = this.#rates(topic)
    return known === 0 ? null : sum
  }

  #rates(topic: string): { readonly sum: number; readonly known: number; readonly unknown: number } {
    const rates = { sum: 0, known: 0, unknown: 0 }
    for (const { end, endAtMs, earlierEnd, earlierEndAtMs } of this.#topics.get(topic)?.entries.values() ?? []) {
      if (end === null || earlierEnd === null || endAtMs <= earlierEndAtMs) rates.unknown++
      else {
        rates.known++
        rates.sum += (Math.max(0, end - earlierEnd) * 1000) / (endAtMs - earlierEndAtMs)
      }
    }
    return rates
  }

  #entry(topic: string, partition: number): Entry | undefined {
    return this.#topics.get(topic)?.entries.get(partition)
  }
}

function emptyEntry(topic: string, partition: number, leader: number | null): Entry {
  return {
    topic,
    partition,
    leader,
    start: null,
    end: null,
    endAtMs: 0,
    earlierEnd: null,
    earlierEndAtMs: 0,
    sizeBytes: null
  }
}

function forget(entry: Entry): void {
  entry.start = null
  entry.end = null
  entry.earlierEnd = null
  entry.sizeBytes = null
}
