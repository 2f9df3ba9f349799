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
import { said } from '../kernel/said'
import { newestFirst, type PartitionRecords, type PlacedRecord } from './core/newest-first'
import type { PartitionFacts, TopicFacts } from './core/snapshot'

export const payloadBytesMax = 16 * 1024
export const partitionBytesMax = 1024 * 1024
export const fetchTimeoutMs = 3000
/** For all of one partition. A partition that is slower than this counts as unreachable. */
const partitionTimeoutMs = 8000
/** Places named in one answer. */
export const unreadableMax = 100
export const lane = 'browse'
/** Ranges of a partition that are looked through for one page, each twice as long as the one after it. */
const stepsMax = 6

type Position = CommandOutput<'records.newest'>['positions'][number]

export async function newestRecords(
  clock: Clock,
  cluster: Pick<ClusterWriter, 'fetch'>,
  topic: TopicFacts,
  wanted: {
    readonly partitions: readonly number[] | undefined
    readonly limit: number
    /** Only what lies before these, where a partition has one. */
    readonly before?: readonly Position[] | undefined
  }
): Promise<CommandOutput<'records.newest'>> {
  const chosen = topic.partitions.filter(
    ({ partition }) => wanted.partitions === undefined || wanted.partitions.includes(partition)
  )
  const before = new Map(wanted.before?.map(({ partition, offset }) => [partition, offset]))
  const unreachable: { readonly partition: number; readonly place: Position | undefined }[] = []
  const unreadable: UnreadableView[] = []
  const looked: Looked[] = []
  let newest: readonly PartitionRecords[] = []
  const browse = async (partition: PartitionFacts): Promise<void> => {
    const upTo = before.get(partition.partition)
    const found = await newestOf(clock, cluster, { topic: topic.name, partition, limit: wanted.limit, upTo })
    if (found === undefined) {
      const place = upTo ?? partition.endOffset ?? undefined
      unreachable.push({
        partition: partition.partition,
        place: place === undefined ? undefined : { partition: partition.partition, offset: place }
      })
      return
    }
    const at = { topic: topic.name, partition: partition.partition }
    unreadable.push(...found.unreadable.map((place) => ({ ...at, ...place })))
    const { startOffset, endOffset } = partition
    looked.push({ ...found, partition: partition.partition, startOffset: startOffset ?? 0, endOffset: endOffset ?? 0 })
    // Merged as they come: besides those of one partition per leader no more than `limit` records are held.
    newest = keepNewest([...newest, { partition: partition.partition, records: found.records }], wanted.limit)
  }
  await Promise.all(
    byLeader(chosen).map(async (led) => {
      for (const partition of led) await browse(partition)
    })
  )
  const page = newestFirst(newest, wanted.limit)
  const positions = olderThan(page, looked)
  return {
    records: page.map(({ partition, record }) => ({
      topic: topic.name,
      partition,
      ...record,
      headers: [...record.headers]
    })),
    unreachablePartitions: unreachable.map(({ partition }) => partition).sort((a, b) => a - b),
    unreadable: unreadable
      .sort((a, b) => a.partition - b.partition || a.fromOffset - b.fromOffset)
      .slice(0, unreadableMax),
    positions: [
      ...positions.map(({ partition, offset }) => ({ partition, offset })),
      ...unreachable.flatMap(({ place }) => (place === undefined ? [] : [place]))
    ].sort((a, b) => a.partition - b.partition),
    places: looked
      .filter(({ count }) => count === 0)
      .map(({ partition, startOffset, endOffset }) => ({ partition, askedOffset: null, startOffset, endOffset }))
      .sort((a, b) => a.partition - b.partition),
    isStart: unreachable.length === 0 && positions.every(({ offset, startOffset }) => offset <= startOffset)
  }
}

/** Where the page before this one ends, in each partition that was looked at: before the oldest record that is shown. */
function olderThan(page: readonly PlacedRecord[], looked: readonly Looked[]): readonly (Position & StartOffset)[] {
  const shown = new Map<number, { count: number; oldest: number }>()
  for (const { partition, record } of page) {
    const { count, oldest } = shown.get(partition) ?? { count: 0, oldest: record.offset }
    shown.set(partition, { count: count + 1, oldest: Math.min(oldest, record.offset) })
  }
  return looked.map(({ partition, startOffset, fromOffset, upToOffset, count }) => {
    const here = shown.get(partition)
    // All that was found is shown: what was looked through without a record needs no second look.
    const isWhole = (here?.count ?? 0) === count
    return { partition, startOffset, offset: isWhole ? fromOffset : (here?.oldest ?? upToOffset) }
  })
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
  /** Ascending, the last ones. */
  readonly records: readonly FetchedRecord[]
  readonly unreadable: readonly UnreadableOffsets[]
  /** What was looked through: from the one to before the other. */
  readonly fromOffset: number
  readonly upToOffset: number
  /** How many were found there, kept or not. */
  readonly count: number
}
interface StartOffset {
  readonly startOffset: number
}
type Looked = Omit<Found, 'records' | 'unreadable'> &
  StartOffset & { readonly partition: number; readonly endOffset: number }

