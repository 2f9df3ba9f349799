/**
 * Chart.js plugin: draws what happened behind a plot, the event lane above it and the line under the pointer, and says
 * which mark was hit.
 */
import type { ChartType, Plugin } from 'chart.js'
import type { ClusterEvent } from '@api/views'
import { packLane } from './event-lane'
import type { LaneMark } from './event-lane'
import { drawFacts } from './facts'
import type { Facts } from './facts'
import { MARK_BOX, MARK_SHAPES, MARK_STROKE } from './marks'
import type { ChartTokens } from './tokens'

export interface LaneContent {
  readonly events: readonly ClusterEvent[]
  readonly facts: Facts
  readonly tokens: ChartTokens
  readonly fromMs: number
  readonly toMs: number
}

export interface LaneOptions {
  /** A function, since Chart.js wraps every object among its options in a proxy, and each event in one of its own. */
  readonly content: () => LaneContent
  readonly sentence: (event: ClusterEvent) => string
  /** Height above the plot; 0 hides the lane but keeps the pointer line. */
  readonly height: number
  /** The time that the pointer is at, in this plot or in another of the screen. */
  readonly pointedAtMs: () => number | undefined
  readonly onPoint: (atMs: number | undefined) => void
  readonly onSelect: (event: ClusterEvent) => void
}

declare module 'chart.js' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- the parameter is Chart.js' own
  interface PluginOptionsByType<TType extends ChartType> {
    lane?: LaneOptions
  }
}

const paths = new Map<string, Path2D>()
function pathOf(text: string): Path2D {
  const known = paths.get(text) ?? new Path2D(text)
  paths.set(text, known)
  return known
}

export function createLanePlugin(): Plugin<'line', LaneOptions> {
  let marks: LaneMark[] = []

  return {
    id: 'lane',

    beforeDatasetsDraw({ ctx, chartArea }, _args, options) {
      const { facts, fromMs, toMs } = options.content()
      const { left, right } = chartArea
      drawFacts(ctx, facts, { fromMs, toMs, left, right }, chartArea)
    },

    afterDraw(chart, _args, options) {
      const { ctx, chartArea } = chart
      const { events, tokens, fromMs, toMs } = options.content()
      ctx.save()
      ctx.font = `${tokens.textAxis}px ${tokens.fontUi}`
      drawPointerLine(chart, options.pointedAtMs(), tokens)
      marks =
        options.height === 0
          ? []
          : packLane(
              events,
              { fromMs, toMs, left: chartArea.left, right: chartArea.right },
              { mark: tokens.mark, gap: tokens.space, widthOf: (text) => ctx.measureText(text).width },
              options.sentence
            )
      for (const mark of marks) drawMark(ctx, mark, options.height / 2, tokens)
      ctx.restore()
    },

    afterEvent(chart, args, options) {
      const { x, y, type } = args.event
      if (type === 'mousemove') options.onPoint(timeUnderPointer(chart))
      if (type === 'mouseout') options.onPoint(undefined)
      if (x === null || y === null || options.height === 0) return
      const hit =
        y <= options.height ? marks.find((mark) => Math.abs(mark.x - x) <= options.content().tokens.mark) : undefined
      chart.canvas.style.cursor = hit === undefined ? '' : 'pointer'
      chart.canvas.title = hit === undefined ? '' : hit.events.map(options.sentence).join('\n')
      const last = hit?.events.at(-1)
      if (type === 'click' && last !== undefined) options.onSelect(last)
    }
  }
}

function drawMark(ctx: CanvasRenderingContext2D, mark: LaneMark, middle: number, tokens: ChartTokens): void {
  const shape = MARK_SHAPES[mark.level]
  const scale = tokens.mark / MARK_BOX
  ctx.save()
  ctx.translate(mark.x - tokens.mark / 2, middle - tokens.mark / 2)
  ctx.scale(scale, scale)
  ctx.fillStyle = ctx.strokeStyle = tokens.status[mark.level]
  ctx.lineWidth = MARK_STROKE
  if (shape.fill !== undefined) ctx.fill(pathOf(shape.fill))
  if (shape.stroke !== undefined) ctx.stroke(pathOf(shape.stroke))
  ctx.restore()

  ctx.fillStyle = tokens.text2
  ctx.textBaseline = 'middle'
  if (mark.events.length > 1) {
    ctx.textAlign = 'left'
    ctx.fillText(String(mark.events.length), mark.x + tokens.mark / 2 + tokens.space / 2, middle)
  }
  if (mark.label !== undefined) {
    ctx.textAlign = mark.label.align === 'start' ? 'left' : 'right'
    ctx.fillText(mark.label.text, mark.label.x, middle)
  }
}

type LineChart = Parameters<NonNullable<Plugin<'line'>['afterDraw']>>[0]

/** Of the samples that the tooltip shows; none beside the plot. */
function timeUnderPointer(chart: LineChart): number | undefined {
  const active = chart.tooltip?.getActiveElements()[0]
  if (active === undefined) return undefined
  return chart.scales['x']?.getValueForPixel(active.element.x)
}

/** Through all plots of the screen at one time: what one shows is compared with what the other shows then. */
function drawPointerLine(chart: LineChart, atMs: number | undefined, tokens: ChartTokens): void {
  const { ctx, chartArea, scales } = chart
  if (atMs === undefined || scales['x'] === undefined) return
  const x = Math.round(scales['x'].getPixelForValue(atMs)) + 0.5
  if (x < chartArea.left || x > chartArea.right) return
  ctx.beginPath()
  ctx.moveTo(x, chartArea.top)
  ctx.lineTo(x, chartArea.bottom)
  ctx.lineWidth = 1
  ctx.strokeStyle = tokens.text2
  ctx.stroke()
}
