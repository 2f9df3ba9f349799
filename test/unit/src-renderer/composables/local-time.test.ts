import { afterEach, describe, expect, it } from 'vitest'
import { typedRecordTime, typedTime } from '@/composables/local-time'
import { isoLocal, showTimesIn } from '@/format'

it('takes a time in the zone of this machine', () => {
  expect(typedTime('2026-11-22 14:06:22.5')).toBe(new Date(2026, 10, 22, 14, 6, 22, 500).getTime())
  expect(typedTime(' 2026-11-22T14:06 ')).toBe(new Date(2026, 10, 22, 14, 6).getTime())
  expect(typedTime('2026-11-22')).toBe(new Date(2026, 10, 22).getTime())
})

it('takes a time with its own zone', () => {
  expect(typedTime('2026-11-22T14:06:22Z')).toBe(Date.UTC(2026, 10, 22, 14, 6, 22))
  expect(typedTime('2026-11-22T14:06:22.004+09:00')).toBe(Date.UTC(2026, 10, 22, 5, 6, 22, 4))
  expect(typedTime('2026-11-22T14:06:22-0330')).toBe(Date.UTC(2026, 10, 22, 17, 36, 22))
})

it.each(['', '22.11.2026', '2026-02-30', '2026-13-01', '2026-11-22 24:00', '2026-11-22 10:61', '1969-12-31T00:00:00Z'])(
  'refuses %j',
  (text) => {
    expect(typedTime(text)).toBeUndefined()
  }
)

describe('the time of a record', () => {
  afterEach(() => showTimesIn(null))

  it('may be before 1970, where no place in a log is asked for', () => {
    showTimesIn('Asia/Seoul')
    expect(typedRecordTime('1969-07-20 20:17')).toBe(Date.UTC(1969, 6, 20, 11, 17))
    expect(typedRecordTime('1969-07-20T20:17:00.004Z')).toBe(Date.UTC(1969, 6, 20, 20, 17, 0, 4))
    expect(typedRecordTime('1969-12-31T23:59:59.999Z')).toBe(-1)
    expect(typedTime('1969-07-20T20:17:00Z')).toBeUndefined()
    expect(typedRecordTime('1969-02-29')).toBeUndefined()
  })

  it('is of the year that was typed, however early, and given back as it is shown', () => {
    showTimesIn('UTC')
    expect(typedTime('0099-03-01')).toBeUndefined()
    for (const text of ['0000-02-29 00:00:00.000', '0099-03-01 12:00:00.250', '1582-10-10 08:00:00.000'])
      expect(isoLocal(typedRecordTime(text) ?? Number.NaN)).toBe(text)
    showTimesIn('Asia/Seoul')
    expect(isoLocal(typedRecordTime('1899-12-31 23:59:59.999') ?? Number.NaN)).toBe('1899-12-31 23:59:59.999')
  })
})

describe('in a chosen zone', () => {
  afterEach(() => showTimesIn(null))
  const iso = (text: string): string => new Date(typedTime(text) ?? Number.NaN).toISOString()

  it('takes the clocks of that zone', () => {
    showTimesIn('Asia/Kathmandu')
    expect(iso('2026-11-22 14:06:22.5')).toBe('2026-11-22T08:21:22.500Z')
    showTimesIn('UTC')
    expect(iso('2026-11-22 14:06')).toBe('2026-11-22T14:06:00.000Z')
    expect(iso('2026-11-22 14:06+09:00')).toBe('2026-11-22T05:06:00.000Z')
  })

  it('takes the first of an hour that comes twice', () => {
    showTimesIn('Europe/Berlin')
    expect(iso('2026-10-25 01:59:59')).toBe('2026-10-24T23:59:59.000Z')
    expect(iso('2026-10-25 02:30')).toBe('2026-10-25T00:30:00.000Z')
    expect(iso('2026-10-25 03:00')).toBe('2026-10-25T02:00:00.000Z')
    showTimesIn('Australia/Lord_Howe') // by half an hour
    expect(iso('2026-04-05 01:45')).toBe('2026-04-04T14:45:00.000Z')
  })

  it('counts on through an hour that is left out', () => {
    showTimesIn('America/New_York')
    expect(iso('2026-03-08 01:59')).toBe('2026-03-08T06:59:00.000Z')
    expect(iso('2026-03-08 02:30')).toBe('2026-03-08T07:30:00.000Z')
    expect(iso('2026-03-08 03:00')).toBe('2026-03-08T07:00:00.000Z')
    showTimesIn('America/Santiago') // at midnight: there is no 00:00 on this day
    expect(iso('2026-09-06')).toBe('2026-09-06T04:00:00.000Z')
  })

  it.each(['UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia', 'Asia/Seoul'])(
    'gives back what is shown in %s, but for the second of a doubled hour',
    (zone) => {
      showTimesIn(zone)
      for (let atMs = Date.UTC(2026, 0, 1); atMs < Date.UTC(2027, 0, 1); atMs += 47 * 60_000 + 123) {
        const shown = isoLocal(atMs)
        const typed = typedTime(shown) ?? Number.NaN
        if (typed !== atMs) {
          expect(isoLocal(typed)).toBe(shown)
          expect(atMs - typed).toBe(3_600_000)
        }
      }
    }
  )
})
