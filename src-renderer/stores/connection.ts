/** Whether the host answers, and since when it does not. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { host } from './host'

export const useConnectionStore = defineStore('connection', () => {
  const isConnected = ref(false)
  const wasConnected = ref(false)
  const lostAtMs = ref<number | null>(null)

  host().connection((value) => {
    if (!value && isConnected.value) lostAtMs.value = Date.now()
    if (value) {
      lostAtMs.value = null
      wasConnected.value = true
    }
    isConnected.value = value
  })

  return { isConnected, wasConnected, lostAtMs }
})
