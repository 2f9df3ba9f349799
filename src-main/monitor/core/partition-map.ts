/** Where partitions are and how they fare, of all topics and of one broker; nothing that moves with every record. */
import type {
  HealthLevel,
  HeldPartition,
  HeldPartitionsView,
  PartitionMapView,
  PlacementView,
  TopicCells
} from '../../api/views'
import type { PartitionFacts, Snapshot, TopicFacts } from './snapshot'

type Topics = Pick<Snapshot, 'topics' | 'topicsAtMs'>

const topicsMax = 100
const cellsMax = 48

type Level = Extract<HealthLevel, 'healthy' | 'degraded' | 'critical'>
const badness = { healthy: 0, degraded: 1, critical: 2 } as const satisfies Record<Level, number>

function levelOf({ leader, isr, replicas }: PartitionFacts): Level {
  if (leader === null) return 'critical'
  return isr.length < replicas.length ? 'degraded' : 'healthy'
}

const worse = (a: Level, b: Level): Level => (badness[a] >= badness[b] ? a : b)

/** Kafka's own topics after those of people. */
const byName = (a: TopicFacts, b: TopicFacts): number =>
  Number(a.isInternal) - Number(b.isInternal) || (a.name < b.name ? -1 : 1)

/** The worst of a topic; its cells are made only of those that are shown. */
interface Judged {
  readonly topic: TopicFacts
  readonly worst: Level
}

/** One pass over all partitions, however many; a sort of all topics. */
export function partitionMap(snapshot: Topics): PartitionMapView {
  const judged = [...snapshot.topics.values()].map((topic): Judged => ({ topic, worst: worstOf(topic.partitions) }))
  judged.sort((a, b) => badness[b.worst] - badness[a.worst] || byName(a.topic, b.topic))
  return {
    observedAtMs: snapshot.topicsAtMs,
    topicCount: judged.length,
    topics: judged.slice(0, topicsMax).map(({ topic }) => cellsOf(topic))
  }
}

function worstOf(partitions: readonly PartitionFacts[]): Level {
  let worst: Level = 'healthy'
  for (const partition of partitions) worst = worse(worst, levelOf(partition))
  return worst
}

function cellsOf({ name, partitions }: TopicFacts): TopicCells {
  const count = Math.min(partitions.length, cellsMax)
  const bound = (cell: number): number => Math.floor((cell * partitions.length) / count)
  return {
    name,
    partitionCount: partitions.length,
    leaderlessPartitions: partitions.filter(({ leader }) => leader === null).length,
    cells: Array.from({ length: count }, (_, cell) => worstOf(partitions.slice(bound(cell), bound(cell + 1))))
  }
}

const placedMax = 5000

export function placement(snapshot: Topics): PlacementView {
  const isOffline = ({ partitions }: TopicFacts): boolean => partitions.some(({ leader }) => leader === null)
  const order = (topic: TopicFacts): number => (isOffline(topic) ? 0 : topic.isInternal ? 2 : 1)
  const all = [...snapshot.topics.values()].sort((a, b) => order(a) - order(b) || byName(a, b))
  const topics: PlacementView['topics'][number][] = []
  let placed = 0
  for (const { name, partitions } of all) {
    if (placed + partitions.length > placedMax) break
    placed += partitions.length
    topics.push({ name, partitions: partitions.map(({ leader, replicas, isr }) => ({ leader, replicas, isr })) })
  }
  const partitionCount = all.reduce((sum, { partitions }) => sum + partitions.length, 0)
  const internalCount = all.reduce((sum, one) => sum + (one.isInternal ? one.partitions.length : 0), 0)
  const every = all.flatMap(({ partitions }) => partitions)
  const notPreferred = every.filter(({ leader, replicas }) => leader !== null && leader !== replicas[0]).length
  return {
    observedAtMs: snapshot.topicsAtMs,
    partitionCount,
    internalCount,
    notPreferred,
    brokers: held(every),
    topics
  }
}

function held(partitions: readonly PartitionFacts[]): NonNullable<PlacementView['brokers']> {
  const brokers = new Map<number, { id: number; leaders: number; replicas: number }>()
  const of = (id: number) => {
    const known = brokers.get(id) ?? { id, leaders: 0, replicas: 0 }
    brokers.set(id, known)
    return known
  }
  for (const { leader, replicas } of partitions) {
    for (const id of replicas) of(id).replicas += 1
    if (leader !== null) of(leader).leaders += 1
  }
  return [...brokers.values()].sort((a, b) => a.id - b.id)
}

/** By name within a level, and by number within a topic. */
export function heldPartitions(snapshot: Topics, brokerId: number): HeldPartitionsView {
  const byLevel: Record<Level, HeldPartition[]> = { critical: [], degraded: [], healthy: [] }
  for (const { name: topic, partitions } of [...snapshot.topics.values()].sort(byName)) {
    for (const facts of partitions) {
      if (!facts.replicas.includes(brokerId)) continue
      const { partition, leader } = facts
      const level = levelOf(facts)
      byLevel[level].push({ topic, partition, leader, isr: [...facts.isr], level })
    }
  }
  return {
    observedAtMs: snapshot.topicsAtMs,
    partitions: [...byLevel.critical, ...byLevel.degraded, ...byLevel.healthy]
  }
}
