/**
 * A list of which the host tells the first rows and counts the rest: more of them on demand up to a bound, and those that a filter
 * leaves. It is asked for again while its screen is open; rows stay until the answer to another question is there.
 */
import { computed, ref, shallowRef, watch } from 'vue'
import type { ComputedRef, Ref, ShallowRef } from 'vue'
import { refDebounced } from '@vueuse/core'
import { usePolled } from './use-polled'

/** Rows that one more question adds. */
export const PAGE = 200
const TYPING_MS = 250

export interface BoundedAsked {
  readonly limit: number
  readonly contains?: string
}

export interface BoundedList<Value> {
  readonly filter: Ref<string>
  /** undefined before the first answer. */
  readonly value: ShallowRef<Value | undefined>
  /** Nobody answers, and there is nothing to show. */
  readonly isRefused: ComputedRef<boolean>
  readonly canGrow: ComputedRef<boolean>
  readonly more: () => void
}

/** `about`: which of several lists is meant, where one place shows them in turn. */
export function useBoundedList<Value, About extends string = ''>(
  rowsMax: number,
  filterMax: number,
  ask: (asked: BoundedAsked, about: About) => Promise<Value>,
  about?: () => About
): BoundedList<Value> {
  const filter = ref('')
  const limit = ref(PAGE)
  const settled = refDebounced(filter, TYPING_MS)
  const value = shallowRef<Value>()
  const polled = usePolled(
    () => {
      const contains = settled.value.trim().slice(0, filterMax)
      return {
        about: about?.() ?? ('' as About),
        asked: { limit: limit.value, ...(contains === '' ? {} : { contains }) }
      }
    },
    (key) => ask(key.asked, key.about)
  )
  watch(polled.value, (answer) => {
    if (answer !== undefined) value.value = answer
  })
  watch(polled.isRefused, (isRefused) => {
    if (isRefused) value.value = undefined
  })
  return {
    filter,
    value,
    isRefused: computed(() => polled.isRefused.value && value.value === undefined),
    canGrow: computed(() => limit.value < rowsMax),
    more: () => (limit.value = Math.min(rowsMax, limit.value + PAGE))
  }
}
