/** Consumer groups: the watched list and one watched group. */
import { defineStore } from 'pinia'
import { computed } from 'vue'
import type { GroupRow } from '@api/views'
import { createWatched } from './watched'
import type { Watched } from './watched'

/** Worst first; groups of which nothing is known come last. */
export function byLag(a: GroupRow, b: GroupRow): number {
  return (b.lagRecords ?? -1) - (a.lagRecords ?? -1) || a.groupId.localeCompare(b.groupId)
}

export const useGroupsStore = defineStore('groups', () => {
  const list = createWatched('groups')
  const worstFirst = computed(() => [...(list.view.value?.groups ?? [])].sort(byLag))
  const group = (groupId: string): Watched<`group:${string}`> => createWatched(`group:${groupId}`)
  return { view: list.view, hold: list.hold, worstFirst, group }
})
