/**
 * Series, events and tokens to a Chart.js configuration: the one form of every plot in the app. Lines are straight
 * between samples, a gap is a gap, the y axis stands right next to "now", events are vertical facts through all plots.
 */
import type { ChartConfiguration, ChartDataset, TooltipItem } from 'chart.js'
import type { ClusterEvent } from '@api/views'
import type { Band } from './bands'
import { factsOf } from './facts'
import type { LaneContent, LaneOptions } from './lane-plugin'
import type { Point } from './lag-series'
import { knownAt } from './moment'
import { thinned } from './thinned'
import { hasSeconds, labelledTicks } from './time-axis'
import type { ChartTokens } from './tokens'
import { valueAxis } from './value-axis'

/** Pixels between two labels of the time axis. */
export const TICK_GAP = 88
/** A line of more has a sample on each pixel or two; a wide one would be a band, and takes four times as long to fill. */
const DENSE_POINTS = 400
const WIDTHS = { sparse: 1.5, dense: 1 }
/** Labels that are measured to lay an axis out; of one font and a few figures, all are alike. */
const SAMPLED_LABELS = 2

export interface ChartSeries {
  readonly name: string
  /** 1 to 6: colour and dash. */
  readonly series: number
  readonly points: readonly Point[]
}

/** A series of lag with what it is now. */
export interface LagLine extends ChartSeries {
  readonly now: number | null
}

export interface TimeChartInput {
  readonly series: readonly ChartSeries[]
  readonly events: readonly ClusterEvent[]
  readonly bands: readonly Band[]
  readonly fromMs: number
  readonly toMs: number
  /** Counts have whole ticks. */
  readonly isInteger: boolean
  /** Charts stacked on one time axis show the lane on the first and the labels on the last. */
  readonly hasLane: boolean
  readonly hasTimeLabels: boolean
}

export interface TimeChartTexts {
  readonly value: (value: number) => string
  readonly tick: (value: number, step: number) => string
  readonly time: (atMs: number, hasSeconds: boolean, isDated: boolean) => string
  /** With its date where the plot's times are not all of today. */
  readonly moment: (atMs: number) => string
  readonly sentence: (event: ClusterEvent) => string
}

export function timeChart(
  input: TimeChartInput,
  tokens: ChartTokens,
  texts: TimeChartTexts,
  hands: Pick<LaneOptions, 'onSelect' | 'onPoint' | 'pointedAtMs'>
): ChartConfiguration<'line', Point[]> {
  const axis = valueAxis(highest(input.series), input.isInteger)
  const font = { family: tokens.fontUi, size: tokens.textAxis }
  const laneHeight = input.hasLane ? tokens.eventLane : 0
  const { events, fromMs, toMs } = input
  const content: LaneContent = { events, facts: factsOf(input, tokens), tokens, fromMs, toMs }
  /** Of all samples, not of those that are drawn: those of two lines are seconds apart where they are thinned. */
  const sampleAt = (index: number, atMs: number): Point | undefined => knownAt(input.series[index]?.points ?? [], atMs)
  let timeStepMs = 1
  let dated: readonly boolean[] = []

  return {
    type: 'line',
    data: { datasets: input.series.map((one) => dataset(one, toMs - fromMs, tokens)) },
    options: {
      animation: false,
      parsing: false,
      normalized: true,
      responsive: true,
      maintainAspectRatio: false,
      events: ['mousemove', 'mouseout', 'click'],
      interaction: { mode: 'moment', intersect: false },
      layout: { padding: { top: laneHeight === 0 ? tokens.space : laneHeight + tokens.space } },
      scales: {
        x: {
          type: 'linear',
          min: fromMs,
          max: toMs,
          border: { display: false },
          grid: { color: tokens.lineSoft, drawTicks: false, tickLength: 0 },
          ticks: {
            display: input.hasTimeLabels,
            color: tokens.text3,
            font,
            padding: tokens.space,
            maxRotation: 0,
            autoSkip: false,
            sampleSize: SAMPLED_LABELS,
            callback: (value, index) => texts.time(Number(value), hasSeconds(timeStepMs), dated[index] === true)
          },
          afterBuildTicks: (scale) => {
            const scaleRight = scale.chart.width - tokens.axisGutter
            // A label whose half would stick out is left out, so that nothing moves the plot.
            const ticks = labelledTicks({ fromMs, toMs, left: 0, right: scaleRight }, TICK_GAP)
            timeStepMs = ticks.stepMs
            dated = ticks.dated
            scale.ticks = ticks.atMs.map((value) => ({ value }))
          }
        },
        y: {
          position: 'right',
          min: 0,
          max: axis.max,
          border: { display: false },
          grid: { color: tokens.lineSoft, drawTicks: false, tickLength: 0 },
          ticks: {
            color: tokens.text3,
            font,
            padding: tokens.space * 2,
            // There are six at most, and the axis has a width of its own.
            autoSkip: false,
            sampleSize: SAMPLED_LABELS,
            stepSize: axis.step,
            callback: (value) => texts.tick(Number(value), axis.step)
          },
          afterFit: (scale) => {
            scale.width = tokens.axisGutter
          }
        }
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          animation: false,
          backgroundColor: tokens.raised,
          borderColor: tokens.line,
          borderWidth: 1,
          cornerRadius: tokens.space,
          titleColor: tokens.text2,
          bodyColor: tokens.text1,
          titleFont: { ...font, weight: 'normal' },
          bodyFont: font,
          boxWidth: tokens.mark,
          boxHeight: 1,
          caretSize: 0,
          // All tell of the moment of the first.
          filter: (item, _index, items) => sampleAt(item.datasetIndex, momentOf(items)) !== undefined,
          callbacks: {
            title: (items) => (items.length === 0 ? '' : texts.moment(momentOf(items))),
            label: (item) => {
              const atMs = momentOf((item.chart.tooltip?.dataPoints as TooltipItem<'line'>[] | undefined) ?? [item])
              const sample = sampleAt(item.datasetIndex, atMs)
              if (sample === undefined) return ''
              const own = texts.moment(sample.x)
              const isOfAnother = own !== texts.moment(atMs)
              return ` ${item.dataset.label ?? ''}  ${texts.value(sample.y)}${isOfAnother ? `  (${own})` : ''}`
            }
          }
        },
        lane: {
          content: () => content,
          sentence: texts.sentence,
          height: laneHeight,
          ...hands
        }
      }
    }
  }
}

const momentOf = (items: readonly TooltipItem<'line'>[]): number => items[0]?.parsed.x ?? 0

function highest(series: readonly ChartSeries[]): number {
  let value = 0
  for (const one of series) for (const point of one.points) if (point.y > value) value = point.y
  return value
}

function dataset(one: ChartSeries, rangeMs: number, tokens: ChartTokens): ChartDataset<'line', Point[]> {
  const colour = tokens.series[one.series - 1] ?? tokens.text2
  const data = [...thinned(one.points, rangeMs)]
  return {
    label: one.name,
    data,
    borderColor: colour,
    backgroundColor: colour,
    // Drawn by line-plugin.ts.
    showLine: false,
    borderWidth: data.length > DENSE_POINTS ? WIDTHS.dense : WIDTHS.sparse,
    borderDash: [...(tokens.dashes[one.series - 1] ?? [])],
    pointRadius: 0,
    pointHitRadius: 0,
    pointHoverRadius: 2,
    tension: 0,
    spanGaps: false
  }
}
