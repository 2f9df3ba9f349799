/**
 * One lane of event marks. Marks that would touch become one mark of the worst level with a count; a label stands right
 * of its mark, else left of it, and only where it fits. Pure: widths come from the caller.
 */
import type { ClusterEvent, HealthLevel } from '@api/views'
import { xOf } from './time-axis'
import type { TimeScale } from './time-axis'

const SEVERITY: readonly HealthLevel[] = ['healthy', 'recovering', 'stopped', 'unknown', 'degraded', 'critical']

export interface LaneMetrics {
  readonly mark: number
  readonly gap: number
  readonly widthOf: (text: string) => number
}

export interface LaneMark {
  readonly x: number
  readonly level: HealthLevel
  readonly events: readonly ClusterEvent[]
  readonly label: { readonly text: string; readonly x: number; readonly align: 'start' | 'end' } | undefined
}

interface Cluster {
  x: number
  end: number
  level: HealthLevel
  events: ClusterEvent[]
}

export const worse = (a: HealthLevel, b: HealthLevel): HealthLevel =>
  SEVERITY.indexOf(a) >= SEVERITY.indexOf(b) ? a : b

export function packLane(
  events: readonly ClusterEvent[],
  scale: TimeScale,
  metrics: LaneMetrics,
  sentence: (event: ClusterEvent) => string
): LaneMark[] {
  const clusters = cluster(events, scale, metrics)
  let free = scale.left
  return clusters.map((one, index) => {
    const next = clusters[index + 1]
    const nextStart = next === undefined ? scale.right : next.x - metrics.mark / 2
    const label = placeLabel(one, free, nextStart, metrics, sentence)
    free = label?.align === 'start' ? label.x + metrics.widthOf(label.text) : one.end
    return { x: one.x, level: one.level, events: one.events, label }
  })
}

function cluster(events: readonly ClusterEvent[], scale: TimeScale, { mark, gap, widthOf }: LaneMetrics): Cluster[] {
  const half = mark / 2
  const clusters: Cluster[] = []
  for (const event of events) {
    if (event.atMs < scale.fromMs || event.atMs > scale.toMs) continue
    const x = Math.min(Math.max(xOf(scale, event.atMs), scale.left + half), scale.right - half)
    const last = clusters.at(-1)
    if (last !== undefined && x - half < last.end + gap) {
      last.events.push(event)
      last.level = worse(last.level, event.level)
      last.end = last.x + half + gap / 2 + widthOf(String(last.events.length))
    } else {
      clusters.push({ x, end: x + half, level: event.level, events: [event] })
    }
  }
  return clusters
}

function placeLabel(
  one: Cluster,
  free: number,
  nextStart: number,
  { mark, gap, widthOf }: LaneMetrics,
  sentence: (event: ClusterEvent) => string
): LaneMark['label'] {
  const [event, ...more] = one.events
  if (event === undefined || more.length > 0) return undefined
  const text = sentence(event)
  const width = widthOf(text)
  if (one.end + gap + width < nextStart - gap * 2) return { text, x: one.end + gap, align: 'start' }
  const left = one.x - mark / 2 - gap
  if (left - width > free + gap * 2) return { text, x: left, align: 'end' }
  return undefined
}
