import { afterEach, describe, expect, it } from 'vitest'
import {
  atLeast,
  axisTick,
  bytes,
  byteUnit,
  clock,
  decimal,
  durationParts,
  integer,
  inUnit,
  isoLocal,
  moment,
  momentWithin,
  rateUnit,
  showTimesIn,
  tickTime,
  zone,
  zoneName,
  zoneNames,
  zoneOffset
} from '@/format'

const THIN = '\u2009'

describe('integers', () => {
  it('are grouped by thin spaces', () => {
    expect(integer(0)).toBe('0')
    expect(integer(999)).toBe('999')
    expect(integer(8112106)).toBe(`8${THIN}112${THIN}106`)
    expect(integer(-1234)).toBe(`\u22121${THIN}234`)
  })

  it('are exact at any length', () => {
    expect(integer('23958446825181076828').replaceAll(THIN, '')).toBe('23958446825181076828')
    expect(integer(9223372036854775807n).replaceAll(THIN, '')).toBe('9223372036854775807')
    expect(integer(Number.MAX_SAFE_INTEGER).replaceAll(THIN, '')).toBe('9007199254740991')
  })

  it('are a dash when not known, never 0', () => {
    expect(integer(null)).toBe('—')
    expect(integer(undefined)).toBe('—')
    expect(decimal(Number.NaN, 2)).toBe('—')
    expect(bytes(null)).toBe('—')
  })
})

describe('a sum of what is known', () => {
  it('is at least that, more than nothing below the least digit, and nothing at all when it is 0', () => {
    expect(['15', '<0.1', '0', '—'].map(atLeast)).toEqual([`≥${THIN}15`, `>${THIN}0`, '—', '—'])
  })
})

describe('sizes and rates', () => {
  it('take the unit that suits the largest value of a column', () => {
    const unit = byteUnit([1_420_000, null, 880])
    expect(unit.name).toBe('MB')
    expect([1_420_000, 880, 0, null].map((value) => inUnit(value, unit))).toEqual(['1.42', '<0.01', '0.00', '—'])
  })

  it('of a second take one unit for the screen, which does not flicker around a border', () => {
    const mega = rateUnit([880_000, null])
    expect(mega.name).toBe('MB')
    expect(rateUnit([90_000]).name).toBe('kB')
    expect(rateUnit([90_000], mega).name).toBe('MB')
    expect(rateUnit([40_000], mega).name).toBe('kB')
    expect(rateUnit([]).name).toBe('kB')
    expect(rateUnit([null], mega).name).toBe('MB')
  })

  it('tell rates below a kilobyte to the byte', () => {
    expect(rateUnit([532, 0, null])).toEqual({ name: 'B', factor: 1 })
    expect(rateUnit([999], rateUnit([5_000])).name).toBe('B')
    expect(rateUnit([1000], rateUnit([532])).name).toBe('kB')
    expect(inUnit(532, rateUnit([532]))).toBe('532')
  })

  it('do not go below the least unit', () => {
    expect(byteUnit([0, 12], 'kB').name).toBe('kB')
    expect(byteUnit([]).name).toBe('B')
  })

  it('show bytes whole', () => {
    expect(bytes(532)).toBe('532 B')
    expect(bytes(4_100_000_000)).toBe('4.1 GB')
  })
})

describe('ticks of a value axis', () => {
  it('are short where the step is, and alike on the whole axis', () => {
    const ticks = (step: number): string[] => [0, 1, 2, 3].map((count) => axisTick(count * step, step))

    expect(ticks(500)).toEqual(['0', '500', `1${THIN}000`, `1${THIN}500`])
    expect(ticks(1000)).toEqual(['0', '1 k', '2 k', '3 k'])
    expect(ticks(500_000)).toEqual(['0', '500 k', `1${THIN}000 k`, `1${THIN}500 k`])
    expect(ticks(2_000_000)).toEqual(['0', '2 M', '4 M', '6 M'])
  })

  it('have as many places as their step needs', () => {
    expect([0, 0.2, 1].map((value) => axisTick(value, 0.2))).toEqual(['0', '0.2', '1.0'])
    expect([1, 2].map((value) => axisTick(value, 1))).toEqual(['1', '2'])
  })
})

