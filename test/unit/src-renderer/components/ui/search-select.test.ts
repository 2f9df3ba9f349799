import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, it } from 'vitest'
import { matchesWords } from '@/components/ui/search-words'
import { isoLocal, showTimesIn } from '@/format'
import { useSettingsStore } from '@/stores/settings'
import SettingsView from '@/views/SettingsView.vue'
import { one as oneOf, show, useFakeHost } from '../../support/mount'

afterEach(() => showTimesIn(null))

it('finds a name by its parts, in any order and case', () => {
  expect(matchesWords('America/New_York UTC-5', 'new york')).toBe(true)
  expect(matchesWords('America/New_York UTC-5', 'utc-5 AMER')).toBe(true)
  expect(matchesWords('America/New_York UTC-5', 'seoul')).toBe(false)
  expect(matchesWords('Asia/Seoul UTC+9', '')).toBe(true)
})

it('chooses a zone among all of them, narrowed by what is typed', async () => {
  useFakeHost()
  const settings = useSettingsStore()
  await show(SettingsView)
  oneOf('button', 'Time zone').click()
  await flushPromises()
  const options = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[role="option"]')]
  expect(
    options()
      .slice(0, 2)
      .map((option) => option.textContent)
  ).toEqual([expect.stringContaining('This machine'), 'UTC'])
  expect(document.body.textContent).toMatch(/3\d\d more. Type to narrow the list./)
  const field = document.querySelector<HTMLInputElement>('input[aria-label="Find a time zone"]')
  if (field === null) throw new Error('no field')
  field.value = 'seoul'
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
  expect(options().map((option) => option.textContent)).toEqual(['Asia/SeoulUTC+9'])
  field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  await flushPromises()
  expect(settings.timeZone).toBe('Asia/Seoul')
  expect(isoLocal(0)).toBe('1970-01-01 09:00:00.000')
  expect(oneOf('button', 'Time zone').textContent).toContain('Asia/Seoul')
})
