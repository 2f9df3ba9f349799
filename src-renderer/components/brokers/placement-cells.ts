/**
 * The grid of replicas: brokers are rows, partitions columns; one path for each kind of cell, however many there are. Topics
 * stand beside each other as long as a line has room; a long one goes on in the next. Pure.
 */
import type { TopicPlacement } from '@api/views'

export const CELL_KINDS = ['leader', 'sync', 'out', 'offline', 'adding', 'planned'] as const
export type CellKind = (typeof CELL_KINDS)[number]
type Partition = TopicPlacement['partitions'][number]

/** Replicas that are copied, that are to go (at once or by a plan), and that a plan would add. */
export interface GridMove {
  readonly adding: readonly number[]
  readonly removing: readonly number[]
  readonly planned?: readonly number[]
}

export const PITCH = 14
export const ROW = 16
const CELL = 10
const INSET = (PITCH - CELL) / 2
const TOP = (ROW - CELL) / 2
/** Columns between two topics, and those that the name of a small one needs. */
const GAP = 1
const NAME = 7
/** Every so many columns are numbered where all of them would touch. */
const NUMBERED = 5
const DIGITS_ALONE = 10

export interface Placed {
  readonly topic: string
  readonly partition: number
}

/** Some partitions of a topic, one beside the other. */
export interface GridBlock {
  readonly topic: string
  /** The first of them. */
  readonly first: number
  readonly partitions: readonly Partition[]
  readonly columns: number
}

/** Blocks that share a line of so many columns. */
export function gridLines(topics: readonly TopicPlacement[], columns: number): readonly (readonly GridBlock[])[] {
  const width = Math.max(NAME, columns)
  const lines: GridBlock[][] = []
  let free = 0
  for (const { name: topic, partitions } of topics) {
    for (let first = 0; first < partitions.length;) {
      const left = partitions.length - first
      const needed = Math.max(NAME, left)
      const isNew = free < Math.min(needed, width)
      const room = isNew ? width : free
      const some = partitions.slice(first, first + room)
      const taken = Math.max(NAME, some.length)
      const block = { topic, first, partitions: some, columns: taken }
      if (isNew) lines.push([block])
      else lines.at(-1)?.push(block)
      free = room - taken - GAP
      first += some.length
    }
  }
  return lines
}

/** Which of its columns are numbered. */
export function numbered({ first, partitions }: GridBlock): readonly number[] {
  const step = first + partitions.length > DIGITS_ALONE ? NUMBERED : 1
  return partitions.map((_, column) => column).filter((column) => (first + column) % step === 0)
}

/** `isOffline`: the broker cannot use its log of it. */
export function cellKind(
  partition: Partition,
  broker: number,
  move?: GridMove,
  isOffline = false
): CellKind | undefined {
  const { leader, replicas, isr } = partition
  if (move?.adding.includes(broker) === true && !isr.includes(broker)) return 'adding'
  if (!replicas.includes(broker)) return move?.planned?.includes(broker) === true ? 'planned' : undefined
  if (leader === null || isOffline) return 'offline'
  if (leader === broker) return 'leader'
  return isr.includes(broker) ? 'sync' : 'out'
}

export interface GridPaths {
  readonly paths: readonly { readonly kind: CellKind; readonly d: string }[]
  /** Lines through replicas that are to go. */
  readonly struck: string
}

export function gridPaths(
  { first, partitions }: Pick<GridBlock, 'first' | 'partitions'>,
  brokers: readonly number[],
  moveOf: (partition: number) => GridMove | undefined = () => undefined,
  isOffline: (partition: number, broker: number) => boolean = () => false
): GridPaths {
  const shapes = new Map<CellKind, string[]>(CELL_KINDS.map((kind) => [kind, []]))
  let struck = ''
  partitions.forEach((partition, column) => {
    const move = moveOf(first + column)
    brokers.forEach((broker, row) => {
      const [x, y] = [column * PITCH + INSET, row * ROW + TOP]
      const kind = cellKind(partition, broker, move, isOffline(first + column, broker))
      if (kind !== undefined) shapes.get(kind)?.push(shapeOf(kind, x, y))
      if (move?.removing.includes(broker) === true) struck += `M${x - 2} ${y + CELL / 2}h${CELL + 4}`
    })
  })
  const paths = CELL_KINDS.map((kind) => ({ kind, d: (shapes.get(kind) ?? []).join('') }))
  return { paths: paths.filter(({ d }) => d !== ''), struck }
}

const square = (x: number, y: number, side: number): string => `M${x} ${y}h${side}v${side}h${-side}z`

/** By shape as much as by colour: filled, hollow, triangle, square with a cross in it, dashed square with a plus in it. */
function shapeOf(kind: CellKind, x: number, y: number): string {
  switch (kind) {
    case 'leader':
      return square(x, y, CELL)
    case 'sync':
      return square(x + 0.5, y + 0.5, CELL - 1)
    case 'out':
      return `M${x} ${y + CELL}h${CELL}l${-CELL / 2}-${CELL}z`
    case 'offline':
      return `${square(x, y, CELL)}M${x + 2} ${y + 2}l6 6M${x + 8} ${y + 2}l-6 6`
    case 'adding':
    case 'planned':
      return `${square(x + 0.5, y + 0.5, CELL - 1)}M${x + CELL / 2} ${y + 3}v4M${x + 3} ${y + CELL / 2}h4`
  }
}

/** The next partition in the order of the page; the same one at its ends. */
export function stepped(topics: readonly TopicPlacement[], at: Placed | undefined, step: number): Placed | undefined {
  const index = topics.findIndex(({ name }) => name === at?.topic)
  const topic = topics[index]
  if (at === undefined || topic === undefined) return firstOf(topics[0])
  const partition = at.partition + step
  if (partition >= 0 && partition < topic.partitions.length) return { topic: at.topic, partition }
  const next = topics[index + step]
  if (next === undefined) return at
  return { topic: next.name, partition: step > 0 ? 0 : next.partitions.length - 1 }
}

/** The first partition of the next topic. */
export function topicStepped(
  topics: readonly TopicPlacement[],
  at: Placed | undefined,
  step: number
): Placed | undefined {
  const index = topics.findIndex(({ name }) => name === at?.topic)
  return firstOf(topics[index < 0 ? 0 : index + step]) ?? at
}

function firstOf(topic: TopicPlacement | undefined): Placed | undefined {
  return topic === undefined ? undefined : { topic: topic.name, partition: 0 }
}

/** What brokers have of something: leaders, replicas, bytes. Null is not known, and not 0. */
interface Held {
  readonly id: number
  readonly count: number | null
}

/** How far the fullest is above the mean of all, in percent, and who it is; null where there is nothing to compare, or one is not known. */
export function skew(held: readonly Held[]): { percent: number; id: number; count: number } | null {
  const counts = held.flatMap(({ id, count }) => (count === null ? [] : [{ id, count }]))
  const sum = counts.reduce((all, { count }) => all + count, 0)
  if (counts.length < held.length || sum === 0) return null
  const fullest = counts.reduce((most, one) => (one.count > most.count ? one : most))
  const mean = sum / counts.length
  return { percent: Math.round((fullest.count / mean - 1) * 100), id: fullest.id, count: fullest.count }
}

export const isTroubled = ({ leader, isr, replicas }: Partition): boolean =>
  leader === null || isr.length < replicas.length
