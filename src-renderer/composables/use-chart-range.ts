/** The time that charts show: the chosen range up to now, and the events in it. */
import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import type { ClusterEvent } from '@api/views'
import { useClockStore } from '@/stores/clock'
import { useEventsStore } from '@/stores/events'
import { useSettingsStore } from '@/stores/settings'

export interface ChartRange {
  readonly fromMs: ComputedRef<number>
  readonly toMs: ComputedRef<number>
  readonly events: ComputedRef<readonly ClusterEvent[]>
}

export function useChartRange(concerns: (event: ClusterEvent) => boolean = () => true): ChartRange {
  const clock = useClockStore()
  const settings = useSettingsStore()
  const store = useEventsStore()
  const toMs = computed(() => clock.nowMs)
  const fromMs = computed(() => clock.nowMs - settings.rangeMs)
  const events = computed(() => store.events.filter((event) => event.atMs >= fromMs.value && concerns(event)))
  return { fromMs, toMs, events }
}
