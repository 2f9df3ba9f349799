/** Results that have no place of their own on the screen, shown between the page and the event rail until dismissed. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { ApiError } from '@api/api'
import { asApiError } from './api-error'

const NOTICES_MAX = 4
/** Good news goes by itself; a failure stays until it was read. */
const GOOD_NEWS_MS = 6_000

export interface Notice {
  readonly id: number
  /** Key under `notice.` of the locale. */
  readonly what: string
  readonly subject: string
  readonly error: ApiError | undefined
}

export const useNoticesStore = defineStore('notices', () => {
  const notices = shallowRef<readonly Notice[]>([])
  let nextId = 1

  const dismiss = (id: number): void => {
    notices.value = notices.value.filter((notice) => notice.id !== id)
  }
  const add = (what: string, subject: string, error?: ApiError): void => {
    const id = nextId++
    notices.value = [...notices.value, { id, what, subject, error }].slice(-NOTICES_MAX)
    if (error === undefined) window.setTimeout(() => dismiss(id), GOOD_NEWS_MS)
  }
  const failed = (what: string, subject: string, cause: unknown): void => add(what, subject, asApiError(cause))

  return { notices, add, failed, dismiss }
})
