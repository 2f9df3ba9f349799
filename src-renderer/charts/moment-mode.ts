/** Chart.js interaction: of every line the sample nearest in time to the pointer. Lines need not have the same samples. */
import { Interaction } from 'chart.js'
import type { InteractionItem, InteractionModeFunction } from 'chart.js'
import { getRelativePosition } from 'chart.js/helpers'

declare module 'chart.js' {
  interface InteractionModeMap {
    moment: InteractionModeFunction
  }
}

interface Placed {
  readonly x: number
  /** A gap. */
  readonly skip?: boolean
}

/** Index of the one nearest to `x`; they are in order. -1 for none. */
export function nearestIndex(elements: readonly Placed[], x: number): number {
  let [low, high] = [0, elements.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((elements[middle]?.x ?? 0) < x) low = middle + 1
    else high = middle
  }
  const [before, after] = [elements[low - 1], elements[low]]
  if (after === undefined) return -1
  return before !== undefined && x - before.x <= after.x - x ? low - 1 : low
}

export function useMomentMode(): void {
  Interaction.modes.moment = (chart, event) => {
    const { x, y } = getRelativePosition(event, chart)
    if (!chart.isPointInArea({ x, y })) return []
    return chart.getSortedVisibleDatasetMetas().flatMap(({ data, index: datasetIndex }): InteractionItem[] => {
      const index = nearestIndex(data, x)
      const element = data[index]
      return element === undefined || (element as Placed).skip === true ? [] : [{ element, datasetIndex, index }]
    })
  }
}