/**
 * Undefined when the leader is not known or does not answer. Where compaction left few records it looks further back, each
 * time twice as far.
 */
async function newestOf(
  clock: Clock,
  cluster: Pick<ClusterWriter, 'fetch'>,
  at: {
    readonly topic: string
    readonly partition: PartitionFacts
    readonly limit: number
    readonly upTo: number | undefined
  }
): Promise<Found | undefined> {
  const { leader, partition, startOffset, endOffset } = at.partition
  if (leader === null || startOffset === null || endOffset === null) return undefined
  const untilMs = clock.monotonicMs() + partitionTimeoutMs
  const upToOffset = Math.max(startOffset, Math.min(at.upTo ?? endOffset, endOffset))
  let records: readonly FetchedRecord[] = []
  const unreadable: UnreadableOffsets[] = []
  let fromOffset = upToOffset
  let count = 0
  for (let step = 0; step < stepsMax && records.length < at.limit && fromOffset > startOffset; step++) {
    const range = { from: Math.max(startOffset, fromOffset - at.limit * 2 ** step), to: fromOffset }
    const found = await readRange(cluster, leader, { topic: at.topic, partition, range, limit: at.limit }, () => {
      return clock.monotonicMs() > untilMs
    })
    // Further back than what was asked for: what was found nearer stays, and this place is the next page's.
    if (found === undefined && step > 0) break
    if (found === undefined) return undefined
    records = [...found.records, ...records].slice(-at.limit)
    // A batch that lies in two ranges is one place.
    const known = new Set(unreadable.map((place) => place.fromOffset))
    unreadable.push(...found.unreadable.filter((place) => !known.has(place.fromOffset)))
    count += found.count
    fromOffset = range.from
  }
  return { records, unreadable, fromOffset, upToOffset, count }
}

/** The last `limit` records of a range, and how many there are; undefined when its leader does not answer in time. */
async function readRange(
  cluster: Pick<ClusterWriter, 'fetch'>,
  leader: number,
  at: {
    readonly topic: string
    readonly partition: number
    readonly range: { readonly from: number; readonly to: number }
    readonly limit: number
  },
  isLate: () => boolean
): Promise<Pick<Found, 'records' | 'unreadable' | 'count'> | undefined> {
  const { topic, partition, range, limit } = at
  let records: readonly FetchedRecord[] = []
  const unreadable: UnreadableOffsets[] = []
  let count = 0
  let offset = range.from
  while (offset < range.to) {
    if (isLate()) return undefined
    try {
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
      const within = fetched.records.filter((record) => record.offset < range.to)
      count += within.length
      records = [...records, ...within].slice(-limit)
      unreadable.push(...fetched.unreadable.filter(({ fromOffset }) => fromOffset < range.to))
      if (fetched.nextOffset <= offset) break
      offset = fetched.nextOffset
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      ignore(error, 'named as unreachable')
      return undefined
    }
  }
  return { records, unreadable, count }
}

/** One record, whole. ApiError NOT_FOUND when it is no longer there, FAILED when its leader does not answer. */
export async function wholeRecord(
  cluster: Pick<ClusterWriter, 'fetch'>,
  topic: { readonly name: string; readonly partitions: readonly { partition: number; leader: number | null }[] },
  at: { readonly partition: number; readonly offset: number }
): Promise<CommandOutput<'record.whole'>> {
  const name = `${topic.name}-${at.partition}`
  const leader = topic.partitions.find(({ partition }) => partition === at.partition)?.leader ?? null
  if (leader === null) throw new ApiError({ code: 'FAILED', message: said`Partition ${name} has no leader now.` })
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
    const why =
      isUnreadable === true
        ? said`Record ${at.offset} of ${name} cannot be read.`
        : said`Record ${at.offset} of ${name} is no longer there.`
    const message = fetched?.problem?.message ?? why
    throw new ApiError({ code: 'NOT_FOUND', message })
  }
  return { topic: topic.name, partition: at.partition, ...record, headers: [...record.headers] }
}
