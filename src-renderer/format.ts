/**
 * Every number and time on every screen. Digits are grouped by thin spaces in every language; integers of any length
 * are exact; what is not known is a dash, never 0. Times are in the one zone that the user chose, through Intl.
 */
import { shallowRef } from 'vue'

export const UNKNOWN = '—'
const THIN_SPACE = '\u2009'
const MINUS = '\u2212'

type Integer = number | bigint | string | null | undefined

export function integer(value: Integer): string {
  if (value === null || value === undefined) return UNKNOWN
  const digits = typeof value === 'number' ? BigInt(Math.round(value)).toString() : value.toString()
  return grouped(digits)
}

export function decimal(value: number | null | undefined, places: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN
  const [whole = '0', fraction] = value.toFixed(places).split('.')
  return fraction === undefined ? grouped(whole) : `${grouped(whole)}.${fraction}`
}

/** A sum of which parts are not known: it is at least this. At least 0 says nothing; below the least digit it is something. */
export function atLeast(text: string): string {
  if (text === UNKNOWN || text === '0') return UNKNOWN
  return text.startsWith('<') ? `>${THIN_SPACE}0` : `≥${THIN_SPACE}${text}`
}

function grouped(digits: string): string {
  const isNegative = digits.startsWith('-')
  const text = (isNegative ? digits.slice(1) : digits).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE)
  return isNegative ? MINUS + text : text
}

export interface Unit {
  readonly name: string
  readonly factor: number
}

const BYTES: readonly Unit[] = [
  { name: 'B', factor: 1 },
  { name: 'kB', factor: 1e3 },
  { name: 'MB', factor: 1e6 },
  { name: 'GB', factor: 1e9 },
  { name: 'TB', factor: 1e12 }
]
const BYTE: Unit = { name: 'B', factor: 1 }
const KILOBYTE: Unit = { name: 'kB', factor: 1e3 }

/** One unit for a whole column, so that the figures in it compare: the one that suits its largest value. */
export function byteUnit(values: readonly (number | null | undefined)[], least: 'B' | 'kB' = 'B'): Unit {
  const largest = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0)
  const units = BYTES.slice(least === 'kB' ? 1 : 0)
  return units.findLast((unit) => largest >= unit.factor) ?? units[0] ?? BYTE
}

/** Rates read best from a tenth of the unit on: 0.88 MB/s rather than 880 kB/s. */
const RATE_FROM = 0.1
/** How far a rate must fall below that before its unit goes down again, so that heads do not flicker. */
const RATE_BACK = 0.5

/** One unit for all rates of the screen. `previous` keeps it steady while the largest rate moves around a border. */
export function rateUnit(values: readonly (number | null | undefined)[], previous?: Unit): Unit {
  const known = values.filter((value) => typeof value === 'number')
  if (known.length === 0) return previous ?? KILOBYTE
  const largest = Math.max(...known)
  // A byte has no tenths: what is less than a kilobyte is told to the byte.
  if (largest < KILOBYTE.factor) return BYTE
  const suits = BYTES.slice(1).findLast((unit) => largest >= unit.factor * RATE_FROM) ?? KILOBYTE
  const isBelow = previous !== undefined && suits.factor < previous.factor
  return isBelow && largest >= previous.factor * RATE_FROM * RATE_BACK ? previous : suits
}

export function inUnit(value: number | null | undefined, unit: Unit, places = 2): string {
  if (value === null || value === undefined) return UNKNOWN
  const shown = unit.factor === 1 ? 0 : places
  const least = 10 ** -shown
  // Little is not nothing.
  if (value > 0 && value / unit.factor < least / 2) return `<${least.toFixed(shown)}`
  return decimal(value / unit.factor, shown)
}

export function bytes(value: number | null | undefined): string {
  const unit = byteUnit([value])
  return value === null || value === undefined ? UNKNOWN : `${inUnit(value, unit, 1)} ${unit.name}`
}

const SCALES: readonly Unit[] = [
  { name: 'G', factor: 1e9 },
  { name: 'M', factor: 1e6 },
  { name: 'k', factor: 1e3 }
]

/** Tick of a value axis: 30 000 is "30 k". All ticks of an axis have the scale and the places that its step needs. */
export function axisTick(value: number, step: number): string {
  if (value === 0) return '0'
  const scale = SCALES.find(({ factor }) => step >= factor)
  if (scale !== undefined) return `${decimal(value / scale.factor, 0)} ${scale.name}`
  return decimal(value, Math.max(0, Math.ceil(-Math.log10(step))))
}

export interface DurationParts {
  readonly unit: 'seconds' | 'minutes' | 'hours' | 'days'
  readonly first: number
  /** Of the next smaller unit; undefined for seconds. */
  readonly second: number | undefined
}

export function durationParts(ms: number): DurationParts {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return { unit: 'seconds', first: seconds, second: undefined }
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return { unit: 'minutes', first: minutes, second: seconds % 60 }
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return { unit: 'hours', first: hours, second: minutes % 60 }
  return { unit: 'days', first: Math.floor(hours / 24), second: hours % 24 }
}

export const machineZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

/** An IANA name. One for the whole window; whatever shows times depends on it. */
const shownZone = shallowRef(machineZone())

/**
 * Chosen in the settings; null for that of this machine, and so is what is no zone here (of an older release). Called
 * again now and then for null: machines travel.
 */
export function showTimesIn(zone: string | null): void {
  shownZone.value = zone !== null && isZone(zone) ? zone : machineZone()
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false // RangeError: no name of a zone
  }
}

/** All that can be chosen, by name. */
export const zoneNames = (): readonly string[] => Intl.supportedValuesOf('timeZone')

