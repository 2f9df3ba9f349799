/** One page of a topic's records: what was read last, when, what could not be, and where the next one is. */
import { shallowReactive } from 'vue'
import type { ApiError } from '@api/api'
import type { CommandOutput, LogPlace } from '@api/commands'
import type { RecordView, UnreadableView } from '@api/views'
import { asApiError } from '@/stores/api-error'
import type { PageOrigin } from './why-empty'

export interface NextPage {
  /** Of the page before, whatever was typed since. */
  readonly origin: PageOrigin
  /** Before these places, or from them on. */
  readonly isOlder: boolean
  readonly positions: CommandOutput<'records.newest'>['positions']
}

/** Answers of records.newest (they have a start) and of records.from (an end). */
export type ReadPage = Omit<CommandOutput<'records.newest'>, 'isStart'> & {
  readonly isStart?: boolean
  readonly isEnd?: boolean
}

/** Of one reading, whatever was read since; `error` is undefined when another was asked for meanwhile. */
export interface PageRead {
  readonly isShown: boolean
  readonly error?: ApiError
}

export interface RecordPage {
  readonly records: readonly RecordView[] | undefined
  readonly unreachable: readonly number[]
  readonly unreadable: readonly UnreadableView[]
  readonly next: NextPage | undefined
  /** What was asked for, and where that lies in partitions of which it needs a word. */
  readonly origin: PageOrigin
  readonly places: readonly LogPlace[]
  readonly readAtMs: number
  readonly error: ApiError | undefined
  readonly isPending: boolean
  /** Shows what comes, unless another was asked for meanwhile; what was shown stays when it fails, an error does not. */
  readonly show: (asked: Promise<ReadPage>, origin: PageOrigin) => Promise<PageRead>
}

const WHOLE_TOPIC: PageOrigin = { start: { type: 'newest' }, isNext: false, partitions: undefined }

export function useRecordPage(): RecordPage {
  /** The last one that was asked for is the one that is shown. */
  let turn = 0
  const page = shallowReactive({
    records: undefined as readonly RecordView[] | undefined,
    unreachable: [] as readonly number[],
    unreadable: [] as readonly UnreadableView[],
    next: undefined as NextPage | undefined,
    origin: WHOLE_TOPIC,
    places: [] as readonly LogPlace[],
    readAtMs: 0,
    error: undefined as ApiError | undefined,
    isPending: false,
    show: async (asked: Promise<ReadPage>, origin: PageOrigin): Promise<PageRead> => {
      const own = ++turn
      page.isPending = true
      page.error = undefined
      try {
        const answer = await asked
        if (own !== turn) return { isShown: false }
        const isMore = answer.isStart === false || answer.isEnd === false
        const isOlder = answer.isStart !== undefined
        page.records = answer.records
        page.unreachable = answer.unreachablePartitions
        page.unreadable = answer.unreadable
        page.next = isMore ? { origin: { ...origin, isNext: true }, isOlder, positions: answer.positions } : undefined
        page.origin = origin
        page.places = answer.places
        page.readAtMs = Date.now()
        return { isShown: true }
      } catch (cause) {
        if (own !== turn) return { isShown: false }
        const error = asApiError(cause)
        page.error = error
        return { isShown: false, error }
      } finally {
        if (own === turn) page.isPending = false
      }
    }
  })
  return page
}
