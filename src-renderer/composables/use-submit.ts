/**
 * What the button of a dialog does: once at a time, with its error beside it; the dialog closes when it is done. Of one that
 * is gone by then, the error is a notice: nothing that was asked for fails in silence.
 */
import { ref, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { ApiError } from '@api/api'
import { asApiError } from '@/stores/api-error'
import { useDialogsStore } from '@/stores/dialogs'
import { useNoticesStore, type Unseen } from '@/stores/notices'

export interface Submit {
  readonly isPending: Readonly<Ref<boolean>>
  readonly error: ShallowRef<ApiError | undefined>
  readonly submit: () => Promise<void>
}

/**
 * `work` answers what follows when the dialog is closed, or undefined when there is nothing that could be sent. Who has
 * closed the dialog meanwhile is busy with something else, maybe in another dialog: `isHere` is false then, and what
 * follows may tell what was done, but must not lead anywhere. `unseen` names the work as it was when it was asked for.
 */
export function useSubmit(
  work: () => Promise<(isHere: boolean) => void> | undefined,
  unseen: () => Unseen,
  failed: () => void = () => undefined
): Submit {
  const dialogs = useDialogsStore()
  const notices = useNoticesStore()
  const isPending = ref(false)
  const error = shallowRef<ApiError>()

  const submit = async (): Promise<void> => {
    const done = isPending.value ? undefined : work()
    if (done === undefined) return
    const own = dialogs.dialog
    const { what, subject } = unseen()
    isPending.value = true
    error.value = undefined
    try {
      const after = await done
      const isHere = dialogs.dialog === own
      if (isHere) dialogs.close()
      after(isHere)
    } catch (cause) {
      if (dialogs.dialog !== own) return notices.failed(what, subject, cause, own)
      error.value = asApiError(cause)
      failed()
    } finally {
      isPending.value = false
    }
  }
  return { isPending, error, submit }
}
