import { describe, expect, it } from 'vitest'
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
const annotationsOf = (rest: Partial<TimeChartInput>) =>
  (chart(rest).options?.plugins?.annotation?.annotations ?? []) as unknown as Record<string, unknown>[]

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

  it('draws a solid line for a process and a dotted one for what the cluster made of it', () => {
    const lines = annotationsOf({
      events: [eventView(1, 100), eventView(2, 500, { kind: 'cluster', level: 'degraded' })]
    })

    expect(lines).toMatchObject([
      { type: 'line', xMin: 100, xMax: 100, borderDash: [], borderColor: '--status-critical' },
      { type: 'line', xMin: 500, borderDash: [2, 3], borderColor: '--status-degraded' }
    ])
  })

  it('draws one line for events of one moment, of the worst level', () => {
    const lines = annotationsOf({
      events: [eventView(1, 100, { level: 'healthy' }), eventView(2, 100), eventView(3, 100, { level: 'recovering' })]
    })

    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ borderColor: '--status-critical' })
  })

  it('draws bands under the data', () => {
    expect(annotationsOf({ bands: [{ kind: 'stopped', fromMs: 1, toMs: 2 }] })).toMatchObject([
      { type: 'box', xMin: 1, xMax: 2, backgroundColor: '--band-stopped', drawTime: 'beforeDatasetsDraw' }
    ])
  })
})
