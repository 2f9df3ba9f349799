import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@api/api'
import RecordDetail from '@/components/topics/RecordDetail.vue'
import type { FakeApi } from '../../support/fake-api'
import { one, show, shownText, useFakeHost } from '../../support/mount'

const record = {
  topic: 't',
  partition: 0,
  offset: 7,
  timestampMs: 1,
  key: null,
  value: { base64: 'AAAAACo=' },
  headers: []
}

let api: FakeApi
beforeEach(() => (api = useFakeHost()))

async function openWith(shown: object): Promise<void> {
  await show(RecordDetail, { record: shown })
  one('radio', 'Avro').click()
  await flushPromises()
}

async function paste(schema: string): Promise<void> {
  const field = document.querySelector<HTMLTextAreaElement>('#avro-schema')
  if (field === null) throw new Error('no field for the schema')
  field.value = schema
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await vi.waitFor(() =>
    expect(api.calls.filter(({ name }) => ['avro.decode', 'record.whole'].includes(name)).length).toBeGreaterThan(0)
  )
}

describe('a value read by an Avro schema', () => {
  it('is shown with exact numbers and what stood before it', async () => {
    await openWith(record)
    await paste('"long"')
    expect(api.last('avro.decode').input).toEqual({ schema: '"long"', payload: record.value })

    api.last('avro.decode').resolve({ text: '{"n":9223372036854775807}', framing: 'confluent', schemaId: 42 })
    await flushPromises()

    expect(shownText()).toContain('9223372036854775807')
    expect(shownText()).toContain('Confluent: schema id 42')
  })

  it('that does not fit says why, in words', async () => {
    await openWith(record)
    await paste('"string"')
    api.last('avro.decode').reject(new ApiError({ code: 'INVALID_INPUT', message: 'The bytes end inside $.' }))
    await flushPromises()

    expect(one('alert', '').textContent).toContain('The bytes end inside $.')
  })

  it('is read whole where it is cut for the screen', async () => {
    await openWith({ ...record, cutFromBytes: 100, wholeBytes: { value: 100 } })
    await paste('"bytes"')
    expect(api.last('record.whole').input).toEqual({ topic: 't', partition: 0, offset: 7 })

    api.last('record.whole').resolve({ ...record, value: { base64: 'AAECAw==' } })
    await flushPromises()

    expect(api.last('avro.decode').input).toEqual({ schema: '"bytes"', payload: { base64: 'AAECAw==' } })
  })
})
