/** A time as people type it, in the zone that is shown unless it says another. */
import { fromWall } from '@/format'

const TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?(Z|[+-]\d{2}:?\d{2})?$/

/** Of a place in a log: not before 1970, since ListOffsets means other things by times below 0 (-1 its end). */
export function typedTime(text: string): number | undefined {
  const atMs = typedRecordTime(text)
  return atMs === undefined || atMs < 0 ? undefined : atMs
}

/**
 * Of 2026-11-22, 2026-11-22 14:06, 2026-11-22 14:06:22.506, 2026-11-22T14:06:22Z: ms since 1970, below 0 before it;
 * undefined for others.
 */
export function typedRecordTime(text: string): number | undefined {
  const [isTime, ...parts] = TIME.exec(text.trim()) ?? []
  if (isTime === undefined) return undefined
  const zone = parts[7]
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(0, 6)
    .map((part) => Number(part ?? 0))
  const milli = Number((parts[6] ?? '').padEnd(3, '0'))
  if (hour > 23 || minute > 59 || second > 59) return undefined
  // There is no 30th of February: what a Date makes of it is another day than was typed.
  const typed = new Date(0)
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  typed.setUTCFullYear(year, month - 1, day)
  if (typed.getUTCMonth() !== month - 1 || typed.getUTCDate() !== day) return undefined
  const wall = typed.setUTCHours(hour, minute, second, milli)
  return zone === undefined ? fromWall(wall) : wall - zoneOffsetMs(zone)
}

function zoneOffsetMs(zone: string): number {
  if (zone === 'Z') return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))]
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
