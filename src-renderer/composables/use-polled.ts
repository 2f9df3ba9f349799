/**
 * What is asked for again and again while its screen is open: the last answer, or undefined while nobody has given one since
 * what is asked for changed. A question waits for the answer to the one before.
 */
import { shallowRef, watch } from 'vue'
import type { ShallowRef } from 'vue'
import { useIntervalFn } from '@vueuse/core'

const EVERY_MS = 2000

export function usePolled<Key, Value>(
  key: () => Key,
  ask: (key: Key) => Promise<Value>
): {
  readonly value: ShallowRef<Value | undefined>
  /** The same, but that it stays while nobody answers: what may still be so. */
  readonly last: ShallowRef<Value | undefined>
  readonly isRefused: ShallowRef<boolean>
  readonly again: () => void
} {
  const value = shallowRef<Value>()
  const last = shallowRef<Value>()
  const isRefused = shallowRef(false)
  let asked = 0
  let isWaiting = false

  const again = async (): Promise<void> => {
    if (isWaiting) return
    isWaiting = true
    const mine = asked
    try {
      const answer = await ask(key())
      if (mine !== asked) return
      value.value = answer
      last.value = answer
      isRefused.value = false
    } catch {
      // The banner of the page says why nobody answers; here it is only not known.
      if (mine !== asked) return
      value.value = undefined
      isRefused.value = true
    } finally {
      isWaiting = false
      if (mine !== asked) void again()
    }
  }
  watch(
    () => JSON.stringify(key()),
    () => {
      asked += 1
      value.value = undefined
      last.value = undefined
      isRefused.value = false
      void again()
    },
    { immediate: true }
  )
  useIntervalFn(() => void again(), EVERY_MS)
  return { value, last, isRefused, again: () => void again() }
}
