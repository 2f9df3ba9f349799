/**
 * Records of a topic from a place on, oldest first: so many of all partitions together, and where the next ones are. A
 * leader that does not answer leaves its partitions out: they are named, and keep their place for the next page.
 */
import type { CommandInput, CommandOutput, LogPlace } from '../api/commands'
import type { RecordView, UnreadableView } from '../api/views'
import type { KafkaCluster } from '../kernel/cluster-ports'
import { AppError, expectAppError } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import { said } from '../kernel/said'
import type { PartitionFacts, TopicFacts } from './core/snapshot'
import { commitsOf } from './group-commits'
import { byLeader, fetchTimeoutMs, lane, partitionBytesMax, payloadBytesMax, unreadableMax } from './newest'

const requestTimeoutMs = 5000
/** Fetches of one partition: each brings a batch at least. */
const fetchesMax = 8
/** Behind every record: where a group begins that has committed nothing. */
const theEnd = Number.MAX_SAFE_INTEGER

type Input = CommandInput<'records.from'>
type Position = CommandOutput<'records.from'>['positions'][number]

/** Rejects as `commitsOf` does. */
export async function recordsFrom(
  clock: Clock,
  cluster: KafkaCluster,
  topic: TopicFacts,
  input: Input
): Promise<CommandOutput<'records.from'>> {
  const committed =
    input.from.type === 'group'
      ? await commitsOf(clock, cluster, { topic: topic.name, groupId: input.from.groupId })
      : undefined
  const chosen = topic.partitions.filter(({ partition }) => input.partitions?.includes(partition) ?? true)
  const unreachable: Position[] = []
  const read: PartitionRead[] = []
  await Promise.all(
    byLeader(chosen).map(async (led) => {
      for (const partition of led) {
        const found = await readOne(cluster, topic.name, partition, { ...input, committed })
        if (found === undefined) unreachable.push(wantedPlace(partition, { ...input, committed }))
        else read.push(found)
      }
    })
  )
  const { records, positions } = page(read, input.limit)
  return {
    records,
    unreachablePartitions: unreachable.map(({ partition }) => partition).sort((a, b) => a - b),
    unreadable: read.flatMap((one) => one.unreadable).slice(0, unreadableMax),
    positions: [...positions.map(({ partition, offset }) => ({ partition, offset })), ...unreachable],
    places: read.flatMap(placeOf).sort((a, b) => a.partition - b.partition),
    isEnd: unreachable.length === 0 && positions.every(({ offset, endOffset }) => offset >= endOffset)
  }
}

interface PartitionRead {
  readonly partition: number
  readonly records: readonly RecordView[]
  readonly unreadable: readonly UnreadableView[]
  readonly nextOffset: number
  readonly startOffset: number
  readonly endOffset: number
  readonly askedOffset: number | null
}

/** What is to be said of it, if anything. */
function placeOf({ partition, records, askedOffset, startOffset, endOffset }: PartitionRead): LogPlace[] {
  const isLater = askedOffset !== null && askedOffset < startOffset
  return records.length > 0 && !isLater ? [] : [{ partition, askedOffset, startOffset, endOffset }]
}

interface Head {
  readonly read: PartitionRead
  /** How many of its records are shown. */
  shown: number
}

/**
 * The oldest heads, one by one: times need not follow offsets within a partition, and what is left out must lie behind
 * what is shown.
 */
function page(
  read: readonly PartitionRead[],
  limit: number
): {
  readonly records: RecordView[]
  readonly positions: readonly (Position & { readonly endOffset: number })[]
} {
  const records: RecordView[] = []
  const heads = read.map((one): Head => ({ read: one, shown: 0 }))
  let open = heads
  while (records.length < limit) {
    open = open.filter((head) => head.shown < head.read.records.length)
    const [oldest, record] = oldestOf(open)
    if (oldest === undefined || record === undefined) break
    records.push(record)
    oldest.shown += 1
  }
  const positions = heads.map(({ read: { partition, records: all, nextOffset, endOffset }, shown }) => ({
    partition,
    offset: all[shown]?.offset ?? nextOffset,
    endOffset
  }))
  return { records, positions }
}

function oldestOf(heads: readonly Head[]): readonly [Head, RecordView] | readonly [] {
  let oldest: readonly [Head, RecordView] | readonly [] = []
  for (const head of heads) {
    const record = head.read.records[head.shown]
    if (record !== undefined && (oldest[1] === undefined || byTime(record, oldest[1]) < 0)) oldest = [head, record]
  }
  return oldest
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
    let offset = Math.min(endOffset, Math.max(startOffset, wanted ?? endOffset))
    const askedOffset = isStartOf(input, partition) ? null : (wanted ?? null)
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
    return { partition, records, unreadable, nextOffset, startOffset, endOffset, askedOffset }
  } catch (error) {
    expectAppError(error)
    return undefined
  }
}

/** Undefined for a time after the partition's last record, and of a group that has committed nothing there. */
async function placeIn(
  cluster: KafkaCluster,
  at: { readonly topic: string; readonly partition: number; readonly leader: number },
  input: Input & { readonly committed: ReadonlyMap<number, number> | undefined }
): Promise<number | undefined> {
  const wanted = wantedPlace(at, input)
  if (wanted.timestampMs === undefined) return wanted.offset === theEnd ? undefined : wanted.offset
  const { topic, partition, leader } = at
  const [found] = await cluster.offsetsAtTime(leader, wanted.timestampMs, [{ topic, partition }], requestTimeoutMs)
  if (found === undefined || found.problem !== null) {
    const message = found?.problem?.message ?? said`Broker ${leader} does not lead it.`
    throw new AppError('KAFKA', message, { details: { kafkaError: found?.problem?.name } })
  }
  return found.offset ?? undefined
}

/** No offset was asked for: it is read from wherever it begins. */
function isStartOf({ from }: Input, partition: number): boolean {
  if (from.type === 'positions') return !from.positions.some((one) => one.partition === partition)
  return from.type === 'oldest'
}

/** As it is kept for the next page while the leader is away: what only the leader knows is still to be asked then. */
function wantedPlace(
  { partition }: { readonly partition: number },
  { from, committed }: Input & { readonly committed: ReadonlyMap<number, number> | undefined }
): Position {
  switch (from.type) {
    case 'oldest':
      return { partition, offset: 0 }
    case 'offset':
      return { partition, offset: from.offset }
    case 'group':
      return { partition, offset: committed?.get(partition) ?? theEnd }
    case 'positions':
      return from.positions.find((one) => one.partition === partition) ?? { partition, offset: 0 }
    case 'time':
      return { partition, offset: 0, timestampMs: from.timestampMs }
  }
}

function byTime(a: RecordView, b: RecordView): number {
  return Number(a.timestampMs) - Number(b.timestampMs) || a.partition - b.partition || a.offset - b.offset
}
