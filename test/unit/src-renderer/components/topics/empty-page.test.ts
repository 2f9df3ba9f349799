import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '@api/api'
import EmptyPage from '@/components/topics/EmptyPage.vue'
import MessagesPane from '@/components/topics/MessagesPane.vue'
import type { FakeApi } from '../../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'

const page = { records: [], unreachablePartitions: [], unreadable: [], positions: [], places: [] }
const record = { topic: 't', partition: 1, offset: 70, timestampMs: 1, key: 'k', value: 'wanted', headers: [] }
const place = (partition: number, startOffset: number, endOffset: number, askedOffset: number | null = null) => {
  return { partition, startOffset, endOffset, askedOffset }
}

let api: FakeApi
beforeEach(() => {
  api = useFakeHost()
})

const field = (name: string | RegExp): HTMLInputElement => one('textbox', name) as HTMLInputElement
async function type(name: string | RegExp, text: string): Promise<void> {
  field(name).value = text
  field(name).dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}
async function enter(name: string | RegExp): Promise<void> {
  field(name).dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  await flushPromises()
}
async function choose(name: string | RegExp, option: RegExp): Promise<void> {
  one('combobox', name).dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  await flushPromises()
  one('option', option).dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  await flushPromises()
}
/** The pane, once the newest have been read, with another place to read from. */
async function pane(start?: { readonly place: RegExp; readonly name: string | RegExp; readonly text: string }) {
  await show(MessagesPane, { topic: 't', partitionCount: 2 })
  api.last('records.newest').resolve({ ...page, records: [record], isStart: true })
  await flushPromises()
  if (start === undefined) return
  await choose('Read from', start.place)
  await type(start.name, start.text)
  await enter(start.name)
}
async function answer(places: readonly object[], rest: object = {}): Promise<void> {
  api.last('records.from').resolve({ ...page, places, isEnd: true, ...rest })
  await flushPromises()
}

describe('an empty page of a topic that is full', () => {
  const group = { place: /^Group$/, name: 'Group id', text: 'billing' }

  it('claims nothing of what was deleted before the group read it', async () => {
    await pane(group)
    await answer([place(0, 100, 100, 50), place(1, 0, 9, 9)])

    expect(shownText()).toContain('Partition 0 begins at offset 100')
    expect(shownText()).not.toMatch(/has read everything/)
  })

  it('says nothing at a field that has another text by now', async () => {
    await pane(group)
    const asked = api.last('records.from')
    await type('Group id', 'sales')
    asked.reject(new ApiError({ code: 'NOT_FOUND', message: 'No such group.', kafkaError: 'GROUP_ID_NOT_FOUND' }))
    await flushPromises()

    expect(field('Group id').getAttribute('aria-invalid')).not.toBe('true')
    expect(shownText()).toContain('No such group.')
  })

  it('says that the group has read everything, and reads elsewhere', async () => {
    await pane(group)
    expect(api.last('records.from').input).toMatchObject({ from: { type: 'group', groupId: 'billing' } })
    await answer([place(0, 0, 9, 9), place(1, 0, 0)])

    expect(shownText()).toMatch(/Group billing has read everything/)
    expect(shownText()).not.toContain('No records yet')
    one('button', 'Read from the oldest').click()
    await flushPromises()
    expect(api.last('records.from').input).toMatchObject({ from: { type: 'oldest' } })
  })

  it.each([
    ['en', 'In partition 1 it has committed offset 4, and the log ends at 5: between them are only gaps', 'everything'],
    ['ko', '파티션 1: 커밋된 오프셋 4, 로그 끝 5. 그 사이에는 빈 구간이나 트랜잭션 표시만 있습니다.', '모두 읽은']
  ] as const)('does not say so while a commit is before the end, with no record after it, in %s', async (...said) => {
    const [language, gap, everything] = said
    const origin = { start: { type: 'group', groupId: 'billing' }, isNext: false, partitions: undefined }
    await show(EmptyPage, { origin, places: [place(0, 0, 9, 9), place(1, 0, 5, 4), place(2, 0, 0)] }, language)

    expect(shownText()).toContain(gap)
    expect(shownText()).not.toContain(everything)
    expect(shownText()).not.toMatch(/partition 0|파티션 0/)
  })

  it.each([
    ['newest', 'en', 'No records in what was read'],
    ['oldest', 'ko', '읽은 범위에 레코드가 없습니다']
  ] as const)('from the %s on names no place that was not asked for, in %s', async (start, language, title) => {
    const origin = { start: { type: start }, isNext: false, partitions: undefined }
    await show(EmptyPage, { origin, places: [place(0, 0, 9)] }, language)

    expect(shownText()).toContain(title)
  })

  it('says that the group has committed nothing here', async () => {
    await pane(group)
    await answer([place(0, 0, 9), place(1, 0, 5)])

    expect(shownText()).toMatch(/Group billing has committed nothing in this topic/)
    one('button', 'Read the newest').click()
    await flushPromises()
    expect(api.calls.filter(({ name }) => name === 'records.newest')).toHaveLength(2)
  })

  it('names the partitions where the group has committed nothing, or past the end', async () => {
    await pane(group)
    await answer([place(0, 0, 9), place(1, 0, 5, 8)])

    expect(shownText()).toMatch(/No record comes after what group billing has committed/)
    expect(shownText()).toMatch(/has committed nothing in partition 0;/)
    expect(shownText()).toContain('In partition 1 it has committed offset 8, and the log ends at 5')
  })

  it('says at the field that there is no such group', async () => {
    await pane(group)
    const gone = { code: 'NOT_FOUND', message: 'There is no group billing.', kafkaError: 'GROUP_ID_NOT_FOUND' } as const
    api.last('records.from').reject(new ApiError(gone))
    await flushPromises()

    expect(byRole('alert', '').map(({ textContent }) => textContent)).toEqual([
      expect.stringMatching(/^There is no group billing\. The Groups screen lists/)
    ])
    expect(field('Group id').getAttribute('aria-invalid')).toBe('true')
  })

  it('says that the offset is at or past the end, and what there is', async () => {
    await pane({ place: /^Offset$/, name: 'Offset', text: '500' })
    await answer([place(0, 20, 100, 500), place(1, 7, 7, 500)])

    expect(shownText()).toContain('Offset 500 is at or past the end')
    expect(shownText()).toContain('Partition 0 holds offsets 20 to 99.')
    expect(shownText()).toContain('Partition 1 is empty; its next offset is 7.')
  })

  it('says that nothing is so late', async () => {
    await pane({ place: /^Time$/, name: /^Time/, text: '2026-01-31T12:00Z' })
    await answer([place(0, 0, 9), place(1, 0, 5)])

    expect(shownText()).toContain('No record is as late as 2026-01-31 12:00:00.000')
  })

  it('says which partition is empty, and reads all of them', async () => {
    await pane()
    await type(/^Partitions/, '1')
    await enter(/^Partitions/)
    api.last('records.newest').resolve({ ...page, places: [place(1, 0, 0)], isStart: true })
    await flushPromises()

    expect(shownText()).toContain('Partition 1 is empty')
    one('button', 'Read all partitions').click()
    await flushPromises()
    expect(api.last('records.newest').input).toEqual({ topic: 't', limit: 200 })
  })

  it('is called the end, not empty, where a page goes on', async () => {
    await pane()
    await choose('Read from', /^Oldest$/)
    await answer([], { records: [record], isEnd: false, positions: [{ partition: 1, offset: 71 }] })
    one('button', 'Next records').click()
    await flushPromises()
    await answer([place(0, 0, 9, 9), place(1, 0, 80, 71)])

    expect(shownText()).toContain('No further records')
    expect(shownText()).not.toContain('No records yet')
  })

  it('of a topic from which all was deleted says so', async () => {
    await show(MessagesPane, { topic: 't', partitionCount: 1 })
    api.last('records.newest').resolve({ ...page, places: [place(0, 40, 40)], isStart: true })
    await flushPromises()

    expect(shownText()).toContain('No records any more')
    expect(byRole('button', 'Connect a client')).toHaveLength(1)
  })

  it('of a topic that never had one says that, in Korean, too', async () => {
    await show(MessagesPane, { topic: 't', partitionCount: 1 }, 'ko')
    api.last('records.newest').resolve({ ...page, places: [place(0, 0, 0)], isStart: true })
    await flushPromises()

    expect(shownText()).toContain('아직 레코드가 없습니다')
    expect(byRole('button', '클라이언트 연결')).toHaveLength(1)
  })
})

