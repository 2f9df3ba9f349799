/**
 * Lag over time of the groups that a screen shows: history by command, then one sample a second by watch. Both are
 * asked for again when the range changes or the connection comes back, because what was missed lies in the history.
 */
import { defineStore } from 'pinia'
import { onScopeDispose, shallowRef, watch } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { ApiError } from '@api/api'
import type { LagHistoryView } from '@api/views'
import { appendSample, emptyHistory, mergeHistory } from '@/charts/lag-series'
import { asApiError } from './api-error'
import { useConnectionStore } from './connection'
import { host } from './host'

type Slots = readonly (string | undefined)[]
/** The charts that were looked at last. */
const CHARTS_MAX = 50

export interface WatchedLag {
  /** undefined until the history has arrived. */
  readonly history: Readonly<ShallowRef<LagHistoryView | undefined>>
  readonly error: Readonly<ShallowRef<ApiError | undefined>>
}

export const useLagStore = defineStore('lag', () => {
  const connection = useConnectionStore()

  /** Which series has which place and colour in a chart, for as long as the window is open: also while it is not shown. */
  const slots = new Map<string, ShallowRef<Slots>>()
  const slotsOf = (chart: string): ShallowRef<Slots> => {
    const kept = slots.get(chart) ?? shallowRef<Slots>([])
    slots.delete(chart)
    slots.set(chart, kept)
    const [oldest] = slots.keys()
    if (slots.size > CHARTS_MAX && oldest !== undefined) slots.delete(oldest)
    return kept
  }

  /** Lives as long as the scope it is called in. */
  const follow = (groupId: string, rangeMs: Ref<number>): WatchedLag => {
    const history = shallowRef<LagHistoryView>()
    const error = shallowRef<ApiError>()
    let live = emptyHistory(groupId)
    let request = 0

    const load = async (): Promise<void> => {
      const ours = ++request
      try {
        const loaded = await host().call('group.lag', { groupId, rangeMs: rangeMs.value })
        if (ours !== request) return
        error.value = undefined
        history.value = mergeHistory(loaded, live)
      } catch (cause) {
        if (ours !== request) return
        error.value = asApiError(cause)
      }
    }

    const close = host().watch(
      `lag:${groupId}`,
      (sample) => {
        live = appendSample(live, sample, rangeMs.value)
        if (history.value !== undefined) history.value = appendSample(history.value, sample, rangeMs.value)
      },
      (refusal) => (error.value = refusal)
    )
    const stopWatching = watch(
      [rangeMs, () => connection.isConnected],
      ([, isConnected]) => {
        if (isConnected) void load()
      },
      { immediate: true }
    )
    onScopeDispose(() => {
      request += 1
      stopWatching()
      close()
    })
    return { history, error }
  }

  return { follow, slotsOf }
})
