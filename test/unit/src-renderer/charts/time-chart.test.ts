import { describe, expect, it } from 'vitest'
import { drawFacts } from '@/charts/facts'
import { createLanePlugin } from '@/charts/lane-plugin'
import type { LaneOptions } from '@/charts/lane-plugin'
import { timeChart } from '@/charts/time-chart'
import type { TimeChartInput } from '@/charts/time-chart'
import { readTokens } from '@/charts/tokens'
import { eventView } from '../support/views'

const tokens = readTokens((name) =>
  name === '--dash-3'
    ? '6 3'
    : name.startsWith('--dash')
      ? 'none'
      : /text-axis|event-lane|axis-gutter|mark|space/.test(name)
        ? '12px'
        : name
)
const texts = {
  value: String,
  tick: String,
  time: String,
  moment: (atMs: number) => `on ${atMs}`,
  sentence: () => 'killed'
}
const input: TimeChartInput = {
  series: [
    {
      name: 'Total',
      series: 1,
      points: [
        { x: 100, y: 5 },
        { x: 200, y: Number.NaN },
        { x: 300, y: 48_120 }
      ]
    },
    { name: 'orders-1', series: 3, points: [] }
  ],
  events: [],
  bands: [],
  fromMs: 0,
  toMs: 1000,
  isInteger: true,
  hasLane: true,
  hasTimeLabels: true
}
const hands = { onSelect: () => undefined, onPoint: () => undefined, pointedAtMs: () => undefined }
const chart = (rest: Partial<TimeChartInput> = {}) => timeChart({ ...input, ...rest }, tokens, texts, hands)
const factsIn = (rest: Partial<TimeChartInput>) => {
  const lane = chart(rest).options?.plugins?.lane as LaneOptions | undefined
  return lane?.content().facts
}

describe('a plot over time', () => {
  it('never smooths, never animates, never draws over a gap', () => {
    const { data, options } = chart()

    expect(options).toMatchObject({ animation: false, parsing: false, normalized: true })
    expect(data.datasets[0]).toMatchObject({ tension: 0, spanGaps: false, pointRadius: 0 })
    expect(data.datasets[0]?.data[1]?.y).toBeNaN()
  })

  it('takes colour and dash of each series from the tokens', () => {
    const [total, partition] = chart().data.datasets

    expect(total).toMatchObject({ borderColor: '--series-1', borderDash: [] })
    expect(partition).toMatchObject({ borderColor: '--series-3', borderDash: [6, 3] })
  })

  it('has its value axis from 0 on the right, next to now', () => {
    expect(chart().options?.scales?.y).toMatchObject({ position: 'right', min: 0, max: 50_000 })
    expect(chart().options?.scales?.x).toMatchObject({ min: 0, max: 1000 })
  })

  it('titles its tooltip with the moment, which has a date where the range needs one', () => {
    const title = chart().options?.plugins?.tooltip?.callbacks?.title as unknown as (items: object[]) => string

    expect(title([{ parsed: { x: 300 } }])).toBe('on 300')
  })

  it('shows in its tooltip of every line what it was at the moment of the title, not at the nearest that is drawn', () => {
    const line = (name: string, series: number, shiftMs: number) => ({
      name,
      series,
      points: Array.from({ length: 3600 }, (_, at) => ({ x: at * 1000 + shiftMs, y: at + series * 10_000 }))
    })
    const open = { ...line('open', 4, 0) }
    open.points = open.points.filter(({ x }) => x < 1_000_000 || x > 1_300_000)
    open.points.push({ x: 3_600_000, y: 0 })
    open.points.splice(1000, 0, { x: 999_001, y: Number.NaN })
    const { options } = chart({
      series: [line('first', 1, 0), line('same', 2, 0), line('other', 3, 400), open],
      toMs: 3_600_000
    })
    const tooltip = options?.plugins?.tooltip
    type Items = object[]
    const items: Items = [0, 1, 2, 3].map((datasetIndex) => ({
      datasetIndex,
      dataset: { label: ['first', 'same', 'other', 'open'][datasetIndex] },
      parsed: { x: 1_207_000 - datasetIndex * 3000, y: 77 },
      get chart() {
        return { tooltip: { dataPoints: items } }
      }
    }))
    const filter = tooltip?.filter as unknown as (item: object, index: number, items: Items) => boolean
    const label = tooltip?.callbacks?.label as unknown as (item: object) => string

    const shown = items.filter((item, index) => filter(item, index, items))

    expect(shown.map(label)).toEqual([' first  11207', ' same  21207', ' other  31207  (on 1207400)'])
  })

  it('draws a solid line for a process and a dotted one for what the cluster made of it', () => {
    const facts = factsIn({
      events: [eventView(1, 100), eventView(2, 500, { kind: 'cluster', level: 'degraded' })]
    })

    expect(facts?.lines).toEqual([
      { atMs: 100, dash: [], colour: '--status-critical' },
      { atMs: 500, dash: [2, 3], colour: '--status-degraded' }
    ])
  })

  it('draws one line for events of one moment, of the worst level', () => {
    const facts = factsIn({
      events: [eventView(1, 100, { level: 'healthy' }), eventView(2, 100), eventView(3, 100, { level: 'recovering' })]
    })

    expect(facts?.lines).toHaveLength(1)
    expect(facts?.lines[0]).toMatchObject({ colour: '--status-critical' })
  })

  it('draws bands under the data', () => {
    expect(factsIn({ bands: [{ kind: 'stopped', fromMs: 1, toMs: 2 }] })?.bands).toEqual([
      { fromMs: 1, toMs: 2, colour: '--band-stopped' }
    ])
    expect(createLanePlugin()).toHaveProperty('beforeDatasetsDraw')
  })

  it('draws bands and lines at their times, from the top of the plot to its end, and nothing beside it', () => {
    const drawn: unknown[][] = []
    const context = new Proxy({} as CanvasRenderingContext2D, {
      get:
        (_, name) =>
        (...given: unknown[]) =>
          void drawn.push([name, ...given]),
      set: () => true
    })
    const facts = {
      bands: [{ fromMs: -500, toMs: 100, colour: 'red' }],
      lines: [{ atMs: 500, colour: 'blue', dash: [] }]
    }

    drawFacts(context, facts, { fromMs: 0, toMs: 1000, left: 10, right: 210 }, { top: 5, bottom: 95 })

    expect(drawn).toContainEqual(['fillRect', 10, 5, 20, 90])
    expect(drawn).toContainEqual(['moveTo', 110, 5])
    expect(drawn).toContainEqual(['lineTo', 110, 95])
  })
})