describe('times', () => {
  it('are told in two units', () => {
    expect(durationParts(4_000)).toEqual({ unit: 'seconds', first: 4, second: undefined })
    expect(durationParts(265_900)).toEqual({ unit: 'minutes', first: 4, second: 25 })
    expect(durationParts(2 * 3_600_000 + 60_000)).toEqual({ unit: 'hours', first: 2, second: 1 })
    expect(durationParts(50 * 3_600_000)).toEqual({ unit: 'days', first: 2, second: 2 })
    expect(durationParts(-5)).toEqual({ unit: 'seconds', first: 0, second: undefined })
  })

  it('are local, on a 24-hour clock, and equal in both languages', () => {
    const at = new Date(2026, 10, 22, 0, 6, 5).getTime()
    expect(clock('en', at)).toBe('00:06:05')
    expect(clock('ko', at)).toBe('00:06:05')
    expect(clock('en', at, false)).toBe('00:06')
    expect(isoLocal(at + 42)).toBe('2026-11-22 00:06:05.042')
  })
})

describe('a time among others', () => {
  const at = (day: number, hour: number): number => new Date(2026, 10, day, hour, 5, 9).getTime()
  const today = { fromMs: at(22, 9), toMs: at(22, 14) }

  it('has no date where all of them are of today', () => {
    expect(momentWithin('en', at(22, 10), today, at(22, 14))).toBe('10:05:09')
  })

  it('has its date where they cross midnight, before it and after it', () => {
    const range = { fromMs: at(21, 23), toMs: at(22, 1) }

    expect(momentWithin('en', at(21, 23), range, at(22, 1))).toBe('11-21 23:05:09')
    expect(momentWithin('en', at(22, 1), range, at(22, 1))).toBe('11-22 01:05:09')
  })

  it('has its date where all of them are of another day', () => {
    expect(momentWithin('en', at(22, 10), today, at(23, 1))).toBe('11-22 10:05:09')
  })
})

describe('the shown zone', () => {
  afterEach(() => showTimesIn(null))
  const autumn = Date.UTC(2026, 9, 25, 0, 59, 59, 999)

  it('is that of all times at once', () => {
    const at = Date.UTC(2026, 10, 22, 18, 30, 5, 7)
    const all = (): string[] => [
      isoLocal(at),
      clock('en', at),
      moment('en', at, at, true),
      moment('en', at, at + 86_400_000),
      tickTime('en', at, false, true),
      zone('en', at),
      zoneName()
    ]
    showTimesIn('UTC')
    expect(all()).toEqual([
      '2026-11-22 18:30:05.007',
      '18:30:05',
      '18:30:05.007',
      '11-22 18:30:05',
      '11-22 18:30',
      'UTC',
      'UTC'
    ])
    showTimesIn('Asia/Kolkata')
    expect(all()).toEqual([
      '2026-11-23 00:00:05.007',
      '00:00:05',
      '00:00:05.007',
      '11-23 00:00:05',
      '11-23 00:00',
      'GMT+5:30',
      'Asia/Kolkata'
    ])
  })

  it('says when clocks are put back and forward', () => {
    showTimesIn('Europe/Berlin')
    expect([autumn, autumn + 1].map(isoLocal)).toEqual(['2026-10-25 02:59:59.999', '2026-10-25 02:00:00.000'])
    const spring = Date.UTC(2026, 2, 29, 0, 59, 59, 999)
    expect([spring, spring + 1].map(isoLocal)).toEqual(['2026-03-29 01:59:59.999', '2026-03-29 03:00:00.000'])
    expect(zoneOffset('Europe/Berlin', autumn)).toBe('UTC+2')
    expect(zoneOffset('Europe/Berlin', autumn + 1)).toBe('UTC+1')
  })

  it('has days of its own', () => {
    const at = Date.UTC(2026, 10, 22, 18, 30)
    showTimesIn('UTC')
    expect(moment('en', at, at - 4 * 3_600_000)).toBe('18:30:00')
    showTimesIn('Asia/Kolkata')
    expect(moment('en', at, at - 4 * 3_600_000)).toBe('11-23 00:00:00')
  })

  it('is that of this machine when there is none of the name', () => {
    showTimesIn('Mars/Olympus_Mons')
    expect(zoneName()).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone)
    expect(zoneNames()).toContain('Asia/Seoul')
  })

  it('has no day for what no clock can show', () => {
    expect([isoLocal(8.64e15 + 1), clock('en', Number.NaN)]).toEqual(['—', '—'])
    expect([8.64e15 + 1, -9e15, Number.NaN].map((atMs) => zone('en', atMs))).toEqual(['', '', ''])
    showTimesIn('Asia/Seoul')
    expect(isoLocal(-62_135_596_800_000 - 86_400_000)).toMatch(/^0000-12-31 /)
  })
})
