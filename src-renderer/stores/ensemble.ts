/** The ensemble as its members tell it. */
import { defineStore } from 'pinia'
import { createWatched } from './watched'

export const useEnsembleStore = defineStore('ensemble', () => {
  const watched = createWatched('ensemble')
  return { view: watched.view, hold: watched.hold }
})
