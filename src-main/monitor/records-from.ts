/**
 * Records of a topic from a place on, oldest first: so many of all partitions together, and where the next ones are. A
 * leader that does not answer leaves its partitions out, and they are named.
 */
import type { CommandInput, CommandOutput } from '../api/commands'
import type { RecordView, UnreadableView } from '../api/views'
import type { KafkaCluster } from '../kernel/cluster-ports'
import { expectAppError } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import type { PartitionFacts, TopicFacts } from './core/snapshot'
import { byLeader, fetchTimeoutMs, lane, partitionBytesMax, payloadBytesMax, unreadableMax } from './newest'
import { retrying } from './retrying'

const requestTimeoutMs = 5000
/** Fetches of one partition: each brings a batch at least. */
const fetchesMax = 8

type Input = CommandInput<'records.from'>

/** Rejects as the coordinator does when the group's commits cannot be had. */
export async function recordsFrom(
  clock: Clock,
  cluster: KafkaCluster,
  topic: TopicFacts,
  input: Input
): Promise<CommandOutput<'records.from'>> {
  const committed =
    input.from.type === 'group' ? await commits(clock, cluster, topic.name, input.from.groupId) : undefined
  const chosen = topic.partitions.filter(({ partition }) => input.partitions?.includes(partition) ?? true)
  const unreachable: number[] = []
  const read: PartitionRead[] = []
  await Promise.all(
    byLeader(chosen).map(async (led) => {
      for (const partition of led) {
        const found = await readOne(cluster, topic.name, partition, { ...input, committed })
        if (found === undefined) unreachable.push(partition.partition)
        else read.push(found)
      }
    })
  )
  const records = read
    .flatMap((one) => one.records)
    .sort(byTime)
    .slice(0, input.limit)
  const positions = read.map((one) => {
    const shown = records.filter(({ partition }) => partition === one.partition)
    const isAllShown = shown.length === one.records.length
    return { ...one, offset: isAllShown ? one.nextOffset : (shown.at(-1)?.offset ?? one.fromOffset - 1) + 1 }
  })
  return {
    records,
    unreachablePartitions: unreachable.sort((a, b) => a - b),
    unreadable: read.flatMap((one) => one.unreadable).slice(0, unreadableMax),
    positions: positions.map(({ partition, offset }) => ({ partition, offset })),
    isEnd: positions.every(({ offset, endOffset }) => offset >= endOffset)
  }
}

interface PartitionRead {
  readonly partition: number
  readonly records: readonly RecordView[]
  readonly unreadable: readonly UnreadableView[]
  readonly fromOffset: number
  readonly nextOffset: number
  readonly endOffset: number
}

/** Undefined when the leader is not known or does not answer. */
async function readOne(
  cluster: KafkaCluster,
  topic: string,
  { partition, leader, startOffset, endOffset }: PartitionFacts,
  input: Input & { readonly committed: ReadonlyMap<number, number> | undefined }
): Promise<PartitionRead | undefined> {
  if (leader === null || startOffset === null || endOffset === null) return undefined
  const records: RecordView[] = []
  const unreadable: UnreadableView[] = []
  try {
    const wanted = await placeIn(cluster, { topic, partition, leader }, input)
    const fromOffset = Math.min(
      endOffset,
      Math.max(startOffset, wanted ?? (input.from.type === 'oldest' ? 0 : endOffset))
    )
    let offset = fromOffset
    for (let i = 0; i < fetchesMax && offset < endOffset && records.length < input.limit; i++) {
      const [fetched] = await cluster.fetch(leader, [{ topic, partition, offset }], {
        maxWaitMs: 0,
        partitionBytesMax,
        answerBytesMax: partitionBytesMax,
        timeoutMs: fetchTimeoutMs,
        payloadBytesMax,
        hasBatch: true,
        lane
      })
      if (fetched === undefined || fetched.problem !== null) return undefined
      for (const { headers, ...record } of fetched.records) {
        if (records.length < input.limit) records.push({ topic, partition, ...record, headers: [...headers] })
      }
      unreadable.push(...fetched.unreadable.map((place) => ({ topic, partition, ...place })))
      if (fetched.nextOffset <= offset) break
      offset = fetched.nextOffset
    }
    const last = records.at(-1)
    const nextOffset = records.length >= input.limit && last !== undefined ? last.offset + 1 : offset
    return { partition, records, unreadable, fromOffset, nextOffset, endOffset }
  } catch (error) {
    expectAppError(error)
    return undefined
  }
}

/** Undefined for a partition that has no such place: a time after its last record, a group that never committed in it. */
async function placeIn(
  cluster: KafkaCluster,
  at: { readonly topic: string; readonly partition: number; readonly leader: number },
  { from, committed }: Input & { readonly committed: ReadonlyMap<number, number> | undefined }
): Promise<number | undefined> {
  switch (from.type) {
    case 'oldest':
      return undefined
    case 'offset':
      return from.offset
    case 'group':
      return committed?.get(at.partition)
    case 'positions':
      return from.positions.find(({ partition }) => partition === at.partition)?.offset
    case 'time': {
      const { topic, partition, leader } = at
      const [found] = await cluster.offsetsAtTime(leader, from.timestampMs, [{ topic, partition }], requestTimeoutMs)
      return found?.offset ?? undefined
    }
  }
}

async function commits(
  clock: Clock,
  cluster: KafkaCluster,
  topic: string,
  groupId: string
): Promise<ReadonlyMap<number, number>> {
  const offsets = await retrying(clock, requestTimeoutMs, async () => {
    const coordinator = await cluster.coordinator(groupId, requestTimeoutMs)
    return cluster.committedOffsets(coordinator, groupId, requestTimeoutMs)
  })
  return new Map(
    offsets.flatMap((one) => (one.topic === topic && one.offset !== null ? [[one.partition, one.offset] as const] : []))
  )
}

function byTime(a: RecordView, b: RecordView): number {
  return Number(a.timestampMs) - Number(b.timestampMs) || a.partition - b.partition || a.offset - b.offset
}
