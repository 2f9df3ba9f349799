import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, reactive } from 'vue'
import type { PropType } from 'vue'
import { ApiError } from '@api/api'
import type { RecordView } from '@api/views'
import { jsonLines, numberSize, unfolded, type JsonLine } from '@/components/topics/json-lines'
import {
  decoded,
  decodingsOf,
  hexLines,
  payloadBytes,
  payloadSize,
  payloadText,
  readableText
} from '@/components/topics/payload'
import JsonTree from '@/components/topics/JsonTree.vue'
import { contains, cutCount } from '@/components/topics/record-search'
import RecordDetail from '@/components/topics/RecordDetail.vue'
import { RETENTION_CHOICES, retentionConfigs } from '@/components/topics/retention'
import { useNoticesStore } from '@/stores/notices'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'

/** What was copied: the clipboard is the machine's. */
const written = vi.hoisted((): string[] => [])
vi.mock('@/composables/use-copy', () => ({
  useCopy: () => ({ copy: (text: string) => Promise.resolve(written.push(text)), copied: false, what: '' })
}))

/** Of what is a tree. */
function linesOf(text: string): readonly JsonLine[] | undefined {
  const json = jsonLines(text)
  return json?.type === 'lines' ? json.lines : undefined
}

describe('JSON as lines', () => {
  it('keeps every digit as it was written', () => {
    const lines = linesOf('{"seq":9223372036854775807,"ledger":23958446825181076828,"amount":129.90,"tiny":1e-400}')

    expect(lines?.map((line) => line.text)).toEqual(['9223372036854775807', '23958446825181076828', '129.90', '1e-400'])
    expect(lines?.every((line) => line.kind === 'number')).toBe(true)
  })

  it('says of a whole number whether doubles lose it, and whether 64 bits hold it', () => {
    const sizeOf = (text: string) => numberSize({ depth: 0, name: 'n', kind: 'number', text })
    expect(['0', '9007199254740991', '-9007199254740991', '1e400', '129.90', '-0'].map(sizeOf)).toEqual(
      Array(6).fill(undefined)
    )
    const held = ['9007199254740993', '9223372036854775807', '-9223372036854775808']
    expect(held.map(sizeOf)).toEqual(Array(3).fill('int64'))
    const lost = ['9223372036854775808', '-9223372036854775809', '23958446825181076828', '9'.repeat(5000)]
    expect(lost.map(sizeOf)).toEqual(Array(4).fill('beyond'))
  })

  it('nests members and counts them', () => {
    expect(linesOf('{"retry":{"attempt":2,"fatal":false},"tags":["a, b",null],"none":{}}')).toEqual([
      { depth: 0, name: 'retry', kind: 'branch', text: '{ 2 }' },
      { depth: 1, name: 'attempt', kind: 'number', text: '2' },
      { depth: 1, name: 'fatal', kind: 'word', text: 'false' },
      { depth: 0, name: 'tags', kind: 'branch', text: '[ 2 ]' },
      { depth: 1, name: '0', kind: 'text', text: '"a, b"' },
      { depth: 1, name: '1', kind: 'word', text: 'null' },
      { depth: 0, name: 'none', kind: 'branch', text: '{ 0 }' }
    ])
  })

  it('reads names with quotes and braces in them', () => {
    expect(linesOf('{"a\\"}":"{\\\\"}')).toEqual([{ depth: 0, name: 'a"}', kind: 'text', text: '"{\\\\"' }])
  })

  it('is nothing for what is not an object or array', () => {
    expect(jsonLines('hello')).toBeUndefined()
    expect(jsonLines('42')).toBeUndefined()
    expect(jsonLines('{"open":')).toBeUndefined()
  })

  it('is no tree where it is nested too deeply, or too long, and says so instead of overflowing', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

    expect(jsonLines(nested(8000))).toEqual({ type: 'deep', max: 1000 })
    expect(jsonLines(`${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}`)).toEqual({ type: 'deep', max: 1000 })
    expect(jsonLines(nested(1000))).toMatchObject({ type: 'lines', lineCount: 999 })
    expect(jsonLines(`[${'1,'.repeat(1_000_000)}1]`)).toEqual({ type: 'large', max: 2_000_000 })
  })

  it('counts the lines that it does not hold', () => {
    const json = jsonLines(`{"a":[${'1,'.repeat(29_999)}1],"b":{"c":2}}`)

    expect(json).toMatchObject({ type: 'lines', lineCount: 30_003 })
    expect(json?.type === 'lines' && json.lines.length).toBe(20_000)
    expect(json?.type === 'lines' && json.lines[0]?.text).toBe('[ 30000 ]')
  })
})

