import { flushPromises } from '@vue/test-utils'
import { nextTick, shallowReactive } from 'vue'
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

async function type(schema: string): Promise<void> {
  const field = document.querySelector<HTMLTextAreaElement>('#avro-schema')
  if (field === null) throw new Error('no field for the schema')
  field.value = schema
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}

async function paste(schema: string): Promise<void> {
  await type(schema)
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
    await openWith({ ...record, cutFromBytes: 100, wholeBytes: { key: 0, value: 100, headers: [] } })
    await paste('"bytes"')
    expect(api.last('record.whole').input).toEqual({ topic: 't', partition: 0, offset: 7 })

    api.last('record.whole').resolve({ ...record, value: { base64: 'AAECAw==' } })
    await flushPromises()

    expect(api.last('avro.decode').input).toEqual({ schema: '"bytes"', payload: { base64: 'AAECAw==' } })
  })

  it('is fetched once for whatever is typed, and not for what is no schema yet', async () => {
    await openWith({ ...record, cutFromBytes: 100, wholeBytes: { key: 0, value: 100, headers: [] } })
    await paste('"bytes"')
    api.last('record.whole').resolve({ ...record, value: { base64: 'AAECAw==' } })
    await flushPromises()
    api.last('avro.decode').resolve({ text: '1', framing: 'none' })
    await flushPromises()
    await type('{"type":')
    await vi.waitFor(() => expect(shownText()).toContain('The schema is no JSON'))
    await type('"long"')
    await vi.waitFor(() => expect(api.last('avro.decode').input).toMatchObject({ schema: '"long"' }))

    const names = api.calls.map(({ name }) => name).filter((name) => ['avro.decode', 'record.whole'].includes(name))
    expect(names).toEqual(['record.whole', 'avro.decode', 'avro.decode'])
  })

  it('is sent as Base64 where it is long, since a text of controls is six times as long in JSON', async () => {
    const bytes = 1024 * 1024 + 1
    await openWith({ ...record, value: '', cutFromBytes: bytes, wholeBytes: { key: 0, value: bytes, headers: [] } })
    await paste('"bytes"')
    api.last('record.whole').resolve({ ...record, value: '\u0001'.repeat(bytes) })
    await flushPromises()

    const { payload } = api.last('avro.decode').input as { readonly payload: { readonly base64: string } }
    expect(payload.base64).toHaveLength(Math.ceil(bytes / 3) * 4)
    expect(payload.base64.slice(0, 8)).toBe('AQEBAQEB')
  })

  it('that is larger than the host takes at once is neither fetched nor sent, and says so', async () => {
    const bytes = 60 * 1024 * 1024
    await openWith({ ...record, cutFromBytes: bytes, wholeBytes: { key: 0, value: bytes, headers: [] } })
    await type('"bytes"')
    await vi.waitFor(() => expect(shownText()).toContain('It has 62 914 560 B. No more than 18 874 368 B are read'))

    expect(api.calls.filter(({ name }) => ['avro.decode', 'record.whole'].includes(name))).toEqual([])
  })

  it('is shown in part where it is long, and copied whole', async () => {
    await openWith(record)
    await paste('"string"')
    api.last('avro.decode').resolve({ text: `"${'x'.repeat(40_000)}"`, framing: 'none' })
    await flushPromises()

    expect(shownText()).toContain('Shown are the first 16 384 of 40 002 characters. Copying takes all of it.')
    expect(document.querySelector('pre')?.textContent).toHaveLength(16_384)
  })
})

