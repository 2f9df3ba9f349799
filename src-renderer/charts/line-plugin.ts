/**
 * Chart.js plugin: draws the lines, in place of the library's own drawing. A wide line of a thousand samples as one path
 * takes ten times as long to fill as the same line in short pieces, where no GPU draws it.
 */
import type { Plugin } from 'chart.js'

/** Segments of a piece. */
const PIECE = 8

interface Placed {
  readonly x: number
  readonly y: number
  /** A gap. */
  readonly skip?: boolean
}

export interface LineStyle {
  readonly colour: string
  readonly width: number
  readonly dash: readonly number[]
}

/** Runs of samples without a gap, by index: from inclusive, to exclusive. */
function runs(points: readonly Placed[]): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = []
  let from = 0
  for (let at = 0; at <= points.length; at++) {
    const point = points[at]
    if (point !== undefined && point.skip !== true && !Number.isNaN(point.y)) continue
    if (at - from > 1) found.push([from, at])
    from = at + 1
  }
  return found
}

export function drawLine(context: CanvasRenderingContext2D, points: readonly Placed[], style: LineStyle): void {
  context.strokeStyle = style.colour
  context.lineWidth = style.width
  context.lineJoin = 'bevel'
  // Pieces of a whole line meet under their caps; dashes go on where the last piece ended.
  context.lineCap = style.dash.length === 0 ? 'round' : 'butt'
  context.setLineDash([...style.dash])
  for (const [from, to] of runs(points)) {
    let drawn = 0
    for (let start = from; start < to - 1; start += PIECE) {
      context.lineDashOffset = drawn
      context.beginPath()
      let last: Placed | undefined
      for (let at = start; at <= Math.min(start + PIECE, to - 1); at++) {
        const point = points[at] as Placed
        if (last === undefined) context.moveTo(point.x, point.y)
        else {
          context.lineTo(point.x, point.y)
          if (style.dash.length > 0) drawn += Math.hypot(point.x - last.x, point.y - last.y)
        }
        last = point
      }
      context.stroke()
    }
  }
}

export const linePlugin: Plugin<'line'> = {
  id: 'lines',

  beforeDatasetDraw({ ctx, chartArea, data }, { index, meta }) {
    const dataset = data.datasets[index]
    if (dataset === undefined) return
    const { left, top, right, bottom } = chartArea
    const width = Number(dataset.borderWidth)
    ctx.save()
    ctx.beginPath()
    ctx.rect(left, top - width, right - left, bottom - top + 2 * width)
    ctx.clip()
    drawLine(ctx, meta.data, {
      colour: dataset.borderColor as string,
      width,
      dash: (dataset.borderDash as readonly number[] | undefined) ?? []
    })
    ctx.restore()
  }
}
