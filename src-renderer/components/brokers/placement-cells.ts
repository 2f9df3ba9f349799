/** The grid of replicas: brokers are rows, partitions columns; one path for each kind of cell, however many there are. Pure. */
import type { TopicPlacement } from '@api/views'

export const CELL_KINDS = ['leader', 'sync', 'out', 'offline'] as const
export type CellKind = (typeof CELL_KINDS)[number]

export const PITCH = 14
export const ROW = 16
const CELL = 10
const INSET = (PITCH - CELL) / 2

export interface TopicGrid {
  readonly name: string
  readonly width: number
  readonly paths: readonly { readonly kind: CellKind; readonly d: string }[]
}

export function cellKind(partition: TopicPlacement['partitions'][number], broker: number): CellKind | undefined {
  const { leader, replicas, isr } = partition
  if (!replicas.includes(broker)) return undefined
  if (leader === null) return 'offline'
  if (leader === broker) return 'leader'
  return isr.includes(broker) ? 'sync' : 'out'
}

export function topicGrid({ name, partitions }: TopicPlacement, brokers: readonly number[]): TopicGrid {
  const shapes = new Map<CellKind, string[]>(CELL_KINDS.map((kind) => [kind, []]))
  partitions.forEach((partition, column) => {
    brokers.forEach((broker, row) => {
      const kind = cellKind(partition, broker)
      if (kind !== undefined) shapes.get(kind)?.push(shapeOf(kind, column * PITCH + INSET, row * ROW + 3))
    })
  })
  const paths = CELL_KINDS.map((kind) => ({ kind, d: (shapes.get(kind) ?? []).join('') }))
  return { name, width: partitions.length * PITCH, paths: paths.filter(({ d }) => d !== '') }
}

const square = (x: number, y: number, side: number): string => `M${x} ${y}h${side}v${side}h${-side}z`

/** By shape as much as by colour: filled, hollow, triangle, square with a cross in it. */
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
  }
}
