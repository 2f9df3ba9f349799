/**
 * One Chart.js instance on one canvas: made when the canvas is there, updated without animation when its configuration
 * changes, destroyed with its scope. The instance is never reactive: a proxy around it recurses without end.
 *
 * What changes within a frame is one update: samples of six groups and the second's beat come in messages of their own.
 * A page that is not seen has no frames, and draws when it is seen again.
 */
import { effect, markRaw, stop, watch } from 'vue'
import type { Ref } from 'vue'
import { Chart, LineController, LineElement, LinearScale, PointElement, Tooltip } from 'chart.js'
import type { ChartConfiguration, ChartDataset } from 'chart.js'
import type { Point } from '@/charts/lag-series'
import { createLanePlugin } from '@/charts/lane-plugin'
import { linePlugin } from '@/charts/line-plugin'
import { useMomentMode } from '@/charts/moment-mode'

Chart.register(LineController, LineElement, LinearScale, PointElement, Tooltip)
useMomentMode()

/** Lines that stay are the same objects: Chart.js knows a line by its object, and makes every point of another anew. */
function takeIn(datasets: ChartDataset<'line', Point[]>[], next: readonly ChartDataset<'line', Point[]>[]): void {
  datasets.length = Math.min(datasets.length, next.length)
  for (const [index, one] of next.entries()) datasets[index] = Object.assign(datasets[index] ?? {}, one)
}

export function useChart(
  canvas: Readonly<Ref<HTMLCanvasElement | null>>,
  configuration: () => ChartConfiguration<'line', Point[]>,
  /** What is drawn over the plot; nothing is laid out anew when it changes. */
  overlay: () => unknown
): void {
  let chart: Chart<'line', Point[]> | undefined
  let frame: number | undefined

  const destroy = (): void => {
    if (frame !== undefined) cancelAnimationFrame(frame)
    frame = undefined
    chart?.destroy()
    chart = undefined
  }

  const draw = (element: HTMLCanvasElement, next: ChartConfiguration<'line', Point[]> | undefined): void => {
    if (next === undefined) return
    if (chart === undefined) {
      chart = markRaw(new Chart(element, { ...next, plugins: [linePlugin, createLanePlugin()] }))
      return
    }
    takeIn(chart.data.datasets, next.data.datasets)
    if (next.options !== undefined) chart.options = next.options
    chart.update('none')
  }

  watch(
    canvas,
    (element, _before, ended) => {
      if (element === null) return
      // Drawing itself is no part of the effect: what it reads (the pointer) is the overlay's.
      let next: ReturnType<typeof configuration> | undefined
      const read = effect(() => (next = configuration()), { scheduler: () => (frame ??= requestAnimationFrame(again)) })
      const again = (): void => {
        frame = undefined
        read()
        draw(element, next)
      }
      draw(element, next)
      ended(() => {
        stop(read)
        destroy()
      })
    },
    { flush: 'post', immediate: true }
  )
  watch(overlay, () => chart?.draw())
}
