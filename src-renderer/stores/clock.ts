/** The present second, for the clock of the top bar and everything that says "ago". */
import { defineStore } from 'pinia'
import { onScopeDispose, ref } from 'vue'
import { onBeat } from '@/beat'

export const useClockStore = defineStore('clock', () => {
  const nowMs = ref(Date.now())
  onScopeDispose(onBeat((atMs) => (nowMs.value = atMs)))
  return { nowMs }
})
