/** The present second, for the clock of the top bar and everything that says "ago". */
import { defineStore } from 'pinia'
import { onScopeDispose, ref } from 'vue'

const SECOND_MS = 1_000

export const useClockStore = defineStore('clock', () => {
  const nowMs = ref(Date.now())
  const wait = (): number => window.setTimeout(tick, SECOND_MS - (nowMs.value % SECOND_MS))
  const tick = (): void => {
    nowMs.value = Date.now()
    timer = wait()
  }
  let timer = wait()
  onScopeDispose(() => window.clearTimeout(timer))
  return { nowMs }
})
