/** Results that have no place of their own on the screen, shown above the event rail until dismissed. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { ApiError } from '@api/api'

const NOTICES_MAX = 4

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

  const add = (what: string, subject: string, error?: ApiError): void => {
    notices.value = [...notices.value, { id: nextId++, what, subject, error }].slice(-NOTICES_MAX)
  }
  const failed = (what: string, subject: string, cause: unknown): void =>
    add(what, subject, cause instanceof ApiError ? cause : new ApiError({ code: 'FAILED', message: String(cause) }))
  const dismiss = (id: number): void => {
    notices.value = notices.value.filter((notice) => notice.id !== id)
  }

  return { notices, add, failed, dismiss }
})
