/** What a button does in a dialog that stays open: once at a time, with its error beside it. */
import { ref, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { ApiError } from '@api/api'
import { asApiError } from '@/stores/api-error'

export interface Action {
  readonly isPending: Readonly<Ref<boolean>>
  readonly error: ShallowRef<ApiError | undefined>
  readonly run: (work: () => Promise<void>) => Promise<void>
}

export function useAction(): Action {
  const isPending = ref(false)
  const error = shallowRef<ApiError>()
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (isPending.value) return
    isPending.value = true
    error.value = undefined
    try {
      await work()
    } catch (cause) {
      error.value = asApiError(cause)
    } finally {
      isPending.value = false
    }
  }
  return { isPending, error, run }
}
