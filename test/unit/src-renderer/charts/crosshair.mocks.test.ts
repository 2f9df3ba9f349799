import { flushPromises } from '@vue/test-utils'
import type { Chart, ChartConfiguration } from 'chart.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createLanePlugin } from '@/charts/lane-plugin'
import type { LaneOptions } from '@/charts/lane-plugin'
import EventList from '@/components/data/EventList.vue'
import EventRail from '@/components/shell/EventRail.vue'
import TimeChart from '@/components/data/TimeChart.vue'
import { useClockStore } from '@/stores/clock'
import { show, useFakeHost } from '../support/mount'
import { eventView, NOW_MS } from '../support/views'

interface Drawn {
  readonly configuration: () => ChartConfiguration<'line'>
  readonly overlay: () => unknown
}
const drawn: Drawn[] = []
vi.mock('@/composables/use-chart', () => ({
  useChart: (_: unknown, configuration: Drawn['configuration'], overlay: Drawn['overlay']) =>
    drawn.push({ configuration, overlay })
}))
const lane = (index: number): LaneOptions => drawn[index]?.configuration().options?.plugins?.lane as LaneOptions

// The clock of the page ticks on while a slow machine renders: here it stays.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS })
  useFakeHost()
  drawn.length = 0
})
afterEach(() => void vi.useRealTimers())

const plot = { label: '', series: [], events: [], fromMs: NOW_MS - 60_000, toMs: NOW_MS, formatValue: String }
const screen = defineComponent({ render: () => [h(TimeChart, plot), h(TimeChart, plot), h(EventRail)] })

describe('the crosshair', () => {
  it('of one plot is that of all plots of the screen, and of the event rail, until the pointer leaves', async () => {
    await show(screen)

    lane(0).onPoint(NOW_MS - 30_000)
    await flushPromises()
    expect(lane(1).pointedAtMs()).toBe(NOW_MS - 30_000)
    expect(drawn[1]?.overlay()).toBe(NOW_MS - 30_000)
    expect(document.querySelector('.crosshair')).not.toBeNull()

    lane(0).onPoint(undefined)
    await flushPromises()
    expect(lane(1).pointedAtMs()).toBeUndefined()
    expect(document.querySelector('.crosshair')).toBeNull()
  })

  it('is at the sample under the pointer, nowhere beside the plot, and goes when the pointer does', () => {
    const points: (number | undefined)[] = []
    const active = [{ element: { x: 120 } }]
    const chart = {
      canvas: document.createElement('canvas'),
      scales: { x: { getValueForPixel: (x: number) => x * 10 } },
      tooltip: { getActiveElements: () => active }
    } as unknown as Chart<'line'>
    const options = { height: 0, onPoint: (atMs: number | undefined) => points.push(atMs) } as unknown as LaneOptions
    const move = (type: string): void => {
      const event = { x: 118, y: 40, type }
      createLanePlugin().afterEvent?.(
        chart,
        { event, replay: false, cancelable: false, inChartArea: true } as never,
        options
      )
    }
    move('mousemove')
    active.length = 0
    move('mousemove')
    move('mouseout')

    expect(points).toEqual([1200, undefined, undefined])
  })
})

describe('the times of a list of events', () => {
  const at = (day: number, hour: number): number => new Date(2026, 10, day, hour, 5, 9).getTime()
  const times = (): string[] => [...document.querySelectorAll('time')].map((time) => time.textContent)

  it('all have dates where the list crosses midnight', async () => {
    useClockStore().nowMs = at(22, 1)
    await show(EventList, { events: [eventView(1, at(21, 23)), eventView(2, at(22, 1))], max: 9 })

    expect(times()).toEqual(['11-22 01:05:09', '11-21 23:05:09'])
  })
})
