/** The configs of a topic or of brokers, read when first shown, when asked to, and when they were changed here. */
import { shallowRef, watch } from 'vue'
import type { ShallowRef } from 'vue'
import type { ApiError } from '@api/api'
import type { ConfigView } from '@api/views'
import { asApiError } from '@/stores/api-error'
import { useConfigsStore } from '@/stores/configs'
import type { ConfigResource } from '@/stores/configs'

export interface Configs {
  /** undefined until the first answer; the last answer stays when a later one fails. */
  readonly configs: Readonly<ShallowRef<readonly ConfigView[] | undefined>>
  readonly error: Readonly<ShallowRef<ApiError | undefined>>
  readonly read: () => Promise<void>
}

/** `resource` is undefined while it is not known which one; read again whenever `revision` differs. */
export function useConfigs(resource: () => ConfigResource | undefined, revision: () => string = () => ''): Configs {
  const store = useConfigsStore()
  const configs = shallowRef<readonly ConfigView[]>()
  const error = shallowRef<ApiError>()
  let reads = 0

  const read = async (): Promise<void> => {
    const of = resource()
    reads += 1
    const own = reads
    if (of === undefined) return
    try {
      const found = await store.describe(of)
      // Of two reads that overlap the later one holds.
      if (own !== reads) return
      configs.value = found
      error.value = undefined
    } catch (cause) {
      if (own === reads) error.value = asApiError(cause)
    }
  }
  watch(
    // Each by itself: a parent that is drawn again gives an equal resource, which is none to ask for again.
    [() => JSON.stringify(resource()), () => store.changes, revision],
    ([now], before) => {
      if (before !== undefined && now !== before[0]) configs.value = undefined
      void read()
    },
    { immediate: true }
  )
  return { configs, error, read }
}
