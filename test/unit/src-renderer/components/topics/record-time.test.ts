import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecordView } from '@api/views'
import { recordTime } from '@/components/topics/record-time'
import RecordDetail from '@/components/topics/RecordDetail.vue'
import RecordsTable from '@/components/topics/RecordsTable.vue'
import { showTimesIn } from '@/format'
import { one, show, useFakeHost } from '../../support/mount'

const FIRST_ON_THE_MOON = -14_182_980_000

beforeEach(() => {
  useFakeHost()
  showTimesIn('UTC')
})
afterEach(() => showTimesIn(null))

const record = (timestampMs: RecordView['timestampMs']): RecordView => ({
  topic: 't',
  partition: 0,
  offset: 7,
  timestampMs,
  key: null,
  value: 'v',
  headers: []
})

/** What stands beside "Time". */
async function timeInDetail(timestampMs: RecordView['timestampMs'], language: 'en' | 'ko'): Promise<string> {
  const shown = await show(RecordDetail, { record: record(timestampMs) }, language)
  const label = language === 'en' ? 'Time' : '시각'
  const term = [...document.querySelectorAll('dt')].find(({ textContent }) => textContent === label)
  const parts = [...(term?.nextElementSibling?.children ?? [])].map(({ textContent }) => textContent)
  const text = parts.join(' ').replace(/\s+/g, ' ')
  shown.unmount()
  return text
}

async function timeInTable(timestampMs: RecordView['timestampMs']): Promise<string | undefined> {
  const props = { records: [record(timestampMs)], readAtMs: Date.now(), selectedKey: undefined }
  const shown = await show(RecordsTable, props)
  const text = one('row', /^0\s*7/)
    .querySelectorAll('td')[2]
    ?.textContent.trim()
  shown.unmount()
  return text
}

describe('the time of a record', () => {
  it('is none for -1 alone; below it is a time before 1970', () => {
    expect(recordTime(-1)).toEqual({ type: 'none' })
    expect(recordTime(0)).toEqual({ type: 'date', atMs: 0 })
    expect(recordTime(-2)).toEqual({ type: 'date', atMs: -2 })
    expect(recordTime(FIRST_ON_THE_MOON)).toEqual({ type: 'date', atMs: FIRST_ON_THE_MOON })
  })

  it('is a number beyond every calendar, on both sides, of whatever length', () => {
    expect(recordTime(8.64e15)).toEqual({ type: 'date', atMs: 8.64e15 })
    expect(recordTime(8.64e15 + 1)).toEqual({ type: 'number', digits: '8640000000000001' })
    expect(recordTime(-9e15)).toEqual({ type: 'number', digits: '-9000000000000000' })
    expect(recordTime('1732251982506000000')).toEqual({ type: 'number', digits: '1732251982506000000' })
  })

  it.each(['en', 'ko'] as const)('is shown in the detail as far as there is one, in %s', async (language) => {
    expect(await timeInDetail(-1, language)).toBe('—')
    expect(await timeInDetail(FIRST_ON_THE_MOON, language)).toBe('1969-07-20 20:17:00.000 UTC')
    expect(await timeInDetail(9e15, language)).toBe('9 000 000 000 000 000')
  })

  it('is shown in the table, with its year where that is another', async () => {
    expect(await timeInTable(-1)).toBe('—')
    expect(await timeInTable(FIRST_ON_THE_MOON)).toBe('1969-07-20 20:17:00.000')
    expect(await timeInTable(-9e15)).toBe('-9000000000000000')
    const lastYear = `${new Date().getUTCFullYear() - 1}-11-22`
    expect(await timeInTable(Date.parse(`${lastYear}T05:06:22.004Z`))).toBe(`${lastYear} 05:06:22.004`)
  })
})
