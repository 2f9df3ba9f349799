/** Lag histories of a changing set of groups. A group that leaves the set stops being watched. */
import { computed, effectScope, onScopeDispose, shallowRef, toRef, watch } from 'vue'
import type { ComputedRef, EffectScope, Ref } from 'vue'
import type { LagHistoryView } from '@api/views'
import { useLagStore } from '@/stores/lag'
import type { WatchedLag } from '@/stores/lag'
import { useSettingsStore } from '@/stores/settings'

interface Followed extends WatchedLag {
  readonly scope: EffectScope
}

export function useGroupLags(groupIds: Ref<readonly string[]>): {
  readonly histories: ComputedRef<ReadonlyMap<string, LagHistoryView>>
} {
  const store = useLagStore()
  const settings = useSettingsStore()
  const rangeMs = toRef(settings, 'rangeMs')
  const followed = shallowRef<ReadonlyMap<string, Followed>>(new Map())

  watch(
    () => groupIds.value.join('\n'),
    () => {
      const next = new Map<string, Followed>()
      for (const groupId of groupIds.value) {
        const known = followed.value.get(groupId)
        const scope = known?.scope ?? effectScope(true)
        const lag = known ?? scope.run(() => store.follow(groupId, rangeMs))
        if (lag !== undefined) next.set(groupId, { history: lag.history, error: lag.error, scope })
      }
      for (const [groupId, { scope }] of followed.value) if (!next.has(groupId)) scope.stop()
      followed.value = next
    },
    { immediate: true }
  )
  onScopeDispose(() => {
    for (const { scope } of followed.value.values()) scope.stop()
  })

  const histories = computed(() => {
    const known = new Map<string, LagHistoryView>()
    for (const [groupId, { history }] of followed.value) {
      if (history.value !== undefined) known.set(groupId, history.value)
    }
    return known
  })
  return { histories }
}