describe('above a page that has records', () => {
  it('stands which partitions begin later than asked, or have no commit', async () => {
    await pane({ place: /^Group$/, name: 'Group id', text: 'billing' })
    await answer([place(0, 0, 9), place(1, 60, 80, 5)], { records: [record] })

    expect(byRole('row', 'wanted')).toHaveLength(1)
    expect(shownText()).toMatch(/Group billing has committed nothing in partition 0; nothing of it is shown/)
    expect(shownText()).toContain('Partition 1 begins at offset 60; offset 5 was deleted.')
  })
})

describe('a search', () => {
  it('goes from a place to a place', async () => {
    await pane({ place: /^Offset$/, name: 'Offset', text: '10' })
    await choose('Search until', /^Before offset$/)
    await type(/^End offset/, '20')
    await type('Filter these records', 'needle')
    await enter(/^End offset/)

    expect(api.last('search.open').input).toMatchObject({
      from: { type: 'offset', offset: 10 },
      to: { type: 'offset', offset: 20 }
    })
  })

  it('starts nothing from what is no place, and says so at the field', async () => {
    await pane({ place: /^Offset$/, name: 'Offset', text: '1o' })
    await type('Filter these records', 'needle')
    await enter('Filter these records')

    expect(api.calls.some(({ name }) => name === 'search.open')).toBe(false)
    expect(one('alert', '').textContent).toContain('An offset is a whole number from 0 on')
    expect(field('Offset').getAttribute('aria-invalid')).toBe('true')
  })

  it('from a group that is not there says so at the field', async () => {
    await pane({ place: /^Group$/, name: 'Group id', text: 'typo' })
    await type('Filter these records', 'needle')
    await enter('Filter these records')
    const gone = { code: 'NOT_FOUND', message: 'There is no group typo.', kafkaError: 'GROUP_ID_NOT_FOUND' } as const
    api.last('search.open').reject(new ApiError(gone))
    await flushPromises()

    expect(one('alert', '').textContent).toContain('There is no group typo. The Groups screen')
    expect(shownText()).not.toContain('Nothing found yet')
  })
})
