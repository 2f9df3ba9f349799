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

function cluster(events: readonly ClusterEvent[], scale: TimeScale, metrics: LaneMetrics): Cluster[] {
  const { mark, gap } = metrics
  const half = mark / 2
  const clusters: Cluster[] = []
  for (const event of events) {
    if (event.atMs < scale.fromMs || event.atMs > scale.toMs) continue
    const x = Math.min(Math.max(xOf(scale, event.atMs), scale.left + half), scale.right - half)
    const last = clusters.at(-1)
    if (last !== undefined && x - half < last.end + gap) {
      join(last, [event], event.level, metrics)
    } else {
      clusters.push({ x, end: x + half, level: event.level, events: [event] })
    }
  }
  keepInside(clusters, scale, metrics)
  return clusters
}

function join(
  into: Cluster,
  events: readonly ClusterEvent[],
  level: HealthLevel,
  { mark, gap, widthOf }: LaneMetrics
): void {
  into.events.push(...events)
  into.level = worse(into.level, level)
  into.end = into.x + mark / 2 + gap / 2 + widthOf(String(into.events.length))
}

/** What has just happened stands at the end of the lane: its count takes the room before it, and who stood there joins it. */
function keepInside(clusters: Cluster[], { left, right }: TimeScale, metrics: LaneMetrics): void {
  const half = metrics.mark / 2
  for (;;) {
    const last = clusters.at(-1)
    if (last === undefined || last.end <= right) return
    last.x = Math.max(left + half, last.x - (last.end - right))
    last.end = right
    const before = clusters.at(-2)
    if (before === undefined || last.x - half >= before.end + metrics.gap) return
    clusters.pop()
    join(before, last.events, last.level, metrics)
  }
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