describe('a folded tree', () => {
  it('leaves out what is in a folded branch, and nothing after it', () => {
    const lines = linesOf('{"a":{"b":[1,2],"c":3},"d":4}') ?? []
    const names = (folded: readonly number[]): string[] => unfolded(lines, new Set(folded)).map(({ line }) => line.name)

    expect(names([])).toEqual(['a', 'b', '0', '1', 'c', 'd'])
    expect(names([1])).toEqual(['a', 'b', 'c', 'd'])
    expect(names([0])).toEqual(['a', 'd'])
  })
})

describe('the filter of the messages', () => {
  const record = (rest: Partial<RecordView>): RecordView => ({
    topic: 'orders',
    partition: 3,
    offset: 77,
    timestampMs: 1,
    key: null,
    value: 'plain',
    headers: [],
    ...rest
  })

  it('looks at key, value, headers, numbers in bytes, and the place', () => {
    expect(contains(record({ key: 'Key-7' }), ' key-7 ')).toBe(true)
    expect(contains(record({ headers: [{ key: 'trace', value: 'abc' }] }), 'TRACE')).toBe(true)
    expect(contains(record({ headers: [{ key: 'trace', value: 'abc' }] }), 'abc')).toBe(true)
    expect(contains(record({ key: { base64: 'AAAAKg==' } }), '42')).toBe(true)
    expect(contains(record({ key: { base64: 'AAAAKg==' } }), '00 2a')).toBe(true)
    expect(contains(record({}), 'orders-3')).toBe(true)
    expect(contains(record({}), 'nowhere')).toBe(false)
  })

  it('knows how many records it could not look at in full', () => {
    expect(cutCount([record({}), record({ cutFromBytes: 90_000 })])).toBe(1)
  })
})

describe('payloads', () => {
  it('that are valid UTF-8 are bytes all the same when nobody would write them', () => {
    expect(readableText('\u0000\u0000\u0000*')).toBeUndefined()
    expect(decodingsOf('\u0000\u0000\u0000*')).toEqual(['hex', 'int32'])
    expect(payloadText('\u0000\u0000\u0000*')).toBe('00 00 00 2a')
    expect(readableText('two\nlines\t')).toBe('two\nlines\t')
    expect(payloadText('two\nlines')).toBe('two‹LF›lines')
  })

  it('are offered as all that their bytes may be meant', () => {
    const uuid = { base64: btoa('\x01\x23\x45\x67\x89\xab\x4d\xef\x81\x23\x45\x67\x89\xab\xcd\xef') }

    expect(decodingsOf('word')).toEqual(['text', 'int32', 'hex'])
    expect(decodingsOf(uuid)).toEqual(['hex', 'uuid'])
    expect(decoded(uuid, 'uuid')).toBe('01234567-89ab-4def-8123-456789abcdef')
    expect(decoded({ base64: btoa('\x7f\xff\xff\xff\xff\xff\xff\xff') }, 'int64')).toBe('9223372036854775807')
    expect(decodingsOf(null)).toEqual(['hex'])
  })

  it('are text, bytes in hex whatever number they could be, or nothing', () => {
    expect(payloadText('안녕')).toBe('안녕')
    expect(payloadText({ base64: 'AAAAKg==' })).toBe('00 00 00 2a')
    expect(payloadText({ base64: btoa('\xff\xff\xff\xff\xff\xff\xff\xfe') })).toBe('ff ff ff ff ff ff ff fe')
    expect(payloadText({ base64: btoa('\x01\xff\x03') })).toBe('01 ff 03')
    expect(payloadText(null)).toBe('')
    expect([payloadSize('안녕'), payloadSize({ base64: 'AAAAKg==' }), payloadSize(null)]).toEqual([6, 4, 0])
  })

  it('are shown in lines of eight bytes', () => {
    expect(hexLines(payloadBytes('abcdefgh\n'), 4096)).toEqual([
      { at: '0000', bytes: '61 62 63 64 65 66 67 68', text: 'abcdefgh' },
      { at: '0008', bytes: '0a'.padEnd(23), text: '·' }
    ])
  })
})

/** A detail whose record becomes another one. */
const Following = defineComponent({
  props: { props: { type: Object as PropType<{ record: RecordView }>, required: true } },
  render() {
    return h(RecordDetail, this.props)
  }
})

