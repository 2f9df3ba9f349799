import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import ProduceDialog from '@/components/produce/ProduceDialog.vue'
import { useProduceStore } from '@/stores/produce'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'

const answer = {
  partitionCount: 1,
  partition: null,
  key: { bytes: null, problem: null },
  value: { bytes: 1, problem: null },
  codecsMissing: {}
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Until the question of what stands there has left. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(250)
  await flushPromises()
}
const send = (): HTMLButtonElement => one('button', /^Send/) as HTMLButtonElement

it('what the host said of a schema that was typed halfway keeps nobody from sending the whole one', async () => {
  const api = useFakeHost()
  await show(ProduceDialog, { topic: 'orders' })
  const { draft } = useProduceStore()
  Object.assign(draft.value, { type: 'avro', schema: '{"type": "lo', text: '1' })
  await settle()
  const halfway = api.last('records.check')
  const problem = { code: 'schemaJson', params: { reason: 'it ends in the middle' } }
  halfway.resolve({ ...answer, value: { bytes: null, problem } })
  await settle()
  expect(send().disabled).toBe(true)

  draft.value.schema = '{"type": "long"}'
  // The question has left, and its answer is still to come.
  await settle()
  expect(api.last('records.check')).not.toBe(halfway)

  expect(send().disabled).toBe(false)
  expect(shownText()).not.toContain('it ends in the middle')
})

it('how many partitions one topic has says nothing of another', async () => {
  const api = useFakeHost()
  await show(ProduceDialog, { topic: 'orders' })
  const { draft } = useProduceStore()
  draft.value.text = 'v'
  draft.partition = '3'
  await settle()
  api.last('records.check').resolve(answer)
  await settle()
  expect(send().disabled).toBe(true)

  draft.topic = 'payments'
  await settle()

  expect(send().disabled).toBe(false)
})

it('offers nothing that cancels once a record was written', async () => {
  const api = useFakeHost()
  await show(ProduceDialog, { topic: 'orders' })
  const { draft } = useProduceStore()
  Object.assign(draft, { topic: 'orders' })
  draft.value.text = 'v'
  await settle()
  api.last('records.check').resolve(answer)
  await settle()
  expect(byRole('button', 'Cancel')).toHaveLength(1)

  send().click()
  await flushPromises()
  api.last('records.produce').resolve({ records: [{ partition: 0, offset: 0 }] })
  await settle()

  expect(byRole('button', 'Cancel')).toEqual([])
  expect(byRole('button', /^Close$/)).toHaveLength(1)
  expect(shownText()).toContain('closes')
})
