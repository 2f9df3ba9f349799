import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import ProduceDialog from '@/components/produce/ProduceDialog.vue'
import { useProduceStore } from '@/stores/produce'
import { one, show, shownText, useFakeHost } from '../../support/mount'

afterEach(() => vi.useRealTimers())

it('what the host said of a schema that was typed halfway keeps nobody from sending the whole one', async () => {
  vi.useFakeTimers()
  const api = useFakeHost()
  await show(ProduceDialog, { topic: 'orders' })
  const { draft } = useProduceStore()
  Object.assign(draft.value, { type: 'avro', schema: '{"type": "lo', text: '1' })
  const settle = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(250)
    await flushPromises()
  }
  await settle()
  const halfway = api.last('records.check')
  halfway.resolve({
    partitionCount: 1,
    partition: null,
    key: { bytes: null, problem: null },
    value: { bytes: null, problem: { code: 'schemaJson', params: { reason: 'it ends in the middle' } } },
    codecsMissing: {}
  })
  await settle()
  expect((one('button', /^Send/) as HTMLButtonElement).disabled).toBe(true)

  draft.value.schema = '{"type": "long"}'
  // The question has left, and its answer is still to come.
  await settle()
  expect(api.last('records.check')).not.toBe(halfway)

  expect((one('button', /^Send/) as HTMLButtonElement).disabled).toBe(false)
  expect(shownText()).not.toContain('it ends in the middle')
})
