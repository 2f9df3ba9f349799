/** The strip of a topic: one small mark a cell, drawn as one path a level, so that it stays light however many there are. */
import type { HealthLevel, PartitionMapView, TopicCells } from '@api/views'

export const STRIP = { width: 164, height: 10 } as const
/** Few cells keep this distance; many share the width. */
const PITCH_MAX = 14
const GAP_SHARE = 4 / PITCH_MAX
/** A healthy cell is smaller than what needs an eye. */
const HEALTHY_INSET = 1

export interface StripPath {
  readonly level: HealthLevel
  readonly d: string
}

export function stripPaths(cells: readonly HealthLevel[]): readonly StripPath[] {
  const pitch = Math.min(PITCH_MAX, STRIP.width / Math.max(1, cells.length - GAP_SHARE))
  const parts = new Map<HealthLevel, string[]>()
  cells.forEach((level, index) => {
    const known = parts.get(level) ?? []
    parts.set(level, known)
    known.push(shapeOf(level, index * pitch, pitch * (1 - GAP_SHARE)))
  })
  return [...parts].map(([level, shapes]) => ({ level, d: shapes.join('') }))
}

const rounded = (value: number): number => Math.round(value * 100) / 100

function shapeOf(level: HealthLevel, x: number, width: number): string {
  const { height } = STRIP
  if (level === 'degraded') return `M${rounded(x)} ${height}h${rounded(width)}l${rounded(-width / 2)}-${height}z`
  if (level !== 'healthy') return `M${rounded(x)} 0h${rounded(width)}v${height}h${rounded(-width)}z`
  const inset = Math.min(HEALTHY_INSET, width / 10)
  const side = rounded(width - 2 * inset)
  return `M${rounded(x + inset)} ${HEALTHY_INSET}h${side}v${height - 2 * HEALTHY_INSET}h${-side}z`
}

/** The worst topics that fit, by name so that rows keep their place; the last row is left to those that do not fit. */
export function shownTopics(map: PartitionMapView, rows: number): { topics: readonly TopicCells[]; more: number } {
  const fit = map.topicCount > rows ? Math.max(0, rows - 1) : rows
  const topics = map.topics.slice(0, fit).sort((a, b) => (a.name < b.name ? -1 : 1))
  return { topics, more: map.topicCount - topics.length }
}
