/** Recent events, oldest first. The host sends the whole recent list at the start of a watch, then the new ones. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ClusterEvent } from '@api/views'
import { host } from './host'

const EVENTS_MAX = 2_000

export function mergeEvents(known: readonly ClusterEvent[], arrived: readonly ClusterEvent[]): ClusterEvent[] {
  const identity = (event: ClusterEvent): string => `${event.id}@${event.atMs}`
  const ids = new Set(known.map(identity))
  const fresh = arrived.filter((event) => !ids.has(identity(event)))
  return [...known, ...fresh].sort((a, b) => a.atMs - b.atMs || a.id - b.id).slice(-EVENTS_MAX)
}

export const useEventsStore = defineStore('events', () => {
  const events = shallowRef<readonly ClusterEvent[]>([])
  const hasArrived = ref(false)
  /** The list above the event rail is open; the event chosen in a chart or in the rail. */
  const isListOpen = ref(false)
  const selectedId = ref<number | null>(null)

  host().watch('events', (push) => {
    events.value = mergeEvents(events.value, push.events)
    hasArrived.value = true
  })

  const latest = computed(() => events.value.at(-1))
  const select = (id: number): void => {
    selectedId.value = id
    isListOpen.value = true
  }

  return { events, hasArrived, isListOpen, selectedId, latest, select }
})
