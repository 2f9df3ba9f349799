/** Failures on purpose, with what was predicted of each and what came of it. The newest first. */
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { createWatched } from './watched'

export const useActsStore = defineStore('acts', () => {
  const watched = createWatched('acts')
  const acts = computed(() => watched.view.value?.acts.toReversed())
  return { acts, isHeard: watched.isHeard, hold: watched.hold }
})
