/**
 * What a button does in a dialog that stays open: once at a time, with its error beside it; as a notice when the dialog is
 * gone by then, and what failed has a name.
 */
import { ref, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { ApiError } from '@api/api'
import { asApiError } from '@/stores/api-error'
import { useDialogsStore } from '@/stores/dialogs'
import { useNoticesStore, type Unseen } from '@/stores/notices'

export interface Action {
  readonly isPending: Readonly<Ref<boolean>>
  readonly error: ShallowRef<ApiError | undefined>
  /** `work` asks whether its dialog is still the one that is open. Without `unseen` a failure that nobody sees changed nothing. */
  readonly run: (work: (isHere: () => boolean) => Promise<void>, unseen?: Unseen) => Promise<void>
}

export function useAction(): Action {
  const dialogs = useDialogsStore()
  const notices = useNoticesStore()
  const isPending = ref(false)
  const error = shallowRef<ApiError>()
  const run: Action['run'] = async (work, unseen) => {
    if (isPending.value) return
    const own = dialogs.dialog
    const isHere = (): boolean => dialogs.dialog === own
    isPending.value = true
    error.value = undefined
    try {
      await work(isHere)
    } catch (cause) {
      if (isHere()) error.value = asApiError(cause)
      else if (unseen !== undefined) notices.failed(unseen.what, unseen.subject, cause, own)
    } finally {
      isPending.value = false
    }
  }
  return { isPending, error, run }
}
