import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import MessagesPane from '@/components/topics/MessagesPane.vue'
import { recordLink } from '@/components/topics/record-copies'
import { useDialogsStore } from '@/stores/dialogs'
import { parseRoute } from '@/stores/route'
import type { FakeApi } from '../../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'

const record = { topic: 't', partition: 1, offset: 70, timestampMs: 1, key: 'k', value: 'wanted', headers: [] }
const page = { unreachablePartitions: [], unreadable: [], positions: [], places: [], isEnd: true }

let api: FakeApi
beforeEach(async () => {
  api = useFakeHost()
  await show(MessagesPane, { topic: 't', partitionCount: 2, at: { partition: 1, offset: 70 } })
})

describe('a link to a record', () => {
  it('says where it lies, and no more of the address of the page', () => {
    const link = recordLink(record)
    expect(link.startsWith(`${window.location.origin}/`)).toBe(true)
    expect(parseRoute(new URL(link).hash)).toMatchObject({ subject: 't', record: { partition: 1, offset: 70 } })
  })

  it('reads from there and opens it', async () => {
    expect(api.last('records.from').input).toEqual({
      topic: 't',
      limit: 200,
      partitions: [1],
      from: { type: 'offset', offset: 70 }
    })
    api.last('records.from').resolve({ ...page, records: [record, { ...record, offset: 71, value: 'next' }] })
    await flushPromises()

    expect(one('complementary', 'Record').textContent).toContain('wanted')
  })

  it('that leads to none says so, and shows the newest', async () => {
    api.last('records.from').resolve({ ...page, records: [{ ...record, offset: 90 }] })
    await flushPromises()
    expect(api.calls.filter(({ name }) => name === 'records.newest')).toHaveLength(1)
    api.last('records.newest').resolve({ ...page, records: [{ ...record, offset: 99, value: 'newest' }] })
    await flushPromises()

    expect(shownText()).toContain('There is no record 70 in partition 1')
    expect(byRole('row', 'newest')).toHaveLength(1)
    one('button', /^Refresh$/).click()
    await flushPromises()
    expect(shownText()).not.toContain('There is no record')
  })

  it('is not called gone while its partition does not answer', async () => {
    api.last('records.from').resolve({ ...page, records: [], unreachablePartitions: [1] })
    await flushPromises()

    expect(shownText()).not.toContain('There is no record')
    expect(shownText()).toContain('Partition 1 does not answer')
  })
})

describe('an export from what was searched', () => {
  it('is of that search, whatever was typed since', async () => {
    const filter = one('textbox', 'Filter these records') as HTMLInputElement
    const type = async (text: string): Promise<void> => {
      filter.value = text
      filter.dispatchEvent(new Event('input', { bubbles: true }))
      await flushPromises()
    }
    await type('needle')
    one('button', 'Search the whole topic').click()
    await flushPromises()
    const sent = api.last('search.open').input as Record<string, unknown>
    expect(sent).toMatchObject({ partitions: [1], from: { type: 'offset', offset: 70 } })

    await type('something else')
    one('button', /^Export/).click()
    await flushPromises()

    const { dialog } = useDialogsStore()
    const { criteria, partitions, from } = sent
    expect(dialog).toMatchObject({ type: 'exportRecords', query: { criteria, partitions, from, order: 'oldestFirst' } })
  })
})