describe('what is shown of a value in part', () => {
  beforeEach(() => {
    written.length = 0
  })
  const record = { topic: 't', partition: 0, offset: 7, timestampMs: 1, key: null, headers: [] }

  it('says how many lines of its tree are shown, and shows more of them', async () => {
    useFakeHost()
    await show(RecordDetail, { record: { ...record, value: JSON.stringify(Array.from({ length: 600 }, (_, i) => i)) } })
    expect(shownText()).toContain('Shown are the first 500 of 600 lines.')
    expect(document.querySelectorAll('.tree li')).toHaveLength(500)

    one('button', 'Show more').click()
    await flushPromises()
    expect(document.querySelectorAll('.tree li')).toHaveLength(600)
    expect(shownText()).not.toContain('Shown are the first')
    expect(document.activeElement).toBe(document.querySelectorAll('.tree li')[500])
  }, 30_000)

  it('counts what is folded among the lines that are there, and shows as many after it', async () => {
    useFakeHost()
    const value = JSON.stringify({ many: Array.from({ length: 600 }, (_, i) => i), next: 'after it', last: 'the end' })
    await show(RecordDetail, { record: { ...record, value } })
    expect(shownText()).toContain('Shown are the first 500 of 603 lines.')

    one('button', /many/).click()
    await flushPromises()
    expect(document.querySelectorAll('.tree li')).toHaveLength(3)
    expect(shownText()).toContain('the end')
    expect(shownText()).not.toContain('Shown are the first')
    expect(byRole('button', 'Show more')).toHaveLength(0)
  }, 30_000)

  it('tells of lines that the tree does not hold, also where all that it holds is folded', async () => {
    useFakeHost()
    const tree = jsonLines(`{"many":[${'1,'.repeat(29_999)}1],"next":2}`)
    await show(JsonTree, { tree, label: 'Value' })
    one('button', /many/).click()
    await flushPromises()

    expect(document.querySelectorAll('.tree li')).toHaveLength(1)
    expect(shownText()).toContain('Shown are the first 20 000 of 30 002 lines.')
    expect(byRole('button', 'Show more')).toHaveLength(0)
  }, 30_000)

  it.each([
    ['en', 'Hex', 'Shown are the first 4 096 of 70 000 B.', 'Show more', 'Shown are the first 6 000 of'],
    ['ko', '16진수', '전체 70 000 B 중 앞 4 096 B만', '더 보기', '앞 6 000 B만']
  ] as const)('says how many bytes are shown in hex, in %s', async (language, hex, first, more, all) => {
    useFakeHost()
    const cut = {
      ...record,
      value: 'v'.repeat(6000),
      cutFromBytes: 70_000,
      wholeBytes: { key: 0, value: 70_000, headers: [] }
    }
    await show(RecordDetail, { record: cut }, language)
    one('radio', hex).click()
    await flushPromises()
    expect(shownText()).toContain(first)
    expect(document.querySelectorAll('.hex li')).toHaveLength(512)

    one('button', more).click()
    await flushPromises()
    expect(document.querySelectorAll('.hex li')).toHaveLength(750)
    expect(shownText()).toContain(all)
    expect(byRole('button', more)).toHaveLength(0)
    expect(document.activeElement).toBe(document.querySelectorAll('.hex li')[512])
  })

  it('becomes all of it when that is asked for: JSON that was cut is a tree then, until the record is another one', async () => {
    const api = useFakeHost()
    const whole = JSON.stringify(Array.from({ length: 600 }, (_, i) => i))
    const cut = {
      ...record,
      value: whole.slice(0, 1000),
      cutFromBytes: whole.length,
      wholeBytes: { key: 0, value: whole.length, headers: [] }
    }
    const props = reactive<{ record: RecordView }>({ record: cut })
    await show(Following, { props })
    expect(shownText()).toContain('Shown are the first 1 000 of')
    expect(document.querySelector('.tree')).toBeNull()

    one('button', 'Show all of it').focus()
    one('button', 'Show all of it').click()
    await flushPromises()
    expect(one('button', 'Show all of it').getAttribute('aria-busy')).toBe('true')
    // Pressed again meanwhile, it is not asked for twice.
    one('button', 'Show all of it').click()
    await flushPromises()
    expect(api.calls.filter(({ name }) => name === 'record.whole')).toHaveLength(1)
    api.last('record.whole').reject(new ApiError({ code: 'TIMED_OUT', message: 'The broker did not answer.' }))
    await flushPromises()
    expect(document.querySelector('.problem[role=alert]')).not.toBeNull()
    expect(document.activeElement).toBe(one('button', 'Show all of it'))

    one('button', 'Show all of it').click()
    await flushPromises()
    api.last('record.whole').resolve({ ...record, value: whole })
    await flushPromises()
    expect(document.querySelector('.problem[role=alert]')).toBeNull()
    expect(shownText()).toContain('Shown are the first 500 of 600 lines.')
    expect(byRole('button', 'Show all of it')).toHaveLength(0)
    expect(document.activeElement?.textContent?.trim()).toBe('Tree')

    props.record = { ...cut, offset: 8 }
    await flushPromises()
    expect(shownText()).toContain('Shown are the first 1 000 of')
    expect(byRole('button', 'Show all of it')).toHaveLength(1)
  }, 30_000)

  it('in hex goes on where it ended when all of it is asked for, with the focus on the first new line', async () => {
    const api = useFakeHost()
    const bytes = (count: number) => ({ base64: btoa('\xff'.repeat(count)) })
    const wholeBytes = { key: 0, value: 20_000, headers: [] }
    const cut = { ...record, value: bytes(8192), cutFromBytes: 20_000, wholeBytes }
    const props = reactive<{ record: RecordView }>({ record: cut })
    await show(Following, { props })
    one('button', 'Show more').click()
    await flushPromises()
    const lines = () => document.querySelectorAll('.hex li')
    expect(lines()).toHaveLength(1024)

    one('button', 'Show all of it').focus()
    one('button', 'Show all of it').click()
    await flushPromises()
    api.last('record.whole').resolve({ ...record, value: bytes(20_000) })
    await flushPromises()
    expect(lines()).toHaveLength(1536)
    expect(shownText()).toContain('Shown are the first 12 288 of 20 000 B.')
    expect(document.activeElement).toBe(lines()[1024])

    props.record = { ...cut, offset: 8 }
    await flushPromises()
    expect(lines()).toHaveLength(512)
  })

  it('leaves who went on elsewhere meanwhile where they are', async () => {
    const api = useFakeHost()
    const wholeBytes = { key: 0, value: 9, headers: [] }
    await show(RecordDetail, { record: { ...record, value: 'v', cutFromBytes: 9, wholeBytes } })
    one('button', 'Show all of it').focus()
    one('button', 'Show all of it').click()
    one('button', 'Next record').focus()
    api.last('record.whole').resolve({ ...record, value: 'v'.repeat(9) })
    await flushPromises()

    expect(byRole('button', 'Show all of it')).toHaveLength(0)
    expect(document.activeElement).toBe(one('button', 'Next record'))
  })

  it('is that of this record only, also where another one has its place since', async () => {
    const api = useFakeHost()
    const wholeBytes = { key: 0, value: 9, headers: [] }
    const cut = { ...record, value: 'v', cutFromBytes: 9, wholeBytes }
    const props = reactive<{ record: RecordView }>({ record: cut })
    await show(Following, { props })
    one('button', 'Show all of it').click()
    await flushPromises()
    api.last('record.whole').resolve({ ...record, value: 'v of it' })
    await flushPromises()
    expect(shownText()).toContain('v of it')
    // Told again it is the same one.
    props.record = { ...cut, wholeBytes: { ...wholeBytes } }
    await flushPromises()
    expect(shownText()).toContain('v of it')

    props.record = { ...cut, timestampMs: 2 }
    await flushPromises()
    expect(shownText()).not.toContain('v of it')
    one('button', 'Copy value').click()
    await flushPromises()
    api.last('record.whole').resolve({ ...record, value: 'of 2' })
    await flushPromises()
    expect(written).toEqual(['of 2'])
  })

  it('is not fetched to be shown where it is larger than a screen is for, nor comes to another record', async () => {
    const api = useFakeHost()
    const wholeBytes = (value: number) => ({ key: 0, value, headers: [] })
    const cut = { ...record, value: 'v', cutFromBytes: 9 }
    const props = reactive<{ record: RecordView }>({ record: { ...cut, wholeBytes: wholeBytes(1024 * 1024 + 1) } })
    await show(Following, { props })
    expect(shownText()).toContain('Shown are the first 1 of')
    expect(byRole('button', 'Show all of it')).toHaveLength(0)

    props.record = { ...cut, offset: 8, wholeBytes: wholeBytes(9) }
    await flushPromises()
    one('button', 'Show all of it').click()
    await flushPromises()
    props.record = { ...cut, offset: 9, value: 'w', wholeBytes: wholeBytes(9) }
    await flushPromises()
    api.last('record.whole').resolve({ ...record, offset: 8, value: 'too late' })
    await flushPromises()
    expect(shownText()).not.toContain('too late')
    expect(one('button', 'Show all of it').getAttribute('aria-busy')).toBe('false')
  })

  it('of a cut key and header says how much there is, and copies all of it, fetched once', async () => {
    const api = useFakeHost()
    const cut = {
      ...record,
      key: 'k'.repeat(30),
      value: 'v',
      headers: [
        { key: 'small', value: 'x' },
        { key: 'large', value: 'h'.repeat(200) }
      ],
      cutFromBytes: 41,
      wholeBytes: { key: 40, value: 1, headers: [1, 102_400] }
    }
    await show(RecordDetail, { record: cut })
    expect(shownText()).toContain('Shown are the first 30 of 40 B. Copying takes all of it.')
    expect([byRole('button', 'Show all').length, byRole('button', 'Show more').length]).toEqual([0, 1])
    // Folded it shows fewer than it has.
    expect(shownText()).not.toContain('Shown are the first 200')
    one('button', 'Show more').click()
    await flushPromises()
    expect(shownText()).toContain('Shown are the first 200 of 102 400 B. Copying takes all of it.')
    expect(shownText()).not.toContain('Shown are the first 1 of')

    one('button', 'Copy large').click()
    await flushPromises()
    const headers = [cut.headers[0], { key: 'large', value: 'h'.repeat(102_400) }]
    api.last('record.whole').resolve({ ...cut, key: 'k'.repeat(40), headers })
    await flushPromises()
    one('button', 'Copy Key').click()
    await flushPromises()

    expect(written).toEqual(['h'.repeat(102_400), 'k'.repeat(40)])
    expect(api.calls.filter(({ name }) => name === 'record.whole')).toHaveLength(1)
  })

  it.each([
    ['en', 'Copy Key', 'Copy value', '20 000 000 B; as hex no more than 16 777 216 B are copied', 'Save it to a file'],
    ['ko', '키 복사', '값 복사', '크기 20 000 000 B. 16진수로는 최대 16 777 216 B까지', '파일로 저장하세요']
  ] as const)('of bytes is copied as hex up to a bound, and not fetched beyond it, in %s', async (...words) => {
    const [language, copyKey, copyValue, tooLarge, instead] = words
    const api = useFakeHost()
    const cut = {
      ...record,
      key: { base64: btoa('\xff\x00') },
      value: { base64: btoa('\xff\x01') },
      cutFromBytes: 40_000_000,
      wholeBytes: { key: 20_000_000, value: 20_000_000, headers: [] }
    }
    await show(RecordDetail, { record: cut }, language)
    one('button', copyKey).click()
    one('button', copyValue).click()
    await flushPromises()

    const [ofKey, ofValue] = useNoticesStore().notices.map(({ error }) => error?.message.replaceAll('\u2009', ' '))
    expect(ofKey).toContain(tooLarge)
    expect(ofKey).toContain('Base64')
    expect(ofValue).toContain(tooLarge)
    expect(ofValue).toContain(instead)
    expect(api.calls.filter(({ name }) => name === 'record.whole')).toEqual([])
    expect(written).toEqual([])
  })

  it('of as many bytes as are copied is all there', async () => {
    const api = useFakeHost()
    const wholeBytes = { key: 300, value: 300, headers: [] }
    const cut = { ...record, key: { base64: btoa('\xff') }, value: { base64: btoa('\xff') } }
    await show(RecordDetail, { record: { ...cut, cutFromBytes: 600, wholeBytes } })
    const whole = { base64: btoa(String.fromCharCode(0xff, ...Array.from({ length: 299 }, (_, i) => i % 256))) }
    one('button', 'Copy Key').click()
    one('button', 'Copy value').click()
    await flushPromises()
    api.last('record.whole').resolve({ ...cut, key: whole, value: whole })
    await flushPromises()

    const bytes = [0xff, ...Array.from({ length: 299 }, (_, i) => i % 256)]
    const expected = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    expect(written).toEqual([expected, expected])
  })

  it('is raw, with a word, where it is nested too deeply for a tree', async () => {
    useFakeHost()
    const value = '['.repeat(8000) + ']'.repeat(8000)
    await show(RecordDetail, { record: { ...record, value } })

    expect(shownText()).toContain('It is nested deeper than 1 000 levels')
    expect(document.querySelector('pre')?.textContent).toBe(value)
  })
})

describe('retention', () => {
  it('becomes retention.ms, and nothing for the default of the broker', () => {
    expect(retentionConfigs('default')).toEqual({})
    expect(retentionConfigs('7d')).toEqual({ 'retention.ms': '604800000' })
    expect(retentionConfigs('forever')).toEqual({ 'retention.ms': '-1' })
    expect(RETENTION_CHOICES).toHaveLength(8)
  })
})
