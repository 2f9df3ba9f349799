/** Whether the host answers, and since when it does not. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { host } from './host'

export const useConnectionStore = defineStore('connection', () => {
  const isConnected = ref(false)
  const wasConnected = ref(false)
  const lostAtMs = ref<number | null>(null)
  /** The host answers, and no longer knows this page: only the address that it printed leads back in. */
  const isRefused = ref(false)

  host().connection((value, refused = false) => {
    isRefused.value = refused
    if (!value && isConnected.value) lostAtMs.value = Date.now()
    if (value) {
      lostAtMs.value = null
      wasConnected.value = true
    }
    isConnected.value = value
  })

  return { isConnected, wasConnected, lostAtMs, isRefused }
})
