import { flushPromises } from '@vue/test-utils'
import { ApiError } from '@api/api'
import { beforeEach, describe, expect, it } from 'vitest'
import ExportDialog from '@/components/topics/ExportDialog.vue'
import type { FakeApi } from '../../support/fake-api'
import { one, show, shownText, useFakeHost } from '../../support/mount'

let api: FakeApi
beforeEach(async () => {
  api = useFakeHost()
  await show(ExportDialog, { topic: 't', shown: [], query: { order: 'oldestFirst', criteria: [] } })
})

async function run(): Promise<unknown> {
  one('button', 'Export').click()
  await flushPromises()
  const { input } = api.last('export.open')
  api.last('export.open').reject(new ApiError({ code: 'FAILED', message: '/home/you/t.jsonl exists already.' }))
  await flushPromises()
  return input
}
async function typePath(text: string): Promise<void> {
  const field = one('textbox', 'File') as HTMLInputElement
  field.value = text
  field.dispatchEvent(new Event('input'))
  await flushPromises()
}
const box = (): HTMLInputElement | null => document.querySelector<HTMLInputElement>('.check input')
async function allowReplacing(): Promise<void> {
  box()?.click()
  await flushPromises()
}

describe('a file that may be replaced', () => {
  it('is replaced when that was said of it', async () => {
    expect(await run()).toMatchObject({ path: '~/t.jsonl', isReplacing: false })
    await allowReplacing()

    expect(await run()).toMatchObject({ path: '~/t.jsonl', isReplacing: true })
  })

  it('is no other one: of another path it has to be said again', async () => {
    await run()
    await allowReplacing()
    await typePath('/home/you/other.jsonl')

    expect(box()).toBeNull()
    expect(await run()).toMatchObject({ path: '/home/you/other.jsonl', isReplacing: false })
    expect(box()?.checked).toBe(false)
  })

  it('is no other one when the format gives it another name', async () => {
    await run()
    await allowReplacing()
    one('radio', 'CSV').click()
    await flushPromises()

    expect(await run()).toMatchObject({ path: '~/t.csv', isReplacing: false })
  })
})

it('names what a broker refused as Kafka does', async () => {
  one('button', 'Export').click()
  await flushPromises()
  const cause = { code: 'KAFKA', message: 'No.', kafkaError: 'TOPIC_AUTHORIZATION_FAILED' } as const
  api.last('export.open').reject(new ApiError(cause))
  await flushPromises()

  expect(shownText()).toContain('TOPIC_AUTHORIZATION_FAILED: ')
  expect(box()).toBeNull()
})
