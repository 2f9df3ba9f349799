/** Where in time the pointer is, for all plots of the screen. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

export const useCrosshairStore = defineStore('crosshair', () => {
  const atMs = ref<number>()
  const point = (next: number | undefined): void => {
    atMs.value = next
  }
  return { atMs, point }
})
