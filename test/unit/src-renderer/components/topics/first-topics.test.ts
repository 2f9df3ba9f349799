/** Thousands of topics take their time: what the list shows until they are here. */
import { beforeEach, describe, expect, it } from 'vitest'
import { flushPromises } from '@vue/test-utils'
import { ApiError } from '@api/api'
import type { TopicRow } from '@api/views'
import TopicsView from '@/views/TopicsView.vue'
import { show, useFakeHost } from '../../support/mount'
import { topicRow } from '../../support/views'

const rows = (count: number): TopicRow[] => Array.from({ length: count }, (_, i) => topicRow(`stream-${i}`))
const text = (): string => document.body.textContent
const isLoading = (): boolean => document.querySelector('.loading') !== null

describe('the list of thousands of topics', () => {
  let api: ReturnType<typeof useFakeHost>
  beforeEach(async () => {
    api = useFakeHost()
    await show(TopicsView)
    api.push('first-topics', { observedAtMs: 1, topics: rows(100), topicCount: 10_000 })
    await flushPromises()
  })

  it('shows the first at once, and says how many there are, of which none can be marked yet', () => {
    expect(text()).toContain('stream-0')
    expect(text()).toMatch(/10.000 topics/)
    expect(document.querySelectorAll('tbody input[type=checkbox]')).toHaveLength(0)
  })

  it('says nothing of what a filter or another order would show before all are here', async () => {
    const input = document.querySelector<HTMLInputElement>('.filter input')
    if (input === null) return expect.fail('no filter')
    input.value = 'stream-77'
    input.dispatchEvent(new Event('input'))
    await flushPromises()
    expect(text()).not.toContain('stream-0')
    expect(text()).not.toContain('No topic')
    expect(isLoading()).toBe(true)

    api.push('topics', { observedAtMs: 1, topics: rows(1_000) })
    await flushPromises()

    expect(isLoading()).toBe(false)
    expect(text()).toContain('stream-77')
    expect(text()).toContain('11 topics')
  })

  it('keeps the table whose order was asked for, and says nothing where the others cannot be had', async () => {
    const header = [...document.querySelectorAll<HTMLElement>('thead button')].find(({ textContent }) =>
      textContent.includes('Records')
    )
    header?.focus()
    header?.click()
    await flushPromises()
    expect(document.activeElement).toBe(header)
    expect(text()).not.toContain('stream-0')
    expect(isLoading()).toBe(true)

    api.refuse('topics', new ApiError({ code: 'CONFLICT', message: 'Too many views.' }))
    await flushPromises()
    expect(api.watched()).not.toContain('first-topics')
    expect(text()).not.toMatch(/stream-0|10.000/)
  })

  it('is all of them as soon as they come, and the first are not watched any more', async () => {
    expect(api.watched()).toContain('first-topics')
    api.push('topics', { observedAtMs: 2, topics: rows(90) })
    await flushPromises()

    expect(text()).toContain('90 topics')
    expect(api.watched()).not.toContain('first-topics')
    expect(document.querySelectorAll('tbody input[type=checkbox]').length).toBeGreaterThan(0)
  })
})