describe('the reading of a record', () => {
  const cut = (offset: number) => ({
    ...record,
    offset,
    cutFromBytes: 100,
    wholeBytes: { key: 0, value: 100, headers: [] }
  })
  const offsetsOf = (name: string): unknown[] =>
    api.calls.filter((call) => call.name === name).map(({ input }) => (input as { readonly offset: number }).offset)

  it.each([
    ['en', 'Reading…'],
    ['ko', '읽는 중…']
  ] as const)(
    'does not wait for the record before it, and is said while it lasts, in %s',
    async (language, reading) => {
      const props = shallowReactive<Record<string, unknown>>({ record: cut(7) })
      await show(RecordDetail, props, language)
      one('radio', 'Avro').click()
      await flushPromises()
      expect(shownText()).not.toContain(reading)
      await paste('"long"')
      expect(offsetsOf('record.whole')).toEqual([7])
      expect(shownText()).toContain(reading)

      props.record = { ...record, offset: 8 }
      await flushPromises()
      expect(api.last('avro.decode').input).toEqual({ schema: '"long"', payload: record.value })
      expect(shownText()).toContain(reading)
      api.last('avro.decode').resolve({ text: '{"of":8}', framing: 'none' })
      await flushPromises()
      api.last('record.whole').resolve({ ...record, value: { base64: 'AAECAw==' } })
      await flushPromises()

      expect(document.querySelector('.tree')?.textContent).toContain('of8')
      expect(shownText()).not.toContain(reading)
      expect(api.calls.filter(({ name }) => name === 'avro.decode')).toHaveLength(1)
    }
  )

  it('fetches no cut record that is only stepped over', async () => {
    const props = shallowReactive<Record<string, unknown>>({ record: cut(7) })
    await show(RecordDetail, props)
    one('radio', 'Avro').click()
    await flushPromises()
    await paste('"long"')

    props.record = cut(8)
    await nextTick()
    props.record = cut(9)
    await nextTick()
    await vi.waitFor(() => expect(offsetsOf('record.whole')).toContain(9))
    expect(offsetsOf('record.whole')).toEqual([7, 9])
  })
})

describe('a key read by an Avro schema', () => {
  it('is not waited for with a large value', async () => {
    const bytes = 60 * 1024 * 1024
    const large = { ...keyed, cutFromBytes: bytes + 5, wholeBytes: { key: 5, value: bytes, headers: [] } }
    await show(RecordDetail, { record: large })
    one('button', 'Key as Avro').click()
    await flushPromises()
    await keySchema('"long"')

    expect(api.calls.some(({ name }) => name === 'record.whole')).toBe(false)
  })

  const keyed = { ...record, key: { base64: 'AAAAACo=' }, value: 'plain' }
  const keySchema = async (schema: string): Promise<void> => {
    const field = document.querySelector<HTMLTextAreaElement>('#avro-key-schema')
    if (field === null) throw new Error('no field for the schema of the key')
    field.value = schema
    field.dispatchEvent(new Event('input', { bubbles: true }))
    await vi.waitFor(() => expect(api.last('avro.decode').input).toMatchObject({ schema }))
  }

  it('that is too large is not said to be saved, which only values can', async () => {
    const bytes = 60 * 1024 * 1024
    const large = { ...keyed, cutFromBytes: bytes + 5, wholeBytes: { key: bytes, value: 5, headers: [] } }
    await show(RecordDetail, { record: large })
    one('button', 'Key as Avro').click()
    await flushPromises()

    expect(shownText()).toContain('It has 62 914 560 B. No more than 18 874 368 B are read by a schema here.')
    expect(shownText()).not.toContain('save the value')
  })

  it.each([
    ['en', 'Key as Avro'],
    ['ko', '키를 Avro로 보기']
  ] as const)('has a schema of its own, in %s', async (language, button) => {
    await show(RecordDetail, { record: keyed }, language)
    one('button', button).click()
    await flushPromises()
    expect(one('button', button).getAttribute('aria-expanded')).toBe('true')
    await keySchema('"long"')
    expect(api.last('avro.decode').input).toEqual({ schema: '"long"', payload: keyed.key })

    api.last('avro.decode').resolve({ text: '{"id":9223372036854775807}', framing: 'confluent', schemaId: 7 })
    await flushPromises()
    expect(shownText()).toContain('9223372036854775807')
    one('radio', 'Avro').click()
    await flushPromises()
    expect(document.querySelector<HTMLTextAreaElement>('#avro-schema')?.value).toBe('')
  })
})
