/** Where partitions are: the map of all topics, and what one broker holds. */
import { defineStore } from 'pinia'
import { createWatched } from './watched'
import type { Watched } from './watched'

export const usePartitionsStore = defineStore('partitions', () => {
  const map = createWatched('partitions')
  const held = (broker: string): Watched<`held:${string}`> => createWatched(`held:${broker}`)
  const placement = createWatched('placement')
  return { map: map.view, hold: map.hold, held, placement: placement.view, holdPlacement: placement.hold }
})
