/** What a reset of offsets asks for, what it does to each partition, and how it is taken back. Pure. */
import type { CommandInput, CommandOutput } from '@api/commands'
import { wholeNumber } from '@/components/ui/whole-number'
import { typedTime } from '@/composables/local-time'

type ResetInput = CommandInput<'group.reset'>
export type ResetScope = NonNullable<ResetInput['topics']>

export const TARGETS = ['earliest', 'latest', 'offset', 'time', 'shift'] as const
export type Target = (typeof TARGETS)[number]

/** undefined while what is typed is none. */
export function resetTarget(target: Target, text: string): ResetInput['to'] | undefined {
  switch (target) {
    case 'offset': {
      const offset = wholeNumber(text, 0, Number.MAX_SAFE_INTEGER)
      return offset === undefined ? undefined : { type: 'offset', offset }
    }
    case 'time': {
      const timestampMs = typedTime(text)
      return timestampMs === undefined ? undefined : { type: 'time', timestampMs }
    }
    case 'shift': {
      const [, sign, digits = ''] = /^([+\-−]?)(\d+)$/.exec(text.trim()) ?? []
      const by = wholeNumber(digits, 1, Number.MAX_SAFE_INTEGER)
      return by === undefined ? undefined : { type: 'shift', by: sign === '-' || sign === '−' ? -by : by }
    }
    default:
      return { type: target }
  }
}

const PARTITION_MAX = 2_147_483_647
/** A request names each one: a typing error shall not name millions. */
const RANGE_MAX = 10_000

/** Of "0,2-5"; undefined for what is no list. An empty text means all of them: []. */
export function partitionList(text: string): readonly number[] | undefined {
  if (text.trim() === '') return []
  const found = new Set<number>()
  for (const part of text.split(',')) {
    const [from = '', to = from, ...more] = part.split('-')
    const first = wholeNumber(from, 0, PARTITION_MAX)
    const last = wholeNumber(to, 0, PARTITION_MAX)
    if (first === undefined || last === undefined || last < first || more.length > 0) return undefined
    if (last - first + found.size >= RANGE_MAX) return undefined
    for (let partition = first; partition <= last; partition += 1) found.add(partition)
  }
  return [...found].sort((a, b) => a - b)
}

/** The same as words of the CLI. */
export function resetCommand(groupId: string, to: ResetInput['to'], topics: ResetScope | undefined): string[] {
  const scope = (topics ?? []).flatMap(({ topic, partitions }) => [
    '--topic',
    partitions === undefined ? topic : `${topic}:${partitions.join(',')}`
  ])
  return ['group', 'reset', groupId, ...targetWords(to), ...scope]
}

function targetWords(to: ResetInput['to']): string[] {
  switch (to.type) {
    case 'shift':
      return ['--shift-by', String(to.by)]
    case 'offset':
      return ['--to', String(to.offset)]
    case 'time':
      return ['--to', new Date(to.timestampMs).toISOString()]
    default:
      return ['--to', to.type]
  }
}

export interface ResetSums {
  /** Records that the group will not read. */
  readonly skipped: number
  /** Records that it will read a second time. */
  readonly again: number
  /** Partitions where nothing was committed: what was read there is not known. */
  readonly fresh: number
  /** Partitions where nothing is committed any more. */
  readonly none: number
  readonly same: number
}

/** What a reset does to a partition, with the log's ends when it was planned, where they are known. */
export type ResetRow = Restored & {
  readonly startOffset?: number
  readonly endOffset?: number
  /** What was asked for lies outside of the log: this end of it is taken. */
  readonly clampedTo?: 'start' | 'end' | undefined
}

/** Records between before and after that are there; negative: read again. Null where nothing was, or is, committed. */
export function movedBy({ before, after, startOffset = -Infinity, endOffset = Infinity }: ResetRow): number | null {
  const within = (offset: number): number => Math.min(Math.max(offset, startOffset), endOffset)
  return before === null || after === null ? null : within(after) - within(before)
}

/** The log's ends are those of the plan: what is put back tells none. */
export function withEndsOf(planned: readonly ResetRow[], rows: readonly Restored[]): readonly ResetRow[] {
  const ends = new Map(planned.map((row) => [`${row.partition} ${row.topic}`, row]))
  return rows.map((row) => {
    const { startOffset, endOffset } = ends.get(`${row.partition} ${row.topic}`) ?? {}
    return startOffset === undefined || endOffset === undefined ? row : { ...row, startOffset, endOffset }
  })
}

export function resetSums(rows: readonly ResetRow[]): ResetSums {
  const kept = rows.filter(({ after }) => after !== null)
  const moves = kept.map(movedBy)
  const known = moves.filter((move) => move !== null)
  return {
    skipped: known.reduce((sum, move) => sum + Math.max(0, move), 0),
    again: known.reduce((sum, move) => sum + Math.max(0, -move), 0),
    fresh: moves.length - known.length,
    none: rows.length - kept.length,
    same: kept.filter(({ before, after }) => before === after).length
  }
}

export type RestoreInput = CommandInput<'group.restore'>
export type Restored = CommandOutput<'group.restore'>['partitions'][number]
export type NotRestored = CommandOutput<'group.restore'>['failed'][number]

/**
 * What takes a reset back: all that was committed in its partitions, and nothing where there was nothing. Also where the
 * offset is the same: what stood beside it is not.
 */
export function restoreInput({ groupId, partitions, was }: CommandOutput<'group.reset'>): RestoreInput {
  const commits = new Map(was.map(({ topic, partition, ...commit }) => [`${partition} ${topic}`, commit]))
  return {
    groupId,
    partitions: partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      commit: commits.get(`${partition} ${topic}`) ?? null
    }))
  }
}

/**
 * Of a reset that was asked for again, since nobody knew whether the one before was made: how the group stood before that
 * one, which the later one may have found as the earlier one left it.
 */
export function restoredFirst(earlier: RestoreInput | undefined, later: RestoreInput): RestoreInput {
  if (earlier === undefined) return later
  const known = new Set(earlier.partitions.map(({ topic, partition }) => `${partition} ${topic}`))
  const more = later.partitions.filter(({ topic, partition }) => !known.has(`${partition} ${topic}`))
  return { ...later, partitions: [...earlier.partitions, ...more] }
}

/** The same for those that are not as they were yet. */
export function restRestored(input: RestoreInput, failed: readonly NotRestored[]): RestoreInput {
  const left = new Set(failed.map(({ topic, partition }) => `${partition} ${topic}`))
  return { ...input, partitions: input.partitions.filter(({ topic, partition }) => left.has(`${partition} ${topic}`)) }
}
