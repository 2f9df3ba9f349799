/** Chart.js interaction: of every line the sample nearest in time to the pointer. Lines need not have the same samples. */
import { Interaction } from 'chart.js'
import type { InteractionItem, InteractionModeFunction } from 'chart.js'
import { getRelativePosition } from 'chart.js/helpers'
import { knownIndex } from './moment'

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

export function useMomentMode(): void {
  Interaction.modes.moment = (chart, event) => {
    const { x, y } = getRelativePosition(event, chart)
    if (!chart.isPointInArea({ x, y })) return []
    return chart.getSortedVisibleDatasetMetas().flatMap(({ data, index: datasetIndex }): InteractionItem[] => {
      const index = knownIndex(data as readonly Placed[], x, ({ skip }) => skip === true)
      const element = data[index]
      return element === undefined ? [] : [{ element, datasetIndex, index }]
    })
  }
}
