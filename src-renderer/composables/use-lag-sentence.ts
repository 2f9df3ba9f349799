/** What a lag chart says to those who do not see it: from what to what, how high, and whether there is a gap. */
import { computed } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { summarize } from '@/charts/lag-series'
import type { ChartSeries } from '@/charts/time-chart'
import { integer } from '@/format'
import { useText } from './use-text'

export function useLagSentence(
  series: Ref<readonly ChartSeries[]>,
  fromMs: Ref<number>,
  toMs: Ref<number>
): ComputedRef<string> {
  const { t, when, foreign } = useText()
  return computed(() => {
    const range = { fromMs: fromMs.value, toMs: toMs.value }
    return series.value
      .map((one) => {
        const { first, last, highest, hasGap } = summarize(one.points, fromMs.value)
        if (highest === null) return t('chart.lagUnknown', { name: foreign(one.name) })
        const named = {
          name: foreign(one.name),
          first: integer(first),
          last: integer(last),
          highest: integer(highest),
          from: when(fromMs.value, range),
          to: when(toMs.value, range)
        }
        return t(hasGap ? 'chart.lagWithGap' : 'chart.lag', named)
      })
      .join(' ')
  })
}
