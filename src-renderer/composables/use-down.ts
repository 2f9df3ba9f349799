/** What is known of a cluster that is looked at and does not run: how it is in a sentence, and why; undefined while it runs. */
import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import { useClustersStore } from '@/stores/clusters'
import { useText } from './use-text'

export interface Down {
  readonly title: string
  readonly why: string
}

export function useDown(): ComputedRef<Down | undefined> {
  const clusters = useClustersStore()
  const { t, foreign, hostSentence } = useText()
  return computed(() => {
    if (!clusters.isDown) return undefined
    const { name = '', state = 'unknown', problem = null } = clusters.current ?? {}
    return {
      title: t(`clusters.down.${state}`, { name: foreign(name) }),
      why: problem === null ? t(`clusters.why.${state}`) : hostSentence(problem)
    }
  })
}
