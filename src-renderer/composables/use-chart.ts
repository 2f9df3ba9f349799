/**
 * One Chart.js instance on one canvas: made when the canvas is there, updated without animation when its configuration
 * changes, destroyed with its scope. The instance is never reactive: a proxy around it recurses without end.
 */
import { markRaw, onScopeDispose, watch } from 'vue'
import type { Ref } from 'vue'
import { Chart, LineController, LineElement, LinearScale, PointElement, Tooltip } from 'chart.js'
import type { ChartConfiguration } from 'chart.js'
import annotation from 'chartjs-plugin-annotation'
import type { Point } from '@/charts/lag-series'
import { createLanePlugin } from '@/charts/lane-plugin'

Chart.register(LineController, LineElement, LinearScale, PointElement, Tooltip, annotation)

export function useChart(
  canvas: Readonly<Ref<HTMLCanvasElement | null>>,
  configuration: () => ChartConfiguration<'line', Point[]>,
  /** What is drawn over the plot; nothing is laid out anew when it changes. */
  overlay: () => unknown
): void {
  let chart: Chart<'line', Point[]> | undefined

  const destroy = (): void => {
    chart?.destroy()
    chart = undefined
  }

  watch(
    [canvas, configuration] as const,
    ([element, next]) => {
      if (element === null) {
        destroy()
        return
      }
      if (chart !== undefined && chart.canvas !== element) destroy()
      if (chart === undefined) {
        chart = markRaw(new Chart(element, { ...next, plugins: [createLanePlugin()] }))
        return
      }
      chart.data = next.data
      if (next.options !== undefined) chart.options = next.options
      chart.update('none')
    },
    { flush: 'post', immediate: true }
  )
  watch(overlay, () => chart?.draw())
  onScopeDispose(destroy)
}
