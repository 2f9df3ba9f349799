/**
 * Who reads which partitions, decided by the member that the coordinator made leader. Kafka's two classic assignors, so
 * that a group of ours and foreign members share it as their clients would: `range` deals each topic's partitions out in
 * runs, `roundrobin` deals all of them in turn. Members go by their id, as in Kafka.
 */
import type { TopicPartition } from '../../kernel/ids'

export const assignors = ['range', 'roundrobin'] as const

export interface Subscriber {
  readonly memberId: string
  readonly topics: readonly string[]
}

/** Every member gets an entry, maybe an empty one. `counts` are partitions by topic; unknown topics have none. */
export function assign(
  protocol: string,
  members: readonly Subscriber[],
  counts: ReadonlyMap<string, number>
): ReadonlyMap<string, readonly TopicPartition[]> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const assigned = new Map<string, TopicPartition[]>(sorted.map(({ memberId }) => [memberId, []]))
  const topics = [...new Set(sorted.flatMap((member) => member.topics))].sort()
  if (protocol === 'roundrobin') roundRobin(sorted, topics, counts, assigned)
  else range(sorted, topics, counts, assigned)
  return assigned
}

type Assigned = ReadonlyMap<string, TopicPartition[]>

function range(
  members: readonly Subscriber[],
  topics: readonly string[],
  counts: ReadonlyMap<string, number>,
  assigned: Assigned
): void {
  for (const topic of topics) {
    const readers = members.filter((member) => member.topics.includes(topic))
    const count = counts.get(topic) ?? 0
    const each = Math.floor(count / readers.length)
    const extra = count % readers.length
    let partition = 0
    for (const [i, { memberId }] of readers.entries()) {
      const end = partition + each + (i < extra ? 1 : 0)
      for (; partition < end; partition++) assigned.get(memberId)?.push({ topic, partition })
    }
  }
}

function roundRobin(
  members: readonly Subscriber[],
  topics: readonly string[],
  counts: ReadonlyMap<string, number>,
  assigned: Assigned
): void {
  let turn = 0
  for (const topic of topics) {
    for (let partition = 0; partition < (counts.get(topic) ?? 0); partition++) {
      while (members[turn % members.length]?.topics.includes(topic) !== true) turn++
      assigned.get(members[turn % members.length]?.memberId ?? '')?.push({ topic, partition })
      turn++
    }
  }
}
