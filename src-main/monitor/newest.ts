/**
 * The newest records of a topic: from each partition the last ones before its end, fetched from the leader. Large values
 * come cut, since they go to a screen. A leader that does not answer leaves its partitions out, and they are named.
 */
import { ApiError } from '../api/api'
import type { CommandOutput } from '../api/commands'
import type { UnreadableView } from '../api/views'
import type { ClusterWriter, FetchedRecord, UnreadableOffsets } from '../kernel/cluster-ports'
import { AppError, ignore } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import { newestFirst, type PartitionRecords } from './core/newest-first'
import type { PartitionFacts, TopicFacts } from './core/snapshot'

export const payloadBytesMax = 16 * 1024
export const partitionBytesMax = 1024 * 1024
export const fetchTimeoutMs = 3000
/** For all of one partition. A partition that is slower than this counts as unreachable. */
const partitionTimeoutMs = 8000
/** Places named in one answer. */
export const unreadableMax = 100
export const lane = 'browse'

export async function newestRecords(
  clock: Clock,
  cluster: Pick<ClusterWriter, 'fetch'>,
  topic: TopicFacts,
  wanted: { readonly partitions: readonly number[] | undefined; readonly limit: number }
): Promise<CommandOutput<'records.newest'>> {
  const chosen = topic.partitions.filter(
    ({ partition }) => wanted.partitions === undefined || wanted.partitions.includes(partition)
  )
  const unreachablePartitions: number[] = []
  const unreadable: UnreadableView[] = []
  let newest: readonly PartitionRecords[] = []
  const browse = async (partition: PartitionFacts): Promise<void> => {
    const found = await newestOf(clock, cluster, { topic: topic.name, partition, limit: wanted.limit })
    if (found === undefined) {
      unreachablePartitions.push(partition.partition)
      return
    }
    const at = { topic: topic.name, partition: partition.partition }
    unreadable.push(...found.unreadable.map((place) => ({ ...at, ...place })))
    // Merged as they come: besides those of one partition per leader no more than `limit` records are held.
    newest = keepNewest([...newest, { partition: partition.partition, records: found.records }], wanted.limit)
  }
  await Promise.all(
    byLeader(chosen).map(async (led) => {
      for (const partition of led) await browse(partition)
    })
  )
  return {
    records: newestFirst(newest, wanted.limit).map(({ partition, record }) => ({
      topic: topic.name,
      partition,
      ...record,
      headers: [...record.headers]
    })),
    unreachablePartitions: unreachablePartitions.sort((a, b) => a - b),
    unreadable: unreadable
      .sort((a, b) => a.partition - b.partition || a.fromOffset - b.fromOffset)
      .slice(0, unreadableMax)
  }
}

export function byLeader(partitions: readonly PartitionFacts[]): readonly (readonly PartitionFacts[])[] {
  const led = new Map<number | null, PartitionFacts[]>()
  for (const partition of partitions) {
    const others = led.get(partition.leader)
    if (others === undefined) led.set(partition.leader, [partition])
    else others.push(partition)
  }
  return [...led.values()]
}

function keepNewest(partitions: readonly PartitionRecords[], limit: number): readonly PartitionRecords[] {
  const kept = new Map<number, FetchedRecord[]>()
  for (const { partition, record } of newestFirst(partitions, limit)) {
    const records = kept.get(partition)
    if (records === undefined) kept.set(partition, [record])
    else records.push(record)
  }
  return [...kept].map(([partition, records]) => ({ partition, records: records.reverse() }))
}

interface Found {
  /** Ascending. */
  readonly records: readonly FetchedRecord[]
  readonly unreadable: readonly UnreadableOffsets[]
}

/** Undefined when the leader is not known or does not answer. */
async function newestOf(
  clock: Clock,
  cluster: Pick<ClusterWriter, 'fetch'>,
  at: { readonly topic: string; readonly partition: PartitionFacts; readonly limit: number }
): Promise<Found | undefined> {
  const { leader, partition, startOffset, endOffset } = at.partition
  if (leader === null || startOffset === null || endOffset === null) return undefined
  const untilMs = clock.monotonicMs() + partitionTimeoutMs
  let records: readonly FetchedRecord[] = []
  const unreadable: UnreadableOffsets[] = []
  let offset = Math.max(startOffset, endOffset - at.limit)
  while (offset < endOffset) {
    if (clock.monotonicMs() > untilMs) return undefined
    try {
      const [fetched] = await cluster.fetch(leader, [{ topic: at.topic, partition, offset }], {
        maxWaitMs: 0,
        partitionBytesMax,
        answerBytesMax: partitionBytesMax,
        timeoutMs: fetchTimeoutMs,
        payloadBytesMax,
        hasBatch: true,
        lane
      })
      if (fetched === undefined || fetched.problem !== null) return undefined
      records = [...records, ...fetched.records].slice(-at.limit)
      unreadable.push(...fetched.unreadable)
      if (fetched.nextOffset <= offset) break
      offset = fetched.nextOffset
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      ignore(error, 'named as unreachable')
      return undefined
    }
  }
  return { records, unreadable }
}

/** One record, whole. ApiError NOT_FOUND when it is no longer there, FAILED when its leader does not answer. */
export async function wholeRecord(
  cluster: Pick<ClusterWriter, 'fetch'>,
  topic: { readonly name: string; readonly partitions: readonly { partition: number; leader: number | null }[] },
  at: { readonly partition: number; readonly offset: number }
): Promise<CommandOutput<'record.whole'>> {
  const name = `${topic.name}-${at.partition}`
  const leader = topic.partitions.find(({ partition }) => partition === at.partition)?.leader ?? null
  if (leader === null) throw new ApiError({ code: 'FAILED', message: `Partition ${name} has no leader now.` })
  const [fetched] = await cluster.fetch(leader, [{ topic: topic.name, ...at }], {
    maxWaitMs: 0,
    partitionBytesMax,
    answerBytesMax: partitionBytesMax,
    timeoutMs: partitionTimeoutMs,
    lane
  })
  const record = fetched?.records.find(({ offset }) => offset === at.offset)
  if (record === undefined) {
    const isUnreadable = fetched?.unreadable.some(
      ({ fromOffset, toOffset }) => fromOffset <= at.offset && at.offset <= toOffset
    )
    const why = isUnreadable === true ? 'cannot be read' : 'is no longer there'
    const message = fetched?.problem?.message ?? `Record ${at.offset} of ${name} ${why}.`
    throw new ApiError({ code: 'NOT_FOUND', message })
  }
  return { topic: topic.name, partition: at.partition, ...record, headers: [...record.headers] }
}