const formats = new Map<string, Intl.DateTimeFormat>()

function dateFormat(
  locale: string,
  key: string,
  options: Intl.DateTimeFormatOptions,
  timeZone = shownZone.value
): Intl.DateTimeFormat {
  const name = `${locale} ${key} ${timeZone}`
  const known = formats.get(name) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone, hourCycle: 'h23' })
  formats.set(name, known)
  return known
}

/** What a Date can hold; beyond it there is no day to name. */
const TIME_MAX = 8.64e15
const isTime = (atMs: number): boolean => Math.abs(atMs) <= TIME_MAX

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const

export function clock(locale: string, atMs: number, hasSeconds = true): string {
  if (!isTime(atMs)) return UNKNOWN
  return hasSeconds
    ? dateFormat(locale, 'clock', CLOCK).format(atMs)
    : dateFormat(locale, 'minutes', { hour: '2-digit', minute: '2-digit' }).format(atMs)
}

/** On an axis: 23:50, and the first tick of a day 11-22 00:00. */
export function tickTime(locale: string, atMs: number, hasSeconds: boolean, isDated: boolean): string {
  const time = clock(locale, atMs, hasSeconds)
  return isDated ? `${isoLocal(atMs).slice(5, 10)} ${time}` : time
}

export function clockMillis(locale: string, atMs: number): string {
  return isTime(atMs) ? dateFormat(locale, 'millis', { ...CLOCK, fractionalSecondDigits: 3 }).format(atMs) : UNKNOWN
}

const WALL = { era: 'short', year: 'numeric', month: 'numeric', day: 'numeric', ...CLOCK } as const

/** Clocks change at quarters of an hour; before this time not in every zone. */
const QUARTER_MS = 900_000
const QUARTERS_FROM_MS = 1e11
const OFFSETS_MAX = 10_000
const offsets = new Map<string, number>()

/** What clocks of the shown zone show at a time, as the ms at which clocks of UTC show the same. */
function wallMs(atMs: number): number {
  const timeZone = shownZone.value
  if (timeZone === 'UTC') return atMs
  if (atMs < QUARTERS_FROM_MS) return wallByParts(atMs, timeZone)
  const key = `${timeZone} ${Math.floor(atMs / QUARTER_MS)}`
  let offset = offsets.get(key)
  if (offset === undefined) {
    offset = wallByParts(atMs, timeZone) - atMs
    if (offsets.size >= OFFSETS_MAX) offsets.clear()
    offsets.set(key, offset)
  }
  return atMs + offset
}

function wallByParts(atMs: number, timeZone: string): number {
  const parts = new Map<string, string>()
  for (const { type, value } of dateFormat('en', 'wall', WALL, timeZone).formatToParts(atMs)) parts.set(type, value)
  const of = (type: string): number => Number(parts.get(type))
  const year = parts.get('era') === 'BC' ? 1 - of('year') : of('year')
  const wall = new Date(0)
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  wall.setUTCFullYear(year, of('month') - 1, of('day'))
  wall.setUTCHours(of('hour'), of('minute'), of('second'), ((atMs % 1000) + 1000) % 1000)
  return wall.getTime()
}

const DAY_MS = 86_400_000

/**
 * When clocks of the shown zone show a time, `wall` as `wallMs` has it. Of an hour that comes twice the first; an hour
 * that is left out is counted on from before it, as a Date does with the machine's zone.
 */
export function fromWall(wall: number): number {
  const before = wall - (wallMs(wall - DAY_MS) - (wall - DAY_MS))
  const after = wall - (wallMs(wall + DAY_MS) - (wall + DAY_MS))
  return [before, after].find((at) => wallMs(at) === wall) ?? before
}

/** 2026-11-22 14:06:22.506: the same in every language, to be compared and copied. */
export function isoLocal(atMs: number): string {
  if (!isTime(atMs)) return UNKNOWN
  const wall = wallMs(atMs)
  return isTime(wall) ? new Date(wall).toISOString().replace('T', ' ').replace('Z', '') : UNKNOWN
}

/** A time of day; of another day than `nowMs` with its date: 11-22 14:06:22. */
export function moment(locale: string, atMs: number, nowMs: number, hasMillis = false): string {
  if (!isOneDay(atMs, nowMs)) return isoLocal(atMs).slice(5, hasMillis ? 23 : 19)
  return hasMillis ? clockMillis(locale, atMs) : clock(locale, atMs)
}

export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

export const isOneDay = (aMs: number, bMs: number): boolean => isoLocal(aMs).slice(0, 10) === isoLocal(bMs).slice(0, 10)

/** A time among others: all of them have dates, or none has. None is needed where all are of today. */
export function momentWithin(locale: string, atMs: number, range: TimeRange, nowMs: number): string {
  const isToday = isOneDay(range.fromMs, nowMs) && isOneDay(range.toMs, nowMs) && isOneDay(atMs, nowMs)
  return isToday ? clock(locale, atMs) : isoLocal(atMs).slice(5, 19)
}

/** Of the clocks at a time: GMT+9; of no time there is none. */
export function zone(locale: string, atMs: number): string {
  if (!isTime(atMs)) return ''
  const parts = dateFormat(locale, 'zone', { timeZoneName: 'short' }).formatToParts(atMs)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
}

/** Of the zone that is shown. */
export const zoneName = (): string => shownZone.value

/** How far a zone is from UTC at a time: UTC+5:30. */
export function zoneOffset(name: string, atMs: number): string {
  const parts = dateFormat('en', 'offset', { timeZoneName: 'shortOffset' }, name).formatToParts(atMs)
  return (parts.find((part) => part.type === 'timeZoneName')?.value ?? '').replace('GMT', 'UTC')
}
