/** What a reset of offsets asks for, what it does to each partition, and how it is taken back. Pure. */
import type { CommandInput, CommandOutput } from '@api/commands'
import { wholeNumber } from '@/components/ui/whole-number'
import { typedTime } from '@/composables/local-time'

type ResetInput = CommandInput<'group.reset'>
export type ResetScope = NonNullable<ResetInput['topics']>
export type ResetPartition = CommandOutput<'group.reset'>['partitions'][number]

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
  readonly same: number
}

/** After minus before; null where nothing was committed before. */
export const movedBy = ({ before, after }: ResetPartition): number | null => (before === null ? null : after - before)

export function resetSums(rows: readonly ResetPartition[]): ResetSums {
  const moves = rows.map(movedBy)
  const known = moves.filter((move) => move !== null)
  return {
    skipped: known.reduce((sum, move) => sum + Math.max(0, move), 0),
    again: known.reduce((sum, move) => sum + Math.max(0, -move), 0),
    fresh: moves.length - known.length,
    same: known.filter((move) => move === 0).length
  }
}

export interface UndoPlan {
  /** One reset to an offset each, as the API takes them. */
  readonly resets: readonly { readonly offset: number; readonly topics: ResetScope }[]
  /** Topics where nothing at all was committed: their offsets are deleted. */
  readonly deletes: readonly string[]
  /** Nothing was committed there, but elsewhere in the topic: offsets are deleted of whole topics only, so these stay. */
  readonly stays: readonly ResetPartition[]
}

/** `committed` are the topics that had any commit before the reset; undefined: that was not known. */
export function undoPlan(rows: readonly ResetPartition[], committed: ReadonlySet<string> | undefined): UndoPlan {
  const byOffset = new Map<number, Map<string, number[]>>()
  const kept = new Set(committed)
  for (const { topic, partition, before, after } of rows) {
    if (before === null) continue
    kept.add(topic)
    if (before === after) continue
    const topics = byOffset.get(before) ?? new Map<string, number[]>()
    byOffset.set(before, topics.set(topic, [...(topics.get(topic) ?? []), partition]))
  }
  const fresh = rows.filter(({ before }) => before === null)
  const mayDelete = (topic: string): boolean => committed !== undefined && !kept.has(topic)
  return {
    resets: [...byOffset].map(([offset, topics]) => ({
      offset,
      topics: [...topics].map(([topic, partitions]) => ({ topic, partitions }))
    })),
    deletes: [...new Set(fresh.filter(({ topic }) => mayDelete(topic)).map(({ topic }) => topic))],
    stays: fresh.filter(({ topic }) => !mayDelete(topic))
  }
}
