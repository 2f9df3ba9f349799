/** Consumer groups: the watched list and one watched group. */
import { defineStore } from 'pinia'
import { createWatched } from './watched'
import type { Watched } from './watched'

export const useGroupsStore = defineStore('groups', () => {
  const list = createWatched('groups')
  const group = (groupId: string): Watched<`group:${string}`> => createWatched(`group:${groupId}`)
  return { view: list.view, hold: list.hold, group }
})
