/** A search or a tail of a page: its records, newest first, and how far it is. It ends with the page. */
import { onScopeDispose, ref, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { ApiError } from '@api/api'
import type { CommandInput } from '@api/commands'
import type { JobPush } from '@api/search'
import type { RecordView } from '@api/views'
import { asApiError } from '@/stores/api-error'
import { useRecordsStore, type RecordJob } from '@/stores/records'

/** Shown of a search; all that is found is counted. */
export const SEARCH_LIMIT = 1000
/** Kept of a tail. */
const TAIL_KEPT = 500

export type SearchPush = Extract<JobPush, { type: 'search' }>
export type TailPush = Extract<JobPush, { type: 'tail' }>

export interface RecordJobs {
  readonly mode: Readonly<Ref<'browse' | 'search' | 'tail'>>
  readonly records: Readonly<ShallowRef<readonly RecordView[]>>
  readonly search: Readonly<ShallowRef<SearchPush | undefined>>
  readonly tail: Readonly<ShallowRef<TailPush | undefined>>
  readonly error: Readonly<ShallowRef<ApiError | undefined>>
  /** Records that a tail's page let go of to stay bounded. */
  readonly droppedCount: Readonly<Ref<number>>
  /** Gives the error of this one when it does not begin; undefined, too, when another was begun meanwhile. */
  readonly startSearch: (query: Omit<CommandInput<'search.open'>, 'limit'>) => Promise<ApiError | undefined>
  readonly startTail: (query: CommandInput<'tail.open'>) => Promise<void>
  readonly stop: () => void
  readonly pause: (isPaused: boolean) => Promise<void>
  readonly leave: () => void
}

export function useRecordJob(): RecordJobs {
  const store = useRecordsStore()
  const mode = ref<'browse' | 'search' | 'tail'>('browse')
  const records = shallowRef<readonly RecordView[]>([])
  const search = shallowRef<SearchPush>()
  const tail = shallowRef<TailPush>()
  const error = shallowRef<ApiError>()
  const droppedCount = ref(0)
  let job: RecordJob | undefined
  /** Which one is on the screen: one that was replaced tells nothing any more. */
  let turn = 0

  function pushed(push: JobPush): void {
    if (push.type === 'search') {
      search.value = push
      if (push.records.length > 0) records.value = [...records.value, ...push.records].sort(newestFirst)
    } else if (push.type === 'tail') {
      tail.value = push
      if (push.records.length === 0) return
      const all = [...push.records.toReversed(), ...records.value]
      droppedCount.value += Math.max(0, all.length - TAIL_KEPT)
      records.value = all.slice(0, TAIL_KEPT)
    }
  }

  function clear(next: 'browse' | 'search' | 'tail'): number {
    job?.close()
    job = undefined
    mode.value = next
    records.value = []
    search.value = undefined
    tail.value = undefined
    error.value = undefined
    droppedCount.value = 0
    return ++turn
  }

  async function begin(own: number, opened: Promise<RecordJob>): Promise<ApiError | undefined> {
    try {
      const started = await opened
      if (own === turn) job = started
      else started.close()
    } catch (cause) {
      if (own !== turn) return undefined
      error.value = asApiError(cause)
      return error.value
    }
    return undefined
  }
  const follow =
    (own: number) =>
    (push: JobPush): void => {
      if (own === turn) pushed(push)
    }
  const lost =
    (own: number) =>
    (cause: ApiError): void => {
      if (own !== turn) return
      error.value = cause
      // Nothing is running any more, and no push will say so.
      if (search.value !== undefined) search.value = { ...search.value, state: 'failed' }
      if (tail.value !== undefined) tail.value = { ...tail.value, state: 'failed' }
    }

  const startSearch: RecordJobs['startSearch'] = async (query) => {
    const own = clear('search')
    return begin(own, store.open('search.open', { ...query, limit: SEARCH_LIMIT }, follow(own), lost(own)))
  }
  const startTail: RecordJobs['startTail'] = async (query) => {
    const own = clear('tail')
    await begin(own, store.open('tail.open', query, follow(own), lost(own)))
  }
  const pause = async (isPaused: boolean): Promise<void> => {
    if (job === undefined) return
    try {
      await store.pause(job.id, isPaused)
    } catch (cause) {
      error.value = asApiError(cause)
    }
  }
  const leave = (): void => void clear('browse')
  onScopeDispose(() => job?.close())
  return {
    mode,
    records,
    search,
    tail,
    error,
    droppedCount,
    startSearch,
    startTail,
    stop: () => job?.close(),
    pause,
    leave
  }
}

function newestFirst(a: RecordView, b: RecordView): number {
  return Number(b.timestampMs) - Number(a.timestampMs) || a.partition - b.partition || b.offset - a.offset
}
