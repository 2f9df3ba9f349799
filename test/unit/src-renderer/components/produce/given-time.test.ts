import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import ProduceDialog from '@/components/produce/ProduceDialog.vue'
import type { FakeApi } from '../../support/fake-api'
import { one, show, shownText, useFakeHost } from '../../support/mount'

let api: FakeApi
beforeEach(async () => {
  api = useFakeHost()
  await show(ProduceDialog, { topic: 'orders' })
  one('radio', 'Given').click()
  await flushPromises()
})

async function typeTime(text: string): Promise<HTMLInputElement> {
  const field = one('textbox', 'Time given') as HTMLInputElement
  field.value = text
  field.dispatchEvent(new Event('input'))
  await flushPromises()
  return field
}

describe('the time that is given to a record', () => {
  it.each<[string, number | string]>([
    ['0', 0],
    ['9999', 9999],
    ['-1', -1],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['1970-01-01T00:00:01Z', 1000],
    ['1969-07-20T20:17:00Z', -14_182_980_000],
    ['-14182980000', -14_182_980_000]
  ])('may be %s', async (text, timestampMs) => {
    const field = await typeTime(text)

    expect(field.getAttribute('aria-invalid')).toBe('false')
    one('button', /^Send/).click()
    await flushPromises()
    expect(api.last('records.produce').input).toMatchObject({ records: [{ timestampMs }] })
  })

  it('says what digits mean: a day, none, or that there is no timestamp', async () => {
    await typeTime('2026')
    expect(shownText()).toContain('1970-01-01')
    await typeTime('-86400000')
    expect(shownText()).toContain('That is 1969-12-')
    await typeTime('-1')
    expect(shownText()).toContain('the record has no timestamp')
    await typeTime('9223372036854775807')
    expect(shownText()).toContain('No calendar has a date for this')
  })

  it('beyond 64 bits is refused with the bounds', async () => {
    const field = await typeTime('9223372036854775808')

    expect(field.getAttribute('aria-invalid')).toBe('true')
    expect(shownText()).toContain('from -9223372036854775808 to 9223372036854775807')
    expect((one('button', /^Send/) as HTMLButtonElement).disabled).toBe(true)
  })
})
