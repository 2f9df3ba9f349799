/**
 * What stands behind the lines of a plot: bands (a node was down) and one vertical line for each moment at which something
 * happened. Drawn by hand: a plugin for annotations took two thirds of each update of a chart.
 */
import type { ClusterEvent } from '@api/views'
import type { Band } from './bands'
import { worse } from './event-lane'
import { xOf } from './time-axis'
import type { TimeScale } from './time-axis'
import type { ChartTokens } from './tokens'

export interface Facts {
  readonly bands: readonly { readonly fromMs: number; readonly toMs: number; readonly colour: string }[]
  /** Solid: something happened to a process; dotted: what the cluster made of it. */
  readonly lines: readonly { readonly atMs: number; readonly colour: string; readonly dash: readonly number[] }[]
}

const DOTTED = [2, 3]
/** Places along the axis that can be told apart. */
const PLACES = 400

interface Range {
  readonly events: readonly ClusterEvent[]
  readonly bands: readonly Band[]
  readonly fromMs: number
  readonly toMs: number
}

export function factsOf(range: Range, tokens: ChartTokens): Facts {
  return {
    bands: range.bands.map(({ kind, fromMs, toMs }) => ({ fromMs, toMs, colour: tokens.bands[kind] })),
    lines: onePerPlace(range).map(({ atMs, level, kind }) => ({
      atMs,
      colour: tokens.status[level],
      dash: kind === 'process' ? [] : DOTTED
    }))
  }
}

/** Events of one moment are one line, of the worst level: drawn over each other they would shout. */
function onePerPlace({ events, fromMs, toMs }: Range): ClusterEvent[] {
  const places = new Map<string, ClusterEvent>()
  for (const event of events) {
    if (event.atMs < fromMs || event.atMs > toMs) continue
    const place = `${event.kind === 'process'} ${Math.round(((event.atMs - fromMs) / (toMs - fromMs)) * PLACES)}`
    const known = places.get(place)
    if (known === undefined || worse(event.level, known.level) !== known.level) places.set(place, event)
  }
  return [...places.values()]
}

export function drawFacts(
  context: CanvasRenderingContext2D,
  facts: Facts,
  scale: TimeScale,
  { top, bottom }: { readonly top: number; readonly bottom: number }
): void {
  const place = (atMs: number): number => Math.min(scale.right, Math.max(scale.left, xOf(scale, atMs)))
  context.save()
  for (const { fromMs, toMs, colour } of facts.bands) {
    context.fillStyle = colour
    context.fillRect(place(fromMs), top, place(toMs) - place(fromMs), bottom - top)
  }
  context.lineWidth = 1
  for (const { atMs, colour, dash } of facts.lines) {
    const x = place(atMs)
    context.strokeStyle = colour
    context.setLineDash([...dash])
    context.beginPath()
    context.moveTo(x, top)
    context.lineTo(x, bottom)
    context.stroke()
  }
  context.restore()
}
