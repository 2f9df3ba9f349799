/** Results that have no place of their own on the screen, shown between the page and the event rail until dismissed. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { ApiError } from '@api/api'
import { asApiError } from './api-error'
import type { Dialog } from './dialogs'

/** Of good news; failures push it out, never the other way round. */
const NOTICES_MAX = 4
/** Failures that nobody has read yet; the oldest give way. */
const FAILURES_MAX = 50
/** Good news goes by itself; anything else stays until it was read. */
const GOOD_NEWS_MS = 6_000

export interface Notice {
  readonly id: number
  /** Key under `notice.` of the locale. */
  readonly what: string
  readonly subject: string
  /** What else its sentence names; `count` chooses its plural. */
  readonly named: Readonly<Record<string, string | number>>
  readonly level: 'healthy' | 'degraded' | 'critical'
  readonly error: ApiError | undefined
  /** The dialog that it was asked for in, to try again. */
  readonly again: Dialog | undefined
}

/** What an operation is called whose dialog is gone by the time it ends. */
export interface Unseen {
  /** Key under `notice.` of the locale. */
  readonly what: string
  readonly subject: string
}

type More = Partial<Pick<Notice, 'named' | 'level' | 'error' | 'again'>>

export const useNoticesStore = defineStore('notices', () => {
  const notices = shallowRef<readonly Notice[]>([])
  let nextId = 1

  const dismiss = (id: number): void => {
    notices.value = notices.value.filter((notice) => notice.id !== id)
  }
  const add = (what: string, subject: string, more: More = {}): void => {
    const id = nextId++
    const { error, named = {}, again, level = error === undefined ? 'healthy' : 'critical' } = more
    notices.value = kept([...notices.value, { id, what, subject, named, level, error, again }])
    if (level === 'healthy') window.setTimeout(() => dismiss(id), GOOD_NEWS_MS)
  }
  const failed = (what: string, subject: string, cause: unknown, again?: Dialog): void =>
    add(what, subject, { error: asApiError(cause), again })

  return { notices, add, failed, dismiss }
})

function kept(notices: readonly Notice[]): readonly Notice[] {
  const unread = notices.filter(({ level }) => level !== 'healthy').slice(-FAILURES_MAX)
  const room = Math.max(0, NOTICES_MAX - unread.length)
  const news = room === 0 ? [] : notices.filter(({ level }) => level === 'healthy').slice(-room)
  const ids = new Set([...unread, ...news].map(({ id }) => id))
  return notices.filter(({ id }) => ids.has(id))
}
