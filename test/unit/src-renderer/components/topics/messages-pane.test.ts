import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '@api/api'
import type { JobPush } from '@api/search'
import MessagesPane from '@/components/topics/MessagesPane.vue'
import type { FakeApi } from '../../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'

const page = { records: [], unreachablePartitions: [], unreadable: [], positions: [], places: [], isEnd: true }
const record = { topic: 't', partition: 1, offset: 70, timestampMs: 1, key: 'k', value: 'wanted', headers: [] }
const noGroup = (id: string): ApiError =>
  new ApiError({ code: 'NOT_FOUND', message: `There is no group ${id}.`, kafkaError: 'GROUP_ID_NOT_FOUND' })

let api: FakeApi
beforeEach(async () => {
  api = useFakeHost()
  await show(MessagesPane, { topic: 't', partitionCount: 2 })
  api.last('records.newest').resolve({ ...page, records: [record], isStart: true })
  await flushPromises()
})

async function type(name: string | RegExp, text: string): Promise<void> {
  const field = one('textbox', name) as HTMLInputElement
  field.value = text
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}
async function enter(name: string | RegExp): Promise<void> {
  one('textbox', name).dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  await flushPromises()
}
async function choose(name: string | RegExp, option: RegExp): Promise<void> {
  one('combobox', name).dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  await flushPromises()
  one('option', option).dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  await flushPromises()
}
async function press(name: string | RegExp): Promise<void> {
  const button = one('button', name)
  button.focus()
  button.click()
  await flushPromises()
}
async function readGroup(id: string): Promise<void> {
  await type('Group id', id)
  await enter('Group id')
}
const callsOf = (name: string) => api.calls.filter((call) => call.name === name)
const alerts = (): string[] => byRole('alert', '').map(({ textContent }) => textContent)

describe('that there is no such group', () => {
  beforeEach(() => choose('Read from', /^Group$/))

  it('is said of the reading that failed, not of one that another was asked for meanwhile', async () => {
    await readGroup('a')
    api.last('records.from').reject(noGroup('a'))
    await flushPromises()
    await readGroup('b')
    await enter('Group id')
    const [, first, second] = callsOf('records.from')
    first?.resolve(page)
    await flushPromises()
    second?.resolve({ ...page, records: [{ ...record, value: 'of b' }] })
    await flushPromises()

    expect(byRole('row', 'of b')).toHaveLength(1)
    expect(shownText()).not.toContain('There is no group')
  })

  it('is said of the search that failed, not of the one before it', async () => {
    await type('Filter these records', 'needle')
    await type('Group id', 'a')
    await enter('Filter these records')
    await type('Group id', 'b')
    await enter('Filter these records')
    const [first, second] = callsOf('search.open')
    second?.reject(noGroup('b'))
    await flushPromises()
    first?.reject(noGroup('a'))
    await flushPromises()

    expect(alerts()).toEqual([expect.stringContaining('There is no group b. The Groups screen')])
  })

  it('is over with what was typed, and does not come back in other words', async () => {
    await readGroup('a')
    api.last('records.from').reject(noGroup('a'))
    await flushPromises()
    expect(alerts()).toHaveLength(1)

    await choose('Read from', /^Offset$/)
    expect(alerts()).toEqual([])
  })
})

describe('the error of a page', () => {
  it('is over when the page is read again', async () => {
    await press('Refresh')
    api.last('records.newest').reject(new ApiError({ code: 'FAILED', message: 'No leader answered.' }))
    await flushPromises()
    expect(alerts()).toEqual([expect.stringContaining('No leader answered.')])

    await press('Refresh')
    expect(alerts()).toEqual([])
    expect(byRole('row', 'wanted')).toHaveLength(1)
  })
})

describe('a tail without records', () => {
  const push: Extract<JobPush, { type: 'tail' }> = {
    type: 'tail',
    state: 'running',
    records: [],
    arrived: 0,
    skipped: 0,
    waiting: 0,
    isPaused: false,
    recordsPerSecond: 0,
    unreadableCount: 0,
    silentPartitions: [],
    error: null
  }

  it('waits for them only while it runs', async () => {
    await press('Live tail')
    expect(shownText()).toContain('Waiting for records')
    api.last('tail.open').resolve({ job: '7' })
    await flushPromises()
    api.push('job:7', push)
    await flushPromises()
    expect(shownText()).toContain('Waiting for records')

    api.push('job:7', { ...push, state: 'failed', error: 'Topic t was deleted.' })
    await flushPromises()
    expect(shownText()).not.toContain('Waiting for records')
    expect(alerts()).toEqual([expect.stringContaining('Topic t was deleted.')])
  })

  it('waits for nothing where it could not be begun', async () => {
    await press('Live tail')
    api.last('tail.open').reject(new ApiError({ code: 'FAILED', message: 'Too many tails.' }))
    await flushPromises()

    expect(shownText()).not.toContain('Waiting for records')
    expect(alerts()).toEqual([expect.stringContaining('Too many tails.')])
  })
})

describe('the focus', () => {
  const focusedRow = (): string | undefined => document.activeElement?.closest('tr')?.textContent

  it('goes to the records that an offer has brought', async () => {
    await choose('Read from', /^Offset$/)
    await type('Offset', '500')
    await enter('Offset')
    api.last('records.from').resolve({
      ...page,
      places: [{ partition: 0, startOffset: 0, endOffset: 9, askedOffset: 500 }]
    })
    await flushPromises()
    await press('Read from the oldest')
    api.last('records.from').resolve({ ...page, records: [{ ...record, value: 'oldest' }] })
    await flushPromises()

    expect(focusedRow()).toContain('oldest')
  })

  it('goes to the records that come after a gap', async () => {
    await choose('Read from', /^Oldest$/)
    api.last('records.from').resolve({ ...page, isEnd: false, positions: [{ partition: 1, offset: 60 }] })
    await flushPromises()
    await press('Next records')
    api.last('records.from').resolve({ ...page, records: [{ ...record, value: 'after it' }] })
    await flushPromises()

    expect(focusedRow()).toContain('after it')
  })

  it('stays where it is when that is still there', async () => {
    await press('Live tail')
    await press('Live tail')
    api.last('records.newest').resolve({ ...page, records: [record], isStart: true })
    await flushPromises()

    expect(document.activeElement).toBe(one('button', 'Live tail'))
  })
})

it('names only the mode in the closed select, and shows what is typed for it where it is typed', async () => {
  const filter = one('textbox', 'Filter these records') as HTMLInputElement
  await choose('Search for', /^Field$/)

  expect(one('combobox', 'Search for').textContent.trim()).toBe('Field')
  expect(filter.placeholder).toBe('Such as order.total > 100')
  await choose('Search for', /^Header$/)
  expect(filter.placeholder).toBe('Such as name=value')
})
